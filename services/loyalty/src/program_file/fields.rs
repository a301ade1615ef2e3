//! Nodes to a document, by the contract's own description of one.

use contract::patron::loyalty::v1::ProgramDocument;
use prost::{Message as _, Name as _};
use prost_reflect::{
    DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, ReflectMessage as _, Value,
};

use super::near::nearest;
use super::places::Places;
use super::scalars;
use super::yaml::{Content, Key, Node, Place};
use super::{FileFault, FileProblem};

/// The most problems that are told.
const MOST_PROBLEMS: usize = 100;

/// Reads a document and notes where its parts stand.
pub(super) fn document(
    root: &Node,
    places: &mut Places,
) -> Result<ProgramDocument, Vec<FileProblem>> {
    let mut reader = Reader {
        places,
        problems: Vec::new(),
    };
    let descriptor = ::contract::pool().get_message_by_name(&ProgramDocument::full_name());
    let message = descriptor.and_then(|descriptor| reader.message("", root, &descriptor));
    let decoded =
        message.map(|message| ProgramDocument::decode(message.encode_to_vec().as_slice()));
    match decoded {
        Some(Ok(document)) if reader.problems.is_empty() => Ok(document),
        Some(Err(error)) => {
            reader.add(root.place, "", FileFault::Syntax(error.to_string()));
            Err(reader.problems)
        }
        _ => Err(reader.problems),
    }
}

struct Reader<'p> {
    places: &'p mut Places,
    problems: Vec<FileProblem>,
}

impl Reader<'_> {
    fn add(&mut self, place: Place, path: &str, fault: FileFault) {
        if self.problems.len() < MOST_PROBLEMS {
            let path = path.to_owned();
            self.problems.push(FileProblem { place, path, fault });
        }
    }

    fn message(
        &mut self,
        path: &str,
        node: &Node,
        descriptor: &MessageDescriptor,
    ) -> Option<DynamicMessage> {
        if descriptor.full_name() == "google.protobuf.Timestamp" {
            return self.scalar(path, node, |text| scalars::timestamp(text, descriptor));
        }
        let Content::Mapping(entries) = &node.content else {
            let wanted = "a mapping of names to values";
            self.add(node.place, path, FileFault::Shape { wanted });
            return None;
        };
        let mut message = DynamicMessage::new(descriptor.clone());
        for (key, value) in entries {
            self.entry(path, (key, value), &mut message);
        }
        Some(message)
    }

    fn entry(&mut self, path: &str, (key, node): (&Key, &Node), message: &mut DynamicMessage) {
        let descriptor = message.descriptor();
        let Some(field) = field_of(&descriptor, &key.name) else {
            let known: Vec<String> = descriptor
                .fields()
                .map(|field| field.json_name().to_owned())
                .collect();
            let near = nearest(&key.name, known.iter().map(String::as_str)).map(str::to_owned);
            let name = key.name.clone();
            self.add(
                key.place,
                path,
                FileFault::UnknownField { name, near, known },
            );
            return;
        };
        let path = match path {
            "" => field.name().to_owned(),
            path => format!("{path}.{}", field.name()),
        };
        // A field may be named in two ways, and a oneof has several fields.
        if message.has_field(&field) {
            self.add(key.place, &path, FileFault::Twice(key.name.clone()));
            return;
        }
        if let Some(first) = other_of_oneof(message, &field) {
            self.add(key.place, &path, FileFault::SecondOf { first });
            return;
        }
        let is_scalar = !field.is_list() && !matches!(field.kind(), Kind::Message(_));
        self.places
            .note(&path, if is_scalar { node.place } else { key.place });
        if matches!(node.content, Content::Nothing) {
            return;
        }
        let value = if field.is_list() {
            self.list(&path, node, &field)
        } else {
            self.value(&path, node, &field)
        };
        if let Some(value) = value {
            message.set_field(&field, value);
        }
    }

    fn list(&mut self, path: &str, node: &Node, field: &FieldDescriptor) -> Option<Value> {
        let Content::List(items) = &node.content else {
            let wanted = "a list";
            self.add(node.place, path, FileFault::Shape { wanted });
            return None;
        };
        let mut values = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let path = format!("{path}[{index}]");
            self.places.note(&path, item.place);
            // An item that can't be read leaves no gap: the whole is refused for it.
            values.extend(self.value(&path, item, field));
        }
        Some(Value::List(values))
    }

    fn value(&mut self, path: &str, node: &Node, field: &FieldDescriptor) -> Option<Value> {
        match field.kind() {
            Kind::Message(descriptor) => {
                let message = self.message(path, node, &descriptor)?;
                Some(Value::Message(message))
            }
            kind => self.scalar(path, node, |text| scalars::value(text, &kind)),
        }
    }

    fn scalar<T>(
        &mut self,
        path: &str,
        node: &Node,
        read: impl FnOnce(&str) -> Result<T, FileFault>,
    ) -> Option<T> {
        let Content::Scalar(text) = &node.content else {
            let wanted = "a single value";
            self.add(node.place, path, FileFault::Shape { wanted });
            return None;
        };
        read(text)
            .map_err(|fault| self.add(node.place, path, fault))
            .ok()
    }
}

/// A field by the name of the JSON API or that of the contract.
fn field_of(descriptor: &MessageDescriptor, name: &str) -> Option<FieldDescriptor> {
    let by_json = descriptor.get_field_by_json_name(name);
    by_json.or_else(|| descriptor.get_field_by_name(name))
}

/// The part of the same oneof that is set already.
fn other_of_oneof(message: &DynamicMessage, field: &FieldDescriptor) -> Option<String> {
    let oneof = field.containing_oneof()?;
    let mut others = oneof.fields();
    let other = others.find(|other| message.has_field(other))?;
    Some(other.json_name().to_owned())
}
