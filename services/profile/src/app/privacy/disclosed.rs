//! What this service hands out of people, for people who ask.

use disclosure::{KEY_OF_CUSTOMER, Kind, Origin, Shape};

use crate::store::disclosed::{KEY_OF_HOME, KEY_OF_OLDER};

/// Who is who.
const JOINING: &str = "knowing which records are one person's";

/// Customers, what channels said about them, what they did and allow.
pub(crate) static SHAPE: Shape = Shape {
    purpose: "knowing and serving the customer",
    origin: Origin::Derived,
    kinds: &[
        Kind {
            hidden: &[
                "announced",
                "index_id",
                "match_keys",
                "origins",
                "search_keys",
            ],
            besides: KEY_OF_CUSTOMER,
            ..Kind::of("customers", Origin::Provided)
        },
        Kind {
            belongs: "t.home = ANY ($1)",
            purpose: JOINING,
            besides: KEY_OF_HOME,
            ..Kind::of("sources", Origin::Provided)
        },
        // The other may have turned out to be somebody else.
        Kind {
            belongs: "t.older = ANY ($1) OR t.newer = ANY ($1)",
            purpose: JOINING,
            hidden: &["older", "newer"],
            besides: KEY_OF_OLDER,
            ..Kind::of("links", Origin::Staff)
        },
        Kind::of("orders", Origin::Provided),
        Kind::of("returns", Origin::Provided),
        Kind::of("interactions", Origin::Provided),
        Kind {
            purpose: "proof of what the customer allowed",
            besides: KEY_OF_CUSTOMER,
            ..Kind::of("consent_statements", Origin::Provided)
        },
        Kind {
            purpose: "keeping the limits of contact",
            besides: KEY_OF_CUSTOMER,
            names: &[("priority", "patron.profile.v1.ContactPurpose.Priority")],
            ..Kind::of("contacts", Origin::Derived)
        },
        Kind {
            purpose: "duties under the law",
            besides: KEY_OF_CUSTOMER,
            ..Kind::of("legal_holds", Origin::Staff)
        },
        Kind {
            purpose: "duties under the law",
            besides: KEY_OF_CUSTOMER,
            names: &[("ground", "patron.profile.v1.Restriction.Ground")],
            ..Kind::of("restrictions", Origin::Staff)
        },
        Kind::of("health_answers", Origin::Provided),
        Kind::of("health_cases", Origin::Provided),
        // The other may have turned out to be somebody else, here too.
        Kind {
            besides: KEY_OF_CUSTOMER,
            hidden: &["stood_under"],
            ..Kind::of("tag_changes", Origin::Staff)
        },
        Kind {
            besides: KEY_OF_CUSTOMER,
            ..Kind::of("account_assignment_changes", Origin::Staff)
        },
        Kind {
            besides: KEY_OF_CUSTOMER,
            ..Kind::of("customer_attributes", Origin::Provided)
        },
        Kind {
            besides: KEY_OF_CUSTOMER,
            hidden: &["stood_under"],
            ..Kind::of("attribute_changes", Origin::Provided)
        },
    ],
    // Registers of ids and what stands in other tables too, and work to be done.
    left_out: &[
        "account_assignments",
        "identifier_claims",
        "identifier_owners",
        "order_ids",
        "return_ids",
        "segment_evaluations",
    ],
};
