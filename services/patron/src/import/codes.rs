//! Product codes of the till that are not goods, and countries.

/// What a code that is no product stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Service {
    /// The category of its order lines. All are below `service`, which recommendations leave out.
    pub(crate) category: &'static str,
}

/// The codes. With a customer they are lines of the order, since they are part of what the customer
/// paid, so spend and points count them; without one they are left out, as baskets hold goods only.
///
/// `D` (discount) only ever comes as money back that names no purchase. The contract has returns of
/// pieces only, so it can't be recorded, and is reported.
const SERVICES: &[(&str, &str)] = &[
    ("POST", "service/postage"),      // postage
    ("DOT", "service/postage"),       // postage of the web shop
    ("C2", "service/carriage"),       // carriage
    ("M", "service/manual"),          // typed in by hand
    ("D", DISCOUNT),                  // discount
    ("BANK CHARGES", "service/fee"),  // bank charges
    ("AMAZONFEE", "service/fee"),     // what the marketplace takes
    ("CRUK", "service/donation"),     // share for a charity
    ("S", "service/sample"),          // samples given away
    ("B", "service/adjustment"),      // bad debt
    ("ADJUST", "service/adjustment"), // corrections by the office
    ("ADJUST2", "service/adjustment"),
];

/// Codes that begin so are vouchers and tests.
const PREFIXES: &[(&str, &str)] = &[("GIFT_", "service/voucher"), ("TEST", "service/test")];

const DISCOUNT: &str = "service/discount";

impl Service {
    /// The service that a product code (in capitals) stands for; `None` for goods.
    pub(crate) fn of(code: &str) -> Option<Self> {
        let exact = SERVICES.iter().find(|(service, _)| *service == code);
        let found = exact.or_else(|| PREFIXES.iter().find(|(prefix, _)| code.starts_with(prefix)));
        found.map(|(_, category)| Self { category })
    }

    /// Money back without goods.
    pub(crate) fn is_discount(self) -> bool {
        self.category == DISCOUNT
    }
}

/// Countries as the till writes them, with their ISO 3166-1 code.
const COUNTRIES: &[(&str, &str)] = &[
    ("Australia", "AU"),
    ("Austria", "AT"),
    ("Bahrain", "BH"),
    ("Belgium", "BE"),
    ("Brazil", "BR"),
    ("Canada", "CA"),
    ("Cyprus", "CY"),
    ("Czech Republic", "CZ"),
    ("Denmark", "DK"),
    ("EIRE", "IE"),
    ("Finland", "FI"),
    ("France", "FR"),
    ("Germany", "DE"),
    ("Greece", "GR"),
    ("Hong Kong", "HK"),
    ("Iceland", "IS"),
    ("Israel", "IL"),
    ("Italy", "IT"),
    ("Japan", "JP"),
    ("Lebanon", "LB"),
    ("Lithuania", "LT"),
    ("Malta", "MT"),
    ("Netherlands", "NL"),
    ("Norway", "NO"),
    ("Poland", "PL"),
    ("Portugal", "PT"),
    ("RSA", "ZA"),
    ("Saudi Arabia", "SA"),
    ("Singapore", "SG"),
    ("Spain", "ES"),
    ("Sweden", "SE"),
    ("Switzerland", "CH"),
    ("USA", "US"),
    ("United Arab Emirates", "AE"),
    ("United Kingdom", "GB"),
];

/// The region of a country; empty for what is not one country (`Channel Islands`, `European
/// Community`, `Unspecified`) or not known.
pub(crate) fn region(country: &str) -> &'static str {
    COUNTRIES
        .iter()
        .find(|(name, _)| *name == country)
        .map_or("", |(_, code)| code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_are_told_from_goods_by_their_whole_code() {
        let category = |code| Service::of(code).map(|service| service.category);
        assert_eq!(category("POST"), Some("service/postage"));
        assert_eq!(category("GIFT_0001_20"), Some("service/voucher"));
        for goods in ["85123A", "PADS", "DCGSSBOY", "POSTER", "MUG", "C21"] {
            assert_eq!(category(goods), None, "{goods}");
        }
    }

    #[test]
    fn a_place_that_is_no_country_has_no_region() {
        assert_eq!(
            ["EIRE", "United Kingdom", "Unspecified", "Unit"].map(region),
            ["IE", "GB", "", ""]
        );
    }
}
