//! Calls: which function is meant, and whether it takes what it is given.

use super::lists::purpose;
use super::near::near;
use super::{Checked, Checker};
use crate::code::Code;
use crate::functions::{Does, Parameter, SIGNATURES, Signature, call_text};
use crate::problem::{Fault, Unsupported};
use crate::schema::Shape;
use crate::syntax::{Kind, Node, Word};

/// What looks like a function and is more than one of values.
const SPECIAL: [&str; 12] = [
    "has",
    "all",
    "exists",
    "exists_one",
    "existsOne",
    "filter",
    "map",
    "matches",
    "timestamp",
    "duration",
    "orValue",
    "hasValue",
];

impl Checker<'_> {
    pub(super) fn call(
        &mut self,
        node: &Node,
        target: Option<&Node>,
        function: &Word,
        arguments: &[Node],
    ) -> Checked {
        let name = function.text.as_str();
        if let (Some(list), [variable, body], Some(purpose)) = (target, arguments, purpose(name)) {
            return self.through(list, (purpose, function), variable, body);
        }
        match (target, name, arguments) {
            (None, "has", _) => self.has(node, arguments),
            (None, "timestamp", [text]) => self.instant(text),
            (None, "duration", [text]) => self.duration(text),
            (Some(text), "matches", [pattern]) => self.matches(text, pattern),
            (Some(optional), "hasValue", []) => self.has_value(optional),
            (Some(optional), "orValue", [fallback]) => self.or_value(optional, fallback),
            _ => self.function(node, target, function, arguments),
        }
    }

    fn function(
        &mut self,
        node: &Node,
        target: Option<&Node>,
        function: &Word,
        arguments: &[Node],
    ) -> Checked {
        let (name, target) = self.qualified(target, &function.text);
        if let Some(target) = target
            && is_unheard_of(&name)
        {
            return self.family(node, target, function, arguments);
        }
        let nodes: Vec<&Node> = target.into_iter().chain(arguments).collect();
        let method = target.is_some();
        let same_name = || SIGNATURES.iter().filter(|known| known.name == name);
        if same_name().next().is_none() {
            for node in &nodes {
                self.check(node);
            }
            return self.unknown_function(function, &name);
        }
        let checked: Vec<Checked> = nodes.iter().map(|node| self.check(node)).collect();
        if checked.iter().any(|one| one.shape == Shape::Unknown) {
            return Checked::nothing();
        }
        let found = same_name().find(|known| known.method == method && takes(known, &checked));
        let Some(signature) = found else {
            let fault = wrong_call(&name, method, &checked, same_name());
            return self.refuse(node.span, fault);
        };
        self.apply(node, signature, &nodes, checked)
    }

    /// `math.least(…)` is a function with a point in its name, unless `math` is a variable.
    fn qualified<'n>(&self, target: Option<&'n Node>, name: &str) -> (String, Option<&'n Node>) {
        if let Some(Node {
            kind: Kind::Name(space),
            ..
        }) = target
        {
            let qualified = format!("{space}.{name}");
            let known = SIGNATURES.iter().any(|known| known.name == qualified);
            if known && !self.is_known(space) {
                return (qualified, None);
            }
        }
        (name.to_owned(), target)
    }

    /// Whether the name means something already.
    pub(super) fn is_known(&self, name: &str) -> bool {
        self.schema.variables.fields.contains_key(name)
            || self.locals.iter().any(|local| local.name == name)
    }

    fn unknown_function(&mut self, function: &Word, name: &str) -> Checked {
        if SPECIAL.contains(&name) {
            let fault = Fault::WrongCall {
                found: format!("another form of `{name}`"),
                expected: special(name).to_owned(),
            };
            return self.refuse(function.span, fault);
        }
        self.no_function(function, name, &mut std::iter::empty())
    }

    /// Neither a function nor one of those that this structure has.
    pub(super) fn no_function(
        &mut self,
        function: &Word,
        name: &str,
        own: &mut dyn Iterator<Item = &str>,
    ) -> Checked {
        let known = SIGNATURES.iter().map(|known| known.name).chain(SPECIAL);
        let fault = Fault::UnknownFunction {
            name: name.to_owned(),
            near: near(name, known.chain(own)),
        };
        self.refuse(function.span, fault)
    }

    fn apply(
        &mut self,
        node: &Node,
        signature: &Signature,
        nodes: &[&Node],
        checked: Vec<Checked>,
    ) -> Checked {
        let weigh = |one: &Checked| one.shape.weight(self.limits.text_steps());
        let steps = checked
            .iter()
            .map(|one| one.steps.saturating_add(weigh(one)))
            .fold(0, u64::saturating_add);
        let mut arguments: Vec<Code> = checked.into_iter().map(|one| one.code).collect();
        let at = node.span.start;
        let code = match signature.does {
            Does::Call(function) => Code::Call {
                function,
                arguments: arguments.into(),
                at,
            },
            Does::Calendar(part) => {
                let zone = nodes.last().zip(arguments.pop());
                let Some((zone_node, zone)) = zone else {
                    return Checked::nothing();
                };
                Code::Calendar {
                    part,
                    arguments: arguments.into(),
                    zone: self.zone(zone_node, zone),
                    at,
                }
            }
        };
        Checked::new(signature.result.clone(), code, steps)
    }

    fn matches(&mut self, text: &Node, pattern: &Node) -> Checked {
        let text = self.expect(text, &Shape::Text, "what `matches` is asked of");
        let Kind::Text(source) = &pattern.kind else {
            return self.not_written_out(pattern, "a pattern");
        };
        match super::pattern::compile(source, self.limits.pattern_bytes) {
            Ok(compiled) => {
                // The engine is linear in the text, but goes through it slower than a comparison.
                let steps = self.limits.text_steps().saturating_mul(8);
                let code = Code::Matches {
                    text: Box::new(text.code),
                    pattern: compiled,
                };
                Checked::new(Shape::Bool, code, text.steps.saturating_add(steps))
            }
            Err(fault) => self.refuse(pattern.span, fault),
        }
    }

    fn has_value(&mut self, optional: &Node) -> Checked {
        let Some((checked, _)) = self.optional(optional, "hasValue") else {
            return Checked::nothing();
        };
        let code = Code::HasValue(Box::new(checked.code));
        Checked::new(Shape::Bool, code, checked.steps)
    }

    fn or_value(&mut self, optional: &Node, fallback: &Node) -> Checked {
        let Some((checked, inner)) = self.optional(optional, "orValue") else {
            self.check(fallback);
            return Checked::nothing();
        };
        let otherwise = self.expect(fallback, &inner, "the fallback");
        if !self.demand_value(optional.span, &inner) {
            return Checked::nothing();
        }
        let shape = inner.join(&otherwise.shape).unwrap_or(inner);
        let steps = checked.steps.saturating_add(otherwise.steps);
        let code = Code::OrValue {
            optional: Box::new(checked.code),
            fallback: Box::new(otherwise.code),
        };
        Checked::new(shape, code, steps)
    }

    /// An optional, and the type of what may be in it.
    fn optional(&mut self, node: &Node, asked: &str) -> Option<(Checked, Shape)> {
        let checked = self.check(node);
        match &checked.shape {
            Shape::Optional(inner) => {
                let inner = Shape::clone(inner);
                Some((checked, inner))
            }
            Shape::Unknown => None,
            other => {
                let fault = Fault::WrongType {
                    subject: format!("what `{asked}` is asked of"),
                    found: other.to_string(),
                    expected: "an optional, as `a.?field` and `a[?key]` give".to_owned(),
                };
                self.tell(node.span, fault);
                None
            }
        }
    }
}

