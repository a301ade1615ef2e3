//! What conditions of segments may speak of.
//!
//! | name | what it is |
//! |---|---|
//! | `customer.gender`, `occupation`, `income_band`, `region`, `brand`, `language` | as stated; empty when not known |
//! | `customer.tags` | the tags that the customer has now |
//! | `customer.age`, `customer.days_to_birthday` | in years, in days where the customer lives; may be missing |
//! | `customer.days_known` | days since Patron first heard of the customer |
//! | `orders.count`, `orders.returns` | all there ever were |
//! | `orders.days_since_first`, `orders.days_since_last` | in days where the customer lives; missing without orders |
//! | `orders.usual_hour`, `orders.usual_channel`, `orders.favourite_category` | what the latest show of habits: the hour where the customer lives; may be missing |
//! | `orders.net('EUR')`, `orders.gross('EUR')` | minor units, with and without what was paid back |
//! | `orders.within_days(90)`, `orders.within_hours(48)` | the orders of the last so many times 24 hours, or hours |
//! | `….in_category('tea')`, `….in_channel('app')`, `….in_store('7')` | those of them that hold such a line, came that way |
//! | `….count`, `….net('EUR')`, `….gross('EUR')`, `….channels`, `….stores`, `….categories` | of such orders; the last three count different ones |
//! | `attribute.tea_preference` | what the company has defined itself; may be missing |
//! | `attribute.days_to_renewal` | of an attribute `renewal` that is a day or an instant: in days where the customer lives; may be missing |
//! | `health.index`, `health.band` | how well things stand, 0 to 100, and `critical`, `at_risk`, `steady` or `thriving`; may be missing |

use std::fmt;
use std::sync::Arc;

use rules::{Argument, Schema, SchemaError, Structure, StructureBuilder, Type};

use crate::domain::attribute::definition::{Attribute, Kind, Sensitivity};
use crate::domain::currencies::CODES;

/// The most tags that a condition sees. Joined people may have more than one person can be given.
pub(super) const MOST_TAGS: u32 = 200;
/// The longest windows.
pub(super) const MOST_DAYS: i64 = 3_660;
const MOST_HOURS: i64 = 8_784;

/// What the latest orders show.
pub(super) const HABITS: [&str; 3] = ["usual_hour", "usual_channel", "favourite_category"];

/// What the name of an attribute that is a day or an instant begins with: conditions read how far it is.
pub(super) const DAYS_TO: &str = "days_to_";

/// Names that tell something of somebody, each with the field of a customer that it is made of, which the contract gives that
/// sensitivity. The others of a customer have none.
const SENSITIVITIES: [(&str, &str, Sensitivity); 5] = [
    ("customer.gender", "gender", Sensitivity::Personal),
    ("customer.occupation", "occupation", Sensitivity::Personal),
    ("customer.age", "birth_date", Sensitivity::Personal),
    (
        "customer.days_to_birthday",
        "birth_date",
        Sensitivity::Personal,
    ),
    (
        "customer.income_band",
        "income_band",
        Sensitivity::Sensitive,
    ),
];

/// How sensitive that is which a condition reads by this name.
pub(crate) fn sensitivity_of(name: &str, attributes: &[Attribute]) -> Sensitivity {
    let Some(key) = name.strip_prefix("attribute.") else {
        let known = SENSITIVITIES.iter().find(|(known, ..)| *known == name);
        return known.map_or(Sensitivity::None, |(.., sensitivity)| *sensitivity);
    };
    let attribute = attributes.iter().find(|it| word(it) == key);
    attribute.map_or(Sensitivity::None, |it| it.definition.sensitivity)
}

/// By which word conditions read an attribute.
fn word(attribute: &Attribute) -> String {
    let key = attribute.key.0.as_str();
    match attribute.definition.kind {
        Kind::Date | Kind::Timestamp => format!("{DAYS_TO}{key}"),
        Kind::Text | Kind::Choice(_) | Kind::Integer | Kind::Boolean => key.to_owned(),
    }
}

/// The names, with their types. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Vocabulary(Arc<Schema>);

impl Vocabulary {
    /// With these attributes.
    pub(crate) fn of<'a>(attributes: impl IntoIterator<Item = &'a Attribute>) -> Self {
        Self::with(attributes, true)
    }

    /// The same without tags: for rules that give them.
    pub(crate) fn without_tags<'a>(attributes: impl IntoIterator<Item = &'a Attribute>) -> Self {
        Self::with(attributes, false)
    }

    fn with<'a>(attributes: impl IntoIterator<Item = &'a Attribute>, tags: bool) -> Self {
        let mut own = Structure::builder("attribute");
        for attribute in attributes {
            let key = attribute.key.0.as_str();
            if !can_be_attribute(key) {
                // It was defined before conditions had that word.
                continue;
            }
            let kind = match attribute.definition.kind {
                Kind::Text | Kind::Choice(_) => Type::TEXT,
                Kind::Integer | Kind::Date | Kind::Timestamp => Type::INT,
                Kind::Boolean => Type::BOOL,
            };
            own = own.optional(&word(attribute), kind);
        }
        #[expect(
            clippy::expect_used,
            reason = "keys are looked at before they become attributes"
        )]
        let schema = build(own, tags).expect("the names are sound and different");
        Self(Arc::new(schema))
    }

    pub(super) fn schema(&self) -> &Schema {
        &self.0
    }
}

