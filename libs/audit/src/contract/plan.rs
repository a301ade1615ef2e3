use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use prost_reflect::{
    DescriptorPool, ExtensionDescriptor, FieldDescriptor, Kind as FieldKind, MessageDescriptor,
    MethodDescriptor,
};

use crate::chain::Kind;

/// The option on fields that declares how sensitive they are.
const FIELD_OPTION: &str = "patron.access.v1.field";
/// The option on fields that declares what may stand in them.
const FIELD_RULES: &str = "buf.validate.field";
/// Begins the pattern of fields with names that the company gives, such as those of programs.
const NAME: &str = "^[a-z]";
/// Begins the names of messages whose fields are told by name. Those of other packages (times, dates,
/// amounts) are one value.
const OWN_PACKAGE: &str = "patron.";
/// A message of this type may hold anything.
const ANY_BODY: &str = "google.api.HttpBody";
/// Ends the permission of methods that change nothing.
const READ: &str = ".read";

/// The methods of the contract whose calls are put on record.
#[derive(Debug)]
pub(crate) struct Plans {
    methods: HashMap<String, Arc<MethodPlan>>,
    types: Arc<Types>,
}

/// What is put on record of calls of one method.
#[derive(Debug)]
pub(crate) struct MethodPlan {
    /// As entries name it: `package.Service/Method`.
    pub(crate) name: Arc<str>,
    pub(crate) kind: Kind,
    pub(crate) input: usize,
    pub(crate) output: usize,
    /// The fields with personal data that an answer can hold.
    pub(crate) readable: Vec<Arc<str>>,
    pub(crate) streams_answers: bool,
}

/// All messages that requests and answers consist of, by number.
#[derive(Debug, Default)]
pub(crate) struct Types(Vec<MessagePlan>);

/// The fields of a message, by number, in ascending order.
#[derive(Debug, Default)]
pub(crate) struct MessagePlan(Vec<(u32, FieldPlan)>);

/// What to make of a field.
#[derive(Debug)]
pub(crate) struct FieldPlan {
    /// As entries name it: `Message.field`. Absent for what only wraps others.
    pub(crate) name: Option<Arc<str>>,
    /// As the contract names it.
    pub(crate) field: Arc<str>,
    pub(crate) is_personal: bool,
    pub(crate) id: Option<IdKind>,
    /// The type of the message in it.
    pub(crate) message: Option<usize>,
}

/// Whose id a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IdKind {
    Customer,
    /// Something that the company gives a name, of a form that the contract declares: a program, a reward.
    Named,
    /// Whatever else: only what Patron has made itself tells nothing of a person.
    Other,
}

impl Plans {
    /// Reads the contract. `permission` tells that of a path.
    pub(crate) fn of(pool: &DescriptorPool, permission: impl Fn(&str) -> Option<String>) -> Self {
        let mut reading = Reading {
            option: pool.get_extension_by_name(FIELD_OPTION),
            rules: pool.get_extension_by_name(FIELD_RULES),
            numbers: HashMap::new(),
            types: Types::default(),
        };
        let mut methods = HashMap::new();
        for method in pool
            .services()
            .flat_map(|service| service.methods().collect::<Vec<_>>())
        {
            let path = format!("/{}/{}", method.parent_service().full_name(), method.name());
            let Some(permission) = permission(&path) else {
                continue;
            };
            let kind = if permission.ends_with(READ) {
                Kind::Read
            } else {
                Kind::Write
            };
            let plan = reading.method(&method, kind);
            if kind == Kind::Write || !plan.readable.is_empty() {
                methods.insert(path, Arc::new(plan));
            }
        }
        let types = Arc::new(reading.types);
        Self { methods, types }
    }

    /// What is put on record of calls with this path, if they are.
    pub(crate) fn get(&self, path: &str) -> Option<&Arc<MethodPlan>> {
        self.methods.get(path)
    }

    pub(crate) fn types(&self) -> &Arc<Types> {
        &self.types
    }

    /// The paths of all methods whose calls are put on record.
    #[cfg(test)]
    pub(crate) fn paths(&self) -> impl Iterator<Item = &str> {
        self.methods.keys().map(String::as_str)
    }
}

impl Types {
    /// What to make of this field of this message.
    pub(crate) fn field(&self, message: usize, number: u32) -> Option<&FieldPlan> {
        let fields = &self.0.get(message)?.0;
        let place = fields.binary_search_by_key(&number, |(number, _)| *number);
        Some(&fields.get(place.ok()?)?.1)
    }