/// Whether no function is called so: then it is the family of a structure, or nothing.
fn is_unheard_of(name: &str) -> bool {
    !SPECIAL.contains(&name) && SIGNATURES.iter().all(|known| known.name != name)
}

fn takes(signature: &Signature, checked: &[Checked]) -> bool {
    let parameters = signature.parameters;
    parameters.len() == checked.len()
        && parameters
            .iter()
            .zip(checked)
            .all(|(parameter, one)| parameter.takes(&one.shape))
}

fn wrong_call<'s>(
    name: &str,
    method: bool,
    checked: &[Checked],
    known: impl Iterator<Item = &'s Signature>,
) -> Fault {
    let known: Vec<&Signature> = known.collect();
    let zone_left_out = known.iter().any(|signature| {
        let (last, others) = match signature.parameters.split_last() {
            Some((last, others)) => (*last, others),
            None => return false,
        };
        last == Parameter::Zone
            && signature.method == method
            && others.len() == checked.len()
            && others
                .iter()
                .zip(checked)
                .all(|(each, one)| each.takes(&one.shape))
    });
    if zone_left_out {
        return Fault::Unsupported(Unsupported::ZoneLeftOut);
    }
    let types: Vec<String> = checked.iter().map(|one| one.shape.to_string()).collect();
    let expected: Vec<String> = known.iter().map(|signature| signature.text()).collect();
    Fault::WrongCall {
        found: call_text(name, method, &types),
        expected: expected.join(" or "),
    }
}

/// How something that looks like a function is written.
fn special(name: &str) -> &'static str {
    match name {
        "matches" => "`text.matches('pattern')`",
        "timestamp" => "`timestamp('2026-11-08T00:00:00Z')`",
        "duration" => "`duration('72h')`",
        "orValue" => "`a.?field.orValue(fallback)`",
        "hasValue" => "`a.?field.hasValue()`",
        "map" => "`list.map(element, value)`",
        "has" => "`has(a.field)`",
        _ => "`list.exists(element, condition)`, and likewise `all`, `exists_one`, `filter`",
    }
}
