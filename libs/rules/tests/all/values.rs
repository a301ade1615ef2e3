//! What rules give.

use rules::{Expected, Facts, Failure, Limits, Rule, Schema, Type, Value};

use super::shop::{amount, compile, condition, holds, sunday};

#[track_caller]
fn all_hold(sources: &[&str]) {
    for source in sources {
        assert_eq!(holds(source), Ok(true), "{source}");
    }
}

#[test]
fn conditions_on_a_purchase_hold_as_they_read() {
    all_hold(&[
        "order.amount >= 10000 && member.tier in ['gold', 'diamond']",
        "order.lines.exists(l, l.sku.startsWith('wine') && l.amount > 5000)",
        "order.lines.all(line, line.amount > 0) && !order.lines.exists_one(l, l.amount > 0)",
        "order.lines.filter(l, l.sku != 'bread').map(l, l.amount).sum() == 12000",
        "order.lines.map(l, l.amount).min() == 350 && [3, 9].max() == 9",
        "order.lines[0].sku == 'wine-red' && size(order.lines) == 2",
        "!has(order.coupon) && order.?coupon.orValue('none') == 'none'",
        "member.tags[?'colour'].orValue('') == 'red' && !('size' in member.tags)",
        "order.lines[?7].hasValue() == false",
        "{'gold': 2, 'silver': 1}[member.tier] == 2",
        "order.channel.matches('^w[a-z]+$') && order.channel.upperAscii() == 'WEB'",
        "'金卡'.size() == 2 && size('é') == 1 && ' x '.trim() + string(3) == 'x3'",
        "int('-42') == -42 && -9223372036854775808 < -0x10",
        "[1] + [2] == [1, 2] && [] != [1] && !(3 in [])",
        "member.tier == 'gold' ? order.amount > 1 : false",
        "// the eighth\nr'\\d' == '\\\\d' && '''a'b''' == \"a'b\" && '\\u91d1' == '金'",
        "math.greatest(1, 3, 2) == 3 && math.least(4, 2) == 2",
    ]);
}

#[test]
fn time_is_local_to_the_zone_that_is_named() {
    // 23:30 on Saturday in UTC.
    all_hold(&[
        "day_of_month(now, 'Asia/Shanghai') == 8 && day_of_month(now, 'UTC') == 7",
        "day_of_week(now, 'Asia/Shanghai') == 7 && now.getDayOfWeek('Asia/Shanghai') == 0",
        "hour(now, 'Asia/Shanghai') == 7 && now.getHours('UTC') == 23",
        "local_date(now, 'Asia/Shanghai') == '2026-11-08' && year(now, 'UTC') == 2026",
        "local_time(now, 'Asia/Shanghai') >= '07:30' && month(now, 'UTC') == 11",
        "now.getMonth('UTC') == 10 && now.getDate('UTC') == 7 && now.getDayOfMonth('UTC') == 6",
        "days_between(now, now + duration('1h'), 'UTC') == 1",
        "days_between(now, now + duration('1h'), 'Asia/Shanghai') == 0",
        "now - timestamp('2026-11-07T00:00:00Z') == duration('23h30m')",
        "(now - timestamp('2026-11-07T00:00:00Z')).getMinutes() == 1410",
        "hour(now, 'Asia/' + 'Shanghai') == 7 && int(now) > 1700000000",
        "string(timestamp('2026-01-01T00:00:00+08:00')) == '2025-12-31T16:00:00Z'",
    ]);
}

#[test]
fn amounts_are_whole_numbers_cut_towards_zero() {
    assert_eq!(amount("order.amount / 100 * 2"), Ok(246));
    assert_eq!(amount("-7 / 2"), Ok(-3));
    assert_eq!(amount("-7 % 2"), Ok(-1));
    assert_eq!(amount("2 + 3 * 4 - -1"), Ok(15));
}