    /// The names of all fields with personal data in a message and those within it.
    pub(super) fn personal(&self, message: usize) -> Vec<Arc<str>> {
        let (mut names, mut seen) = (BTreeSet::new(), BTreeSet::from([message]));
        let mut waiting = vec![message];
        while let Some(fields) = waiting.pop().and_then(|number| self.0.get(number)) {
            for (_, field) in &fields.0 {
                names.extend(field.name.clone().filter(|_| field.is_personal));
                waiting.extend(field.message.filter(|within| seen.insert(*within)));
            }
        }
        names.into_iter().collect()
    }
}

/// The contract while it is being read.
struct Reading {
    option: Option<ExtensionDescriptor>,
    rules: Option<ExtensionDescriptor>,
    numbers: HashMap<String, usize>,
    types: Types,
}

impl Reading {
    fn method(&mut self, method: &MethodDescriptor, kind: Kind) -> MethodPlan {
        let (input, output) = (
            self.message(&method.input()),
            self.message(&method.output()),
        );
        MethodPlan {
            name: Arc::from(format!(
                "{}/{}",
                method.parent_service().full_name(),
                method.name()
            )),
            kind,
            input,
            output,
            readable: self.types.personal(output),
            streams_answers: method.is_server_streaming(),
        }
    }

    /// The number of a message. It has one before its fields are read: they may hold it.
    fn message(&mut self, message: &MessageDescriptor) -> usize {
        if let Some(number) = self.numbers.get(message.full_name()) {
            return *number;
        }
        let number = self.types.0.len();
        self.numbers.insert(message.full_name().to_owned(), number);
        self.types.0.push(MessagePlan::default());
        let is_read =
            message.full_name().starts_with(OWN_PACKAGE) || message.full_name() == ANY_BODY;
        if is_read {
            let fields = message
                .fields()
                .map(|field| (field.number(), self.field(&field)));
            let mut fields: Vec<_> = fields.collect();
            fields.sort_unstable_by_key(|(number, _)| *number);
            if let Some(plan) = self.types.0.get_mut(number) {
                plan.0 = fields;
            }
        }
        number
    }

    fn field(&mut self, field: &FieldDescriptor) -> FieldPlan {
        let parent = field.parent_message();
        let is_personal = self.is_personal(field) || parent.full_name() == ANY_BODY;
        let message = match field.kind() {
            FieldKind::Message(message) => Some(self.message(&message)),
            _ => None,
        };
        let name = format!("{}.{}", parent.name(), field.name());
        FieldPlan {
            name: (!parent.is_map_entry()).then(|| Arc::from(name)),
            field: Arc::from(field.name()),
            is_personal,
            id: self.id_kind(field).filter(|_| !is_personal),
            message,
        }
    }

    fn is_personal(&self, field: &FieldDescriptor) -> bool {
        let declared = |option: &ExtensionDescriptor| {
            let options = field.options();
            let declared = options.get_extension(option);
            let sensitivity = declared.as_message()?.get_field_by_name("sensitivity")?;
            sensitivity.as_enum_number()
        };
        let sensitivity = self.option.as_ref().and_then(declared);
        sensitivity.is_some_and(|number| number != 0)
    }

    /// By the names that the contract gives to fields with ids.
    fn id_kind(&self, field: &FieldDescriptor) -> Option<IdKind> {
        if field.kind() != FieldKind::String {
            return None;
        }
        let name = field.name().strip_suffix('s').unwrap_or(field.name());
        if name == "customer_id" || name.ends_with("_customer_id") {
            return Some(IdKind::Customer);
        }
        let is_id = name == "id" || name.ends_with("_id");
        is_id.then(|| {
            if self.has_pattern(field) {
                IdKind::Named
            } else {
                IdKind::Other
            }
        })
    }

    fn has_pattern(&self, field: &FieldDescriptor) -> bool {
        let declared = |rules: &ExtensionDescriptor| {
            let options = field.options();
            let rules = options.get_extension(rules);
            let rules = rules.as_message()?.get_field_by_name("string")?;
            let pattern = rules.as_message()?.get_field_by_name("pattern")?;
            Some(pattern.as_str()?.starts_with(NAME))
        };
        self.rules.as_ref().and_then(declared).unwrap_or_default()
    }
}
