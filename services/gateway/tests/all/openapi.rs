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
    let shape = schema(patch);
    assert!(shape["properties"]["count"].is_object() && shape["properties"]["name"].is_null());
    assert_eq!(
        parameter(patch, "updateMask")["required"],
        Value::Null,
        "the body implies it"
    );
    let shape = &document["components"]["schemas"]["test.v1.Shape"]["properties"];
    assert_eq!(shape["createName"]["readOnly"], true);
    assert_eq!(shape["lines"]["maxItems"], 10);
    let labels = &shape["labels"];
    let of_labels = (&labels["maxProperties"], &labels["propertyNames"]);
    assert_eq!(of_labels, (&json!(100), &json!({"maxLength": 200})));
    assert_eq!(labels["additionalProperties"]["maxLength"], 1_000);
    let color = &document["components"]["schemas"]["test.v1.Color"];
    assert!(
        color["description"]
            .as_str()
            .unwrap()
            .contains("`COLOR_RED`: Like blood.")
    );
}

#[tokio::test]
async fn what_the_contract_refuses_no_schema_allows() {
    let bench = Bench::start().await;
    let document = document(&bench).await;
    let rules = &document["components"]["schemas"]["test.v1.Rules"];
    let uuid = json!({"type": "string", "format": "uuid"});
    let base64 =
        |pattern: &str| json!({"type": "string", "contentEncoding": "base64", "pattern": pattern});
    let color = json!({"$ref": "#/components/schemas/test.v1.Color", "not": {"enum": ["COLOR_UNSPECIFIED"]}});
    let background = json!({"$ref": "#/components/schemas/test.v1.Color", "not": {"const": "COLOR_UNSPECIFIED"}});
    let expected = json!({
        "id": uuid,
        "parentId": {"type": "string", "anyOf": [{"const": ""}, {"format": "uuid"}]},
        "points": {"type": "string", "format": "int64", "pattern": "^[1-9][0-9]{0,18}$", "x-minimum": 1},
        "share": {"type": "integer", "format": "int32", "minimum": 0, "maximum": 100},
        "color": color,
        "background": background,
        "words": {"type": "array", "items": {"type": "string", "maxLength": 8}, "minItems": 1},
        "inner": {"$ref": "#/components/schemas/test.v1.Inner"},
        "later": {"type": "string"},
        "note": {"type": "string", "minLength": 1},
        "time": {"type": "string", "pattern": "^([0-9]{2}:[0-9]{2})?$"},
        "digest": base64("^([A-Za-z0-9+/]{42}|[A-Za-z0-9_-]{42})[AEIMQUYcgkosw048]=?$"),
        "nonce": base64("^([A-Za-z0-9+/]{21}|[A-Za-z0-9_-]{21})[AQgw](==)?$"),
        "byName": {"type": "string"},
        "byCount": {"type": "integer", "format": "int32"},
    });
    assert_eq!(rules["properties"], expected);
    // Those whose absence is refused: the value that protobuf gives them breaks a rule.
    let required = [
        "id",
        "points",
        "color",
        "background",
        "words",
        "inner",
        "digest",
        "nonce",
    ];
    assert_eq!(rules["required"], json!(required));
    let one = [
        json!({"required": ["byName"]}),
        json!({"required": ["byCount"]}),
    ];
    assert_eq!(rules["oneOf"], json!(one));
    let shape = &document["components"]["schemas"]["test.v1.Shape"]["oneOf"];
    assert_eq!(shape.as_array().unwrap().len(), 4, "one of three, or none");
}

