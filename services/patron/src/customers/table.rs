//! A customer as a row of CSV.

use std::collections::BTreeMap;

use serde_json::Value;

/// The fields that are texts, by their names in JSON and in the table.
const TEXTS: [(&str, &str); 11] = [
    ("customerId", "customer_id"),
    ("displayName", "display_name"),
    ("familyName", "family_name"),
    ("givenName", "given_name"),
    ("occupation", "occupation"),
    ("incomeBand", "income_band"),
    ("regionCode", "region_code"),
    ("brand", "brand"),
    ("languageCode", "language_code"),
    ("timeZone", "time_zone"),
    ("createTime", "create_time"),
];

/// The parts of the postal address, by their names in JSON and in the table, which are those that imports know.
const ADDRESS: [(&str, &str); 4] = [
    ("regionCode", "postal_address.region_code"),
    ("postalCode", "postal_address.postal_code"),
    ("administrativeArea", "postal_address.administrative_area"),
    ("locality", "postal_address.locality"),
];
const LINES: &str = "postal_address.address_lines";

/// Values of attributes stand in the field of their sensitivity.
const VALUES: [&str; 5] = [
    "value",
    "contactValue",
    "personalValue",
    "sensitiveValue",
    "freeTextValue",
];

/// What an attribute is called in a file.
fn column(attribute_id: &str) -> String {
    format!("attribute.{attribute_id}")
}

/// The values of attributes, by their ids.
pub(super) fn texts(attributes: &[Value]) -> BTreeMap<String, String> {
    let text = |attribute: &Value| {
        let value = &attribute["value"];
        let id = value["attributeId"].as_str()?.to_owned();
        let mut told = VALUES.iter().filter_map(|field| value[field].as_str());
        Some((id, told.next().unwrap_or_default().to_owned()))
    };
    attributes.iter().filter_map(text).collect()
}

/// A customer as a JSON object on a line, attributes among its fields.
pub(super) fn object(mut customer: Value, attributes: BTreeMap<String, String>) -> String {
    if let Some(fields) = customer.as_object_mut() {
        let attributes = attributes.into_iter();
        fields.extend(attributes.map(|(id, text)| (column(&id), Value::String(text))));
    }
    format!("{customer}\n")
}

/// The first row.
pub(super) fn header(attributes: &[String]) -> String {
    let names = TEXTS.iter().map(|(_, name)| (*name).to_owned());
    let others = ["gender", "birth_date", "identifiers"].map(str::to_owned);
    let address = ADDRESS.iter().map(|(_, name)| (*name).to_owned());
    let address = address.chain([LINES.to_owned()]);
    let attributes = attributes.iter().map(|id| column(id));
    line(names.chain(others).chain(address).chain(attributes))
}

/// The row of a customer. Identifiers share a column: `phone=+441632960001;email=ada@example.com`.
pub(super) fn row(
    customer: &Value,
    attributes: &BTreeMap<String, String>,
    columns: &[String],
) -> String {
    let text = |name: &str| customer[name].as_str().unwrap_or_default().to_owned();
    let texts = TEXTS.iter().map(|(name, _)| text(name));
    let gender = text("gender").trim_start_matches("GENDER_").to_lowercase();
    let gender = if gender == "unspecified" {
        String::new()
    } else {
        gender
    };
    let identifiers = customer["identifiers"].as_array().into_iter().flatten();
    let identifiers: Vec<_> = identifiers.map(identifier).collect();
    let others = [
        gender,
        birth_date(&customer["birthDate"]),
        identifiers.join(";"),
    ];
    let told = |id: &String| attributes.get(id).cloned().unwrap_or_default();
    let attributes = columns.iter().map(told);
    let address = address(&customer["postalAddress"]);
    line(texts.chain(others).chain(address).chain(attributes))
}

/// The parts of an address, then its lines in one.
fn address(address: &Value) -> impl Iterator<Item = String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let lines = address["addressLines"].as_array().into_iter().flatten();
    let lines: Vec<_> = lines.map(text).collect();
    let parts = ADDRESS.map(|(name, _)| text(&address[name]));
    parts.into_iter().chain([lines.join(", ")])
}

fn identifier(identifier: &Value) -> String {
    let part = |name: &str| identifier[name].as_str().unwrap_or_default();
    format!("{}={}", part("kind"), part("value"))
}

fn birth_date(date: &Value) -> String {
    let figure = |name: &str| date[name].as_i64().unwrap_or_default();
    match (figure("year"), figure("month"), figure("day")) {
        (_, 0, _) => String::new(),
        (0, month, day) => format!("--{month:02}-{day:02}"),
        (year, month, day) => format!("{year:04}-{month:02}-{day:02}"),
    }
}

fn line(values: impl Iterator<Item = String>) -> String {
    let cells: Vec<_> = values.map(|value| quoted(&harmless(value))).collect();
    format!("{}\r\n", cells.join(","))
}

/// What a spreadsheet would take for a formula is told to be text: names come from strangers. So is what already looks
/// told so: an import takes one `'` away.
fn harmless(value: String) -> String {
    if value.starts_with(['=', '+', '-', '@', '\t', '\r', '\'']) && !value.starts_with("--") {
        format!("'{value}")
    } else {
        value
    }
}

fn quoted(value: &str) -> String {
    if value.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", value.replace('"', "\"\""))
    } else {
        value.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_row_holds_what_is_known_and_no_formulas() {
        let customer = json!({
            "customerId": "c", "displayName": "=HYPERLINK(\"x\")", "gender": "GENDER_FEMALE",
            "occupation": "'til",
            "birthDate": {"year": 0, "month": 5, "day": 7},
            "identifiers": [{"kind": "phone", "value": "+44"}, {"kind": "email", "value": "a,b"}],
            "postalAddress": {"locality": "York", "addressLines": ["1 High St", "Flat 2"]},
        });
        let attributes = [
            json!({"value": {"attributeId": "account", "contactValue": "138****5678"}}),
            json!({"value": {"attributeId": "income"}}),
        ];
        let attributes = texts(&attributes);
        let known = ["account", "cups", "income"].map(str::to_owned);
        let header = header(&known);
        assert_eq!(header.split(',').count(), 22);
        assert!(header.ends_with(",attribute.account,attribute.cups,attribute.income\r\n"));
        let expected = "c,\"'=HYPERLINK(\"\"x\"\")\",,,''til,,,,,,,female,--05-07,\"phone=+44;email=a,b\",\
                        ,,,York,\"1 High St, Flat 2\",138****5678,,\r\n";
        assert_eq!(row(&customer, &attributes, &known), expected);
        let object = object(json!({"customerId": "c"}), attributes);
        let read: Value = serde_json::from_str(&object).unwrap();
        let account = "138****5678";
        let expected =
            json!({"customerId": "c", "attribute.account": account, "attribute.income": ""});
        assert_eq!(read, expected);
        assert!(object.ends_with("}\n"));
    }
}
