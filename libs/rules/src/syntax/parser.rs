use super::lexer::Lexer;
use super::token::{Mark, Placed, Token};
use super::tree::{Kind, Node, Operator};
use crate::Limits;
use crate::problem::{Fault, Problems};
use crate::source::Span;

mod operand;

pub(super) use operand::is_reserved;

/// Reads a whole source. What is wrong with it goes to `problems`.
pub(crate) fn parse(source: &str, limits: &Limits, problems: &mut Problems) -> Node {
    let mut parser = Parser::new(source, limits, problems);
    let first = parser.expression();
    parser.rest(first)
}

/// Operators by how tightly they bind, the loosest first.
const LEVELS: [&[Operator]; 3] = [
    &[
        Operator::Equal,
        Operator::NotEqual,
        Operator::LessOrEqual,
        Operator::GreaterOrEqual,
        Operator::Less,
        Operator::Greater,
        Operator::In,
    ],
    &[Operator::Add, Operator::Subtract],
    &[Operator::Multiply, Operator::Divide, Operator::Remainder],
];

/// A parser by recursive descent. How deep it descends is bounded, and so is the tree: a long
/// chain such as `a + b + c …` is a deep tree although it is parsed by a loop.
struct Parser<'s> {
    source: &'s str,
    lexer: Lexer<'s>,
    next: Placed,
    /// The end of the token before `next`.
    behind: usize,
    limits: &'s Limits,
    problems: &'s mut Problems,
    nodes: usize,
    depth: usize,
    /// Where something unexpected was told; once is enough.
    told_at: Option<usize>,
    /// Beyond a limit: nothing more is read, nothing more is told.
    given_up: bool,
}

impl<'s> Parser<'s> {
    fn new(source: &'s str, limits: &'s Limits, problems: &'s mut Problems) -> Self {
        let nowhere = Span::new(0, 0);
        let mut parser = Self {
            source,
            lexer: Lexer::new(source),
            next: Placed {
                token: Token::End,
                span: nowhere,
            },
            behind: 0,
            limits,
            problems,
            nodes: 0,
            depth: 0,
            told_at: None,
            given_up: false,
        };
        parser.advance();
        parser
    }

    /// What stands behind a whole expression is a mistake; beyond it, the next operand of `&&` or
    /// `||` is read, so that its mistakes are told too.
    fn rest(&mut self, first: Node) -> Node {
        let mut parts = vec![first];
        while self.next.token != Token::End {
            self.unexpected("an operator or the end");
            while !matches!(
                self.next.token,
                Token::End | Token::Mark(Mark::And | Mark::Or)
            ) {
                self.advance();
            }
            if self.next.token != Token::End {
                self.advance();
                parts.push(self.expression());
            }
        }
        match parts.pop() {
            Some(only) if parts.is_empty() => only,
            last => {
                parts.extend(last);
                self.node(Span::new(0, self.behind), Kind::Every(parts))
            }
        }
    }

    /// `condition ? then : otherwise`, or less.
    fn expression(&mut self) -> Node {
        if !self.descend() {
            return self.broken();
        }
        let mut node = self.any();
        if self.eat(Mark::Question) {
            let then = self.any();
            self.expect(Mark::Colon);
            let otherwise = self.expression();
            node = self.node(
                node.span.to(otherwise.span),
                Kind::Conditional {
                    condition: Box::new(node),
                    then: Box::new(then),
                    otherwise: Box::new(otherwise),
                },
            );
        }
        self.depth -= 1;
        node
    }

    fn any(&mut self) -> Node {
        self.joined(Mark::Or, Self::every, Kind::Any)
    }

    fn every(&mut self) -> Node {
        self.joined(Mark::And, |parser| parser.binary(0), Kind::Every)
    }

    fn joined(
        &mut self,
        mark: Mark,
        part: fn(&mut Self) -> Node,
        whole: fn(Vec<Node>) -> Kind,
    ) -> Node {
        let first = part(self);
        if self.next.token != Token::Mark(mark) {
            return first;
        }
        let start = first.span;
        let mut parts = vec![first];
        while self.eat(mark) {
            parts.push(part(self));
        }
        self.node(start.to(Span::new(start.end, self.behind)), whole(parts))
    }

    fn binary(&mut self, level: usize) -> Node {
        let Some(operators) = LEVELS.get(level) else {
            return self.unary();
        };
        let mut left = self.binary(level + 1);
        while let Some(operator) = self.operator(operators) {
            self.advance();
            let right = self.binary(level + 1);
            left = self.node(
                left.span.to(right.span),
                Kind::Binary {
                    operator,
                    left: Box::new(left),
                    right: Box::new(right),
                },
            );
        }
        left
    }

