//! OpenAPI 3.1, written from the descriptors: comments become descriptions, `buf.validate` rules
//! become constraints. The same contract always gives the same document.

mod choices;
mod closed;
mod comments;
mod constraints;
mod errors;
mod examples;
mod operation;
mod parameters;
mod path;
mod scalars;
mod schema;
mod zero;

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::surface::{Surface, SurfaceError};
use comments::Comments;
use path::Path;
use schema::Schemas;

/// The document of Patron's own contract.
pub fn document() -> Result<Value, SurfaceError> {
    Ok(of_surface(&Surface::from_pool(contract::pool())?))
}

/// All operations on one path.
struct PathItem {
    path: String,
    parameters: Vec<String>,
    operations: Map<String, Value>,
}

/// The document of what a gateway exposes.
pub(crate) fn of_surface(surface: &Surface) -> Value {
    let comments = Comments::of(surface);
    let mut schemas = Schemas::new(&comments);
    let mut items: BTreeMap<String, PathItem> = BTreeMap::new();
    let mut tags = BTreeMap::new();
    let mut seen = BTreeMap::new();
    let reasons = errors::reasons(surface);
    for binding in surface.bindings() {
        // A binding for any HTTP method has no place in OpenAPI.
        let Some(http_method) = binding.http_method.name() else {
            continue;
        };
        let service = binding.method.descriptor.parent_service();
        tags.entry(service.full_name().to_owned())
            .or_insert_with(|| comments.service(service));
        let number: &mut u32 = seen.entry(&*binding.method.full_name).or_default();
        *number += 1;

        let mut path = Path::of(binding);
        let item = items.entry(path.shape()).or_insert_with(|| PathItem {
            path: path.to_string(),
            parameters: path.names(),
            operations: Map::new(),
        });
        path.rename(item.parameters.iter().map(String::as_str));
        let mut operation = operation::of_binding(binding, *number, &path, &comments, &mut schemas);
        errors::name_reasons(&mut operation, &reasons);
        item.operations.insert(http_method, operation);
    }
    let paths = items
        .into_values()
        .map(|item| (item.path, Value::Object(item.operations)));
    let mut paths: Map<String, Value> = paths.collect();
    let tags = tags.into_iter();
    let tags: Vec<_> = tags
        .map(|(name, description)| json!({ "name": name, "description": description }))
        .collect();
    let error = errors::schema(surface, &comments, &mut schemas);
    let mut components = schemas.into_components();
    closed::close_requests(&mut paths, &mut components);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Patron",
            "description": "Customer relationships and loyalty.",
            "version": env!("CARGO_PKG_VERSION"),
        },
        "servers": [{ "url": "/" }],
        "security": [{ "bearer": [] }],
        "tags": tags,
        "paths": paths,
        "components": {
            "schemas": components,
            "responses": { "Error": error_response(error) },
            "securitySchemes": {
                "bearer": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT" },
            },
        },
    })
}

fn error_response(schema: Option<Value>) -> Value {
    json!({
        "description": "The call was refused or failed. `details` holds exactly one \
            `google.rpc.ErrorInfo`, whose `reason` is for programs (`x-patron-reasons` of an operation \
            names those that its description does); `google.rpc.BadRequest` names \
            wrong fields; `google.rpc.RetryInfo` says when to try again.",
        "headers": {
            "retry-after": {
                "description": "Seconds after which the same call may succeed.",
                "schema": { "type": "integer" },
            },
            "x-request-id": request_id_header(),
        },
        "content": { "application/json": { "schema": schema.unwrap_or_else(|| json!({})) } },
    })
}

fn request_id_header() -> Value {
    json!({
        "description": "Names this call; the caller's own, if it sent one.",
        "schema": { "type": "string" },
    })
}
