//! What conditions may speak of. Whoever evaluates one hands in facts of these names.
//!
//! | vocabulary | names |
//! |---|---|
//! | all | `member`, `channel`, `store`, `time` |
//! | purchases, coupons | … and `order` |
//! | lines of purchases | … and `order`, `line` |
//! | acts | … and `activity` |
//!
//! `member` is as it was when the purchase or act happened, `time` is when it happened, in the
//! program's zone.

use std::sync::LazyLock;

use rules::{Schema, SchemaBuilder, SchemaError, Structure, Type};

/// The most segments of a member that conditions see.
pub const MOST_SEGMENTS: u32 = 200;

/// What a condition is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vocabulary {
    /// A purchase.
    Order,
    /// One line of a purchase.
    Line,
    /// An act.
    Activity,
}

impl Vocabulary {
    /// The names, with their types.
    pub fn schema(self) -> &'static Schema {
        static SCHEMAS: LazyLock<[Schema; 3]> = LazyLock::new(|| {
            #[expect(clippy::expect_used, reason = "a test builds the schemas")]
            schemas().expect("the names are sound and different")
        });
        let [order, line, activity] = &*SCHEMAS;
        match self {
            Self::Order => order,
            Self::Line => line,
            Self::Activity => activity,
        }
    }
}

fn schemas() -> Result<[Schema; 3], SchemaError> {
    let order = Type::structure(order()?);
    let of_order = || Ok::<_, SchemaError>(common()?.variable("order", order.clone()));
    let of_line = of_order()?.variable("line", Type::structure(line()?));
    let of_activity = common()?.variable("activity", Type::structure(activity()?));
    Ok([of_order()?.build()?, of_line.build()?, of_activity.build()?])
}

fn common() -> Result<SchemaBuilder, SchemaError> {
    let schema = Schema::builder()
        .variable("member", Type::structure(member()?))
        .variable("channel", Type::TEXT)
        .variable("store", Type::TEXT)
        .variable("time", Type::structure(time()?));
    Ok(schema)
}

fn order() -> Result<Structure, SchemaError> {
    let order = Structure::builder("order")
        .field("order_id", Type::TEXT)
        .field("channel", Type::TEXT)
        .field("store", Type::TEXT)
        .field("currency", Type::TEXT)
        .field("total_minor", Type::INT)
        .field("line_count", Type::INT)
        .field("quantity", Type::INT);
    order.build()
}

fn line() -> Result<Structure, SchemaError> {
    let line = Structure::builder("line")
        .field("line_id", Type::TEXT)
        .field("product_id", Type::TEXT)
        .field("category", Type::TEXT)
        .field("quantity", Type::INT)
        .field("amount_minor", Type::INT);
    line.build()
}

fn activity() -> Result<Structure, SchemaError> {
    let activity = Structure::builder("activity")
        .field("activity_type", Type::TEXT)
        .field("channel", Type::TEXT)
        .field("attributes", Type::map(Type::TEXT));
    activity.build()
}

fn member() -> Result<Structure, SchemaError> {
    let member = Structure::builder("member")
        .field("tenure_days", Type::INT)
        // The tier by ladder; a ladder on whose tiers the member does not stand is not there.
        .field("tiers", Type::map(Type::TEXT))
        .field("segments", Type::list(Type::TEXT, MOST_SEGMENTS))
        // Purchases before this one that were not wholly returned.
        .field("order_count", Type::INT)
        // Missing before the first purchase.
        .optional("days_since_last_order", Type::INT)
        .field("is_birthday", Type::BOOL)
        .field("is_birthday_month", Type::BOOL)
        .field("is_first_order", Type::BOOL);
    member.build()
}

fn time() -> Result<Structure, SchemaError> {
    let time = Structure::builder("time")
        .field("year", Type::INT)
        .field("month", Type::INT)
        .field("day", Type::INT)
        // 1 is Monday.
        .field("day_of_week", Type::INT)
        .field("hour", Type::INT)
        // As `2026-01-31`.
        .field("date", Type::TEXT);
    time.build()
}

#[cfg(test)]
mod tests {
    use super::super::Condition;
    use super::*;

    #[test]
    fn each_condition_knows_what_it_is_about_and_nothing_else() {
        let compiles = |source, vocabulary| Condition::compile(source, vocabulary).is_ok();
        for vocabulary in [Vocabulary::Order, Vocabulary::Line, Vocabulary::Activity] {
            let common = "member.tenure_days > 30 && 'vip' in member.segments \
                && ('status' in member.tiers && member.tiers['status'] == 'gold' \
                || member.is_birthday) && channel == 'app' && store != '' && time.hour < 12";
            assert!(compiles(common, vocabulary), "{vocabulary:?}");
            let is = |other| vocabulary == other;
            let order = compiles("order.total_minor > 0", vocabulary);
            assert_eq!(order, !is(Vocabulary::Activity));
            let line = compiles("line.category == 'tea'", vocabulary);
            assert_eq!(line, is(Vocabulary::Line));
            let activity = compiles("activity.activity_type == 'share'", vocabulary);
            assert_eq!(activity, is(Vocabulary::Activity));
        }
    }
}
