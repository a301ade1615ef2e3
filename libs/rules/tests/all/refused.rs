//! Each mistake is told where it is, with what was found and what would do.

use rules::{CompileError, Expected, Fault, Limits, Rule};

use super::shop::{compile, schema};

fn told(source: &str, expected: Expected) -> String {
    match compile(source, expected) {
        Ok(_) => panic!("compiled: {source}"),
        Err(error) => error.to_string(),
    }
}

#[track_caller]
fn refused(table: &[(&str, &str)]) {
    for (source, message) in table {
        assert_eq!(&told(source, Expected::Bool), message, "{source}");
    }
}

#[test]
fn unknown_names_are_told_with_the_one_that_was_meant() {
    refused(&[
        (
            "ordr.amount > 1",
            "1:1: there is no `ordr` here; did you mean `order`?",
        ),
        (
            "order.amuont > 1",
            "1:7: Order has no field `amuont`; did you mean `amount`?",
        ),
        ("order.weather > 1", "1:7: Order has no field `weather`"),
        (
            "order.channel.startWith('w')",
            "1:15: there is no function `startWith`; did you mean `startsWith`?",
        ),
        (
            "order.lines.exists(l, l.skuu == '')",
            "1:25: Line has no field `skuu`; did you mean `sku`?",
        ),
        ("random() > 3", "1:1: there is no function `random`"),
        (
            "order.lines.exists(now, true)",
            "1:20: `now` already means something here; give the variable another name",
        ),
    ]);
}

#[test]
fn wrong_types_are_told_with_those_that_would_do() {
    refused(&[
        ("order.amount", "1:1: the rule is int, expected bool"),
        (
            "order.amount && true",
            "1:1: a part of `&&` is int, expected bool",
        ),
        (
            "order.amount == 'x'",
            "1:1: int == string has no meaning; expected two values of one type",
        ),
        (
            "order.amount + order.channel > 1",
            "1:1: int + string has no meaning; expected two of int, string, duration or list, or \
             a timestamp and a duration",
        ),
        (
            "order == order",
            "1:1: a structure is read field by field; as a whole it is no value",
        ),
        (
            "order.channel.contains(3)",
            "1:1: found string.contains(int), expected string.contains(string)",
        ),
        (
            "contains(order.channel, 'x')",
            "1:1: found contains(string, string), expected string.contains(string)",
        ),
        (
            "order.amount in ['a']",
            "1:1: int in list(string) has no meaning; expected a value in a list of its type, or \
             a string in a map",
        ),
        (
            "true ? order.amount > 1 : 2",
            "1:27: what follows `:` is int, expected bool",
        ),
        (
            "[1, 'a'].size() == 2",
            "1:5: an element of the list is string, expected int",
        ),
        (
            "order.amount.all(x, true)",
            "1:1: what `all` goes through is int, expected a list",
        ),
        (
            "member.segments['vip'] == ''",
            "1:17: the key is string, expected int",
        ),
    ]);
    assert_eq!(
        told("order.channel", Expected::Int),
        "1:1: the rule is string, expected int"
    );
}

#[test]
fn what_may_be_missing_has_to_be_asked_for_before_it_is_read() {
    refused(&[
        (
            "order.coupon == 'X'",
            "1:1: `order.coupon` may be missing: write `has(order.coupon) && …` before it, or \
             `order.?coupon.orValue(…)`",
        ),
        (
            "has(order.coupon) || order.coupon == 'X'",
            "1:22: `order.coupon` may be missing: write `has(order.coupon) && …` before it, or \
             `order.?coupon.orValue(…)`",
        ),
        (
            "member.tags['colour'] == 'red'",
            "1:1: `member.tags[\"colour\"]` may be missing: write `\"colour\" in member.tags && …` \
             before it, or `member.tags[?\"colour\"].orValue(…)`",
        ),
    ]);
    for source in [
        "has(order.coupon) && order.coupon == 'X'",
        "!has(order.coupon) || order.coupon == 'X'",
        "has(order.coupon) ? order.coupon == 'X' : false",
        "!(has(order.coupon) && member.tier != 'gold') || order.coupon == 'X'",
        "order.?coupon.orValue('') == 'X'",
        "order.?coupon.hasValue()",
        "'colour' in member.tags && member.tags.colour == 'red'",
        "has(member.tags.colour) && member.tags['colour'] == 'red'",
        "order.lines.exists(l, has(l.brand) && l.brand == 'X')",
    ] {
        assert!(compile(source, Expected::Bool).is_ok(), "{source}");
    }
}

