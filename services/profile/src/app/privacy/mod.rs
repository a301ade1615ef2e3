//! Erasing people in all services.
//!
//! 1. [`request`] closes the door and asks all services, in one transaction (`ask`).
//! 2. Each service removes what it holds (`libs/erasure`); this one too, by [`personal`].
//! 3. What they confirm is written down by [`confirm`]; the erasure is complete with the last of them.
//! 4. Whoever does not answer is asked again by [`remind`].
//!
//! People who ask what is held of them get an [`access_file`]: what each service tells, this one by [`disclosed`].

pub(crate) mod access_file;
mod ask;
pub(crate) mod confirm;
pub(crate) mod disclosed;
pub(crate) mod holds;
pub(crate) mod personal;
pub(crate) mod read;
pub(crate) mod remind;
pub(crate) mod replay;
pub(crate) mod request;
pub(crate) mod restrict;
pub(crate) mod retain;
pub(crate) mod suppress;
