//! Every example of the document, sent as it stands there: it has a route, and what the service gets is what it says.

use bytes::Bytes;
use http::Method;
use prost_reflect::{DynamicMessage, ReflectMessage as _};
use serde_json::{Value, json};

use super::bindings::{self, Binding};
use super::{bench, compare, text};
use crate::support::Bench;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_example_of_the_document_arrives_as_the_message_that_it_says() {
    let bench = bench(::contract::pool()).await;
    let document = bench.rest.get("/openapi.json").await.json();
    let mut sent = 0;
    for binding in bindings::all(::contract::pool()) {
        let (path, operation) = operation(&document, &binding);
        let Some(example) = Example::of(operation, path, &binding) else {
            continue;
        };
        send(&bench, &binding, &example).await;
        sent += 1;
    }
    assert!(sent > 200, "{sent} examples");
}

#[test]
fn whatever_must_be_said_to_make_a_call_has_an_example() {
    let document = gateway::openapi::document().unwrap();
    for binding in bindings::all(::contract::pool()) {
        let (_, operation) = operation(&document, &binding);
        let parameters = parameters(operation);
        let mut needed = parameters.filter(|it| it["required"] == true);
        assert!(
            needed.all(|it| !it["example"].is_null()),
            "{}: a parameter",
            binding.name()
        );
        let body = content(operation);
        let is_json = body.is_some_and(|(media_type, _)| media_type != "*/*");
        assert!(
            !is_json || body.is_some_and(|(_, body)| !body["example"].is_null()),
            "{}: the body",
            binding.name()
        );
    }
}

/// What an operation shows: the call, and the request that it means.
struct Example {
    target: String,
    content_type: String,
    body: Bytes,
    means: DynamicMessage,
}

impl Example {
    fn of(operation: &Value, path: &str, binding: &Binding) -> Option<Self> {
        let (media_type, body) = content(operation).map_or(("application/json", None), |it| {
            (it.0, it.1.get("example").cloned())
        });
        let shown: Vec<_> = parameters(operation)
            .filter(|it| !it["example"].is_null())
            .collect();
        if shown.is_empty() && body.is_none() {
            return None;
        }
        // Bytes as they are have no example: nothing is sent, as the type that is told.
        let nothing = (media_type == "*/*").then(|| json!({ "contentType": media_type }));
        let mut request = request(binding, body.as_ref().or(nothing.as_ref()));
        let mut target = path.to_owned();
        let mut query = Vec::new();
        let mut variables = variables(&binding.template);
        for parameter in shown {
            let (name, value) = (parameter["name"].as_str().unwrap(), &parameter["example"]);
            if parameter["in"] == "path" {
                target = target.replace(&format!("{{{name}}}"), &escaped(value));
                put(&mut request, variables.next().unwrap(), value);
            } else {
                query.push(format!("{name}={}", escaped(value)));
                put(&mut request, name, value);
            }
        }
        if !query.is_empty() {
            target = format!("{target}?{}", query.join("&"));
        }
        let descriptor = binding.method.input();
        Some(Self {
            target,
            content_type: media_type.to_owned(),
            body: body.map_or_else(Bytes::new, |body| body.to_string().into()),
            means: DynamicMessage::deserialize(descriptor, request).unwrap(),
        })
    }
}

async fn send(bench: &Bench, binding: &Binding, example: &Example) {
    let case = binding.name();
    let nothing = DynamicMessage::new(binding.method.output());
    bench.upstream.prepare("example", &nothing);
    let headers = [
        ("content-type", example.content_type.as_str()),
        ("patron-case", "example"),
    ];
    let verb = binding.verb.clone();
    let sent = bench
        .rest
        .send(verb, &example.target, &headers, example.body.clone());
    let answer = sent.await;
    let about = format!("{case}: {}", example.target);
    assert!(answer.status.is_success(), "{about}\n{:?}", answer.body);
    let (path, arrived) = bench.upstream.take("example");
    assert_eq!(path, binding.grpc_path(), "{about}");
    assert_eq!(arrived.len(), 1, "{about}");
    let mut means = example.means.clone();
    if binding.verb == Method::PATCH {
        imply_mask(&mut means, &arrived[0]);
    }
    compare(&arrived[0], &means, &about);
}

/// The mask that follows from a body is the gateway's (`rest.rs` proves it), and no part of the example.
fn imply_mask(means: &mut DynamicMessage, arrived: &Bytes) {
    let came = DynamicMessage::decode(means.descriptor(), arrived.clone()).unwrap();
    if let Some(mask) = means.descriptor().get_field_by_name("update_mask") {
        means.set_field(&mask, came.get_field(&mask).into_owned());
    }
}

/// The path of a binding in the document, and its operation. Names of variables are the document's own.
fn operation<'d>(document: &'d Value, binding: &Binding) -> (&'d str, &'d Value) {
    let nameless = |path: &str| {
        let pieces = path.split('{').map(|it| it.rsplit('}').next().unwrap());
        pieces.collect::<Vec<_>>().join("{}")
    };
    let mut paths = document["paths"].as_object().unwrap().iter();
    let (path, item) = paths
        .find(|(path, _)| nameless(path) == nameless(&binding.template))
        .unwrap_or_else(|| panic!("{} is not in the document", binding.name()));
    (path, &item[binding.verb.as_str().to_ascii_lowercase()])
}

fn parameters(operation: &Value) -> impl Iterator<Item = &Value> {
    operation["parameters"].as_array().into_iter().flatten()
}

/// The type of a body, and what is told of it.
fn content(operation: &Value) -> Option<(&str, &Value)> {
    let content = operation["requestBody"]["content"].as_object()?;
    content
        .iter()
        .next()
        .map(|(name, body)| (name.as_str(), body))
}

/// The fields that the variables of a path are, from left to right.
fn variables(template: &str) -> impl Iterator<Item = &str> {
    let variables = template.split('{').skip(1);
    variables.map(|it| it.split(['}', '=']).next().unwrap())
}

/// The JSON of a request of which the body is this.
fn request(binding: &Binding, body: Option<&Value>) -> Value {
    let mut request = json!({});
    if let Some(body) = body {
        match binding.body.as_str() {
            "*" => request = body.clone(),
            // As the path names it, which may give a part of it.
            field => put(&mut request, field, body),
        }
    }
    request
}

/// Sets a field by the names on the way to it.
fn put(request: &mut Value, path: &str, value: &Value) {
    let holder = path
        .split('.')
        .fold(request, |holder, name| &mut holder[name]);
    *holder = value.clone();
}

/// As it stands in a URL.
fn escaped(value: &Value) -> String {
    let text = value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned);
    text::escaped(&text)
}
