//! Rules that nobody would write.

use proptest::prelude::*;
use rules::{Expected, Explanation, Failure, Fault, Limits, Rule};

use super::shop::{Line, Shop, compile, schema, sunday};

/// Expressions of a wanted type, drawn from bytes: each byte chooses among what fits there.
pub(crate) struct Writer<'b> {
    bytes: &'b [u8],
    /// Whether only what the public implementation has too may be used.
    pub(crate) common: bool,
    variables: usize,
}

impl<'b> Writer<'b> {
    pub(crate) fn new(bytes: &'b [u8]) -> Self {
        Self {
            bytes,
            common: false,
            variables: 0,
        }
    }

    fn choose(&mut self, among: u8) -> u8 {
        let Some((first, rest)) = self.bytes.split_first() else {
            return 0;
        };
        self.bytes = rest;
        first % among
    }

    fn one_of(&mut self, pieces: &[&'static str]) -> &'static str {
        let among = u8::try_from(pieces.len()).unwrap();
        pieces.get(usize::from(self.choose(among))).unwrap()
    }

    pub(crate) fn bool(&mut self, depth: u8) -> String {
        if depth == 0 {
            return self
                .one_of(&["true", "false", "has(order.coupon)", "'a' in member.tags"])
                .to_owned();
        }
        let less = depth - 1;
        match self.choose(if self.common { 11 } else { 14 }) {
            0 => format!("!{}", self.bracketed(|writer| writer.bool(less))),
            1 => format!("({} && {})", self.bool(less), self.bool(less)),
            2 => format!(
                "({} || {} || {})",
                self.bool(less),
                self.bool(less),
                self.bool(less)
            ),
            3 => format!(
                "({} ? {} : {})",
                self.bool(less),
                self.bool(less),
                self.bool(less)
            ),
            4 => format!(
                "({} {} {})",
                self.int(less),
                self.comparison(),
                self.int(less)
            ),
            5 => format!(
                "({} {} {})",
                self.text(less),
                self.comparison(),
                self.text(less)
            ),
            6 => format!("({} in {})", self.int(less), self.ints(less)),
            7 => format!("{}.contains({})", self.text(less), self.text(less)),
            8 => self.through_lines(less),
            9 => format!("({} == {})", self.ints(less), self.ints(less)),
            10 => format!("(has(order.coupon) && order.coupon == {})", self.text(less)),
            11 => format!("{}.matches('^[a-c]+$')", self.text(less)),
            12 => "order.?coupon.hasValue()".to_owned(),
            _ => format!(
                "(now > timestamp('2026-11-07T23:30:00Z') + duration('{}h'))",
                self.choose(9)
            ),
        }
    }

    fn through_lines(&mut self, less: u8) -> String {
        self.variables += 1;
        let element = format!("e{}", self.variables);
        let purpose = self.one_of(&["all", "exists", "exists_one"]);
        let condition = match self.choose(3) {
            0 => format!("{element}.amount > {}", self.int(less)),
            1 => format!(
                "has({element}.brand) && {element}.brand == {}",
                self.text(less)
            ),
            _ => format!(
                "{element}.sku == {} || {}",
                self.text(less),
                self.bool(less)
            ),
        };
        format!("order.lines.{purpose}({element}, {condition})")
    }

    pub(crate) fn int(&mut self, depth: u8) -> String {
        if depth == 0 {
            let leaves = [
                "0",
                "1",
                "-3",
                "order.amount",
                "9223372036854775807",
                "-9223372036854775808",
                "size(order.lines)",
            ];
            return self.one_of(&leaves).to_owned();
        }
        let less = depth - 1;
        match self.choose(if self.common { 6 } else { 11 }) {
            0..=2 => {
                let operator = self.one_of(&["+", "-", "*", "/", "%"]);
                format!("({} {operator} {})", self.int(less), self.int(less))
            }
            3 => format!("size({})", self.text(less)),
            4 => format!(
                "({} ? {} : {})",
                self.bool(less),
                self.int(less),
                self.int(less)
            ),
            5 => format!("{}[{}]", self.ints(less), self.int(less)),
            6 => format!("{}.sum()", self.ints(less)),
            7 => format!("{}.max()", self.ints(less)),
            8 => format!("math.least({}, {})", self.int(less), self.int(less)),
            9 => format!("day_of_week(now, 'Asia/Shanghai') * {}", self.int(less)),
            _ => format!("int({})", self.text(less)),
        }
    }

    fn ints(&mut self, depth: u8) -> String {
        if depth == 0 {
            return self
                .one_of(&["[1, 2]", "[-3, 0, 7]", "order.lines.map(l, l.amount)"])
                .to_owned();
        }
        let less = depth - 1;
        match self.choose(3) {
            0 => format!("[{}, {}]", self.int(less), self.int(less)),
            1 => format!("({} + {})", self.ints(less), self.ints(less)),
            _ => {
                self.variables += 1;
                let element = format!("e{}", self.variables);
                let list = self.ints(less);
                format!("{list}.filter({element}, {element} > {})", self.int(less))
            }
        }
    }

    fn text(&mut self, depth: u8) -> String {
        if depth == 0 {
            return self
                .one_of(&["''", "'a'", "'金卡'", "order.channel", "member.tier"])
                .to_owned();
        }
        let less = depth - 1;
        match self.choose(if self.common { 2 } else { 5 }) {
            0 => format!("({} + {})", self.text(less), self.text(less)),
            1 => format!("string({})", self.int(less)),
            2 => format!("{}.upperAscii()", self.text(less)),
            3 => format!("order.?coupon.orValue({})", self.text(less)),
            _ => "local_date(now, 'UTC')".to_owned(),
        }
    }

    fn comparison(&mut self) -> &'static str {
        self.one_of(&["==", "!=", "<", "<=", ">", ">="])
    }

    fn bracketed(&mut self, write: impl FnOnce(&mut Self) -> String) -> String {
        format!("({})", write(self))
    }
}

pub(crate) fn shop() -> impl Strategy<Value = Shop> {
    let text = || proptest::sample::select(vec!["", "a", "b", "web", "金卡", "12"]);
    let line = (text(), -5_i64..20, proptest::option::of(text()));
    let lines = proptest::collection::vec(line, 0..4);
    let member = (
        text(),
        proptest::collection::btree_map("[ab]", text(), 0..2),
    );
    (
        any::<i64>(),
        text(),
        proptest::option::of(text()),
        lines,
        member,
    )
        .prop_map(|(amount, channel, coupon, lines, (tier, tags))| {
            let mut shop = sunday();
            shop.order.amount = amount;
            channel.clone_into(&mut shop.order.channel);
            shop.order.coupon = coupon.map(str::to_owned);
            shop.order.lines = lines
                .into_iter()
                .map(|(sku, amount, brand)| Line {
                    sku: sku.to_owned(),
                    amount,
                    brand: brand.map(str::to_owned),
                })
                .collect();
            tier.clone_into(&mut shop.member.tier);
            shop.member.tags = tags
                .into_iter()
                .map(|(key, tag)| (key, tag.to_owned()))
                .collect();
            shop
        })
}

fn is_bound(fault: &Fault) -> bool {
    matches!(
        fault,
        Fault::TooCostly { .. }
            | Fault::TooDeep { .. }
            | Fault::TooManyNodes { .. }
            | Fault::MacrosTooDeep { .. }
            | Fault::SourceTooLong { .. }
    )
}

fn leaves(explanation: &Explanation) -> Vec<&Explanation> {
    if explanation.parts.is_empty() {
        return vec![explanation];
    }
    explanation.parts.iter().flat_map(leaves).collect()
}

/// `order.lines[3].sku` is `order.lines[].sku`.
fn without_places(path: &str) -> String {
    let mut inside = false;
    let kept = path.chars().filter(|next| {
        inside = *next == '[' || (inside && *next != ']');
        !inside || *next == '['
    });
    kept.collect()
}

/// Pieces of rules, so that random sources get past the first character.
fn fragments() -> impl Strategy<Value = String> {
    let pieces = vec![
        "order",
        ".",
        "amount",
        "lines",
        "exists",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ",",
        "?",
        ":",
        "&&",
        "||",
        "!",
        "-",
        "1",
        "'a'",
        "\"",
        "'",
        "'''",
        "in",
        "==",
        "<",
        "+",
        "has",
        "l",
        "//",
        "\n",
        " ",
        "0x",
        "1.",
        "r'",
        "\\",
        "é",
        "null",
        "matches",
        "timestamp",
        "orValue",
        "\0",
        "u",
        "e9",
        "&",
        "=",
    ];
    proptest::collection::vec(proptest::sample::select(pieces), 0..60)
        .prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 15000, ..ProptestConfig::default() })]

    #[test]
    fn no_source_makes_the_compiler_panic(
        source in prop_oneof![any::<String>(), fragments()],
    ) {
        if let Err(error) = compile(&source, Expected::Bool) {
            prop_assert!(!error.problems.is_empty());
            prop_assert!(!error.to_string().is_empty());
        }
    }

    #[test]
    fn what_is_well_typed_compiles_and_never_goes_wrong_by_type(
        bytes in proptest::collection::vec(any::<u8>(), 0..120),
        shop in shop(),
    ) {
        let source = Writer::new(&bytes).bool(4);
        let rule = match Rule::compile(&source, &schema(), Expected::Bool, &Limits::default()) {
            Ok(rule) => rule,
            Err(error) => {
                let bounds = error.problems.iter().all(|problem| is_bound(&problem.fault));
                prop_assert!(bounds, "{source}\n{error}");
                return Ok(());
            }
        };
        let value = rule.evaluate(&shop);
        if let Err(error) = &value {
            let defect = matches!(
                error.failure,
                Failure::Mistyped
                    | Failure::StepsExhausted { .. }
                    | Failure::MissingFact { .. }
                    | Failure::WrongFact { .. }
            );
            prop_assert!(!defect, "{source}\n{error}");
        }

        let explained = rule.explain(&shop);
        prop_assert_eq!(&explained.outcome, &value, "{}", source);
        for leaf in leaves(&explained) {
            for read in &leaf.reads {
                let path = without_places(&read.path);
                prop_assert!(rule.reads().any(|known| known == path), "{source}\n{path}");
            }
        }
    }
}
