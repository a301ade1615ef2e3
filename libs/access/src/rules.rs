use std::collections::HashMap;
use std::sync::Arc;

use jiff::SignedDuration;
use prost_reflect::{DescriptorPool, DynamicMessage, ExtensionDescriptor, MethodDescriptor, Value};

use crate::StepUp;

/// The option on methods that declares who may call them.
const METHOD_OPTION: &str = "patron.access.v1.method";

/// What the contract says about one method.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an option or a fact of the contract"
)]
pub struct Method {
    /// The path of its calls: `/package.Service/Method`.
    pub path: String,
    /// The gRPC service: `package.Service`.
    pub service: String,
    /// Its name within the service.
    pub name: String,
    /// The permission that a caller must hold; empty for anonymous methods.
    pub permission: String,
    /// Anybody may call it, without a token.
    pub anonymous: bool,
    /// Only Patron's own services may call it.
    pub internal: bool,
    /// Repeating the call has no further effect.
    pub idempotent: bool,
    /// Who gives way when there is too much to do.
    pub priority: Priority,
    /// Requests, responses or both are streams, so a call may go on for as long as it likes.
    pub streaming: bool,
    /// What the caller must have proven; `None`: no more than the token.
    pub step_up: Option<StepUp>,
    /// Whose records the method is about.
    pub records: Records,
    /// What a call does is kept in a ledger, so the audit need not put it on record.
    pub booked: bool,
}

/// How a caller who may see some customers alone is kept to them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Records {
    /// By the ids of customers that the request names; a request that names none is refused.
    #[default]
    Named,
    /// By the service itself.
    Filtered,
    /// Not at all: it tells nothing about customers.
    Nobodys,
    /// By the customers that the request names; where it names none, by the service itself.
    Listed,
}

impl Records {
    /// By the number in the contract. One that is not known is of a newer contract: the strictest.
    fn from_number(number: i32) -> Self {
        match number {
            1 => Self::Filtered,
            2 => Self::Nobodys,
            3 => Self::Listed,
            _ => Self::Named,
        }
    }
}

/// In which order calls are turned away when there are too many at once: the least first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Priority {
    /// Work that can wait.
    Background,
    /// Most methods.
    #[default]
    Normal,
    /// Somebody stands at a till.
    High,
}

impl Priority {
    /// By the number in the contract. One that is not known is of a newer contract, and nothing special.
    fn from_number(number: i32) -> Self {
        match number {
            1 => Self::Background,
            2 => Self::High,
            _ => Self::Normal,
        }
    }
}

/// Why the contract's declarations cannot be read.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum RulesError {
    /// The descriptors lack the option itself.
    #[error("the descriptors do not hold the option {METHOD_OPTION}")]
    NoOption,
    /// A method asks for nothing, or for a permission and for none.
    #[error("{path} must declare either a permission or that it is anonymous")]
    Contradiction {
        /// The method.
        path: String,
    },
}

/// A service or method that is served, but for which nobody declared who may call it.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{path} declares no access, so it must not be served")]
pub struct UndeclaredMethod {
    /// `/package.Service/Method`, or the service when the contract does not know it at all.
    pub path: String,
}

/// What the contract says about every method, by path.
#[derive(Debug, Clone, Default)]
pub struct MethodRules {
    methods: HashMap<String, Arc<Method>>,
    /// All methods of the contract per service, declared or not.
    services: HashMap<String, Vec<String>>,
}

impl MethodRules {
    /// Reads the options of all methods. Methods without the option have no rule, see
    /// [`MethodRules::require_all`].
    pub fn from_pool(pool: &DescriptorPool) -> Result<Self, RulesError> {
        let option = pool
            .get_extension_by_name(METHOD_OPTION)
            .ok_or(RulesError::NoOption)?;
        let mut rules = Self::default();
        for service in pool.services() {
            let mut paths = Vec::new();
            for descriptor in service.methods() {
                let path = format!("/{}/{}", service.full_name(), descriptor.name());
                if let Some(method) = read(&descriptor, &option, &path)? {
                    rules.methods.insert(path.clone(), Arc::new(method));
                }
                paths.push(path);
            }
            rules.services.insert(service.full_name().to_owned(), paths);
        }
        Ok(rules)
    }

