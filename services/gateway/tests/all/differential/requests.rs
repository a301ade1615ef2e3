//! Random requests that a binding can say.

use http::Method;
use prost_reflect::{DynamicMessage, Kind, ReflectMessage as _, Value};

use super::bindings::Binding;
use super::random::{Place, Random};
use super::{text, well_known};

/// A role that the gateway knows: other names would lead nowhere.
const SERVICE: &str = "shapes";

/// What the fields of a path are.
pub(super) type PathValues = Vec<(String, Value)>;

/// The requests of one call: several where the method takes a stream of lines. The path says the same of all.
pub(super) fn of_call(binding: &Binding, random: &mut Random) -> (PathValues, Vec<DynamicMessage>) {
    let path = path_values(binding, random);
    let is_lines = binding.method.is_client_streaming() && binding.body == "*";
    let count = if is_lines {
        *random.pick(&[1, 2, 5])
    } else {
        1
    };
    let requests = (0..count).map(|_| {
        let mut request = request(binding, random);
        for (field, value) in &path {
            let (holder, name) = at(&mut request, field);
            holder.set_field_by_name(&name, value.clone());
        }
        request
    });
    let requests = requests.collect();
    (path, requests)
}

fn request(binding: &Binding, random: &mut Random) -> DynamicMessage {
    let descriptor = binding.method.input();
    if binding.body == "*" {
        return random.message(&descriptor, Place::Body, 0);
    }
    let mut request = random.message(&descriptor, Place::Query, 0);
    fill_body(&mut request, &binding.body, random);
    // Without a mask the gateway makes one of the body (AIP-134), which `rest.rs` proves.
    let mask = descriptor.get_field_by_name("update_mask");
    if let Some(mask) = mask.filter(|_| binding.verb == Method::PATCH) {
        request.set_field(&mask, random.value(&mask.kind(), 0));
    }
    request
}

/// The field that the body is may be anything, or not be there; bytes as they are always are, if none.
fn fill_body(request: &mut DynamicMessage, body: &str, random: &mut Random) {
    let Some(field) = request.descriptor().get_field_by_name(body) else {
        return;
    };
    request.clear_field(&field);
    let is_raw = matches!(field.kind(), Kind::Message(it) if well_known::is_raw(&it));
    if (is_raw || random.chance(90))
        && let Some(value) = random.field(&field, Place::Body, 0)
    {
        request.set_field(&field, value);
    }
}

fn path_values(binding: &Binding, random: &mut Random) -> PathValues {
    let variables = binding.template.split('{').skip(1);
    let variables = variables.map(|text| text.split('}').next().unwrap());
    let value_of = |variable: &str| {
        let (path, pattern) = variable.split_once('=').unwrap_or((variable, "*"));
        (path.to_owned(), path_value(binding, path, pattern, random))
    };
    variables.map(value_of).collect()
}

/// Nothing that is empty: no segment is.
fn path_value(binding: &Binding, path: &str, pattern: &str, random: &mut Random) -> Value {
    if binding.names_service && path == "service" {
        return Value::String(SERVICE.to_owned());
    }
    if pattern != "*" {
        return Value::String(matching(pattern, random));
    }
    let mut message = DynamicMessage::new(binding.method.input());
    let (holder, name) = at(&mut message, path);
    let kind = holder.descriptor().get_field_by_name(&name).unwrap().kind();
    loop {
        let value = random.value(&kind, 0);
        if !text::single(&kind, &value, random).is_empty() {
            return value;
        }
    }
}

/// A text of several segments. A slash within one would make it two.
fn matching(pattern: &str, random: &mut Random) -> String {
    let mut wild = || format!("x{}", random.text().replace('/', "_"));
    let segments = pattern.split('/').map(|segment| match segment {
        "*" => wild(),
        "**" => format!("{}/{}", wild(), wild()),
        literal => literal.to_owned(),
    });
    segments.collect::<Vec<_>>().join("/")
}

/// The message that holds the last field of a path, and the name of that field.
pub(super) fn at<'m>(
    message: &'m mut DynamicMessage,
    path: &str,
) -> (&'m mut DynamicMessage, String) {
    match path.split_once('.') {
        None => (message, path.to_owned()),
        Some((first, rest)) => {
            let below = message.get_field_by_name_mut(first).unwrap();
            at(below.as_message_mut().unwrap(), rest)
        }
    }
}
