//! Why a rule has its value.

use rules::{Explanation, FactRead, Failure, Junction, Value};

use super::shop::{condition, sunday};

fn reads(explanation: &Explanation) -> Vec<String> {
    let text = |FactRead { path, value }: &FactRead| format!("{path} = {value}");
    explanation.reads.iter().map(text).collect()
}

#[test]
fn each_condition_tells_its_value_and_the_facts_it_read() {
    let source = "order.amount > 20000 && (member.tier == 'gold' || !has(order.coupon))";
    let whole = condition(source).explain(&sunday());

    assert_eq!(whole.text, source);
    assert_eq!(whole.outcome, Ok(Value::Bool(false)));
    assert_eq!(whole.junction, Junction::Every);
    let [amount, either] = &whole.parts[..] else {
        panic!("two parts");
    };
    assert_eq!(amount.text, "order.amount > 20000");
    assert_eq!(amount.outcome, Ok(Value::Bool(false)));
    assert_eq!(reads(amount), ["order.amount = 12350"]);
    assert_eq!(either.junction, Junction::Any);
    assert_eq!(either.outcome, Ok(Value::Bool(true)));
    let [tier, not] = &either.parts[..] else {
        panic!("two parts");
    };
    assert_eq!(reads(tier), ["member.tier = \"gold\""]);
    assert_eq!(
        (&*not.text, not.junction),
        ("!has(order.coupon)", Junction::Not)
    );
    assert_eq!(reads(&not.parts[0]), ["order.coupon = missing"]);
}

#[test]
fn elements_of_a_list_are_told_by_their_place() {
    let source = "order.lines.exists(l, l.amount < 1000 && l.?brand.orValue('') == '')";
    let explained = condition(source).explain(&sunday());
    assert_eq!(
        reads(&explained),
        [
            "order.lines = a list of 2",
            "order.lines[0].amount = 12000",
            "order.lines[1].amount = 350",
            "order.lines[1].brand = missing",
        ]
    );
}

#[test]
fn a_part_without_a_value_is_told_although_the_whole_has_one() {
    let explained = condition("1 / (order.amount - 12350) > 0 || true").explain(&sunday());
    assert_eq!(explained.outcome, Ok(Value::Bool(true)));
    let error = explained.parts[0].outcome.as_ref().unwrap_err();
    assert_eq!(error.failure, Failure::DivisionByZero);
}

#[test]
fn an_explanation_of_a_long_list_is_cut() {
    let mut shop = sunday();
    let line = shop.order.lines[0].clone();
    shop.order.lines = (0..100)
        .map(|amount| super::shop::Line {
            amount,
            ..line.clone()
        })
        .collect();
    let explained = condition("order.lines.all(l, l.amount >= 0)").explain(&shop);
    assert_eq!(explained.outcome, Ok(Value::Bool(true)));
    assert_eq!(explained.reads.len(), 50);
}