    /// The rule of a path `/package.Service/Method`.
    pub fn get(&self, path: &str) -> Option<&Arc<Method>> {
        self.methods.get(path)
    }

    /// All methods that have a rule, in no particular order.
    pub fn methods(&self) -> impl Iterator<Item = &Method> {
        self.methods.values().map(Arc::as_ref)
    }

    /// Refuses services with a method for which nobody declared who may call it.
    pub fn require_all<'a>(
        &self,
        services: impl IntoIterator<Item = &'a str>,
    ) -> Result<(), UndeclaredMethod> {
        for service in services {
            let Some(paths) = self.services.get(service) else {
                return Err(UndeclaredMethod {
                    path: service.to_owned(),
                });
            };
            if let Some(path) = paths.iter().find(|path| !self.methods.contains_key(*path)) {
                return Err(UndeclaredMethod { path: path.clone() });
            }
        }
        Ok(())
    }

    /// The rules of these services alone: to a server, everything else does not exist.
    #[must_use]
    pub fn only(&self, services: &[&str]) -> Self {
        let served = |service: &str| services.contains(&service);
        let methods = self
            .methods
            .iter()
            .filter(|(_, method)| served(&method.service));
        let paths = self.services.iter().filter(|(service, _)| served(service));
        Self {
            methods: methods
                .map(|(path, method)| (path.clone(), Arc::clone(method)))
                .collect(),
            services: paths
                .map(|(service, paths)| (service.clone(), paths.clone()))
                .collect(),
        }
    }
}

fn read(
    descriptor: &MethodDescriptor,
    option: &ExtensionDescriptor,
    path: &str,
) -> Result<Option<Method>, RulesError> {
    let options = descriptor.options();
    if !options.has_extension(option) {
        return Ok(None);
    }
    let declared = options.get_extension(option);
    let Some(access) = declared.as_message() else {
        return Ok(None);
    };
    let method = Method {
        path: path.to_owned(),
        service: descriptor.parent_service().full_name().to_owned(),
        name: descriptor.name().to_owned(),
        permission: text(access, "permission"),
        anonymous: flag(access, "anonymous"),
        internal: flag(access, "internal"),
        idempotent: flag(access, "idempotent"),
        priority: priority(access),
        streaming: descriptor.is_client_streaming() || descriptor.is_server_streaming(),
        step_up: step_up(access),
        records: Records::from_number(number(access, "records")),
        booked: flag(access, "booked"),
    };
    if method.permission.is_empty() != method.anonymous {
        return Err(RulesError::Contradiction { path: method.path });
    }
    Ok(Some(method))
}

fn text(access: &DynamicMessage, field: &str) -> String {
    let value = access.get_field_by_name(field);
    value
        .as_deref()
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

fn flag(access: &DynamicMessage, field: &str) -> bool {
    let value = access.get_field_by_name(field);
    value
        .as_deref()
        .and_then(Value::as_bool)
        .unwrap_or_default()
}

fn priority(access: &DynamicMessage) -> Priority {
    Priority::from_number(number(access, "priority"))
}

fn number(access: &DynamicMessage, field: &str) -> i32 {
    let value = access.get_field_by_name(field);
    let number = value.as_deref().and_then(Value::as_enum_number);
    number.unwrap_or_default()
}

fn step_up(access: &DynamicMessage) -> Option<StepUp> {
    if !access.has_field_by_name("step_up") {
        return None;
    }
    let declared = access.get_field_by_name("step_up")?;
    let declared = declared.as_message()?;
    Some(StepUp {
        max_age: SignedDuration::from_secs(seconds(declared).into()),
        api_keys: flag(declared, "api_keys"),
    })
}

fn seconds(step_up: &DynamicMessage) -> i32 {
    let value = step_up.get_field_by_name("max_age_seconds");
    value.as_deref().and_then(Value::as_i32).unwrap_or_default()
}