#[tokio::test]
async fn bodies_are_closed_and_hold_nothing_that_the_path_gives() {
    let bench = Bench::start().await;
    let document = document(&bench).await;
    let schemas = &document["components"]["schemas"];
    for taken in ["test.v1.Shape", "test.v1.Inner", "test.v1.Rules"] {
        assert_eq!(schemas[taken]["additionalProperties"], false, "{taken}");
    }
    // Only answered: a later version may tell more.
    assert!(schemas["google.rpc.Status"].is_object());
    assert!(schemas["google.rpc.Status"]["additionalProperties"].is_null());
    let echo = &document["paths"]["/v1/shapes/{name}"]["put"]["requestBody"];
    assert_eq!(echo["required"], false, "the path gives what is needed");
    let of = &document["paths"]["/v1/shapes/{id}:keepRules"]["post"];
    let body = &of["requestBody"]["content"]["application/json"]["schema"];
    assert_eq!(body["additionalProperties"], false);
    assert!(body["properties"]["parentId"].is_object() && body["properties"]["id"].is_null());
    assert_eq!(of["requestBody"]["required"], true);
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
    let reports = &document["paths"]["/v1/programs/{program_id}/liability-reports"]["post"];
    assert_eq!(
        reports["requestBody"]["required"], false,
        "the path gives all that a report needs"
    );
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

#[test]
fn a_body_need_not_repeat_what_the_path_gives_of_a_part() {
    let document = gateway::openapi::document().unwrap();
    let replay = &document["paths"]["/v1/erasures/{erasure_id}:replay"]["post"];
    let body = &replay["requestBody"]["content"]["application/json"]["schema"];
    let erasure = &body["properties"]["erasure"];
    let required = erasure["required"].as_array().unwrap();
    assert!(required.contains(&json!("customerIds")), "{erasure}");
    assert!(!required.contains(&json!("erasureId")), "{erasure}");
    // The certificate as it was read may be sent back whole.
    assert_eq!(erasure["properties"]["erasureId"]["format"], "uuid");
}

#[test]
fn an_error_has_details_of_which_the_reasons_are_those_of_the_contract() {
    let document = gateway::openapi::document().unwrap();
    let schemas = &document["components"]["schemas"];
    let details = &schemas["google.rpc.Status"]["properties"]["details"]["items"]["oneOf"];
    let known = ["ErrorInfo", "BadRequest", "RetryInfo"].map(|name| format!("google.rpc.{name}"));
    for (detail, name) in details.as_array().unwrap().iter().zip(&known) {
        assert_eq!(detail["$ref"], format!("#/components/schemas/{name}"));
        let schema = &schemas[name];
        let url = format!("type.googleapis.com/{name}");
        assert_eq!(schema["properties"]["@type"], json!({ "const": url }));
        assert_eq!(schema["required"], json!(["@type"]));
        // Exactly one of them is what a detail is.
        let others = &details[3]["properties"]["@type"]["not"]["enum"];
        assert!(others.as_array().unwrap().contains(&json!(url)));
    }
    let reason = &schemas["google.rpc.ErrorInfo"]["properties"]["reason"];
    let services = reason["anyOf"].as_array().unwrap();
    assert!(services.contains(&json!({"$ref": "#/components/schemas/patron.type.v1.Reason"})));
    assert_eq!(services.len(), 6, "five services, and what all give");
    let of_loyalty = &schemas["patron.loyalty.v1.Reason"];
    let names = of_loyalty["enum"].as_array().unwrap();
    assert!(names.contains(&json!("PROGRAM_NOT_FOUND")));
    assert!(
        !names.contains(&json!("UNSPECIFIED")),
        "which is never sent"
    );
    let about = of_loyalty["description"].as_str().unwrap();
    assert!(about.contains("- `PROGRAM_NOT_FOUND`: There is no such program (NOT_FOUND)."));
}

#[test]
fn an_operation_tells_programs_the_reasons_that_its_comment_names() {
    let document = gateway::openapi::document().unwrap();
    let reasons = |path: &str| &document["paths"][path]["post"]["x-patron-reasons"];
    let of_import = [
        "ATTRIBUTE_ARCHIVED",
        "ATTRIBUTE_NOT_FOUND",
        "FIELD_NOT_EXPOSED",
    ];
    assert_eq!(*reasons("/v1/imports"), json!(of_import));
    // Its comment names a state, which is no reason.
    assert!(reasons("/v1/imports/{import_id}:undo").is_null());
}

#[tokio::test]
async fn an_error_that_is_answered_is_as_its_schema_says() {
    let bench = Bench::start().await;
    let refused = bench
        .rest
        .send_text(Method::POST, "/v1/shapes:refuse", "")
        .await
        .json();
    let document = gateway::openapi::document().unwrap();
    let schemas = &document["components"]["schemas"];
    for detail in refused["details"].as_array().unwrap() {
        let name = detail["@type"]
            .as_str()
            .unwrap()
            .rsplit('/')
            .next()
            .unwrap();
        let known = &schemas[name]["properties"];
        for field in detail.as_object().unwrap().keys() {
            assert!(known[field].is_object(), "{name}: {field}");
        }
    }
    let reasons = &schemas["patron.type.v1.Reason"]["enum"];
    let reason = &refused["details"][0]["reason"];
    assert!(reasons.as_array().unwrap().contains(reason), "{reason}");
}
