//! `order.lines.quantity`: a way from a request message down to one of its fields.

use std::borrow::Cow;

use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, Value};
use thiserror::Error;

use crate::json;

/// Recursive messages could otherwise be nested as deep as a URI is long.
const MAX_DEPTH: usize = 16;

/// A resolved path. It has at least one field, and all but the last are single messages. It does not
/// lead into times, durations, masks and wrapped scalars: those are one value.
#[derive(Debug, Clone)]
pub(crate) struct FieldPath {
    parents: Vec<FieldDescriptor>,
    leaf: FieldDescriptor,
}

/// A path that leads nowhere.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FieldPathError {
    /// There is no such field.
    #[error("`{message}` has no field `{field}`")]
    UnknownField {
        /// Full name of the message that was looked at.
        message: String,
        /// The name that it does not know.
        field: String,
    },
    /// A field within the path is no single message with fields of its own.
    #[error("`{field}` is no message with fields")]
    NotAMessage {
        /// The field.
        field: String,
    },
    /// The path is deeper than any contract needs.
    #[error("the path has more than {MAX_DEPTH} parts")]
    TooDeep,
}

impl FieldPath {
    /// Resolves a dotted path of proto or JSON names.
    pub(crate) fn resolve(root: &MessageDescriptor, path: &str) -> Result<Self, FieldPathError> {
        let (before, last) = path
            .rsplit_once('.')
            .map_or((None, path), |(a, b)| (Some(a), b));
        let mut parents = Vec::new();
        let mut message = root.clone();
        for name in before.into_iter().flat_map(|path| path.split('.')) {
            if parents.len() >= MAX_DEPTH {
                return Err(FieldPathError::TooDeep);
            }
            let field = find(&message, name)?;
            message = single_message(&field)?;
            parents.push(field);
        }
        Ok(Self {
            parents,
            leaf: find(&message, last)?,
        })
    }

    /// The field that the path leads to.
    pub(crate) fn leaf(&self) -> &FieldDescriptor {
        &self.leaf
    }

    /// The first field of the path, a field of the request message itself.
    pub(crate) fn first(&self) -> &FieldDescriptor {
        self.parents.first().unwrap_or(&self.leaf)
    }

    /// The path in proto names.
    pub(crate) fn name(&self) -> String {
        let mut name = String::new();
        for parent in &self.parents {
            name.push_str(parent.name());
            name.push('.');
        }
        name.push_str(self.leaf.name());
        name
    }

    /// The path in the names of JSON.
    pub(crate) fn json_names(&self) -> Vec<&str> {
        let fields = self.parents.iter().chain([&self.leaf]);
        fields.map(FieldDescriptor::json_name).collect()
    }

    /// The value in `message`, when it is set.
    pub(crate) fn get(&self, message: &DynamicMessage) -> Option<Value> {
        let Some((parent, others)) = self.parents.split_first() else {
            return message
                .has_field(&self.leaf)
                .then(|| message.get_field(&self.leaf).into_owned());
        };
        if !message.has_field(parent) {
            return None;
        }
        let value = message.get_field(parent);
        let below = Self {
            parents: others.to_vec(),
            leaf: self.leaf.clone(),
        };
        below.get(value.as_message()?)
    }

    /// Sets the value in `message`, making the messages on the way.
    pub(crate) fn set(&self, message: &mut DynamicMessage, value: Value) {
        if let Some(parent) = self.parent_mut(message) {
            parent.set_field(&self.leaf, value);
        }
    }

    /// Adds a value to the list that the path leads to.
    pub(crate) fn push(&self, message: &mut DynamicMessage, value: Value) {
        let list = self
            .parent_mut(message)
            .map(|parent| parent.get_field_mut(&self.leaf));
        if let Some(Value::List(list)) = list {
            list.push(value);
        }
    }

    /// Another field that is set already, of a `oneof` that the leaf or a message on the way to it
    /// belongs to: setting this one would silently drop that one.
    pub(crate) fn rival(&self, message: &DynamicMessage) -> Option<String> {
        let mut holder = Cow::Borrowed(message);
        for field in self.parents.iter().chain([&self.leaf]) {
            if let Some(rival) = rival_of(field, &holder) {
                return Some(rival.name().to_owned());
            }
            if !holder.has_field(field) {
                return None;
            }
            let below = holder.get_field(field).as_message()?.clone();
            holder = Cow::Owned(below);
        }
        None
    }

    fn parent_mut<'m>(&self, message: &'m mut DynamicMessage) -> Option<&'m mut DynamicMessage> {
        let mut message = message;
        for parent in &self.parents {
            message = message.get_field_mut(parent).as_message_mut()?;
        }
        Some(message)
    }
}

fn rival_of(field: &FieldDescriptor, holder: &DynamicMessage) -> Option<FieldDescriptor> {
    let oneof = field.containing_oneof()?;
    oneof
        .fields()
        .find(|other| other != field && holder.has_field(other))
}

fn find(message: &MessageDescriptor, name: &str) -> Result<FieldDescriptor, FieldPathError> {
    let field = message
        .get_field_by_name(name)
        .or_else(|| message.get_field_by_json_name(name));
    field.ok_or_else(|| FieldPathError::UnknownField {
        message: message.full_name().to_owned(),
        field: name.to_owned(),
    })
}

fn single_message(field: &FieldDescriptor) -> Result<MessageDescriptor, FieldPathError> {
    match field.kind() {
        Kind::Message(message)
            if !field.is_list()
                && !field.is_map()
                && !json::is_single_value(message.full_name()) =>
        {
            Ok(message)
        }
        _ => Err(FieldPathError::NotAMessage {
            field: field.name().to_owned(),
        }),
    }
}
