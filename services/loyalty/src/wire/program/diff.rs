//! Where two documents differ. It goes by the contract's own description of a document, so a part
//! that is added there is compared as well.

use std::collections::BTreeSet;

use contract::patron::loyalty::v1::document_change::Kind;
use prost::Name as _;
use prost_reflect::{
    DynamicMessage, FieldDescriptor, Kind as FieldKind, MessageDescriptor, ReflectMessage as _,
    Value,
};

/// The most changes that are told; the others are counted.
pub(crate) const MOST_CHANGES: usize = 1_000;

/// One place where two documents differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    /// Where; items of lists by their ids.
    pub(crate) path: String,
    /// What happened there.
    pub(crate) kind: Kind,
    /// As it was, as JSON; empty when it was not there.
    pub(crate) before: String,
    /// As it would be, as JSON; empty when it would not be there.
    pub(crate) after: String,
}

/// Compares two encoded documents; an empty one stands for none.
pub(crate) fn diff(before: &[u8], after: &[u8]) -> Result<Vec<Change>, prost::DecodeError> {
    let name = ::contract::patron::loyalty::v1::ProgramDocument::full_name();
    let Some(descriptor) = ::contract::pool().get_message_by_name(&name) else {
        return Ok(Vec::new());
    };
    let before = DynamicMessage::decode(descriptor.clone(), before)?;
    let after = DynamicMessage::decode(descriptor, after)?;
    let mut changes = Vec::new();
    messages("", &before, &after, &mut changes);
    Ok(changes)
}

fn messages(path: &str, before: &DynamicMessage, after: &DynamicMessage, into: &mut Vec<Change>) {
    for field in before.descriptor().fields() {
        let path = match path {
            "" => field.name().to_owned(),
            path => format!("{path}.{}", field.name()),
        };
        let (old, new) = (before.get_field(&field), after.get_field(&field));
        if old == new && before.has_field(&field) == after.has_field(&field) {
            continue;
        }
        let has = (before.has_field(&field), after.has_field(&field));
        match (&*old, &*new) {
            (Value::List(old), Value::List(new)) => match id_field(&field) {
                Some(id) => lists(&path, &id, (old, new), into),
                None => unnamed(&path, &field, (old, new), into),
            },
            (Value::Message(old), Value::Message(new)) if has == (true, true) && opens(&field) => {
                messages(&path, old, new, into);
            }
            (old, new) => {
                let (old, new) = (has.0.then_some(old), has.1.then_some(new));
                change(path, &field, old, new, into);
            }
        }
    }
}

/// Whether differences inside of a message are told one by one. Instants, amounts and ratios are
/// one thing to whoever reads.
fn opens(field: &FieldDescriptor) -> bool {
    match field.kind() {
        FieldKind::Message(message) => {
            let name = message.full_name();
            name.starts_with("patron.loyalty.") && !name.ends_with(".Ratio")
        }
        _ => false,
    }
}

/// Items that have ids, whatever their places.
fn lists(
    path: &str,
    id: &FieldDescriptor,
    (old, new): (&[Value], &[Value]),
    into: &mut Vec<Change>,
) {
    let id_of = |item: &Value| {
        let message = item.as_message()?;
        message.get_field(id).as_str().map(str::to_owned)
    };
    let ids = |items: &[Value]| items.iter().filter_map(id_of).collect::<Vec<_>>();
    let (old_ids, new_ids) = (ids(old), ids(new));
    for (item, id) in old.iter().zip(&old_ids) {
        let path = format!("{path}[{id}]");
        let same = new.iter().zip(&new_ids).find(|(_, other)| *other == id);
        match (item, same) {
            (Value::Message(item), Some((Value::Message(other), _))) => {
                messages(&path, item, other, into);
            }
            _ => into.push(one(path, Kind::Removed, json(item), String::new())),
        }
    }
    for (item, id) in new.iter().zip(&new_ids) {
        if !old_ids.contains(id) {
            let path = format!("{path}[{id}]");
            into.push(one(path, Kind::Added, String::new(), json(item)));
        }
    }
    moved(path, &old_ids, &new_ids, into);
}

/// Tells a new order of the items that stay.
fn moved(path: &str, old: &[String], new: &[String], into: &mut Vec<Change>) {
    let (olds, news): (BTreeSet<_>, BTreeSet<_>) = (old.iter().collect(), new.iter().collect());
    let staying: BTreeSet<_> = olds.intersection(&news).collect();
    let kept = |ids: &[String]| -> Vec<String> {
        let kept = ids.iter().filter(|id| staying.contains(id));
        kept.map(|id| format!("{id:?}")).collect()
    };
    let (before, after) = (kept(old), kept(new));
    if before != after {
        let list = |ids: Vec<String>| format!("[{}]", ids.join(","));
        into.push(one(path.to_owned(), Kind::Moved, list(before), list(after)));
    }
}

/// Items without ids, place by place.
fn unnamed(
    path: &str,
    field: &FieldDescriptor,
    (old, new): (&[Value], &[Value]),
    into: &mut Vec<Change>,
) {
    for place in 0..old.len().max(new.len()) {
        let path = format!("{path}[{place}]");
        match (old.get(place), new.get(place)) {
            (Some(Value::Message(old)), Some(Value::Message(new))) if old != new => {
                messages(&path, old, new, into);
            }
            (old, new) if old != new => change(path, field, old, new, into),
            _ => {}
        }
    }
}

fn change(
    path: String,
    field: &FieldDescriptor,
    old: Option<&Value>,
    new: Option<&Value>,
    into: &mut Vec<Change>,
) {
    let kind = match (old, new) {
        (None, _) => Kind::Added,
        (_, None) => Kind::Removed,
        _ => Kind::Changed,
    };
    let told = |value: Option<&Value>| value.map_or_else(String::new, |value| scalar(field, value));
    into.push(one(path, kind, told(old), told(new)));
}

fn one(path: String, kind: Kind, before: String, after: String) -> Change {
    Change {
        path,
        kind,
        before,
        after,
    }
}

/// The field by which items of a list are told apart: the first one, when it is an id.
fn id_field(list: &FieldDescriptor) -> Option<FieldDescriptor> {
    let FieldKind::Message(item) = list.kind() else {
        return None;
    };
    first_field(&item).filter(|field| {
        field.kind() == FieldKind::String
            && field.name().ends_with("_id")
            && field.containing_oneof().is_none()
    })
}

fn first_field(message: &MessageDescriptor) -> Option<FieldDescriptor> {
    message.get_field(1)
}

fn scalar(field: &FieldDescriptor, value: &Value) -> String {
    match (value, field.kind()) {
        (Value::EnumNumber(number), FieldKind::Enum(names)) => {
            let name = names.get_value(*number);
            name.map_or_else(|| number.to_string(), |name| format!("{:?}", name.name()))
        }
        _ => json(value),
    }
}

fn json(value: &Value) -> String {
    match value {
        Value::Bool(flag) => flag.to_string(),
        Value::I32(number) => number.to_string(),
        Value::I64(number) => number.to_string(),
        Value::U32(number) => number.to_string(),
        Value::U64(number) => number.to_string(),
        Value::String(text) => serde_json::to_string(text).unwrap_or_default(),
        Value::List(items) => {
            let items: Vec<String> = items.iter().map(json).collect();
            format!("[{}]", items.join(","))
        }
        Value::Message(message) => serde_json::to_string(message).unwrap_or_default(),
        // Kinds that a document does not have.
        other => format!("{other:?}"),
    }
}
