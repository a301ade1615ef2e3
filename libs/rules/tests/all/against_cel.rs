//! Our CEL and the public implementation's give the same values, where they speak of the same
//! things.

use std::collections::HashMap;
use std::sync::Arc;

use cel::{Context, Program, Value as Cel};
use proptest::prelude::*;
use rules::{Expected, Value};

use super::generated::{Writer, shop};
use super::shop::{Shop, compile};

fn text(text: &str) -> Cel {
    Cel::String(Arc::new(text.to_owned()))
}

fn record(entries: impl IntoIterator<Item = (&'static str, Option<Cel>)>) -> Cel {
    let there = entries
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Cel::from(there.collect::<HashMap<String, Cel>>())
}

fn context(shop: &Shop) -> Context<'static, 'static> {
    let line = |line: &super::shop::Line| {
        record([
            ("sku", Some(text(&line.sku))),
            ("amount", Some(Cel::Int(line.amount))),
            ("brand", line.brand.as_deref().map(text)),
        ])
    };
    let order = record([
        ("amount", Some(Cel::Int(shop.order.amount))),
        ("channel", Some(text(&shop.order.channel))),
        ("coupon", shop.order.coupon.as_deref().map(text)),
        (
            "lines",
            Some(Cel::List(Arc::new(
                shop.order.lines.iter().map(line).collect(),
            ))),
        ),
    ]);
    let tags: HashMap<String, Cel> = shop
        .member
        .tags
        .iter()
        .map(|(key, tag)| (key.clone(), text(tag)))
        .collect();
    let member = record([
        ("tier", Some(text(&shop.member.tier))),
        ("tags", Some(Cel::from(tags))),
    ]);
    let mut context = Context::default();
    context.add_variable_from_value("order", order);
    context.add_variable_from_value("member", member);
    context
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn conditions_have_the_values_that_the_public_implementation_gives_them(
        bytes in proptest::collection::vec(any::<u8>(), 0..80),
        shop in shop(),
    ) {
        let mut writer = Writer::new(&bytes);
        writer.common = true;
        let source = writer.bool(4);
        let Ok(rule) = compile(&source, Expected::Bool) else {
            // Beyond a bound; another property says that nothing else is refused.
            return Ok(());
        };
        let theirs = Program::compile(&source).unwrap().execute(&context(&shop));
        match (rule.evaluate(&shop), theirs) {
            (Ok(Value::Bool(ours)), Ok(Cel::Bool(theirs))) => prop_assert_eq!(ours, theirs, "{}", source),
            (Err(_), Err(_)) => {}
            (ours, theirs) => prop_assert!(false, "{source}\n{ours:?}\n{theirs:?}"),
        }
    }
}
