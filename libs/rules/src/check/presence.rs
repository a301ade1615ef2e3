//! What a condition says about what is there.
//!
//! A field that may be missing can only be read where a condition before it has asked for it, so
//! that no rule fails for the first member without a birthday.

use crate::syntax::{Kind, Node};

/// The place in the facts that an expression names: `member.birthday`, `tags["vip"]`. Variables of
/// macros never hide other names, so within their scope the text is the place.
pub(super) fn place(node: &Node) -> Option<String> {
    match &node.kind {
        Kind::Name(name) => Some(name.clone()),
        Kind::Select {
            operand,
            field,
            optional: false,
        } => entry(operand, &field.text),
        Kind::Index {
            operand,
            key,
            optional: false,
        } => match &key.kind {
            Kind::Text(key) => entry(operand, key),
            _ => None,
        },
        _ => None,
    }
}

/// `operand.name` and `operand["name"]` are the same place.
pub(super) fn entry(operand: &Node, name: &str) -> Option<String> {
    Some(format!("{}.{name:?}", place(operand)?))
}

/// The places that are there if the condition is `outcome`.
pub(super) fn implied(condition: &Node, outcome: bool) -> Vec<String> {
    match &condition.kind {
        Kind::Not(operand) => implied(operand, !outcome),
        Kind::Every(parts) if outcome => of_all(parts, outcome),
        Kind::Any(parts) if !outcome => of_all(parts, outcome),
        Kind::Call {
            target: None,
            function,
            arguments,
        } if outcome && function.text == "has" => {
            arguments.first().and_then(place).into_iter().collect()
        }
        Kind::Binary {
            operator: crate::syntax::Operator::In,
            left,
            right,
        } if outcome => match &left.kind {
            Kind::Text(key) => entry(right, key).into_iter().collect(),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

fn of_all(parts: &[Node], outcome: bool) -> Vec<String> {
    parts
        .iter()
        .flat_map(|part| implied(part, outcome))
        .collect()
}
