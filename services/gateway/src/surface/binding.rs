//! One REST route of one method, checked against the method's messages.

use std::sync::Arc;

use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};

use super::{Method, SurfaceError, Upstream, is_server_given, options};
use crate::json;
use crate::rest::{FieldPath, HttpMethod, Template};

/// A `google.api.HttpRule` as written.
#[derive(Debug, Clone)]
pub(crate) struct HttpRule {
    /// `GET`, `POST`, …, or the kind of a `custom` rule.
    pub(crate) kind: String,
    pub(crate) template: String,
    pub(crate) body: String,
    pub(crate) response_body: String,
}

/// A route of a method.
#[derive(Debug)]
pub(crate) struct Binding {
    pub(crate) method: Arc<Method>,
    pub(crate) http_method: HttpMethod,
    pub(crate) template: Template,
    /// Verb and template, `GET /v1/customers/{customer_id}`: the name of its calls in traces.
    pub(crate) route: Arc<str>,
    /// The fields that the variables of the template give, in their order.
    pub(crate) path_fields: Vec<FieldPath>,
    pub(crate) body: BodyRule,
    /// The one field of the answer that is the HTTP body; none: the whole answer.
    pub(crate) response_body: Option<FieldDescriptor>,
    /// For `PATCH`: the mask that is made of the body when the caller gives none.
    pub(crate) implied_mask: Option<ImpliedMask>,
}

/// What the HTTP body gives.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum BodyRule {
    /// Nothing.
    None,
    /// One field of the request.
    Field(FieldDescriptor),
    /// Everything that the path does not give.
    All,
}

/// How an `update_mask` follows from a body.
#[derive(Debug)]
pub(crate) struct ImpliedMask {
    /// The field `update_mask` of the request.
    pub(crate) field: FieldDescriptor,
    /// The message that the body is.
    pub(crate) resource: MessageDescriptor,
    /// Names of fields that are never part of the mask.
    pub(crate) excluded: Vec<String>,
}

impl Binding {
    pub(super) fn new(method: Arc<Method>, rule: &HttpRule) -> Result<Self, SurfaceError> {
        let name = method.full_name.to_string();
        if method.takes_stream() && (method.streams_answers() || rule.body.is_empty()) {
            return Err(SurfaceError::ClientStreaming { method: name });
        }
        let request = method.descriptor.input();
        if method.upstream == Upstream::Chosen && service_field(&request).is_none() {
            return Err(SurfaceError::NoServiceField { method: name });
        }
        let template =
            Template::parse(&rule.template).map_err(|source| SurfaceError::Template {
                method: name.clone(),
                source,
            })?;
        let http_method = match options::http_verb(&rule.kind) {
            Ok(Some(verb)) => HttpMethod::Only(verb),
            Ok(None) => HttpMethod::Any,
            Err(_) => {
                return Err(SurfaceError::HttpMethod {
                    method: name,
                    kind: rule.kind.clone(),
                });
            }
        };
        let path_fields = path_fields(&name, &request, &template)?;
        let body = match rule.body.as_str() {
            "" => BodyRule::None,
            "*" => BodyRule::All,
            field => BodyRule::Field(body_field(&name, &request, field)?),
        };
        let response_body = match rule.response_body.as_str() {
            "" => None,
            field => Some(body_field(&name, &method.descriptor.output(), field)?),
        };
        let implied_mask = match (&http_method, &body) {
            (HttpMethod::Only(http::Method::PATCH), BodyRule::Field(field)) => {
                ImpliedMask::new(&request, field, &path_fields)
            }
            _ => None,
        };
        let verb = match &http_method {
            HttpMethod::Only(verb) => verb.as_str(),
            HttpMethod::Any => "*",
        };
        let route = format!("{verb} {template}");
        Ok(Self {
            method,
            http_method,
            template,
            route: route.into(),
            path_fields,
            body,
            response_body,
            implied_mask,
        })
    }
}

impl ImpliedMask {
    fn new(
        request: &MessageDescriptor,
        body: &FieldDescriptor,
        path_fields: &[FieldPath],
    ) -> Option<Self> {
        let field = request.get_field_by_name("update_mask")?;
        let is_mask = field.kind().as_message()?.full_name() == "google.protobuf.FieldMask";
        let Kind::Message(resource) = body.kind() else {
            return None;
        };
        if !is_mask || body.is_list() || body.is_map() {
            return None;
        }
        let in_path = |field: &FieldDescriptor| {
            let name = format!("{}.{}", body.name(), field.name());
            path_fields.iter().any(|path| path.name() == name)
        };
        let excluded = resource
            .fields()
            .filter(|field| is_server_given(field) || in_path(field));
        let excluded = excluded.map(|field| field.name().to_owned()).collect();
        Some(Self {
            field,
            resource,
            excluded,
        })
    }
}

/// The field in which a request names the role that is to serve it.
pub(crate) fn service_field(request: &MessageDescriptor) -> Option<FieldDescriptor> {
    let field = request.get_field_by_name("service")?;
    (field.kind() == Kind::String && !field.is_list()).then_some(field)
}

fn path_fields(
    method: &str,
    request: &MessageDescriptor,
    template: &Template,
) -> Result<Vec<FieldPath>, SurfaceError> {
    let resolve = |variable: &str| {
        let path =
            FieldPath::resolve(request, variable).map_err(|source| SurfaceError::Variable {
                method: method.to_owned(),
                variable: variable.to_owned(),
                source,
            })?;
        let leaf = path.leaf();
        let has_fields = matches!(leaf.kind(), Kind::Message(message)
            if !json::is_single_value(message.full_name()));
        if leaf.is_list() || leaf.is_map() || has_fields {
            let (method, variable) = (method.to_owned(), variable.to_owned());
            return Err(SurfaceError::NoSingleValue { method, variable });
        }
        Ok(path)
    };
    template
        .variables
        .iter()
        .map(|variable| resolve(&variable.field_path))
        .collect()
}

fn body_field(
    method: &str,
    message: &MessageDescriptor,
    field: &str,
) -> Result<FieldDescriptor, SurfaceError> {
    message
        .get_field_by_name(field)
        .ok_or_else(|| SurfaceError::BodyField {
            method: method.to_owned(),
            field: field.to_owned(),
        })
}
