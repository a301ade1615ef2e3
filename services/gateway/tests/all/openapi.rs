//! The OpenAPI document says what the gateway does.

use bytes::Bytes;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::Bench;

async fn document(bench: &Bench) -> Value {
    let headers = [("authorization", "")];
    let answer = bench
        .rest
        .send(Method::GET, "/openapi.json", &headers, Bytes::new())
        .await;
    assert_eq!(answer.status, StatusCode::OK);
    answer.json()
}

fn parameter<'d>(operation: &'d Value, name: &str) -> &'d Value {
    let parameters = operation["parameters"].as_array().unwrap();
    parameters
        .iter()
        .find(|parameter| parameter["name"] == name)
        .unwrap()
}

#[tokio::test]
async fn operations_have_names_comments_parameters_and_constraints() {
    let bench = Bench::start().await;
    let document = document(&bench).await;
    assert_eq!(document["openapi"], "3.1.0");
    let get = &document["paths"]["/v1/shapes/{name}"]["get"];
    assert_eq!(get["operationId"], "ShapeService_GetShape");
    assert_eq!(get["summary"], "Reads a shape");
    assert_eq!(get["x-patron-permission"], "shapes.read");
    let expected = json!({
        "name": "name", "in": "path", "required": true, "description": "Its name.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[a-z].*$"},
    });
    assert_eq!(*parameter(get, "name"), expected);
    let count = &parameter(get, "count")["schema"];
    assert_eq!(
        (&count["minimum"], &count["exclusiveMaximum"]),
        (&json!(-1), &json!(1000))
    );
    assert_eq!(
        parameter(get, "inner.deeper.amount")["schema"]["format"],
        "int64"
    );
    assert_eq!(
        document["paths"]["/v1/greeting"]["get"]["security"],
        json!([])
    );
    let second = &document["paths"]["/v1/projects/{text}/shapes/{name}"]["get"];
    assert_eq!(second["operationId"], "ShapeService_GetShape_2");
}

#[tokio::test]
async fn bodies_and_answers_refer_to_the_schemas_of_their_messages() {
    let bench = Bench::start().await;
    let document = document(&bench).await;
    let schema = |operation: &Value| {
        operation["requestBody"]["content"]["application/json"]["schema"].clone()
    };
    let echo = &document["paths"]["/v1/shapes:echo"]["post"];
    assert_eq!(
        schema(echo),
        json!({"$ref": "#/components/schemas/test.v1.Shape"})
    );
    let put = schema(&document["paths"]["/v1/shapes/{name}"]["put"]);
    assert!(put["properties"]["count"].is_object() && put["properties"]["name"].is_null());
    let patch = &document["paths"]["/v1/shapes/{name}"]["patch"];
    assert_eq!(schema(patch)["$ref"], "#/components/schemas/test.v1.Shape");
    assert_eq!(
        parameter(patch, "updateMask")["required"],
        Value::Null,
        "the body implies it"
    );
    let shape = &document["components"]["schemas"]["test.v1.Shape"]["properties"];
    assert_eq!(shape["createName"]["readOnly"], true);
    assert_eq!(shape["lines"]["maxItems"], 10);
    let color = &document["components"]["schemas"]["test.v1.Color"];
    assert!(
        color["description"]
            .as_str()
            .unwrap()
            .contains("`COLOR_RED`: Like blood.")
    );
}

#[tokio::test]
async fn a_variable_of_many_segments_is_one_parameter_for_each() {
    let bench = Bench::start().await;
    let document = document(&bench).await;
    let get = &document["paths"]["/v1/folders/{name_1}/files/{name_2}"]["get"];
    assert_eq!(parameter(get, "name_2")["in"], "path");
}

#[tokio::test]
async fn every_reference_leads_somewhere_and_nothing_hidden_is_shown() {
    let bench = Bench::start().await;
    let document = document(&bench).await;
    let mut found = 0;
    check_references(&document, &document, &mut found);
    assert!(found > 20);
    let text = document.to_string();
    assert!(!text.contains("Hidden") && !text.contains("UndeclaredService"));
}

fn check_references(document: &Value, value: &Value, found: &mut usize) {
    match value {
        Value::Array(items) => {
            for item in items {
                check_references(document, item, found);
            }
        }
        Value::Object(members) => {
            if let Some(Value::String(reference)) = members.get("$ref") {
                let pointer = reference.strip_prefix('#').unwrap();
                assert!(
                    document.pointer(pointer).is_some_and(Value::is_object),
                    "{reference}"
                );
                *found += 1;
            }
            for member in members.values() {
                check_references(document, member, found);
            }
        }
        _ => {}
    }
}

#[test]
fn patrons_own_contract_gives_the_same_document_each_time() {
    let document = gateway::openapi::document().unwrap();
    assert_eq!(document, gateway::openapi::document().unwrap());
    let mut found = 0;
    check_references(&document, &document, &mut found);
    assert!(document["paths"].as_object().unwrap().len() > 10);
}

#[tokio::test]
async fn a_stream_of_requests_is_described_line_by_line() {
    let bench = Bench::start().await;
    let contract = bench.rest.get("/openapi.json").await.json();
    let collect = &contract["paths"]["/v1/projects/{text}/shapes:collect"]["post"];
    assert!(collect["requestBody"]["content"]["application/x-ndjson"]["schema"].is_object());
}

#[tokio::test]
async fn the_contract_can_be_browsed_without_any_other_host() {
    let bench = Bench::start().await;
    let page = bench.rest.get("/docs").await;
    assert_eq!(page.status, StatusCode::OK);
    let html = String::from_utf8(page.body.to_vec()).unwrap();
    for file in ["/docs/docs.css", "/docs/docs.js"] {
        assert!(html.contains(&format!("\"{file}\"")));
        assert_eq!(bench.rest.get(file).await.status, StatusCode::OK);
    }
    assert!(!html.contains("://"), "nothing comes from elsewhere");
    let policy = page.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; script-src 'self'"));
}
