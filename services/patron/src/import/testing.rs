//! A line as tests need it.

use super::lines::Line;

/// Six hearts for 2.55 each, bought by a customer.
pub(crate) fn line() -> Line {
    Line {
        number: 2,
        invoice: "536365".to_owned(),
        product: "85123A".to_owned(),
        name: "HEART".to_owned(),
        quantity: 6,
        time: "2010-12-01T08:26:00Z".parse().unwrap(),
        price: "2.55".parse().unwrap(),
        customer: "17850".to_owned(),
        country: "United Kingdom".to_owned(),
    }
}
