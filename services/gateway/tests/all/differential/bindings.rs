//! Which calls of REST a contract promises: its `google.api.http` options, read for these tests alone.

use http::Method;
use prost_reflect::{DescriptorPool, DynamicMessage, MethodDescriptor, Value};

const HTTP: &str = "google.api.http";
const METHOD: &str = "patron.access.v1.method";
const SERVICE: &str = "patron.access.v1.service";

/// One way to call a method.
#[derive(Clone)]
pub(super) struct Binding {
    pub(super) method: MethodDescriptor,
    pub(super) verb: Method,
    pub(super) template: String,
    /// Empty for none, `*` for all that the path does not give, else a field.
    pub(super) body: String,
    /// The field of the answer that is the body; empty for all of it.
    pub(super) response_body: String,
    /// True where any service may be meant, and the request says which.
    pub(super) names_service: bool,
}

impl Binding {
    /// As what it is called by gRPC.
    pub(super) fn grpc_path(&self) -> String {
        let service = self.method.parent_service();
        format!("/{}/{}", service.full_name(), self.method.name())
    }

    /// What it is called in these tests.
    pub(super) fn name(&self) -> String {
        format!(
            "{} as {} {}",
            self.method.full_name(),
            self.verb,
            self.template
        )
    }
}

/// The roles that serve the contract.
pub(super) fn roles(pool: &DescriptorPool) -> Vec<String> {
    let roles = pool.services().filter_map(|it| role(pool, &it.options()));
    roles.filter(|role| !role.is_empty()).collect()
}

/// All ways to call what is for the outside, those behind the first included.
pub(super) fn all(pool: &DescriptorPool) -> Vec<Binding> {
    let mut bindings = Vec::new();
    for service in pool.services() {
        let Some(role) = role(pool, &service.options()) else {
            continue;
        };
        let methods = service.methods().filter(|it| !is_internal(pool, it));
        for method in methods {
            let Some(rule) = extension(pool, &method.options(), HTTP) else {
                continue;
            };
            let others = value(&rule, "additional_bindings");
            let others = others
                .as_list()
                .unwrap()
                .iter()
                .filter_map(Value::as_message);
            let rules = std::iter::once(&rule).chain(others);
            bindings.extend(rules.map(|rule| binding(&method, rule, role.is_empty())));
        }
    }
    bindings
}

fn binding(method: &MethodDescriptor, rule: &DynamicMessage, names_service: bool) -> Binding {
    let verbs = ["get", "put", "post", "delete", "patch"];
    let verb = verbs
        .into_iter()
        .find(|verb| rule.has_field_by_name(verb))
        .unwrap();
    Binding {
        method: method.clone(),
        verb: verb.to_ascii_uppercase().parse().unwrap(),
        template: value(rule, verb).as_str().unwrap().to_owned(),
        body: value(rule, "body").as_str().unwrap().to_owned(),
        response_body: value(rule, "response_body").as_str().unwrap().to_owned(),
        names_service,
    }
}

fn role(pool: &DescriptorPool, options: &DynamicMessage) -> Option<String> {
    let access = extension(pool, options, SERVICE)?;
    Some(value(&access, "role").as_str().unwrap().to_owned())
}

fn is_internal(pool: &DescriptorPool, method: &MethodDescriptor) -> bool {
    let access = extension(pool, &method.options(), METHOD).unwrap();
    value(&access, "internal").as_bool().unwrap()
}

fn extension(
    pool: &DescriptorPool,
    options: &DynamicMessage,
    name: &str,
) -> Option<DynamicMessage> {
    let extension = pool.get_extension_by_name(name).unwrap();
    if !options.has_extension(&extension) {
        return None;
    }
    options.get_extension(&extension).as_message().cloned()
}

fn value(message: &DynamicMessage, field: &str) -> Value {
    message.get_field_by_name(field).unwrap().into_owned()
}