    fn operator(&self, among: &[Operator]) -> Option<Operator> {
        let text = match &self.next.token {
            Token::Mark(mark) => mark.text(),
            Token::Word(word) => word,
            _ => return None,
        };
        among
            .iter()
            .copied()
            .find(|operator| operator.text() == text)
    }

    fn unary(&mut self) -> Node {
        let start = self.next.span;
        let Token::Mark(mark @ (Mark::Not | Mark::Minus)) = self.next.token else {
            return self.member();
        };
        self.advance();
        if mark == Mark::Minus
            && let Token::Integer(magnitude) = self.next.token
        {
            return self.negative(start, magnitude);
        }
        if !self.descend() {
            return self.broken();
        }
        let operand = self.unary();
        self.depth -= 1;
        let span = start.to(operand.span);
        let operand = Box::new(operand);
        let kind = match mark {
            Mark::Not => Kind::Not(operand),
            _ => Kind::Negate(operand),
        };
        self.node(span, kind)
    }

    /// A number with its sign: the lowest one can only be written so.
    fn negative(&mut self, start: Span, magnitude: u64) -> Node {
        let span = start.to(self.next.span);
        self.advance();
        // The lexer lets no magnitude beyond that of the lowest number pass.
        let value = 0_i64.checked_sub_unsigned(magnitude).unwrap_or(i64::MIN);
        self.node(span, Kind::Int(value))
    }

    // The tools ------------------------------------------------------------------------------------

    fn node(&mut self, span: Span, kind: Kind) -> Node {
        self.nodes += 1;
        let height = kind.height_of_children() + 1;
        if self.nodes > self.limits.nodes {
            let limit = self.limits.nodes;
            self.give_up(span, Fault::TooManyNodes { limit });
        } else if height > self.limits.nesting {
            let limit = self.limits.nesting;
            self.give_up(span, Fault::TooDeep { limit });
        }
        if self.given_up {
            // The children are dropped here, so no deeper tree ever comes to be.
            return Node::nothing(span);
        }
        Node { span, height, kind }
    }

    fn broken(&self) -> Node {
        Node::nothing(self.next.span)
    }

    /// One level deeper, unless that is too deep.
    fn descend(&mut self) -> bool {
        if self.depth >= self.limits.nesting {
            let limit = self.limits.nesting;
            self.give_up(self.next.span, Fault::TooDeep { limit });
            return false;
        }
        self.depth += 1;
        true
    }

    fn give_up(&mut self, span: Span, fault: Fault) {
        if !self.given_up {
            self.problems.tell(span, fault);
        }
        self.given_up = true;
        self.next.token = Token::End;
    }

    fn advance(&mut self) {
        self.behind = self.next.span.end;
        if self.given_up {
            return;
        }
        let lexed = self.lexer.next();
        self.next = lexed.placed;
        if let Some(fault) = lexed.fault {
            self.problems.tell(self.next.span, fault);
        }
    }

    fn eat(&mut self, mark: Mark) -> bool {
        let there = self.next.token == Token::Mark(mark);
        if there {
            self.advance();
        }
        there
    }

    fn expect(&mut self, mark: Mark) {
        if self.eat(mark) {
            return;
        }
        self.unexpected(&format!("`{}`", mark.text()));
        self.skip();
        self.eat(mark);
    }

    fn unexpected(&mut self, expected: &str) {
        let start = self.next.span.start;
        if self.told_at.replace(start) == Some(start) {
            return;
        }
        let found = match &self.next.token {
            // The lexer has told it, or a limit has.
            Token::Bad => return,
            Token::End if self.given_up => return,
            Token::End => "the end".to_owned(),
            _ => format!("`{}`", self.next.span.text(self.source)),
        };
        let fault = Fault::Unexpected {
            found,
            expected: expected.to_owned(),
        };
        self.problems.tell(self.next.span, fault);
    }

    /// On to where reading can go on: the end of this operand, argument or bracket.
    fn skip(&mut self) {
        let mut open = 0_usize;
        loop {
            match self.next.token {
                Token::End => return,
                Token::Mark(Mark::OpenRound | Mark::OpenSquare | Mark::OpenCurly) => open += 1,
                Token::Mark(Mark::CloseRound | Mark::CloseSquare | Mark::CloseCurly) => {
                    let Some(fewer) = open.checked_sub(1) else {
                        return;
                    };
                    open = fewer;
                }
                Token::Mark(Mark::And | Mark::Or | Mark::Comma | Mark::Question | Mark::Colon)
                    if open == 0 =>
                {
                    return;
                }
                _ => {}
            }
            self.advance();
        }
    }
}

impl Node {
    /// A node about which nothing more is to be said.
    fn nothing(span: Span) -> Self {
        Self {
            span,
            height: 1,
            kind: Kind::Broken,
        }
    }
}
