//! What the service hands out of people, for people who ask.

use disclosure::{Kind, Origin, Shape};

/// Cases, and what was said in them by whom.
pub(crate) static SHAPE: Shape = Shape {
    purpose: "working on what customers ask and complain about",
    origin: Origin::Derived,
    kinds: &[
        Kind::of("cases", Origin::Provided),
        Kind {
            belongs: "t.customer_id = ANY ($1) AND t.change IN ('opened', 'customer')",
            ..Kind::of("case_log", Origin::Provided)
        },
        Kind {
            belongs: "t.customer_id = ANY ($1) AND t.change NOT IN ('opened', 'customer')",
            ..Kind::of("case_log", Origin::Staff)
        },
    ],
    left_out: &[],
};
