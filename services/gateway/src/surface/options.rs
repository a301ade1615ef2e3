//! Options in the contract that shape the gateway.

use http::Method as HttpVerb;
use prost::Message as _;
use prost_reflect::{
    DescriptorPool, DynamicMessage, FieldDescriptor, MethodDescriptor, ReflectMessage as _,
    ServiceDescriptor, Value,
};
use prost_types::DescriptorProto;

use super::binding::HttpRule;
use super::{SurfaceError, Upstream};

const HTTP: &str = "google.api.http";
const FIELD_BEHAVIOR: &str = "google.api.field_behavior";
const SERVICE: &str = "patron.access.v1.service";

/// Values of `google.api.FieldBehavior`.
const REQUIRED: i32 = 2;
const OUTPUT_ONLY: i32 = 3;
const IDENTIFIER: i32 = 8;

/// What `google.api.field_behavior` says about a field.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct FieldBehavior {
    pub(crate) required: bool,
    pub(crate) output_only: bool,
    pub(crate) identifier: bool,
}

/// Adds the messages of `google/rpc/error_details.proto`, so that any error can be shown as JSON
/// whether or not the contract imports them.
pub(super) fn with_error_details(mut pool: DescriptorPool) -> Result<DescriptorPool, SurfaceError> {
    let known = prost_types::FileDescriptorSet::decode(tonic_types::pb::FILE_DESCRIPTOR_SET)?;
    // By their messages: the same file goes by another name elsewhere.
    let is_missing = |file: &prost_types::FileDescriptorProto| {
        let mut names = file.message_type.iter().map(DescriptorProto::name);
        names.all(|name| {
            let name = format!("{}.{name}", file.package());
            pool.get_message_by_name(&name).is_none()
        })
    };
    let missing: Vec<_> = known.file.into_iter().filter(is_missing).collect();
    pool.add_file_descriptor_protos(missing)?;
    Ok(pool)
}

/// Who serves a service; none when it is not to be exposed.
pub(super) fn upstream(service: &ServiceDescriptor) -> Option<Upstream> {
    let extension = service.parent_pool().get_extension_by_name(SERVICE)?;
    let options = service.options();
    if !options.has_extension(&extension) {
        return None;
    }
    let access = options.get_extension(&extension);
    let role = text(access.as_message()?, "role");
    Some(if role.is_empty() {
        Upstream::Chosen
    } else {
        Upstream::Role(role.into())
    })
}

/// The `google.api.http` rules of a method: the main one, then the additional ones.
pub(super) fn http_rules(method: &MethodDescriptor) -> Result<Vec<HttpRule>, SurfaceError> {
    let Some(extension) = method.parent_pool().get_extension_by_name(HTTP) else {
        return Ok(Vec::new());
    };
    let options = method.options();
    if !options.has_extension(&extension) {
        return Ok(Vec::new());
    }
    let rule = options.get_extension(&extension);
    let Some(rule) = rule.as_message() else {
        return Ok(Vec::new());
    };
    let additional = additional_bindings(rule);
    if additional
        .iter()
        .any(|rule| !additional_bindings(rule).is_empty())
    {
        let method = method.full_name().to_owned();
        return Err(SurfaceError::NestedBindings { method });
    }
    let rules = std::iter::once(rule).chain(&additional);
    Ok(rules.filter_map(http_rule).collect())
}

fn additional_bindings(rule: &DynamicMessage) -> Vec<DynamicMessage> {
    let additional = rule.get_field_by_name("additional_bindings");
    let additional = additional.as_deref().and_then(Value::as_list);
    let additional = additional.unwrap_or_default().iter();
    additional.filter_map(Value::as_message).cloned().collect()
}

fn http_rule(rule: &DynamicMessage) -> Option<HttpRule> {
    let pattern = rule
        .descriptor()
        .oneofs()
        .find(|oneof| oneof.name() == "pattern")?;
    let pattern = pattern.fields().find(|field| rule.has_field(field))?;
    let value = rule.get_field(&pattern);
    let (kind, template) = match &*value {
        Value::Message(custom) => (text(custom, "kind"), text(custom, "path")),
        other => (
            pattern.name().to_ascii_uppercase(),
            other.as_str().unwrap_or_default().to_owned(),
        ),
    };
    Some(HttpRule {
        kind,
        template,
        body: text(rule, "body"),
        response_body: text(rule, "response_body"),
    })
}

/// What is declared about a field.
pub(crate) fn field_behavior(field: &FieldDescriptor) -> FieldBehavior {
    let mut behavior = FieldBehavior::default();
    let Some(extension) = field.parent_pool().get_extension_by_name(FIELD_BEHAVIOR) else {
        return behavior;
    };
    let options = field.options();
    let declared = options.get_extension(&extension);
    for value in declared.as_list().unwrap_or_default() {
        match value.as_enum_number() {
            Some(REQUIRED) => behavior.required = true,
            Some(OUTPUT_ONLY) => behavior.output_only = true,
            Some(IDENTIFIER) => behavior.identifier = true,
            _ => {}
        }
    }
    behavior
}

/// Fields that a client sends back as it got them and never means to change (AIP-203, AIP-154).
pub(crate) fn is_server_given(field: &FieldDescriptor) -> bool {
    let behavior = field_behavior(field);
    behavior.output_only || behavior.identifier || field.name() == "etag"
}

/// The HTTP method of a rule; none when it stands for all.
pub(super) fn http_verb(kind: &str) -> Result<Option<HttpVerb>, http::method::InvalidMethod> {
    if kind == "*" {
        Ok(None)
    } else {
        HttpVerb::from_bytes(kind.as_bytes()).map(Some)
    }
}

fn text(message: &DynamicMessage, field: &str) -> String {
    let value = message.get_field_by_name(field);
    value
        .as_deref()
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}
