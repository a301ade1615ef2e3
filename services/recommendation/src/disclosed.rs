//! What the service hands out of people, for people who ask.

use disclosure::{Kind, Origin, Shape};

/// Baskets, as long as it is known whose they were.
pub(crate) static SHAPE: Shape = Shape {
    purpose: "telling which products are bought together",
    origin: Origin::Provided,
    kinds: &[Kind {
        belongs: "EXISTS (SELECT FROM basket_owners AS o
            WHERE o.basket_id = t.basket_id AND o.customer_id = ANY ($1))",
        hidden: &["transaction_id", "position"],
        ..Kind::of("basket_facts", Origin::Provided)
    }],
    left_out: &["basket_owners"],
};
