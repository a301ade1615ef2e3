//! Operands: literals, names, calls, lists, maps, and what is selected from them.

use super::{Kind, Mark, Node, Parser, Token};
use crate::problem::{Fault, Unsupported};
use crate::source::Span;
use crate::syntax::Word;

/// Whether the word can't be a name.
pub(crate) fn is_reserved(word: &str) -> bool {
    RESERVED.contains(&word) || ["true", "false", "null"].contains(&word)
}

const RESERVED: [&str; 18] = [
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "in",
    "let",
    "loop",
    "namespace",
    "package",
    "return",
    "var",
    "void",
    "while",
];

impl Parser<'_> {
    /// An operand and what is selected from it: `.field`, `.?field`, `.call(…)`, `[key]`.
    pub(super) fn member(&mut self) -> Node {
        let mut node = self.primary();
        loop {
            node = match self.next.token {
                Token::Mark(Mark::Dot) => self.select(node),
                Token::Mark(Mark::OpenSquare) => self.index(node),
                Token::Mark(Mark::OpenCurly) => self.message(node),
                _ => return node,
            };
        }
    }

    fn select(&mut self, operand: Node) -> Node {
        self.advance();
        let optional = self.eat(Mark::Question);
        let start = operand.span;
        let Some(word) = self.word("a field or a function") else {
            return self.broken();
        };
        if !optional && self.eat(Mark::OpenRound) {
            let arguments = self.list(Mark::CloseRound);
            let kind = Kind::Call {
                target: Some(Box::new(operand)),
                function: word,
                arguments,
            };
            return self.node(Span::new(start.start, self.behind), kind);
        }
        let span = start.to(word.span);
        let kind = Kind::Select {
            operand: Box::new(operand),
            field: word,
            optional,
        };
        self.node(span, kind)
    }

    fn index(&mut self, operand: Node) -> Node {
        self.advance();
        let optional = self.eat(Mark::Question);
        let key = self.expression();
        self.expect(Mark::CloseSquare);
        let span = Span::new(operand.span.start, self.behind);
        let kind = Kind::Index {
            operand: Box::new(operand),
            key: Box::new(key),
            optional,
        };
        self.node(span, kind)
    }

    /// `Name{…}` makes a message in CEL. It is told and passed over.
    fn message(&mut self, operand: Node) -> Node {
        let fault = Fault::Unsupported(Unsupported::Message);
        self.problems.tell(operand.span, fault);
        self.advance();
        self.skip();
        while self.next.token != Token::End && !self.eat(Mark::CloseCurly) {
            self.advance();
            self.skip();
        }
        self.broken()
    }

    fn primary(&mut self) -> Node {
        let span = self.next.span;
        match std::mem::replace(&mut self.next.token, Token::Bad) {
            Token::Integer(magnitude) => {
                self.advance();
                self.integer(span, magnitude)
            }
            Token::Text(text) => {
                self.advance();
                self.node(span, Kind::Text(text))
            }
            Token::Word(word) => self.named(span, word),
            Token::Mark(Mark::OpenRound) => self.parenthesised(),
            Token::Mark(Mark::OpenSquare) => {
                self.advance();
                let elements = self.list(Mark::CloseSquare);
                self.node(Span::new(span.start, self.behind), Kind::List(elements))
            }
            Token::Mark(Mark::OpenCurly) => self.map(),
            other => {
                self.next.token = other;
                self.missing_operand()
            }
        }
    }

    fn missing_operand(&mut self) -> Node {
        let node = self.broken();
        if self.next.token == Token::Bad {
            // Told by the lexer, and an operand all the same: what follows can be read.
            self.advance();
        } else {
            self.unexpected("a value");
            self.skip();
        }
        node
    }

    fn integer(&mut self, span: Span, magnitude: u64) -> Node {
        let Ok(value) = i64::try_from(magnitude) else {
            let found = span.text(self.source).to_owned();
            self.problems.tell(span, Fault::IntegerTooLarge { found });
            return Node::nothing(span);
        };
        self.node(span, Kind::Int(value))
    }

    fn named(&mut self, span: Span, word: String) -> Node {
        self.advance();
        match word.as_str() {
            "true" => return self.node(span, Kind::Bool(true)),
            "false" => return self.node(span, Kind::Bool(false)),
            "null" => {
                let fault = Fault::Unsupported(Unsupported::Null);
                self.problems.tell(span, fault);
                return Node::nothing(span);
            }
            reserved if RESERVED.contains(&reserved) => {
                self.problems.tell(span, Fault::ReservedWord { word });
                return Node::nothing(span);
            }
            _ => {}
        }
        if !self.eat(Mark::OpenRound) {
            return self.node(span, Kind::Name(word));
        }
        let arguments = self.list(Mark::CloseRound);
        let kind = Kind::Call {
            target: None,
            function: Word { text: word, span },
            arguments,
        };
        self.node(Span::new(span.start, self.behind), kind)
    }

    /// Parentheses leave no trace in the tree but that their span is the node's, for its text.
    fn parenthesised(&mut self) -> Node {
        let start = self.next.span.start;
        self.advance();
        let mut node = self.expression();
        self.expect(Mark::CloseRound);
        node.span = Span::new(start, self.behind);
        node
    }

    /// Expressions with commas between them, to the closing bracket. A comma may stand before it.
    fn list(&mut self, close: Mark) -> Vec<Node> {
        let mut nodes = Vec::new();
        while self.next.token != Token::Mark(close) && self.next.token != Token::End {
            nodes.push(self.expression());
            if !self.eat(Mark::Comma) {
                break;
            }
        }
        self.expect(close);
        nodes
    }

    fn map(&mut self) -> Node {
        let start = self.next.span.start;
        self.advance();
        let mut entries = Vec::new();
        while self.next.token != Token::Mark(Mark::CloseCurly) && self.next.token != Token::End {
            let key = self.expression();
            self.expect(Mark::Colon);
            let value = self.expression();
            entries.push((key, value));
            if !self.eat(Mark::Comma) {
                break;
            }
        }
        self.expect(Mark::CloseCurly);
        self.node(Span::new(start, self.behind), Kind::Map(entries))
    }

    fn word(&mut self, expected: &str) -> Option<Word> {
        if let Token::Word(text) = &self.next.token {
            let word = Word {
                text: text.clone(),
                span: self.next.span,
            };
            self.advance();
            return Some(word);
        }
        self.unexpected(expected);
        self.skip();
        None
    }
}
