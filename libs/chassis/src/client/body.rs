use std::sync::{Arc, OnceLock};

/// How a request's body ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyEnd {
    /// It came as a whole.
    Whole,
    /// It broke off, or was none.
    Broken,
    /// It went beyond its limit.
    TooLarge,
}

/// How the body of a request ends that is sent on while it comes: whoever reads it notes it here. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct BodyWatch(Arc<OnceLock<BodyEnd>>);

impl BodyWatch {
    /// Notes how it ended; the first end counts.
    pub fn note(&self, end: BodyEnd) {
        self.0.get_or_init(|| end);
    }

    /// How it ended; none while it comes.
    pub fn end(&self) -> Option<BodyEnd> {
        self.0.get().copied()
    }
}
