//! JSON schemas of messages, enums and fields.

use std::collections::BTreeMap;

use prost_reflect::{EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor};
use serde_json::{Map, Value, json};

use super::comments::Comments;
use super::{choices, constraints, scalars};
use crate::surface::field_behavior;

/// Collects the schemas that operations refer to.
pub(super) struct Schemas<'c> {
    comments: &'c Comments,
    components: BTreeMap<String, Value>,
}

impl<'c> Schemas<'c> {
    pub(super) fn new(comments: &'c Comments) -> Self {
        Self {
            comments,
            components: BTreeMap::new(),
        }
    }

    /// All schemas by name.
    pub(super) fn into_components(self) -> BTreeMap<String, Value> {
        self.components
    }

    /// A schema that operations or other schemas refer to, to add what descriptors do not say.
    pub(super) fn component_mut(&mut self, name: &str) -> Option<&mut Value> {
        self.components.get_mut(name)
    }

    /// Adds a schema that is no message's.
    pub(super) fn add(&mut self, name: &str, schema: Value) {
        self.components.insert(name.to_owned(), schema);
    }

    /// The schema of a message: in place for well-known types, else a reference.
    pub(super) fn message(&mut self, message: &MessageDescriptor) -> Value {
        let name = message.full_name();
        if let Some(schema) = scalars::of_well_known(name) {
            return schema;
        }
        if !self.components.contains_key(name) {
            // First a placeholder: a message may contain itself.
            self.components.insert(name.to_owned(), Value::Null);
            let schema = self.object(message, &[]);
            self.components.insert(name.to_owned(), schema);
        }
        reference(name)
    }

    /// The object that a message is, without some of its fields. Those of a part, `part.field`, stay, since what was
    /// read is often sent back whole, and need not be given.
    pub(super) fn object(&mut self, message: &MessageDescriptor, without: &[String]) -> Value {
        let mut properties = Map::new();
        let mut required = Vec::new();
        for field in message.fields() {
            if without.iter().any(|name| name == field.name()) {
                continue;
            }
            if is_required(&field) {
                required.push(field.json_name().to_owned());
            }
            let schema = match (field.kind(), below(without, field.name())) {
                (Kind::Message(part), given) if !given.is_empty() => {
                    self.partly_given(&part, &given)
                }
                _ => self.field(&field),
            };
            properties.insert(field.json_name().to_owned(), schema);
        }
        let mut schema = json!({ "type": "object", "properties": properties });
        describe(&mut schema, &self.comments.message(message));
        if let Value::Object(schema) = &mut schema {
            if !required.is_empty() {
                schema.insert("required".to_owned(), json!(required));
            }
            choices::apply(schema, message);
        }
        schema
    }

    /// The object that a message is of which some fields are given elsewhere.
    fn partly_given(&mut self, message: &MessageDescriptor, given: &[String]) -> Value {
        let mut schema = self.object(message, &[]);
        let given = given
            .iter()
            .filter_map(|name| message.get_field_by_name(name));
        let given: Vec<_> = given.map(|field| json!(field.json_name())).collect();
        if let Some(Value::Array(required)) = schema.get_mut("required") {
            required.retain(|name| !given.contains(name));
        }
        schema
    }

    /// The schema of a field with its comment and constraints.
    pub(super) fn field(&mut self, field: &FieldDescriptor) -> Value {
        let mut schema = self.shape(field);
        if let Value::Object(schema) = &mut schema {
            if let Some(rules) = constraints::rules(field) {
                constraints::apply(schema, field, &rules);
            }
            if field_behavior(field).output_only {
                schema.insert("readOnly".to_owned(), json!(true));
            }
        }
        describe(&mut schema, &self.comments.field(field));
        schema
    }

    fn shape(&mut self, field: &FieldDescriptor) -> Value {
        match field.kind() {
            Kind::Message(entry) if field.is_map() => json!({
                "type": "object",
                "additionalProperties": self.kind(&entry.map_entry_value_field().kind()),
            }),
            kind if field.is_list() => json!({ "type": "array", "items": self.kind(&kind) }),
            kind => self.kind(&kind),
        }
    }

    fn kind(&mut self, kind: &Kind) -> Value {
        match kind {
            Kind::Message(message) => self.message(message),
            Kind::Enum(descriptor) => self.enumeration(descriptor),
            scalar => scalars::of_kind(scalar).unwrap_or_else(|| json!({})),
        }
    }

    fn enumeration(&mut self, descriptor: &EnumDescriptor) -> Value {
        let name = descriptor.full_name();
        if !self.components.contains_key(name) {
            let values: Vec<_> = descriptor
                .values()
                .map(|value| value.name().to_owned())
                .collect();
            let mut schema = json!({ "type": "string", "enum": values });
            describe(&mut schema, &self.enumeration_comment(descriptor));
            self.components.insert(name.to_owned(), schema);
        }
        reference(name)
    }

    fn enumeration_comment(&self, descriptor: &EnumDescriptor) -> String {
        let values = descriptor.values();
        let about = values.map(|value| (value.name().to_owned(), self.comments.value(&value)));
        with_values(self.comments.enumeration(descriptor), about)
    }
}

/// A comment, and below it what is said about each value.
pub(super) fn with_values(
    mut comment: String,
    values: impl IntoIterator<Item = (String, String)>,
) -> String {
    for (name, about) in values {
        if !about.is_empty() {
            comment.push_str("\n- `");
            comment.push_str(&name);
            comment.push_str("`: ");
            comment.push_str(&about.replace('\n', " "));
        }
    }
    comment
}

/// Of paths of fields, those that begin with this field, from there on.
pub(super) fn below(paths: &[String], field: &str) -> Vec<String> {
    let within = format!("{field}.");
    let below = paths.iter().filter_map(|path| path.strip_prefix(&within));
    below.map(str::to_owned).collect()
}

pub(super) fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// Whether a request without the field is refused.
pub(super) fn is_required(field: &FieldDescriptor) -> bool {
    let by_rule =
        || constraints::rules(field).is_some_and(|rules| constraints::is_required(field, &rules));
    field_behavior(field).required || by_rule()
}

/// Adds a description, unless there is nothing to say.
pub(super) fn describe(schema: &mut Value, comment: &str) {
    if let (Value::Object(schema), false) = (schema, comment.is_empty()) {
        schema.insert("description".to_owned(), json!(comment));
    }
}
