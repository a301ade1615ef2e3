//! The configuration as TOML again.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::Config;

/// Writes the settings as a TOML document of dotted keys. Secrets hide themselves.
pub(crate) fn show(config: &Config) -> Result<String, serde_json::Error> {
    let mut document = String::new();
    if let Value::Object(sections) = serde_json::to_value(config)? {
        write_table(&mut document, "", &sections);
    }
    Ok(document)
}

fn write_table(document: &mut String, prefix: &str, table: &Map<String, Value>) {
    for (key, value) in table {
        let path = format!("{prefix}{key}");
        match value {
            Value::Object(table) => write_table(document, &format!("{path}."), table),
            Value::Null => {}
            // Writing to a String can't fail.
            value => drop(writeln!(document, "{path} = {}", inline(value))),
        }
    }
}

/// JSON's numbers, booleans, strings and lists of these are TOML's; objects are not.
fn inline(value: &Value) -> String {
    match value {
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(inline).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(table) => {
            let set = table.iter().filter(|(_, value)| !value.is_null());
            let pairs: Vec<String> = set
                .map(|(key, value)| format!("{key} = {}", inline(value)))
                .collect();
            format!("{{ {} }}", pairs.join(", "))
        }
        scalar => scalar.to_string(),
    }
}
