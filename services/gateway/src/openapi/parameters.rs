//! Path and query parameters of an operation.

use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};
use serde_json::{Value, json};

use super::examples::Example;
use super::path::{self, Path};
use super::schema::{Schemas, is_required};
use crate::json::{is_single_value, is_well_known};
use crate::surface::{Binding, BodyRule};

/// Messages within messages are spelled out to this depth; deeper fields can still be given.
const MAX_DEPTH: usize = 3;

/// All parameters: those of the path, then those of the query.
pub(super) fn of_binding(
    binding: &Binding,
    path: &Path<'_>,
    example: Option<&Example>,
    schemas: &mut Schemas<'_>,
) -> Vec<Value> {
    let of_path = path.parameters();
    let mut parameters: Vec<Value> = of_path
        .map(|parameter| of_segment(parameter, example, schemas))
        .collect();
    if binding.body != BodyRule::All {
        let request = binding.method.descriptor.input();
        let parameters = &mut parameters;
        let mut query = Query {
            binding,
            example,
            schemas,
            parameters,
        };
        query.fields(&request, "", "", 0);
    }
    parameters
}

fn of_segment(
    segment: &path::Parameter<'_>,
    example: Option<&Example>,
    schemas: &mut Schemas<'_>,
) -> Value {
    match segment.field {
        Some(field) if !segment.is_part => {
            let mut parameter = parameter("path", &segment.name, field.leaf(), true, schemas);
            let names = field.json_names();
            show(
                &mut parameter,
                example.and_then(|example| example.value(names)),
            );
            parameter
        }
        // A part of a value has none of the constraints of the whole.
        _ => json!({
            "name": segment.name,
            "in": "path",
            "required": true,
            "schema": { "type": "string" },
        }),
    }
}

struct Query<'q, 's, 'c> {
    binding: &'q Binding,
    example: Option<&'q Example>,
    schemas: &'s mut Schemas<'c>,
    parameters: &'q mut Vec<Value>,
}

impl Query<'_, '_, '_> {
    /// The parameters that the fields of a message are. `proto` and `json` are the names of the
    /// message's own place in the request, each with a dot behind it.
    fn fields(&mut self, message: &MessageDescriptor, proto: &str, json: &str, depth: usize) {
        for field in message.fields() {
            let path = format!("{proto}{}", field.name());
            let name = format!("{json}{}", field.json_name());
            let in_body = depth == 0 && self.binding.body == BodyRule::Field(field.clone());
            if in_body || field.is_map() || self.binding.template.binds(&path) {
                continue;
            }
            match Place::of(&field) {
                Place::Nested(message) if depth < MAX_DEPTH => {
                    self.fields(
                        &message,
                        &format!("{path}."),
                        &format!("{name}."),
                        depth + 1,
                    );
                }
                Place::Value => {
                    let required = depth == 0 && self.must_be_given(&field);
                    let mut parameter = parameter("query", &name, &field, required, self.schemas);
                    let names = name.split('.');
                    let value = self.example.and_then(|example| example.value(names));
                    show(&mut parameter, value);
                    self.parameters.push(parameter);
                }
                Place::Nested(_) | Place::None => {}
            }
        }
    }

    /// A mask that follows from the body need not be given, whatever the contract says.
    fn must_be_given(&self, field: &FieldDescriptor) -> bool {
        let implied = self
            .binding
            .implied_mask
            .as_ref()
            .is_some_and(|mask| mask.field == *field);
        !implied && is_required(field)
    }
}

/// How a field stands in a query.
enum Place {
    /// As one parameter.
    Value,
    /// As a parameter for each field of this message.
    Nested(MessageDescriptor),
    /// Not at all.
    None,
}

impl Place {
    fn of(field: &FieldDescriptor) -> Self {
        match field.kind() {
            Kind::Message(message) if is_single_value(message.full_name()) => Self::Value,
            Kind::Message(message) if is_well_known(message.full_name()) || field.is_list() => {
                Self::None
            }
            Kind::Message(message) => Self::Nested(message),
            _ => Self::Value,
        }
    }
}

/// Adds an example, where there is one.
fn show(parameter: &mut Value, example: Option<&Value>) {
    if let (Value::Object(parameter), Some(example)) = (parameter, example) {
        parameter.insert("example".to_owned(), example.clone());
    }
}

fn parameter(
    place: &str,
    name: &str,
    field: &FieldDescriptor,
    required: bool,
    schemas: &mut Schemas<'_>,
) -> Value {
    let mut schema = schemas.field(field);
    let description = schema
        .as_object_mut()
        .and_then(|schema| schema.remove("description"));
    // Whoever fills a parameter writes it, whatever the field is elsewhere.
    let _read_only = schema
        .as_object_mut()
        .and_then(|schema| schema.remove("readOnly"));
    let mut parameter = json!({ "name": name, "in": place, "schema": schema });
    if let Some(object) = parameter.as_object_mut() {
        if required {
            object.insert("required".to_owned(), json!(true));
        }
        if let Some(description) = description {
            object.insert("description".to_owned(), description);
        }
    }
    parameter
}
