use calendar::{Span, Zone};
use jiff::Timestamp;

use crate::domain::program::CouponTemplate;

/// When a coupon is valid: fixed when it is issued, whatever later versions of the program say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// The first instant.
    pub from: Timestamp,
    /// The first instant after it; `None`: no end.
    pub until: Option<Timestamp>,
}

impl Validity {
    /// Whether it has not begun.
    pub fn is_ahead(&self, now: Timestamp) -> bool {
        now < self.from
    }

    /// Whether it is over.
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.until.is_some_and(|until| until <= now)
    }
}

/// When a coupon is valid that is issued at this instant: so many days on, to the end of the last
/// one in the program's zone, and in any case only within the template's window.
pub fn validity(template: &CouponTemplate, issued_at: Timestamp, zone: &Zone) -> Validity {
    let last_day = |days| Span::days(days).after(zone.date_of(issued_at));
    let by_days = template.valid_days.map(|days| zone.end_of(last_day(days)));
    let start = template.window.start.unwrap_or(issued_at);
    Validity {
        from: start.max(issued_at),
        until: [by_days, template.window.end].into_iter().flatten().min(),
    }
}
