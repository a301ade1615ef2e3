use super::*;

fn now() -> Timestamp {
    "2025-03-09T10:00:00Z".parse().unwrap()
}

fn line(line_id: &str, minor: i64) -> LineDraft {
    LineDraft {
        line_id: line_id.to_owned(),
        product_id: "tea".to_owned(),
        product_name: String::new(),
        category: "grocery/tea".to_owned(),
        quantity: 2,
        amount: SentMoney {
            currency_code: "GBP".to_owned(),
            minor,
        },
    }
}

fn draft() -> OrderDraft {
    OrderDraft {
        id: OrderId("o-1".to_owned()),
        channel: "online".to_owned(),
        store_id: String::new(),
        time: now(),
        lines: vec![line("1", 500), line("2", 0)],
    }
}

fn refusal(change: impl FnOnce(&mut OrderDraft)) -> (String, Problem) {
    let mut draft = draft();
    change(&mut draft);
    let Invalid { field, problem } = draft.check(now()).unwrap_err();
    (field, problem)
}

fn difference(change: impl FnOnce(&mut OrderDraft)) -> Option<String> {
    let mut sent = draft();
    change(&mut sent);
    draft()
        .check(now())
        .unwrap()
        .difference(&sent.check(now()).unwrap())
}

#[test]
fn an_order_is_added_up() {
    let order = draft().check(now()).unwrap();
    assert_eq!((order.total, order.currency.code()), (500, "GBP"));
}

#[test]
fn an_order_may_be_an_hour_ahead_of_the_clock_and_no_more() {
    let hour = SignedDuration::from_hours(1);
    let mut order = draft();
    order.time = now() + hour;
    assert!(order.check(now()).is_ok());
    let ahead = now() + hour + SignedDuration::from_micros(1);
    assert_eq!(
        refusal(|draft| draft.time = ahead),
        ("order_time".to_owned(), Problem::InFuture)
    );
}

#[test]
fn each_fault_is_told_with_its_field() {
    let amount = |minor, code: &str| SentMoney {
        currency_code: code.to_owned(),
        minor,
    };
    let cases = [
        (
            refusal(|o| o.lines[1].amount = amount(-1, "GBP")),
            "lines[1].amount.amount_minor",
            Problem::Negative,
        ),
        (
            refusal(|o| o.lines[1].amount = amount(1, "EUR")),
            "lines[1].amount.currency_code",
            Problem::MixedCurrencies,
        ),
        (
            refusal(|o| {
                o.lines = vec![LineDraft {
                    amount: amount(1, "QQQ"),
                    ..line("1", 1)
                }];
            }),
            "lines[0].amount.currency_code",
            Problem::UnknownCurrency,
        ),
        (
            refusal(|o| o.lines[1] = line("1", 3)),
            "lines[1].line_id",
            Problem::DuplicateLine,
        ),
        (
            refusal(|o| o.lines[1] = line("2", i64::MAX)),
            "lines",
            Problem::SumTooLarge,
        ),
        (
            refusal(|o| "a\0b".clone_into(&mut o.lines[1].category)),
            "lines[1].category",
            Problem::NulCharacter,
        ),
    ];
    for (told, field, problem) in cases {
        assert_eq!(told, (field.to_owned(), problem));
    }
}

#[test]
fn the_same_order_differs_in_nothing_also_with_its_lines_listed_the_other_way_round() {
    assert_eq!(difference(|_| ()), None);
    assert_eq!(difference(|order| order.lines.reverse()), None);
}

#[test]
fn what_differs_is_named() {
    let cases = [
        (
            difference(|o| "store".clone_into(&mut o.channel)),
            "channel",
        ),
        (difference(|o| "7".clone_into(&mut o.store_id)), "store_id"),
        (
            difference(|o| o.time = now() - SignedDuration::from_micros(1)),
            "order_time",
        ),
        (difference(|o| o.lines.truncate(1)), "lines"),
        (
            difference(|o| o.lines[1].line_id = "3".to_owned()),
            "lines[1].line_id",
        ),
        (difference(|o| o.lines[1].quantity = 3), "lines[1].quantity"),
        (
            difference(|o| o.lines[0].amount.minor = 501),
            "lines[0].amount",
        ),
        (
            difference(|o| {
                for line in &mut o.lines {
                    line.amount.currency_code = "EUR".to_owned();
                }
            }),
            "lines[0].amount",
        ),
    ];
    for (told, field) in cases {
        assert_eq!(told.as_deref(), Some(field));
    }
}