#[test]
fn what_can_t_be_worked_out_is_a_named_error_with_its_place() {
    let failure = |source: &str| {
        let error = amount(source).unwrap_err();
        (error.at.to_string(), error.failure)
    };
    let overflow = |operation| Failure::Overflow { operation };
    assert_eq!(
        failure("1 +\n 9223372036854775807 * order.amount"),
        ("2:2".to_owned(), overflow("*"))
    );
    assert_eq!(failure("-9223372036854775808 / -1").1, overflow("/"));
    assert_eq!(failure("-9223372036854775808 % -1").1, overflow("%"));
    assert_eq!(failure("[9223372036854775807, 1].sum()").1, overflow("sum"));
    assert_eq!(
        failure("1 / (order.amount - 12350)").1,
        Failure::DivisionByZero
    );
    assert_eq!(
        failure("order.lines[2].amount").1,
        Failure::NoSuchElement {
            index: 2,
            length: 2
        }
    );
    assert_eq!(
        failure("{'silver': 1}[member.tier]").1,
        Failure::NoSuchKey {
            key: "gold".to_owned()
        }
    );
    assert_eq!(
        failure("order.lines.filter(l, false).map(l, l.amount).max()").1,
        Failure::EmptyList { function: "max" }
    );
    assert_eq!(failure("int(order.channel)").1, Failure::NotANumber);
    assert_eq!(
        failure("hour(now, order.channel)").1,
        Failure::UnknownZone {
            zone: "web".to_owned()
        }
    );
    assert_eq!(
        failure(
            "int(now + duration('2562047h') + duration('2562047h') + \
                 duration('80000000h'))"
        )
        .1,
        overflow("+")
    );
}

#[test]
fn a_part_that_decides_makes_up_for_another_that_fails() {
    all_hold(&[
        "1 / (order.amount - 12350) > 0 || true",
        "!(1 / 0 > 0 && false)",
        "order.lines.exists(l, l.amount / (l.amount - 12000) > 100 || l.sku == 'bread')",
        "!order.lines.all(l, 1 / (l.amount - 12000) == 0 && l.sku == 'wine')",
    ]);
    assert!(holds("1 / 0 > 0 || false").is_err());
    assert!(holds("order.lines.all(l, 1 / (l.amount - 12000) == 0)").is_err());
}

#[test]
fn facts_that_are_not_as_the_schema_says_are_named() {
    let schema = Schema::builder()
        .variable("amount", Type::INT)
        .variable("tags", Type::list(Type::TEXT, 2))
        .build()
        .unwrap();
    let failure = |source: &str, facts: Facts<'_>| {
        let rule = Rule::compile(source, &schema, Expected::Bool, &Limits::default());
        rule.unwrap()
            .evaluate(&facts)
            .unwrap_err()
            .failure
            .to_string()
    };
    let wrong = Facts::new().with("amount", &"12");
    assert_eq!(
        failure("amount > 1", wrong),
        "the fact `amount` is string, expected int"
    );
    assert_eq!(
        failure("amount > 1", Facts::new()),
        "the fact `amount` is missing"
    );
    let many = vec!["a"; 3];
    assert_eq!(
        failure("'b' in tags", Facts::new().with("tags", &many)),
        "the list `tags` has 3 elements; at most 2 are allowed"
    );
    let long = vec!["a".repeat(2_000)];
    assert_eq!(
        failure("tags.exists(t, t == 'b')", Facts::new().with("tags", &long)),
        "a text has 2000 bytes; at most 1024 are allowed"
    );
    let numbers = vec![1_i64];
    assert_eq!(
        failure(
            "tags.exists(t, t == 'b')",
            Facts::new().with("tags", &numbers)
        ),
        "the fact `[]` is int, expected string"
    );
}

#[test]
fn a_rule_tells_what_it_reads() {
    let reads = |source| {
        condition(source)
            .reads()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        reads("order.amount > 1 && order.lines.exists(l, l.amount > 3 && has(l.brand))"),
        [
            "order.amount",
            "order.lines",
            "order.lines[].amount",
            "order.lines[].brand"
        ]
    );
    assert_eq!(
        reads("'vip' in member.segments && member.tags[?'colour'].orValue('') == 'x'"),
        ["member.segments", "member.tags.colour"]
    );
    assert_eq!(
        reads("order.lines.filter(l, l.amount > 1)[0].sku == 'x'"),
        ["order.lines", "order.lines[].amount", "order.lines[].sku"]
    );
    let rule = condition("hour(now, 'UTC') > 3");
    assert!(rule.reads_from("now") && !rule.reads_from("order"));
    assert!(condition("size(order.lines) > 3").reads_from("order"));
    assert!(!condition("size(order.lines) > 3").reads_from("order.lin"));
}

#[test]
fn a_rule_is_shared_between_threads() {
    let rule = compile("order.amount", Expected::Int).unwrap();
    let other = rule.clone();
    let there = std::thread::spawn(move || other.evaluate(&sunday()));
    assert_eq!(there.join().unwrap(), rule.evaluate(&sunday()));
    assert_eq!(rule.evaluate(&sunday()), Ok(Value::Int(12_350)));
}
