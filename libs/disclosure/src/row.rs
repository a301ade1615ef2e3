//! Rows as people can read them.

use contract::patron::privacy::v1::PersonalRecord;
use prost_reflect::DynamicMessage;
use prost_types::value::Kind as Written;
use prost_types::{ListValue, Struct, Value as ProtoValue};
use serde_json::Value;

use crate::shape::{Kind, Shape};
use crate::store::Table;

/// Who of the staff did something is not the person's.
const AUTHORS: &[&str] = &["actor", "given_by", "recorded_by"];

/// A row of a table as it is told.
pub(crate) fn told(shape: &Shape, table: &Table, kind: &Kind, row: Value) -> PersonalRecord {
    let Value::Object(columns) = row else {
        return PersonalRecord::default();
    };
    let told = columns.into_iter().filter_map(|(column, value)| {
        let value = of_column(table, kind, &column, value)?;
        Some((camel(&column), value))
    });
    PersonalRecord {
        kind: table.name.clone(),
        purpose: shape.purpose(kind).to_owned(),
        origin: kind.origin.into(),
        data: Some(Struct {
            fields: told.collect(),
        }),
    }
}

/// The value of a column; `None` when it is not told.
fn of_column(table: &Table, kind: &Kind, column: &str, value: Value) -> Option<ProtoValue> {
    let is_author = AUTHORS.contains(&column) || column.ends_with("_by");
    if value.is_null() || is_author || kind.hidden.contains(&column) {
        return None;
    }
    let find = |list: &[(&str, &'static str)]| {
        let found = list.iter().find(|(of, _)| *of == column);
        found.map(|(_, name)| *name)
    };
    if let Some(message) = find(kind.encoded) {
        return decoded(message, value.as_str()?).map(nested);
    }
    if let Some(names) = find(kind.names) {
        let number = i32::try_from(value.as_i64()?).ok()?;
        let names = contract::pool().get_enum_by_name(names)?;
        let name = names.get_value(number)?.name().to_owned();
        return Some(text(name));
    }
    match table.columns.get(column).map(String::as_str) {
        // Hashes and packed figures.
        Some("bytea") => None,
        Some("smallint" | "integer") => {
            value
                .as_i64()
                .and_then(|it| i32::try_from(it).ok())
                .map(|small| ProtoValue {
                    kind: Some(Written::NumberValue(small.into())),
                })
        }
        _ => Some(nested(value)),
    }
}

/// A message that stands as hexadecimal digits behind `\x`, in the contract's JSON form.
fn decoded(message: &str, digits: &str) -> Option<Value> {
    let message = contract::pool().get_message_by_name(message)?;
    let digits = digits.strip_prefix("\\x")?.as_bytes();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    let bytes: Option<Vec<u8>> = digits.chunks(2).map(byte).collect();
    let message = DynamicMessage::decode(message, bytes?.as_slice()).ok()?;
    serde_json::to_value(message).ok()
}

/// A value of JSON. Whole numbers are texts, as the contract writes those of 64 bits.
fn nested(value: Value) -> ProtoValue {
    let kind = match value {
        Value::Null => Written::NullValue(0),
        Value::Bool(truth) => Written::BoolValue(truth),
        Value::Number(number) if number.is_f64() => {
            Written::NumberValue(number.as_f64().unwrap_or_default())
        }
        Value::Number(number) => Written::StringValue(number.to_string()),
        Value::String(text) => Written::StringValue(text),
        Value::Array(items) => Written::ListValue(ListValue {
            values: items.into_iter().map(nested).collect(),
        }),
        Value::Object(fields) => Written::StructValue(Struct {
            fields: fields
                .into_iter()
                .map(|(name, value)| (name, nested(value)))
                .collect(),
        }),
    };
    ProtoValue { kind: Some(kind) }
}

fn text(text: String) -> ProtoValue {
    ProtoValue {
        kind: Some(Written::StringValue(text)),
    }
}

/// `order_time` → `orderTime`, as the contract's JSON form writes names.
fn camel(column: &str) -> String {
    let mut written = String::with_capacity(column.len());
    let mut raise = false;
    for letter in column.chars() {
        match letter {
            '_' => raise = true,
            letter if raise => {
                written.push(letter.to_ascii_uppercase());
                raise = false;
            }
            letter => written.push(letter),
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use contract::patron::privacy::v1::Origin;
    use prost::Message as _;
    use serde_json::json;

    use super::*;

    const SHAPE: Shape = Shape {
        purpose: "a contract",
        origin: Origin::Provided,
        kinds: &[],
        left_out: &[],
    };

    fn table(columns: &[(&str, &str)]) -> Table {
        let columns = columns.iter();
        Table {
            name: "orders".to_owned(),
            columns: columns
                .map(|(name, kind)| ((*name).to_owned(), (*kind).to_owned()))
                .collect(),
            ..Table::default()
        }
    }

    fn read(record: &PersonalRecord, name: &str) -> Option<Written> {
        record.data.as_ref()?.fields.get(name)?.kind.clone()
    }

    #[test]
    fn a_row_is_told_in_the_contracts_form_without_bytes_and_authors() {
        let table = table(&[
            ("total_minor", "bigint"),
            ("birth_day", "smallint"),
            ("kind", "smallint"),
            ("hash", "bytea"),
            ("lines", "jsonb"),
        ]);
        let kind = Kind {
            hidden: &["other_id"],
            names: &[("kind", "patron.privacy.v1.Origin")],
            ..Kind::of("orders", Origin::Provided)
        };
        let row = json!({
            "total_minor": 12, "birth_day": 3, "kind": 2, "hash": "\\x00", "created_by": "user:ann",
            "actor": "user:bob", "lines": [{"amount": 9_007_199_254_740_993_i64}], "other_id": "x",
            "store": null,
        });
        let record = told(&SHAPE, &table, &kind, row);
        assert_eq!(
            (record.kind.as_str(), record.purpose.as_str()),
            ("orders", "a contract")
        );
        let text = |text: &str| Some(Written::StringValue(text.to_owned()));
        assert_eq!(read(&record, "totalMinor"), text("12"));
        assert_eq!(read(&record, "birthDay"), Some(Written::NumberValue(3.0)));
        assert_eq!(read(&record, "kind"), text("ORIGIN_STAFF"));
        let Some(Written::ListValue(lines)) = read(&record, "lines") else {
            panic!("{record:?}");
        };
        let line = lines.values.first().unwrap().kind.clone().unwrap();
        assert!(format!("{line:?}").contains("\"9007199254740993\""));
        assert_eq!(record.data.unwrap().fields.len(), 4);
    }

    #[test]
    fn an_encoded_message_is_told_as_json() {
        let message = contract::patron::privacy::v1::DisclosePersonRequest {
            customer_ids: vec!["a".to_owned()],
            provided_only: true,
        };
        let bytes = message.encode_to_vec().into_iter();
        let pairs: Vec<String> = bytes.map(|byte| format!("{byte:02x}")).collect();
        let digits = pairs.concat();
        let name = "patron.privacy.v1.DisclosePersonRequest";
        let told = decoded(name, &format!("\\x{digits}"));
        assert_eq!(
            told,
            Some(json!({"customerIds": ["a"], "providedOnly": true}))
        );
        assert_eq!(decoded(name, "\\xff"), None);
        assert_eq!(decoded(name, "no digits"), None);
    }
}
