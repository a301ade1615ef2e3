//! What of the contract the gateway shows to the outside: methods and their REST bindings.

mod binding;
mod error;
mod options;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use access::MethodRules;
use http::uri::PathAndQuery;
use prost_reflect::{DescriptorPool, MessageDescriptor, MethodDescriptor};

pub(crate) use binding::{Binding, BodyRule, ImpliedMask, service_field};
pub use error::SurfaceError;
pub(crate) use options::{field_behavior, is_server_given};

use crate::rest::{HttpMethod, Router, Template};

/// Everything that is exposed, by gRPC path and by REST route.
#[derive(Debug)]
pub(crate) struct Surface {
    pool: DescriptorPool,
    methods: HashMap<String, Arc<Method>>,
    routes: Router<Arc<Binding>>,
    bindings: Vec<Arc<Binding>>,
}

/// One exposed method.
#[derive(Debug)]
pub(crate) struct Method {
    /// What the contract declares about calling it.
    pub(crate) rule: Arc<access::Method>,
    /// `package.Service/Method`: its label in metrics and the access log.
    pub(crate) full_name: Arc<str>,
    /// Its path in a gRPC call.
    pub(crate) path: PathAndQuery,
    /// Requests, answers, comments.
    pub(crate) descriptor: MethodDescriptor,
    /// Who serves it.
    pub(crate) upstream: Upstream,
}

/// Who serves a method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Upstream {
    /// The one role that has it.
    Role(Arc<str>),
    /// Every role has it; the caller names one.
    Chosen,
}

impl Surface {
    /// Reads a descriptor pool. Services without `(patron.access.v1.service)` and methods marked
    /// `internal` are left out: to the outside they do not exist.
    pub(crate) fn from_pool(pool: &DescriptorPool) -> Result<Self, SurfaceError> {
        let pool = options::with_error_details(pool.clone())?;
        let rules = MethodRules::from_pool(&pool)?;
        let mut surface = Self {
            methods: HashMap::new(),
            routes: Router::default(),
            bindings: Vec::new(),
            pool,
        };
        for service in surface.pool.clone().services() {
            let Some(upstream) = options::upstream(&service) else {
                continue;
            };
            rules.require_all([service.full_name()])?;
            for descriptor in service.methods() {
                surface.add(&rules, descriptor, upstream.clone())?;
            }
        }
        Ok(surface)
    }

    fn add(
        &mut self,
        rules: &MethodRules,
        descriptor: MethodDescriptor,
        upstream: Upstream,
    ) -> Result<(), SurfaceError> {
        let path = format!(
            "/{}/{}",
            descriptor.parent_service().full_name(),
            descriptor.name()
        );
        let Some(rule) = rules.get(&path).filter(|rule| !rule.internal) else {
            return Ok(());
        };
        let method = Arc::new(Method {
            rule: Arc::clone(rule),
            full_name: path.trim_start_matches('/').into(),
            path: PathAndQuery::try_from(path.as_str())
                .map_err(|_| SurfaceError::Path { path: path.clone() })?,
            descriptor,
            upstream,
        });
        for rule in options::http_rules(&method.descriptor)? {
            self.bind(Binding::new(Arc::clone(&method), &rule)?)?;
        }
        self.methods.insert(path, method);
        Ok(())
    }

    fn bind(&mut self, binding: Binding) -> Result<(), SurfaceError> {
        let binding = Arc::new(binding);
        let http_method = binding.http_method.clone();
        self.routes
            .insert(&binding.template, http_method, Arc::clone(&binding))
            .map_err(|there| SurfaceError::Conflict {
                template: binding.template.to_string(),
                first: there.method.full_name.to_string(),
                second: binding.method.full_name.to_string(),
            })?;
        self.bindings.push(binding);
        Ok(())
    }

    /// The method with this gRPC path.
    pub(crate) fn method(&self, path: &str) -> Option<&Arc<Method>> {
        self.methods.get(path)
    }

    /// Names of the exposed gRPC services.
    pub(crate) fn services(&self) -> BTreeSet<&str> {
        self.methods
            .values()
            .map(|method| method.rule.service.as_str())
            .collect()
    }

    /// The REST routes.
    pub(crate) fn routes(&self) -> &Router<Arc<Binding>> {
        &self.routes
    }

    /// All REST bindings, in the order of the contract.
    pub(crate) fn bindings(&self) -> &[Arc<Binding>] {
        &self.bindings
    }

    /// The descriptors, those of error details included.
    pub(crate) fn pool(&self) -> &DescriptorPool {
        &self.pool
    }

    /// A message by its full name; also those that only occur in error details.
    pub(crate) fn message(&self, full_name: &str) -> Option<MessageDescriptor> {
        self.pool.get_message_by_name(full_name)
    }
}

impl Method {
    /// Whether requests are a stream.
    pub(crate) fn takes_stream(&self) -> bool {
        self.descriptor.is_client_streaming()
    }

    /// Whether answers are a stream.
    pub(crate) fn streams_answers(&self) -> bool {
        self.descriptor.is_server_streaming()
    }
}

impl HttpMethod {
    /// The method's name in OpenAPI; none when any method will do.
    pub(crate) fn name(&self) -> Option<String> {
        match self {
            Self::Only(method) => Some(method.as_str().to_ascii_lowercase()),
            Self::Any => None,
        }
    }
}

impl Template {
    /// Whether a path variable gives this field of the request.
    pub(crate) fn binds(&self, field_path: &str) -> bool {
        self.variables
            .iter()
            .any(|variable| variable.field_path == field_path)
    }
}
