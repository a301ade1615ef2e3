//! What callers can ask for.

mod cases;

pub(crate) use cases::Cases;
