//! One line of the file as values, or what is wrong with it.

use csv::ByteRecord;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::money::Price;
use super::problem::{Problem, Reason};
use super::shift::Shift;

/// The columns, by the names that the header must have, in any order and among others.
pub(crate) const INVOICE: &str = "InvoiceNo";
pub(crate) const PRODUCT: &str = "StockCode";
pub(crate) const NAME: &str = "Description";
pub(crate) const QUANTITY: &str = "Quantity";
pub(crate) const TIME: &str = "InvoiceDate";
pub(crate) const PRICE: &str = "UnitPrice";
pub(crate) const CUSTOMER: &str = "CustomerID";
pub(crate) const COUNTRY: &str = "Country";

/// All of them.
const COLUMNS: [&str; 8] = [
    INVOICE, PRODUCT, NAME, QUANTITY, TIME, PRICE, CUSTOMER, COUNTRY,
];

/// What the contract takes.
const MAX_QUANTITY: i64 = 1_000_000_000;
pub(crate) const MAX_ID: usize = 64;
const MAX_NAME: usize = 200;
const MAX_CUSTOMER: usize = 256;

/// Local times: ISO 8601 with a space or a T, or as American tills write them.
const TIME_FORMATS: [&str; 5] = [
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%dT%H:%M",
    "%m/%d/%Y %H:%M",
];

/// A line of an invoice.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Line {
    /// Line of the file, from 1, the header included.
    pub(crate) number: u64,
    /// The invoice; begins with `C` on a cancellation.
    pub(crate) invoice: String,
    /// The product code in capitals: tills write one product as `85123A` and `85123a`.
    pub(crate) product: String,
    /// The product's name; may be empty.
    pub(crate) name: String,
    /// Pieces; negative when they come back. Never 0.
    pub(crate) quantity: i64,
    /// When.
    pub(crate) time: Timestamp,
    /// For one piece. Never negative.
    pub(crate) price: Price,
    /// The customer's account; empty when not known.
    pub(crate) customer: String,
    /// The country, as the till writes it.
    pub(crate) country: String,
}

/// A header that lacks a column.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the header has no column {0}")]
pub(crate) struct MissingColumn(&'static str);

/// Where the columns stand, and how lines are read.
pub(crate) struct Layout {
    places: [usize; COLUMNS.len()],
    width: usize,
    zone: TimeZone,
    shift: Shift,
}

impl Layout {
    /// Finds the columns by the header. Times of the lines are local to `zone`; in the hour that a
    /// change of the clocks repeats they mean its first run, in the hour that it skips one later.
    /// Then they are moved by `shift`.
    pub(crate) fn find(
        header: &ByteRecord,
        zone: TimeZone,
        shift: Shift,
    ) -> Result<Self, MissingColumn> {
        let mut places = [0; COLUMNS.len()];
        for (place, name) in places.iter_mut().zip(COLUMNS) {
            let is_it = |field: &[u8]| field.trim_ascii().eq_ignore_ascii_case(name.as_bytes());
            *place = header.iter().position(is_it).ok_or(MissingColumn(name))?;
        }
        Ok(Self {
            places,
            width: header.len(),
            zone,
            shift,
        })
    }

    /// The values of a line, which is `number` of the file.
    pub(crate) fn read(&self, number: u64, record: &ByteRecord) -> Result<Line, Problem> {
        let invoice = self.field(record, INVOICE).unwrap_or_default().to_owned();
        self.values(number, record)
            .map_err(|(field, reason)| Problem {
                line: number,
                invoice,
                field,
                reason,
            })
    }

    fn values(&self, number: u64, record: &ByteRecord) -> Result<Line, (&'static str, Reason)> {
        if record.len() != self.width {
            let (found, expected) = (record.len(), self.width);
            return Err(("", Reason::FieldCount { found, expected }));
        }
        let text = |column| {
            self.field(record, column)
                .map_err(|reason| (column, reason))
        };
        Ok(Line {
            number,
            invoice: checked(INVOICE, text(INVOICE)?, invoice)?,
            product: checked(PRODUCT, text(PRODUCT)?, product)?,
            name: checked(NAME, text(NAME)?, |name| short(name, MAX_NAME))?,
            quantity: checked(QUANTITY, text(QUANTITY)?, quantity)?,
            time: checked(TIME, text(TIME)?, |text| self.time(text))?,
            price: checked(PRICE, text(PRICE)?, price)?,
            customer: checked(CUSTOMER, text(CUSTOMER)?, |text| short(text, MAX_CUSTOMER))?,
            country: text(COUNTRY)?.to_owned(),
        })
    }

    fn field<'a>(&self, record: &'a ByteRecord, column: &str) -> Result<&'a str, Reason> {
        let index = COLUMNS.iter().position(|name| *name == column);
        let place = index.and_then(|index| self.places.get(index)).copied();
        let bytes = place
            .and_then(|place| record.get(place))
            .unwrap_or_default();
        std::str::from_utf8(bytes)
            .map(str::trim)
            .map_err(|_| Reason::NotUtf8)
    }

    fn time(&self, text: &str) -> Result<Timestamp, Reason> {
        let parsed = TIME_FORMATS
            .iter()
            .find_map(|format| DateTime::strptime(format, text).ok());
        let local = parsed.ok_or(Reason::Malformed {
            expected: "a local time such as 2010-12-01 08:26",
        })?;
        let zoned = local
            .to_zoned(self.zone.clone())
            .map_err(|_| Reason::OutOfRange)?;
        self.shift
            .apply(zoned.timestamp())
            .ok_or(Reason::OutOfRange)
    }
}

