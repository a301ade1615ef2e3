//! The `buf.validate` rules that the contract uses. One that is not known here fails the build, so
//! that no rule is ever silently skipped.

use prost_reflect::{
    DynamicMessage, ExtensionDescriptor, FieldDescriptor, Kind, OneofDescriptor,
    ReflectMessage as _, Value,
};

/// One rule of a field.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Rule {
    MinLength(u64),
    MaxLength(u64),
    Pattern(String),
    Uuid,
    AtLeast(i64),
    AtMost(i64),
    DefinedOnly,
    NotIn(Vec<i32>),
    MinItems(u64),
    MaxItems(u64),
    MaxPairs(u64),
    Bytes(u64),
}

/// All rules of a field.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct FieldRules {
    pub(crate) required: bool,
    pub(crate) ignore_zero: bool,
    /// Neither the field nor what is inside of it is checked: whoever serves the call does it.
    pub(crate) ignore_always: bool,
    pub(crate) rules: Vec<Rule>,
    /// Of each item of a list.
    pub(crate) items: Vec<Rule>,
    /// Of each key of a map.
    pub(crate) keys: Vec<Rule>,
    /// Of each value of a map.
    pub(crate) values: Vec<Rule>,
}

/// The rules of a field.
pub(crate) fn of_field(field: &FieldDescriptor) -> Result<FieldRules, String> {
    let Some(options) = extension_of(&field.options(), "buf.validate.field") else {
        return Ok(FieldRules::default());
    };
    let mut found = FieldRules::default();
    for (option, value) in options.fields() {
        match (option.name(), value) {
            ("required", value) => found.required = value.as_bool().unwrap_or_default(),
            // IGNORE_IF_ZERO_VALUE and IGNORE_ALWAYS, the only modes in use.
            ("ignore", Value::EnumNumber(1)) => found.ignore_zero = true,
            ("ignore", Value::EnumNumber(3)) => found.ignore_always = true,
            (kind @ ("repeated" | "map"), Value::Message(message)) => {
                for (rule, value) in message.fields() {
                    match (rule.name(), value) {
                        ("items", Value::Message(items)) => {
                            found.items = inner_rules(field, "items", items)?;
                        }
                        ("keys", Value::Message(keys)) => {
                            found.keys = inner_rules(&entry_of(field)?.0, "keys", keys)?;
                        }
                        ("values", Value::Message(values)) => {
                            found.values = inner_rules(&entry_of(field)?.1, "values", values)?;
                        }
                        _ => {
                            let own = std::iter::once((rule, value));
                            found.rules.extend(of_kind(field, kind, own)?);
                        }
                    }
                }
            }
            (kind, Value::Message(message)) => {
                found.rules.extend(of_kind(field, kind, message.fields())?);
            }
            (name, _) => {
                return Err(format!(
                    "{}: rule {name} is not supported",
                    field.full_name()
                ));
            }
        }
    }
    if found.required && !field.supports_presence() {
        found.rules.push(not_zero(field)?);
    }
    Ok(found)
}

/// The rules of one kind of value.
fn of_kind<'v>(
    field: &FieldDescriptor,
    kind: &str,
    rules: impl Iterator<Item = (FieldDescriptor, &'v Value)>,
) -> Result<Vec<Rule>, String> {
    // An example refuses nothing. That it is right is shown where all are sent (`tests/suite/examples.rs`).
    let rules = rules.filter(|(rule, _)| rule.name() != "example");
    let rules = rules.map(|(rule, value)| {
        rule_of(kind, rule.name(), value).ok_or_else(|| {
            let (field, rule) = (field.full_name(), rule.name());
            format!("{field}: rule {kind}.{rule} is not supported")
        })
    });
    rules.collect()
}

/// Key and value of a map's entries.
pub(crate) fn entry_of(
    field: &FieldDescriptor,
) -> Result<(FieldDescriptor, FieldDescriptor), String> {
    match field.kind() {
        Kind::Message(entry) if field.is_map() => {
            Ok((entry.map_entry_key_field(), entry.map_entry_value_field()))
        }
        _ => Err(format!("{} is no map", field.full_name())),
    }
}

/// The rules of what a list or a map holds: texts or enum values.
fn inner_rules(
    field: &FieldDescriptor,
    part: &str,
    inner: &DynamicMessage,
) -> Result<Vec<Rule>, String> {
    let mut found = Vec::new();
    for (option, value) in inner.fields() {
        let name = option.name();
        let (Kind::String | Kind::Enum(_), Value::Message(rules)) = (field.kind(), value) else {
            let field = field.full_name();
            return Err(format!("{field}: rule {part}.{name} is not supported"));
        };
        found.extend(of_kind(field, name, rules.fields())?);
    }
    Ok(found)
}

/// What `required` means for a field that always has a value.
fn not_zero(field: &FieldDescriptor) -> Result<Rule, String> {
    match field.kind() {
        _ if field.is_list() => Ok(Rule::MinItems(1)),
        Kind::Enum(_) => Ok(Rule::NotIn(vec![0])),
        Kind::String => Ok(Rule::MinLength(1)),
        _ => Err(format!(
            "{}: rule required is not supported for what has no presence",
            field.full_name()
        )),
    }
}

/// Whether one field of the oneof must be set.
pub(crate) fn oneof_required(oneof: &OneofDescriptor) -> bool {
    extension_of(&oneof.options(), "buf.validate.oneof")
        .and_then(|options| options.get_field_by_name("required")?.as_bool())
        .unwrap_or_default()
}

fn extension_of(options: &DynamicMessage, name: &str) -> Option<DynamicMessage> {
    let extension: ExtensionDescriptor = options
        .descriptor()
        .parent_pool()
        .get_extension_by_name(name)?;
    if !options.has_extension(&extension) {
        return None;
    }
    options.get_extension(&extension).as_message().cloned()
}

fn rule_of(kind: &str, rule: &str, value: &Value) -> Option<Rule> {
    Some(match (kind, rule) {
        ("string", "min_len") => Rule::MinLength(value.as_u64()?),
        ("string", "max_len") => Rule::MaxLength(value.as_u64()?),
        ("string", "pattern") => Rule::Pattern(value.as_str()?.to_owned()),
        ("string", "uuid") if value.as_bool()? => Rule::Uuid,
        ("bytes", "len") => Rule::Bytes(value.as_u64()?),
        ("int32" | "int64" | "uint32", "gte") => Rule::AtLeast(integer(value)?),
        ("int32" | "int64" | "uint32", "lte") => Rule::AtMost(integer(value)?),
        ("enum", "defined_only") if value.as_bool()? => Rule::DefinedOnly,
        ("enum", "not_in") => Rule::NotIn(
            value
                .as_list()?
                .iter()
                .map(Value::as_i32)
                .collect::<Option<_>>()?,
        ),
        ("repeated", "min_items") => Rule::MinItems(value.as_u64()?),
        ("repeated", "max_items") => Rule::MaxItems(value.as_u64()?),
        ("map", "max_pairs") => Rule::MaxPairs(value.as_u64()?),
        _ => return None,
    })
}

fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::I32(number) => Some(i64::from(*number)),
        Value::I64(number) => Some(*number),
        Value::U32(number) => Some(i64::from(*number)),
        _ => None,
    }
}
