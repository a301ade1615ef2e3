//! From a source to a syntax tree.
//!
//! The parser goes on after a fault, so that all faults of a source are told at once: what could
//! not be read becomes [`Kind::Broken`], about which the checker says nothing more.

mod lexer;
mod parser;
mod quoted;
mod token;
mod tree;

pub(crate) use parser::parse;
pub(crate) use tree::{Kind, Node, Operator, Word};

/// Whether a rule can write this as a name of its schema.
pub(crate) fn is_name(text: &str) -> bool {
    let mut characters = text.chars();
    let first = characters.next();
    first.is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && characters.all(|next| next.is_ascii_alphanumeric() || next == '_')
        && !parser::is_reserved(text)
}
