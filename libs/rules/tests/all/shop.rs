//! A shop's vocabulary, and facts of it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rules::{
    AsFact, CompileError, EvaluationError, Expected, Fact, Limits, Record, Rule, Schema, Structure,
    Type, Value,
};

#[derive(Clone, Debug)]
pub(crate) struct Shop {
    pub(crate) order: Order,
    pub(crate) member: Member,
    pub(crate) now: Timestamp,
}

#[derive(Clone, Debug)]
pub(crate) struct Order {
    pub(crate) amount: i64,
    pub(crate) channel: String,
    pub(crate) coupon: Option<String>,
    pub(crate) lines: Vec<Line>,
}

#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub(crate) tier: String,
    pub(crate) segments: Vec<String>,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) birthday: Option<i64>,
}

#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) sku: String,
    pub(crate) amount: i64,
    pub(crate) brand: Option<String>,
}

pub(crate) fn schema() -> Schema {
    let line = Structure::builder("Line")
        .field("sku", Type::TEXT)
        .field("amount", Type::INT)
        .optional("brand", Type::TEXT);
    let line = Type::structure(line.build().unwrap());
    let order = Structure::builder("Order")
        .field("amount", Type::INT)
        .field("channel", Type::TEXT)
        .optional("coupon", Type::TEXT)
        .field("lines", Type::list(line, 100));
    let member = Structure::builder("Member")
        .field("tier", Type::TEXT)
        .field("segments", Type::list(Type::TEXT, 50))
        .field("tags", Type::map(Type::TEXT))
        .optional("birthday", Type::INT);
    Schema::builder()
        .variable("order", Type::structure(order.build().unwrap()))
        .variable("member", Type::structure(member.build().unwrap()))
        .variable("now", Type::TIMESTAMP)
        .build()
        .unwrap()
}

/// A gold member buys wine for 120 and bread for 3.50, on Sunday, 8 November 2026, 07:30 in
/// Shanghai.
pub(crate) fn sunday() -> Shop {
    let line = |sku: &str, amount, brand: Option<&str>| Line {
        sku: sku.to_owned(),
        amount,
        brand: brand.map(str::to_owned),
    };
    let order = Order {
        amount: 12_350,
        channel: "web".to_owned(),
        coupon: None,
        lines: vec![
            line("wine-red", 12_000, Some("Changyu")),
            line("bread", 350, None),
        ],
    };
    let member = Member {
        tier: "gold".to_owned(),
        segments: vec!["vip".to_owned(), "wine".to_owned()],
        tags: BTreeMap::from([("colour".to_owned(), "red".to_owned())]),
        birthday: Some(1_108),
    };
    let now = "2026-11-07T23:30:00Z".parse().unwrap();
    Shop { order, member, now }
}

impl Record for Shop {
    fn get(&self, name: &str) -> Option<Fact<'_>> {
        match name {
            "order" => Some(Fact::Record(&self.order)),
            "member" => Some(Fact::Record(&self.member)),
            "now" => Some(Fact::Timestamp(self.now)),
            _ => None,
        }
    }
}

impl Record for Order {
    fn get(&self, name: &str) -> Option<Fact<'_>> {
        match name {
            "amount" => Some(self.amount.as_fact()),
            "channel" => Some(self.channel.as_fact()),
            "coupon" => self.coupon.as_ref().map(AsFact::as_fact),
            "lines" => Some(self.lines.as_fact()),
            _ => None,
        }
    }
}

impl Record for Member {
    fn get(&self, name: &str) -> Option<Fact<'_>> {
        match name {
            "tier" => Some(self.tier.as_fact()),
            "segments" => Some(self.segments.as_fact()),
            "tags" => Some(self.tags.as_fact()),
            "birthday" => self.birthday.as_ref().map(AsFact::as_fact),
            _ => None,
        }
    }
}

impl Record for Line {
    fn get(&self, name: &str) -> Option<Fact<'_>> {
        match name {
            "sku" => Some(self.sku.as_fact()),
            "amount" => Some(self.amount.as_fact()),
            "brand" => self.brand.as_ref().map(AsFact::as_fact),
            _ => None,
        }
    }
}

pub(crate) fn compile(source: &str, expected: Expected) -> Result<Rule, CompileError> {
    Rule::compile(source, &schema(), expected, &Limits::default())
}

/// A condition that has to compile.
pub(crate) fn condition(source: &str) -> Rule {
    compile(source, Expected::Bool).unwrap_or_else(|error| panic!("{source}\n{error}"))
}

pub(crate) fn holds(source: &str) -> Result<bool, EvaluationError> {
    Ok(condition(source).evaluate(&sunday())? == Value::Bool(true))
}

pub(crate) fn amount(source: &str) -> Result<i64, EvaluationError> {
    let rule = compile(source, Expected::Int).unwrap_or_else(|error| panic!("{source}\n{error}"));
    Ok(rule.evaluate(&sunday())?.as_int().unwrap())
}
