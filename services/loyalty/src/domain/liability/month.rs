use std::fmt;

use calendar::Zone;
use jiff::Timestamp;

/// A month of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    /// Months since January of the year 0.
    number: i32,
}

impl Month {
    /// The month in which an instant lies, in a zone.
    pub fn of(instant: Timestamp, zone: &Zone) -> Self {
        let date = zone.date_of(instant);
        Self {
            number: i32::from(date.year()) * 12 + i32::from(date.month()) - 1,
        }
    }

    /// The month so many months later, or earlier when negative.
    #[must_use]
    pub const fn plus(self, months: i32) -> Self {
        Self {
            number: self.number.saturating_add(months),
        }
    }

    /// How many months lie between an earlier month and this one; 0 when it is not earlier.
    pub fn since(self, earlier: Self) -> usize {
        usize::try_from(self.number.saturating_sub(earlier.number)).unwrap_or(0)
    }
}

impl fmt::Display for Month {
    /// `2026-11`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month) = (self.number.div_euclid(12), self.number.rem_euclid(12) + 1);
        write!(formatter, "{year:04}-{month:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_that_of_the_zone_and_counts_across_years() {
        let zone = |name| Zone::parse(name).unwrap();
        let new_year: Timestamp = "2026-12-31T16:00:00Z".parse().unwrap();
        let january = Month::of(new_year, &zone("Asia/Shanghai"));
        let december = Month::of(new_year, &zone("Etc/UTC"));
        assert_eq!(
            (january.to_string(), december.to_string()),
            ("2027-01".into(), "2026-12".into())
        );
        assert_eq!((january.since(december), december.since(january)), (1, 0));
        assert_eq!(december.plus(14).to_string(), "2028-02");
    }
}
