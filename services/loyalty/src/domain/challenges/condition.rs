use calendar::Zone;
use jiff::Timestamp;
use rules::{EvaluationError, Facts};

use crate::domain::program::Condition;
use crate::domain::{Act, SaleChange};

/// The local time of an instant, as conditions see it.
struct Local {
    year: i64,
    month: i64,
    day: i64,
    day_of_week: i64,
    hour: i64,
    date: String,
}

impl Local {
    fn of(at: Timestamp, zone: &Zone) -> Self {
        let day = zone.date_of(at);
        let since = at.duration_since(zone.start_of(day));
        Self {
            year: i64::from(day.year()),
            month: i64::from(day.month()),
            day: i64::from(day.day()),
            day_of_week: i64::from(day.weekday().to_monday_one_offset()),
            hour: since.as_hours(),
            date: day.to_string(),
        }
    }

    fn facts(&self) -> Facts<'_> {
        Facts::new()
            .with("year", &self.year)
            .with("month", &self.month)
            .with("day", &self.day)
            .with("day_of_week", &self.day_of_week)
            .with("hour", &self.hour)
            .with("date", &self.date)
    }
}

/// Whether a condition holds of a purchase: of what is known of it here, which is neither its lines
/// nor the member. A condition that names those can't be evaluated.
pub fn holds_of_sale(
    condition: &Condition,
    sale: &SaleChange,
    zone: &Zone,
) -> Result<bool, EvaluationError> {
    let currency = sale.currency.to_string();
    let order = Facts::new()
        .with("order_id", &sale.order_id)
        .with("channel", &sale.channel)
        .with("store", &sale.store)
        .with("currency", &currency)
        .with("total_minor", &sale.after.net_minor);
    let local = Local::of(sale.ordered_at, zone);
    let time = local.facts();
    let facts = Facts::new()
        .with("order", &order)
        .with("channel", &sale.channel)
        .with("store", &sale.store)
        .with("time", &time);
    condition.holds(&facts)
}

/// Whether a condition holds of an act.
pub fn holds_of_act(
    condition: &Condition,
    act: &Act,
    zone: &Zone,
) -> Result<bool, EvaluationError> {
    let activity = Facts::new()
        .with("activity_type", &act.activity_type)
        .with("channel", &act.channel)
        .with("attributes", &act.attributes);
    let local = Local::of(act.occurred_at, zone);
    let (time, no_store) = (local.facts(), String::new());
    let facts = Facts::new()
        .with("activity", &activity)
        .with("channel", &act.channel)
        .with("store", &no_store)
        .with("time", &time);
    condition.holds(&facts)
}
