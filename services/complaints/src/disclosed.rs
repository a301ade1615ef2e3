//! What the service hands out of people, for people who ask.

use disclosure::{KEY_OF_CUSTOMER, Kind, Origin, SealedTable, Shape};

use crate::store::sealed::{CASE, ENTRY};

/// Cases, and what was said in them by whom.
pub(crate) static SHAPE: Shape = Shape {
    purpose: "working on what customers ask and complain about",
    origin: Origin::Derived,
    kinds: &[
        Kind {
            besides: KEY_OF_CUSTOMER,
            ..Kind::of("cases", Origin::Provided)
        },
        Kind {
            belongs: "t.customer_id = ANY ($1) AND t.change IN ('opened', 'customer')",
            besides: KEY_OF_CUSTOMER,
            ..Kind::of("case_log", Origin::Provided)
        },
        Kind {
            belongs: "t.customer_id = ANY ($1) AND t.change NOT IN ('opened', 'customer')",
            besides: KEY_OF_CUSTOMER,
            ..Kind::of("case_log", Origin::Staff)
        },
    ],
    left_out: &[],
};

/// What is sealed in them.
pub(crate) static SEALED: [SealedTable; 2] = [
    SealedTable {
        column: CASE,
        row: "case_id",
        version: "version",
    },
    SealedTable {
        column: ENTRY,
        row: "entry_id",
        version: "sequence",
    },
];