fn checked<T>(
    column: &'static str,
    text: &str,
    read: impl FnOnce(&str) -> Result<T, Reason>,
) -> Result<T, (&'static str, Reason)> {
    read(text).map_err(|reason| (column, reason))
}

/// An id as the contract takes them.
fn invoice(text: &str) -> Result<String, Reason> {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._:~-".contains(&byte);
    if text.is_empty() {
        return Err(Reason::Empty);
    }
    if !text.bytes().all(is_allowed) {
        return Err(Reason::Malformed {
            expected: "an id of letters, digits and . _ : ~ -",
        });
    }
    short(text, MAX_ID)
}

fn product(text: &str) -> Result<String, Reason> {
    if text.is_empty() {
        return Err(Reason::Empty);
    }
    short(&text.to_uppercase(), MAX_ID)
}

fn short(text: &str, most: usize) -> Result<String, Reason> {
    if text.chars().count() > most {
        Err(Reason::TooLong { most })
    } else {
        Ok(text.to_owned())
    }
}

fn quantity(text: &str) -> Result<i64, Reason> {
    let quantity: i64 = text.parse().map_err(|_| Reason::Malformed {
        expected: "a whole number",
    })?;
    match quantity {
        0 => Err(Reason::ZeroQuantity),
        _ if !(-MAX_QUANTITY..=MAX_QUANTITY).contains(&quantity) => Err(Reason::OutOfRange),
        _ => Ok(quantity),
    }
}

fn price(text: &str) -> Result<Price, Reason> {
    let price: Price = text.parse().map_err(|_| Reason::Malformed {
        expected: "a decimal number",
    })?;
    if price.is_negative() {
        Err(Reason::NegativePrice)
    } else {
        Ok(price)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: [&str; 8] = COLUMNS;

    fn layout() -> Layout {
        let zone = TimeZone::get("Europe/London").unwrap();
        Layout::find(&ByteRecord::from(&HEADER[..]), zone, Shift::default()).unwrap()
    }

    fn read(fields: [&str; 8]) -> Result<Line, Problem> {
        layout().read(7, &ByteRecord::from(&fields[..]))
    }

    const GOOD: [&str; 8] = [
        "536365",
        "85123a",
        "HEART ",
        "6",
        "2011-06-01 08:26",
        "2.55",
        "17850",
        "France",
    ];

    #[test]
    fn a_line_is_read_with_its_local_time_in_utc_and_its_product_in_capitals() {
        let line = read(GOOD).unwrap();
        assert_eq!(line.time.to_string(), "2011-06-01T07:26:00Z");
        assert_eq!(
            (line.product.as_str(), line.name.as_str()),
            ("85123A", "HEART")
        );
        assert_eq!(line.price.times(line.quantity, 2), Some(1530));
    }

    #[test]
    fn winter_and_american_times_are_understood() {
        let time = |text| layout().time(text).unwrap().to_string();
        assert_eq!(time("2010-12-01 08:26"), "2010-12-01T08:26:00Z");
        assert_eq!(time("12/1/2010 8:26"), "2010-12-01T08:26:00Z");
        // The night of the change: 01:30 does not exist.
        assert_eq!(time("2011-03-27 01:30"), "2011-03-27T01:30:00Z");
    }

    #[test]
    fn each_broken_field_is_named_with_its_line_and_reason() {
        for (place, value, field, code) in [
            (0, "", INVOICE, "EMPTY"),
            (0, "5 6", INVOICE, "MALFORMED"),
            (1, "", PRODUCT, "EMPTY"),
            (3, "six", QUANTITY, "MALFORMED"),
            (3, "0", QUANTITY, "ZERO_QUANTITY"),
            (3, "1000000001", QUANTITY, "OUT_OF_RANGE"),
            (4, "2011-02-30 08:00", TIME, "MALFORMED"),
            (5, "2,55", PRICE, "MALFORMED"),
            (5, "-2.55", PRICE, "NEGATIVE_PRICE"),
        ] {
            let mut fields = GOOD;
            fields[place] = value;
            let problem = read(fields).unwrap_err();
            assert_eq!(
                (problem.line, problem.field, problem.reason.code()),
                (7, field, code)
            );
        }
        let short = layout()
            .read(9, &ByteRecord::from(vec!["536365", "85123A"]))
            .unwrap_err();
        assert_eq!(
            short.reason,
            Reason::FieldCount {
                found: 2,
                expected: 8
            }
        );
        assert_eq!(short.invoice, "536365");
        let mut latin1 = ByteRecord::from(&GOOD[..2]);
        latin1.push_field(b"\xa320");
        GOOD[3..]
            .iter()
            .for_each(|field| latin1.push_field(field.as_bytes()));
        assert_eq!(
            layout().read(1, &latin1).unwrap_err().reason,
            Reason::NotUtf8
        );
    }

    #[test]
    fn columns_are_found_by_name_wherever_they_stand() {
        let mut shuffled = HEADER.to_vec();
        shuffled.reverse();
        assert!(Layout::find(&ByteRecord::from(shuffled), TimeZone::UTC, Shift::default()).is_ok());
        let missing = Layout::find(
            &ByteRecord::from(&HEADER[..7]),
            TimeZone::UTC,
            Shift::default(),
        );
        assert_eq!(missing.err(), Some(MissingColumn(COUNTRY)));
    }
}
