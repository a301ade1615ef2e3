//! What callers can ask for.

mod surveys;

pub(crate) use surveys::Surveys;
