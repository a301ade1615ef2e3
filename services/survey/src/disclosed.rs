//! What the service hands out of people, for people who ask.

use disclosure::{Kind, Origin, Shape};

/// Invitations, and what was answered.
pub(crate) static SHAPE: Shape = Shape {
    purpose: "asking customers how content they are",
    origin: Origin::Derived,
    kinds: &[
        Kind::of("responses", Origin::Provided),
        Kind::of("answers", Origin::Provided),
    ],
    // The scored answers once more.
    left_out: &["ratings"],
};