#[test]
fn mistakes_of_syntax_are_told_where_they_are() {
    refused(&[
        ("", "1:1: found the end, expected a value"),
        ("true &&", "1:8: found the end, expected a value"),
        ("(true", "1:6: found the end, expected `)`"),
        ("true)", "1:5: found `)`, expected an operator or the end"),
        ("true & true", "1:6: found `&`, expected `&&`"),
        ("now = now", "1:5: found `=`, expected `==`"),
        ("'gold", "1:1: the quotation is not closed"),
        (
            "'\\q' == ''",
            "1:1: `\\q` is no escape sequence; a backslash itself is written `\\\\`",
        ),
        (
            "order.amount > 1.5",
            "1:16: there are no fractions: amounts are whole numbers of the smallest unit",
        ),
        (
            "order.amount > 5u",
            "1:16: there are no unsigned numbers: leave the `u` out",
        ),
        (
            "order.amount > 9223372036854775808",
            "1:16: 9223372036854775808 is beyond 9223372036854775807, the largest number",
        ),
        (
            "order.channel != null",
            "1:18: there is no null: ask `has(…)`, or give a fallback with `.?field.orValue(…)`",
        ),
        ("Order{a: 1} == 1", "1:1: a rule can't make structures"),
        (
            "等级 == 'x'",
            "1:1: `等级` has no meaning outside of quotation marks",
        ),
        ("for == 1", "1:1: `for` is a reserved word"),
    ]);
}

#[test]
fn texts_that_stand_for_something_are_read_with_the_rule() {
    refused(&[
        (
            "now > timestamp('tomorrow')",
            "1:17: `tomorrow` is no time, such as `2026-11-08T00:00:00Z`",
        ),
        (
            "now - now > duration('3d')",
            "1:22: `3d` is no duration, such as `72h` or `1h30m`",
        ),
        (
            "hour(now, 'Asia/Shanghia') > 3",
            "1:11: `Asia/Shanghia` is no IANA time zone, such as `Asia/Shanghai`",
        ),
        (
            "now.getHours() > 3",
            "1:1: name the time zone, as in `getHours('Asia/Shanghai')`; `'UTC'` if that is meant",
        ),
        (
            "order.channel.matches('(')",
            "1:23: the pattern can't be used: unclosed group",
        ),
        (
            "order.channel.matches(member.tier)",
            "1:23: a pattern has to be written out, as a text in quotation marks",
        ),
        (
            "'x' in {'a': 1, 'a': 2}",
            "1:17: the key \"a\" is there twice",
        ),
    ]);
}

#[test]
fn all_mistakes_of_a_source_are_told_each_once() {
    let source =
        "order.amuont > 1 && (membr.tier == 3 || order.channel in) \n  && now + 1 == now && )";
    assert_eq!(
        told(source, Expected::Bool),
        "1:7: Order has no field `amuont`; did you mean `amount`?\n\
         1:22: there is no `membr` here; did you mean `member`?\n\
         1:57: found `)`, expected a value\n\
         2:6: timestamp + int has no meaning; expected two of int, string, duration or list, or a \
         timestamp and a duration\n\
         2:24: found `)`, expected a value"
    );
}

#[test]
fn problems_beyond_the_bound_are_counted() {
    let source = vec!["nobody"; 30].join(" || ");
    let limits = Limits {
        problems: 5,
        ..Limits::default()
    };
    let error = Rule::compile(&source, &schema(), Expected::Bool, &limits).unwrap_err();
    let CompileError { problems, omitted } = error;
    assert_eq!((problems.len(), omitted), (5, 25));
    assert!(matches!(problems[4].fault, Fault::UnknownName { .. }));
}

#[test]
fn a_schema_with_names_that_no_rule_could_write_is_refused() {
    use rules::{Schema, SchemaError, Type};
    for name in ["", "a b", "1st", "in", "等级", "true"] {
        let built = Schema::builder().variable(name, Type::INT).build();
        assert!(matches!(built, Err(SchemaError::NotAName { .. })), "{name}");
    }
    let twice = Schema::builder()
        .variable("a", Type::INT)
        .variable("a", Type::INT);
    assert!(matches!(twice.build(), Err(SchemaError::Twice { .. })));
}
