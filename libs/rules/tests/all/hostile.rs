//! Sources that are made to hurt are answered by a named problem, at once.

use std::time::{Duration, Instant};

use rules::{CompileError, Expected, Fault, Limits, Rule};

use super::shop::{schema, sunday};

/// Compiles on a stack much smaller than that of a worker thread.
fn compile(source: String, limits: Limits) -> (Result<Rule, CompileError>, Duration) {
    let on_small_stack = std::thread::Builder::new().stack_size(512 << 10);
    let compiling = on_small_stack.spawn(move || {
        let schema = schema();
        let start = Instant::now();
        let compiled = Rule::compile(&source, &schema, Expected::Bool, &limits);
        (compiled, start.elapsed())
    });
    compiling.unwrap().join().unwrap()
}

#[track_caller]
fn refused(source: String, limits: Limits, is_meant: fn(&Fault) -> bool) {
    let (compiled, took) = compile(source, limits);
    let error = compiled.unwrap_err();
    assert!(
        error.problems.iter().any(|one| is_meant(&one.fault)),
        "{error}"
    );
    assert!(took < Duration::from_millis(10), "took {took:?}");
}

/// No bound on what comes before the tree, so that the bounds of the tree are what answers.
fn long_sources() -> Limits {
    Limits {
        source_bytes: 4 << 20,
        ..Limits::default()
    }
}

#[test]
fn deep_nesting_of_every_kind_is_refused() {
    let deep =
        |open: &str, close: &str| format!("{}1{}", open.repeat(10_000), close.repeat(10_000));
    for source in [
        deep("(", ")"),
        deep("[", "]"),
        deep("{'a':", "}"),
        deep("!", ""),
        deep("- ", ""),
        deep("size(", ")"),
        deep("a[", "]"),
        deep("", ".a"),
        deep("", "[1]"),
        deep("", "+1"),
        deep("true?1:", ""),
        deep("true?", ":1"),
        deep("[1].map(x,", ")"),
        "(".repeat(10_000),
        format!(
            ">{}?[{}{}l\u{0}?(-",
            "{".repeat(63),
            "(".repeat(11),
            "{".repeat(26)
        ),
    ] {
        refused(source, long_sources(), |fault| {
            matches!(fault, Fault::TooDeep { .. } | Fault::Unexpected { .. })
        });
    }
}

#[test]
fn a_source_of_a_megabyte_is_refused_unread() {
    refused(" ".repeat(1 << 20), Limits::default(), |fault| {
        matches!(
            fault,
            Fault::SourceTooLong {
                bytes: 1_048_576,
                ..
            }
        )
    });
    refused("true || ".repeat(1 << 17), long_sources(), |fault| {
        matches!(fault, Fault::TooManyNodes { .. })
    });
}

#[test]
fn lists_in_lists_are_bounded_by_what_they_would_cost() {
    let nested = "order.lines.all(a, order.lines.all(b, order.lines.all(c, a.amount > b.amount)))";
    refused(
        nested.to_owned(),
        Limits::default(),
        |fault| matches!(fault, Fault::TooCostly { steps, .. } if *steps > 1_000_000),
    );
    let four = "[1].all(a, [1].all(b, [1].all(c, [1].all(d, true))))";
    refused(four.to_owned(), Limits::default(), |fault| {
        matches!(fault, Fault::MacrosTooDeep { limit: 3 })
    });
    let doubled = format!(
        "({}).all(x, true)",
        vec!["order.lines.map(l, 1)"; 30].join(" + ")
    );
    let (compiled, _) = compile(doubled, Limits::default());
    assert!(compiled.is_ok(), "{}", compiled.unwrap_err());
}

#[test]
fn patterns_that_ruin_other_engines_are_linear_or_refused() {
    refused(
        "order.channel.matches('((a{90}){90}){90}')".to_owned(),
        Limits::default(),
        |fault| matches!(fault, Fault::BadPattern { .. }),
    );
    let (rule, _) = compile(
        "order.channel.matches('^(a+)+$')".to_owned(),
        Limits::default(),
    );
    let mut shop = sunday();
    shop.order.channel = "a".repeat(1_000) + "!";
    let start = Instant::now();
    assert!(!rule.unwrap().evaluate(&shop).unwrap().is_true());
    assert!(
        start.elapsed() < Duration::from_millis(10),
        "{:?}",
        start.elapsed()
    );
}

#[test]
fn a_text_that_doubles_itself_stops_at_the_bound() {
    let doubling = "[order.channel].map(a, a + a + a + a).map(b, b + b + b + b + b + b + b + b)\
                    .map(c, c + c + c + c + c + c + c + c)[0] == ''";
    let (rule, _) = compile(doubling.to_owned(), Limits::default());
    let mut shop = sunday();
    shop.order.channel = "x".repeat(100);
    let error = rule.unwrap().evaluate(&shop).unwrap_err();
    assert!(
        matches!(error.failure, rules::Failure::TextTooLong { .. }),
        "{error}"
    );
}

#[test]
fn the_deepest_rule_that_compiles_is_evaluated_and_explained_on_a_small_stack() {
    let deepest = format!("{}true{}", "!(".repeat(18), ")".repeat(18));
    let on_small_stack = std::thread::Builder::new().stack_size(512 << 10);
    let evaluating = on_small_stack.spawn(move || {
        let (rule, _) = compile(deepest, Limits::default());
        let rule = rule.unwrap();
        (rule.evaluate(&sunday()), rule.explain(&sunday()).outcome)
    });
    let (value, explained) = evaluating.unwrap().join().unwrap();
    assert!(value.clone().unwrap().is_true());
    assert_eq!(value, explained);
}
