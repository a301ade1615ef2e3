//! Templates and routes over the corpus of what `google/api/http.proto` allows.

use http::Method;

use super::path::RequestPath;
use super::router::{HttpMethod, Lookup, Router};
use super::template::{Template, TemplateFault};

fn captures(template: &str, path: &str) -> Option<Vec<(String, String)>> {
    let template = Template::parse(template).unwrap();
    let mut router = Router::default();
    let get = HttpMethod::Only(Method::GET);
    router.insert(&template, get, ()).unwrap();
    let path = RequestPath::parse(path).unwrap();
    let Lookup::Found(()) = router.lookup(&Method::GET, &path) else {
        return None;
    };
    let names = template.variables.iter();
    let names = names.map(|variable| variable.field_path.clone());
    Some(names.zip(path.captures(&template)).collect())
}

/// Each line: a template, a path, and what becomes of it.
const CORPUS: &str = include_str!("paths.corpus");

#[test]
fn paths_are_matched_and_read_as_the_corpus_says() {
    let cases = CORPUS
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    let mut count = 0;
    for case in cases {
        let (call, expected) = case.split_once(" => ").unwrap();
        let (template, path) = call.split_once(' ').unwrap();
        assert_eq!(outcome(template, path.trim()), expected, "{call}");
        count += 1;
    }
    assert!(count > 40, "{count} cases");
}

/// The variables as `name=value`, or why there are none.
fn outcome(template: &str, path: &str) -> String {
    if RequestPath::parse(path).is_err() {
        return "refused".to_owned();
    }
    match captures(template, path) {
        None => "no match".to_owned(),
        Some(none) if none.is_empty() => "match".to_owned(),
        Some(captures) => {
            let shown = captures
                .iter()
                .map(|(name, value)| format!("{name}={value}"));
            shown.collect::<Vec<_>>().join(" | ")
        }
    }
}

#[test]
fn malformed_templates_are_refused_with_what_is_wrong() {
    for (template, fault) in [
        ("", TemplateFault::NoLeadingSlash),
        ("v1", TemplateFault::NoLeadingSlash),
        ("/", TemplateFault::EmptySegment),
        ("/v1//a", TemplateFault::EmptySegment),
        ("/v1/", TemplateFault::EmptySegment),
        ("/v1/{name=a//b}", TemplateFault::EmptySegment),
        ("/v1/a:", TemplateFault::EmptyVerb),
        ("/v1/{name", TemplateFault::UnbalancedBrace),
        ("/v1/name}", TemplateFault::UnbalancedBrace),
        ("/v1/{name}x", TemplateFault::UnbalancedBrace),
        ("/v1/{a={b}}", TemplateFault::NestedVariable),
        ("/v1/{}", TemplateFault::EmptyField),
        ("/v1/{a..b}", TemplateFault::EmptyField),
        ("/v1/{a}/{a=b/*}", TemplateFault::RepeatedField),
        ("/v1/**/a", TemplateFault::RestNotLast),
        ("/v1/{name=**}/a", TemplateFault::RestNotLast),
        ("/v1/%FF", TemplateFault::NotUtf8),
    ] {
        assert_eq!(
            Template::parse(template).unwrap_err().fault,
            fault,
            "{template}"
        );
    }
}

#[test]
fn templates_are_shown_without_their_patterns() {
    for (template, shown) in [
        ("/v1/{name=shapes/*}/parts/*:act", "/v1/{name}/parts/*:act"),
        ("/v1/{a.b}/c/**", "/v1/{a.b}/c/**"),
    ] {
        assert_eq!(Template::parse(template).unwrap().to_string(), shown);
    }
}

