//! An example of each request, from the contract alone: all that must be said, and of the rest the single values
//! that the contract gives an example of (`example` of `buf.validate`). So an example is as short as a call can be
//! that says what it is for, and no two of its fields are in each other's way.
//!
//! Texts are never made up, but for UUIDs: an order's id or a condition that somebody invented here would be
//! refused, or mislead. A request that needs one of which the contract gives no example has none.

mod value;

use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor, OneofDescriptor};
use serde_json::{Map, Value};

use super::choices;
use super::schema::{below, is_required};
use crate::rest::FieldPath;
use crate::surface::{Binding, BodyRule, field_behavior};

pub(super) use value::of_rules;

/// No request has messages nested deeper than that where they must be given.
const MAX_DEPTH: usize = 8;

/// A field must be said of which nothing is known that could be.
struct Unknown;

/// An example of a request, as the JSON of the whole message.
pub(super) struct Example(Value);

impl Example {
    /// The example of a binding's request.
    pub(super) fn of_binding(binding: &Binding) -> Option<Self> {
        let mut given: Vec<_> = binding.path_fields.iter().map(FieldPath::name).collect();
        if let BodyRule::Field(field) = &binding.body {
            given.push(field.name().to_owned());
        }
        let request = binding.method.descriptor.input();
        // A mask that follows from the body is not said.
        let implied = binding.implied_mask.as_ref().map(|mask| &mask.field);
        of_message(&request, &given, implied, 0).ok().map(Self)
    }

    /// The value of a field by the names of JSON on the way to it.
    pub(super) fn value<'n>(&self, names: impl IntoIterator<Item = &'n str>) -> Option<&Value> {
        let mut names = names.into_iter();
        names.try_fold(&self.0, |value, name| value.get(name))
    }

    /// What the body of the binding says.
    pub(super) fn body(&self, binding: &Binding) -> Option<Value> {
        let mut rest = self.0.clone();
        for path in &binding.path_fields {
            remove(&mut rest, &path.json_names());
        }
        match &binding.body {
            BodyRule::None => None,
            BodyRule::Field(field) => rest.get(field.json_name()).cloned(),
            BodyRule::All => Some(rest),
        }
    }
}

fn remove(value: &mut Value, names: &[&str]) {
    let Some((last, parents)) = names.split_last() else {
        return;
    };
    let mut parents = parents.iter();
    let holder = parents.try_fold(value, |value, name| value.get_mut(name));
    if let Some(Value::Object(members)) = holder {
        members.remove(*last);
    }
}

/// The JSON of a message in which at least these fields are given, and one is not.
fn of_message(
    message: &MessageDescriptor,
    given: &[String],
    unsaid: Option<&FieldDescriptor>,
    depth: usize,
) -> Result<Value, Unknown> {
    if depth > MAX_DEPTH {
        return Err(Unknown);
    }
    let fields = message.fields().filter(|field| Some(field) != unsaid);
    let mut members = of_fields(fields, given, depth)?;
    for oneof in message.oneofs().filter(|oneof| !oneof.is_synthetic()) {
        let is_said = oneof
            .fields()
            .any(|field| members.contains_key(field.json_name()));
        if choices::is_required(&oneof) && !is_said {
            let (name, value) = of_oneof(&oneof, depth)?;
            members.insert(name, value);
        }
    }
    Ok(Value::Object(members))
}

fn of_fields(
    fields: impl Iterator<Item = FieldDescriptor>,
    given: &[String],
    depth: usize,
) -> Result<Map<String, Value>, Unknown> {
    let mut members = Map::new();
    for field in fields {
        let within = below(given, field.name());
        let is_given = !within.is_empty() || given.iter().any(|name| name == field.name());
        let value = if is_given || is_required(&field) {
            Some(of_needed(&field, &within, depth)?)
        } else if is_optional(&field) {
            value::declared(&field)
        } else {
            None
        };
        members.extend(value.map(|value| (field.json_name().to_owned(), value)));
    }
    Ok(members)
}

/// Whether a caller may say it, whatever else is said.
fn is_optional(field: &FieldDescriptor) -> bool {
    let oneof = field.containing_oneof();
    let is_alone = oneof.is_none_or(|oneof| oneof.is_synthetic());
    is_alone && !field_behavior(field).output_only
}

/// The first field of a oneof of which something is known.
fn of_oneof(oneof: &OneofDescriptor, depth: usize) -> Result<(String, Value), Unknown> {
    let value = |field: FieldDescriptor| {
        let value = of_needed(&field, &[], depth).ok()?;
        Some((field.json_name().to_owned(), value))
    };
    oneof.fields().find_map(value).ok_or(Unknown)
}

fn of_needed(field: &FieldDescriptor, given: &[String], depth: usize) -> Result<Value, Unknown> {
    if let Some(value) = value::declared(field).or_else(|| value::derived(field)) {
        return Ok(value);
    }
    match field.kind() {
        Kind::Message(message) if field.is_list() => {
            let item = of_message(&message, &[], None, depth + 1)?;
            Ok(Value::Array(vec![item; value::least_items(field)]))
        }
        Kind::Message(message) if !field.is_map() => of_message(&message, given, None, depth + 1),
        _ => Err(Unknown),
    }
}
