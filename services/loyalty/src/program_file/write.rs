//! A document to text.

use std::fmt::Write as _;

use contract::patron::loyalty::v1::ProgramDocument;
use prost::{Message as _, Name as _};
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, ReflectMessage as _, Value};

/// The document as YAML, without what it leaves open. It ends with a newline.
pub fn to_yaml(document: &ProgramDocument) -> String {
    let mut yaml = String::new();
    if let Some(message) = reflected(document) {
        mapping(&mut yaml, &message, 0);
    }
    if yaml.is_empty() {
        yaml.push_str("{}\n");
    }
    yaml
}

/// The document as JSON, as the API tells it. It ends with a newline.
pub fn to_json(document: &ProgramDocument) -> String {
    let message = reflected(document);
    let json = message.and_then(|message| serde_json::to_string_pretty(&message).ok());
    json.unwrap_or_default() + "\n"
}

/// `None` never happens: the descriptor is the one that the message was generated from.
fn reflected(document: &ProgramDocument) -> Option<DynamicMessage> {
    let descriptor = ::contract::pool().get_message_by_name(&ProgramDocument::full_name())?;
    DynamicMessage::decode(descriptor, document.encode_to_vec().as_slice()).ok()
}

/// The fields of a message, each on lines of its own. What is written to a `String` never fails, so
/// the results of `write!` are of no interest.
fn mapping(yaml: &mut String, message: &DynamicMessage, indent: usize) {
    for field in message.descriptor().fields() {
        if !message.has_field(&field) {
            continue;
        }
        let name = field.json_name();
        let _ = write!(yaml, "{:indent$}{name}:", "");
        match &*message.get_field(&field) {
            Value::List(items) if matches!(field.kind(), Kind::Message(_)) => {
                yaml.push('\n');
                for item in items {
                    list_item(yaml, item, indent + 2);
                }
            }
            Value::List(items) => {
                let items: Vec<String> = items.iter().map(|item| scalar(item, &field)).collect();
                let _ = writeln!(yaml, " [{}]", items.join(", "));
            }
            Value::Message(message) => part(yaml, message, indent + 2),
            value => {
                let _ = writeln!(yaml, " {}", scalar(value, &field));
            }
        }
    }
}

/// A message after its name.
fn part(yaml: &mut String, message: &DynamicMessage, indent: usize) {
    if let Some(instant) = instant(message) {
        let _ = writeln!(yaml, " {instant}");
        return;
    }
    let mut inside = String::new();
    mapping(&mut inside, message, indent);
    if inside.is_empty() {
        yaml.push_str(" {}\n");
    } else {
        yaml.push('\n');
        yaml.push_str(&inside);
    }
}

/// An item of a list of messages: the dash takes the place of two spaces of the first line.
fn list_item(yaml: &mut String, item: &Value, indent: usize) {
    let mut inside = String::new();
    if let Value::Message(message) = item {
        mapping(&mut inside, message, indent + 2);
    }
    let rest = inside.get(indent + 2..).filter(|rest| !rest.is_empty());
    let _ = write!(yaml, "{:indent$}- {}", "", rest.unwrap_or("{}\n"));
}

fn instant(message: &DynamicMessage) -> Option<String> {
    if message.descriptor().full_name() != "google.protobuf.Timestamp" {
        return None;
    }
    let seconds = message.get_field_by_name("seconds")?.as_i64()?;
    let nanos = message.get_field_by_name("nanos")?.as_i32()?;
    let instant = contract::time::instant(&prost_types::Timestamp { seconds, nanos })?;
    Some(instant.to_string())
}

fn scalar(value: &Value, field: &FieldDescriptor) -> String {
    match (value, field.kind()) {
        (Value::EnumNumber(number), Kind::Enum(names)) => {
            let name = names.get_value(*number);
            name.map_or_else(|| number.to_string(), |name| name.name().to_owned())
        }
        (Value::Bool(flag), _) => flag.to_string(),
        (Value::I32(number), _) => number.to_string(),
        (Value::I64(number), _) => number.to_string(),
        (Value::String(text), _) if is_plain(text) => text.clone(),
        // A JSON string is a YAML one.
        (Value::String(text), _) => serde_json::to_string(text).unwrap_or_default(),
        _ => "null".to_owned(),
    }
}

/// Whether a text stands for itself without quotes, for people and for parsers of every age: words
/// of letters and digits, and of the signs that mean nothing in YAML.
fn is_plain(text: &str) -> bool {
    let is_word = |letter: char| letter.is_alphanumeric() || "_-./ ".contains(letter);
    let begins = text.starts_with(char::is_alphabetic);
    let is_taken = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"]
        .iter()
        .any(|taken| text.eq_ignore_ascii_case(taken));
    begins && !is_taken && !text.ends_with(' ') && text.chars().all(is_word)
}