fn router(templates: &[(Method, &'static str)]) -> Router<&'static str> {
    let mut router = Router::default();
    for (method, template) in templates {
        let parsed = Template::parse(template).unwrap();
        router
            .insert(&parsed, HttpMethod::Only(method.clone()), *template)
            .unwrap();
    }
    router
}

fn find(
    router: &Router<&'static str>,
    method: &Method,
    path: &str,
) -> Result<&'static str, Vec<Method>> {
    match router.lookup(method, &RequestPath::parse(path).unwrap()) {
        Lookup::Found(found) => Ok(found),
        Lookup::WrongMethod(allowed) => Err(allowed),
        Lookup::NoRoute => Err(Vec::new()),
    }
}

#[test]
fn the_most_specific_template_wins_whatever_the_order() {
    let mut templates = vec![
        (Method::GET, "/v1/**"),
        (Method::GET, "/v1/*"),
        (Method::GET, "/v1/{name}:act"),
        (Method::GET, "/v1/shapes"),
        (Method::GET, "/v1/shapes:act"),
        (Method::GET, "/v1/*/parts"),
        (Method::GET, "/v1/shapes/{id}"),
    ];
    for _ in 0..2 {
        let router = router(&templates);
        for (path, expected) in [
            ("/v1/shapes", "/v1/shapes"),
            ("/v1/other", "/v1/*"),
            ("/v1/other:act", "/v1/{name}:act"),
            ("/v1/shapes:act", "/v1/shapes:act"),
            ("/v1/shapes:unknown", "/v1/*"),
            ("/v1/other/parts", "/v1/*/parts"),
            ("/v1/shapes/parts", "/v1/shapes/{id}"),
            ("/v1/other/thing", "/v1/**"),
            ("/v1", "/v1/**"),
        ] {
            assert_eq!(find(&router, &Method::GET, path), Ok(expected), "{path}");
        }
        templates.reverse();
    }
}

#[test]
fn a_wider_template_serves_the_methods_that_the_narrower_one_lacks() {
    let router = router(&[(Method::POST, "/v1/shapes"), (Method::GET, "/v1/{any}")]);
    assert_eq!(find(&router, &Method::GET, "/v1/shapes"), Ok("/v1/{any}"));
    assert_eq!(find(&router, &Method::HEAD, "/v1/shapes"), Ok("/v1/{any}"));
    let refused = find(&router, &Method::PUT, "/v1/shapes");
    assert_eq!(refused, Err(vec![Method::POST, Method::GET]));
    assert_eq!(find(&router, &Method::PUT, "/v2"), Err(Vec::new()));
}

#[test]
fn a_verb_is_no_part_of_a_value_whatever_the_method() {
    let templates = [
        (Method::POST, "/v1/{name}:act"),
        (Method::GET, "/v1/{name}"),
    ];
    let router = router(&templates);
    for method in [Method::GET, Method::HEAD, Method::DELETE] {
        let refused = find(&router, &method, "/v1/other:act");
        assert_eq!(refused, Err(vec![Method::POST]), "{method}");
    }
    for path in ["/v1/other:play", "/v1/other%3Aact"] {
        assert_eq!(find(&router, &Method::GET, path), Ok("/v1/{name}"));
    }
}

#[test]
fn a_head_of_its_own_goes_before_that_of_get() {
    let router = router(&[(Method::GET, "/v1/{name}"), (Method::HEAD, "/v1/{head}")]);
    assert_eq!(find(&router, &Method::HEAD, "/v1/a"), Ok("/v1/{head}"));
    assert_eq!(find(&router, &Method::GET, "/v1/a"), Ok("/v1/{name}"));
}

#[test]
fn two_templates_of_the_same_shape_are_a_conflict() {
    let mut router = router(&[(Method::GET, "/v1/shapes/{a}")]);
    let same = Template::parse("/v1/shapes/{b}").unwrap();
    assert_eq!(
        router.insert(&same, HttpMethod::Only(Method::GET), "b"),
        Err(&"/v1/shapes/{a}")
    );
    assert_eq!(router.insert(&same, HttpMethod::Any, "b"), Ok(()));
}

#[test]
fn a_path_with_too_many_segments_or_not_utf8_is_refused() {
    assert!(RequestPath::parse(&"/a".repeat(64)).is_ok());
    assert!(RequestPath::parse(&"/a".repeat(65)).is_err());
    assert!(RequestPath::parse("/v1/%FF").is_err());
}
