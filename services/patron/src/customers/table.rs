//! A customer as a row of CSV.

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

/// The first row.
pub(super) fn header() -> String {
    let names = TEXTS.iter().map(|(_, name)| (*name).to_owned());
    let others = ["gender", "birth_date", "identifiers"].map(str::to_owned);
    line(names.chain(others))
}

/// The row of a customer. Identifiers share a column: `phone=+441632960001;email=ada@example.com`.
pub(super) fn row(customer: &Value) -> String {
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
    line(texts.chain([
        gender,
        birth_date(&customer["birthDate"]),
        identifiers.join(";"),
    ]))
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

/// What a spreadsheet would take for a formula is told to be text: names come from strangers.
fn harmless(value: String) -> String {
    if value.starts_with(['=', '+', '-', '@', '\t', '\r']) && !value.starts_with("--") {
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
            "birthDate": {"year": 0, "month": 5, "day": 7},
            "identifiers": [{"kind": "phone", "value": "+44"}, {"kind": "email", "value": "a,b"}],
        });
        let columns = header().split(',').count();
        assert_eq!(columns, 14);
        let expected =
            "c,\"'=HYPERLINK(\"\"x\"\")\",,,,,,,,,,female,--05-07,\"phone=+44;email=a,b\"\r\n";
        assert_eq!(row(&customer), expected);
    }
}
