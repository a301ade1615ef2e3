//! Every example of the OpenAPI document is a request that is taken: it may be refused for what it means here, where
//! nobody has made what it names, but not for what it is.

use bytes::Bytes;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use crate::support::{Answer, Api, Patron};

/// What a service may say of a sound request, by gRPC's numbers: done, not found, there already, not in this state,
/// changed meanwhile.
const TAKEN: [i64; 5] = [0, 5, 6, 9, 10];

/// Of a token no example can be right: Patron seals each of them for one customer.
const SEALED: &str = "\"OPT_IN_TOKEN_INVALID\"";

#[tokio::test]
async fn every_example_of_the_document_is_a_request_that_is_taken() {
    // One of its own: among the examples are policies, rules and programs, which others would meet.
    let patron = Patron::start(&["--no-demo"]);
    let api = patron.api();
    let document = api.get("/openapi.json").await.body;
    let mut sent = 0;
    let mut refused = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (verb, operation) in item.as_object().unwrap() {
            sent += 1;
            if let Err(answer) = send(&api, verb, path, operation).await {
                refused.push(format!("{verb} {path}: {answer}"));
            }
        }
    }
    assert!(sent > 200, "{sent} operations");
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}

/// Makes the call that an operation shows; tells how it was refused, if it was.
async fn send(api: &Api, verb: &str, path: &str, operation: &Value) -> Result<(), String> {
    let mut target = path.to_owned();
    let mut query = Vec::new();
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    for parameter in parameters.filter(|it| !it["example"].is_null()) {
        let (name, value) = (parameter["name"].as_str().unwrap(), &parameter["example"]);
        let text = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        let text = utf8_percent_encode(&text, NON_ALPHANUMERIC).to_string();
        if parameter["in"] == "path" {
            target = target.replace(&format!("{{{name}}}"), &text);
        } else {
            query.push(format!("{name}={text}"));
        }
    }
    if !query.is_empty() {
        target = format!("{target}?{}", query.join("&"));
    }
    let content = operation["requestBody"]["content"].as_object();
    let content = content.and_then(|content| content.iter().next());
    let media_type = content.map_or("application/json", |(media_type, _)| media_type);
    let body = content.and_then(|(_, body)| body.get("example"));
    let body = body.map_or_else(Bytes::new, |body| body.to_string().into());
    let verb = verb.to_uppercase();
    let answer = api.send_as(&verb, &target, media_type, body).await;
    judge(&answer)
}

/// Also what a stream ends with.
fn judge(answer: &Answer) -> Result<(), String> {
    let told = String::from_utf8_lossy(&answer.bytes).into_owned();
    let lines = told
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut failed = lines.filter_map(|line| line.get("error").cloned());
    let error = failed
        .next_back()
        .or_else(|| (answer.status != 200).then(|| answer.body.clone()));
    let code = error.map_or(Some(0), |error| error["code"].as_i64());
    let is_taken = code.is_some_and(|code| TAKEN.contains(&code));
    let has_route = !told.contains("\"METHOD_NOT_FOUND\"");
    let is_taken = is_taken && has_route || told.contains(SEALED);
    is_taken.then_some(()).ok_or(told)
}
