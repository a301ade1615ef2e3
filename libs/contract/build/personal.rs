//! Writes, for every message that holds personal data, a walk over the fields that the contract gives a
//! sensitivity: what is masked, refused and looked for is thereby what the contract declares.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use heck::ToUpperCamelCase as _;
use prost_reflect::{
    DescriptorPool, FieldDescriptor, Kind, MessageDescriptor, OneofDescriptor, Value,
};

use crate::render::{identifier, is_ours, module_path, type_path};

/// Messages that hold personal data, themselves or below them, by full name.
pub(crate) type Holders = BTreeSet<String>;

/// Finds the messages that hold personal data. Messages may hold each other, so it looks until it finds no more.
pub(crate) fn holders(pool: &DescriptorPool) -> Holders {
    let mut found = Holders::new();
    loop {
        let before = found.len();
        for message in pool.all_messages().filter(is_ours) {
            let holds = |field: FieldDescriptor| {
                class(&field).is_some() || below(&field).is_some_and(|it| found.contains(&it))
            };
            if message.fields().any(holds) {
                found.insert(message.full_name().to_owned());
            }
        }
        if found.len() == before {
            return found;
        }
    }
}

/// `impl Personal` for each of these messages.
pub(crate) fn render(pool: &DescriptorPool, holders: &Holders) -> String {
    let mut code = String::new();
    for name in holders {
        let Some(message) = pool.get_message_by_name(name) else {
            continue;
        };
        if message.is_map_entry() {
            continue;
        }
        let _ = writeln!(
            code,
            "impl crate::exposure::Personal for {} {{\n    fn visit_personal<V: crate::exposure::Visit>(&mut self, at: &At<'_>, visit: &mut V) {{\n{}    }}\n}}",
            type_path(&message),
            walk(&message, holders)
        );
    }
    code
}

fn walk(message: &MessageDescriptor, holders: &Holders) -> String {
    let plain = message.fields().filter(|field| {
        let oneof = field.containing_oneof();
        oneof.is_none_or(|oneof| oneof.is_synthetic())
    });
    let fields = plain.map(|field| of_field(&field, holders));
    let oneofs = message.oneofs().filter(|oneof| !oneof.is_synthetic());
    let oneofs = oneofs.map(|oneof| of_oneof(message, &oneof, holders));
    fields.chain(oneofs).collect()
}

fn of_field(field: &FieldDescriptor, holders: &Holders) -> String {
    let place = format!("self.{}", identifier(field.name()));
    let at = format!("&at.field({:?})", field.name());
    if let Some(class) = class(field) {
        let visit = match field.kind() {
            Kind::String if field.is_list() => "texts",
            Kind::String if field.supports_presence() => "maybe_text",
            Kind::String => "text",
            Kind::Message(kind) if is_date(&kind) && !field.is_list() => "date",
            _ => "other",
        };
        return format!(
            "        visit.{visit}({at}, crate::exposure::Class::{class}, &mut {place});\n"
        );
    }
    if !below(field).is_some_and(|below| holders.contains(&below)) {
        return String::new();
    }
    let visit = "item.visit_personal(at, visit);";
    if field.is_map() {
        format!("        {{ let at = {at}; for item in {place}.values_mut() {{ {visit} }} }}\n")
    } else if field.is_list() {
        format!(
            "        {{ let at = {at}; for (index, item) in {place}.iter_mut().enumerate() {{ let at = &at.index(index); {visit} }} }}\n"
        )
    } else {
        format!("        if let Some(item) = &mut {place} {{ let at = {at}; {visit} }}\n")
    }
}

fn of_oneof(message: &MessageDescriptor, oneof: &OneofDescriptor, holders: &Holders) -> String {
    let (place, kind) = (identifier(oneof.name()), oneof.name().to_upper_camel_case());
    let path = format!("{}::{kind}", module_path(message));
    let arms = oneof.fields().filter_map(|field| {
        let at = format!("&at.field({:?})", field.name());
        let visit = match (class(&field), field.kind()) {
            (Some(class), Kind::String) => {
                format!("visit.text({at}, crate::exposure::Class::{class}, item)")
            }
            (Some(class), _) => {
                format!("visit.other({at}, crate::exposure::Class::{class}, item)")
            }
            (None, _) if below(&field).is_some_and(|it| holders.contains(&it)) => {
                format!("item.visit_personal({at}, visit)")
            }
            (None, _) => return None,
        };
        let variant = field.name().to_upper_camel_case();
        Some(format!("Some({path}::{variant}(item)) => {visit},"))
    });
    let arms: String = arms.collect();
    if arms.is_empty() {
        return arms;
    }
    format!("        match &mut self.{place} {{ {arms} _ => {{}} }}\n")
}

/// The message in a field, also as the values of a map; of Patron's own packages alone.
fn below(field: &FieldDescriptor) -> Option<String> {
    let Kind::Message(message) = field.kind() else {
        return None;
    };
    let message = if field.is_map() {
        let Kind::Message(value) = message.map_entry_value_field().kind() else {
            return None;
        };
        value
    } else {
        message
    };
    is_ours(&message).then(|| message.full_name().to_owned())
}

fn is_date(message: &MessageDescriptor) -> bool {
    message.full_name() == "google.type.Date"
}

/// The name of the class of a field in `contract::exposure::Class`.
fn class(field: &FieldDescriptor) -> Option<&'static str> {
    let options = field.options();
    let pool = field.parent_pool();
    let option = pool.get_extension_by_name("patron.access.v1.field")?;
    if !options.has_extension(&option) {
        return None;
    }
    let declared = options.get_extension(&option);
    let sensitivity = declared.as_message()?.get_field_by_name("sensitivity")?;
    match *sensitivity {
        Value::EnumNumber(1) => Some("Contact"),
        Value::EnumNumber(2) => Some("Personal"),
        Value::EnumNumber(3) => Some("Sensitive"),
        Value::EnumNumber(4) => Some("FreeText"),
        _ => None,
    }
}