impl fmt::Debug for Vocabulary {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Vocabulary")
    }
}

/// Whether a condition could say this key, and mean nothing else by it.
pub(crate) fn can_be_attribute(key: &str) -> bool {
    let named = Structure::builder("attribute").optional(key, Type::TEXT);
    named.build().is_ok() && !key.starts_with(DAYS_TO)
}

fn build(attributes: StructureBuilder, tags: bool) -> Result<Schema, SchemaError> {
    Schema::builder()
        .variable("customer", Type::structure(customer(tags)?))
        .variable("orders", Type::structure(orders()?))
        .variable("attribute", Type::structure(attributes.build()?))
        .variable("health", Type::structure(health()?))
        .build()
}

fn customer(tags: bool) -> Result<Structure, SchemaError> {
    let customer = Structure::builder("customer");
    let customer = if tags {
        customer.field("tags", Type::list(Type::TEXT, MOST_TAGS))
    } else {
        customer
    };
    customer
        .field("gender", Type::TEXT)
        .field("occupation", Type::TEXT)
        .field("income_band", Type::TEXT)
        .field("region", Type::TEXT)
        .field("brand", Type::TEXT)
        .field("language", Type::TEXT)
        .field("days_known", Type::INT)
        .optional("age", Type::INT)
        .optional("days_to_birthday", Type::INT)
        .build()
}

fn health() -> Result<Structure, SchemaError> {
    Structure::builder("health")
        .optional("index", Type::INT)
        .optional("band", Type::TEXT)
        .build()
}

fn orders() -> Result<Structure, SchemaError> {
    let days = Argument::Int {
        least: 1,
        most: MOST_DAYS,
    };
    let hours = Argument::Int {
        least: 1,
        most: MOST_HOURS,
    };
    let window = chosen(some("orders of a time"))?.build()?;
    let all = Structure::builder("orders")
        .field("count", Type::INT)
        .field("returns", Type::INT)
        .optional("days_since_first", Type::INT)
        .optional("days_since_last", Type::INT)
        .optional("usual_hour", Type::INT)
        .optional("usual_channel", Type::TEXT)
        .optional("favourite_category", Type::TEXT)
        .family("within_days", days, Type::structure(window.clone()))
        .family("within_hours", hours, Type::structure(window));
    chosen(amounts(all))?.build()
}

/// With those of a category, a channel or a store.
fn chosen(orders: StructureBuilder) -> Result<StructureBuilder, SchemaError> {
    let some = Type::structure(some("chosen orders").build()?);
    Ok(orders
        .family("in_category", Argument::Text, some.clone())
        .family("in_channel", Argument::Text, some.clone())
        .family("in_store", Argument::Text, some))
}

fn some(name: &str) -> StructureBuilder {
    amounts(Structure::builder(name))
        .field("count", Type::INT)
        .field("channels", Type::INT)
        .field("stores", Type::INT)
        .field("categories", Type::INT)
}

fn amounts(orders: StructureBuilder) -> StructureBuilder {
    let currency = Argument::OneOf {
        what: "an ISO 4217 currency code",
        known: &CODES,
    };
    orders
        .family("net", currency, Type::INT)
        .family("gross", currency, Type::INT)
}

#[cfg(test)]
mod tests {
    use prost_reflect::{FieldDescriptor, Value};

    use super::*;
    use crate::domain::segment::condition::Condition;

    /// The number of the sensitivity that the contract gives a field.
    fn declared(field: &FieldDescriptor) -> i32 {
        let option = contract::pool().get_extension_by_name("patron.access.v1.field");
        let options = field.options();
        let declared = options.get_extension(&option.unwrap());
        let sensitivity = declared.as_message().unwrap();
        match *sensitivity.get_field_by_name("sensitivity").unwrap() {
            Value::EnumNumber(number) => number,
            _ => 0,
        }
    }

    fn number(sensitivity: Sensitivity) -> i32 {
        match sensitivity {
            Sensitivity::None => 0,
            Sensitivity::Contact => 1,
            Sensitivity::Personal => 2,
            Sensitivity::Sensitive => 3,
            Sensitivity::FreeText => 4,
        }
    }

    #[test]
    fn a_name_is_as_sensitive_as_the_contract_says_of_what_it_is_made_of() {
        let customer = contract::pool().get_message_by_name("patron.profile.v1.Customer");
        let customer = customer.unwrap();
        let none = [
            ("customer.region", "region_code"),
            ("customer.brand", "brand"),
            ("customer.language", "language_code"),
            ("customer.days_known", "create_time"),
        ];
        let named = SENSITIVITIES.into_iter();
        for (name, field) in named.map(|(name, field, _)| (name, field)).chain(none) {
            let declared = declared(&customer.get_field_by_name(field).unwrap());
            assert_eq!(number(sensitivity_of(name, &[])), declared, "{name}");
        }
    }

    #[test]
    fn however_a_condition_asks_for_something_it_reads_it_by_its_name() {
        for condition in [
            "has(customer.age)",
            "customer.?age.orValue(0) > 3",
            "has(customer.age) && customer.age > 3",
            "customer.?age.hasValue()",
            "true || has(customer.age)",
        ] {
            let compiled = Condition::compile(condition, &Vocabulary::of(&[])).unwrap();
            let reads: Vec<_> = compiled.reads().collect();
            assert_eq!(reads, ["customer.age"], "{condition}");
        }
    }
}
