use crate::source::Span;

/// A node of the syntax tree. Its levels are bounded by the parser, so what walks it may recurse.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) span: Span,
    /// Levels from here down to the deepest leaf.
    pub(super) height: usize,
    pub(crate) kind: Kind,
}

/// A name and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Word {
    pub(crate) text: String,
    pub(crate) span: Span,
}

#[derive(Debug)]
pub(crate) enum Kind {
    /// What could not be read; it has been told.
    Broken,
    Bool(bool),
    Int(i64),
    Text(String),
    Name(String),
    /// `operand.field`, or `operand.?field`.
    Select {
        operand: Box<Node>,
        field: Word,
        optional: bool,
    },
    /// `operand[key]`, or `operand[?key]`.
    Index {
        operand: Box<Node>,
        key: Box<Node>,
        optional: bool,
    },
    /// `function(arguments)`, or `target.function(arguments)`.
    Call {
        target: Option<Box<Node>>,
        function: Word,
        arguments: Vec<Node>,
    },
    List(Vec<Node>),
    Map(Vec<(Node, Node)>),
    Not(Box<Node>),
    Negate(Box<Node>),
    Binary {
        operator: Operator,
        left: Box<Node>,
        right: Box<Node>,
    },
    /// `a && b && …`
    Every(Vec<Node>),
    /// `a || b || …`
    Any(Vec<Node>),
    Conditional {
        condition: Box<Node>,
        then: Box<Node>,
        otherwise: Box<Node>,
    },
}

/// An operator of two operands that always needs both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

impl Operator {
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::In => "in",
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Remainder => "%",
        }
    }
}

impl Kind {
    /// The levels of the deepest child.
    pub(super) fn height_of_children(&self) -> usize {
        let highest = |nodes: &[Node]| nodes.iter().map(|node| node.height).max();
        match self {
            Self::Broken | Self::Bool(_) | Self::Int(_) | Self::Text(_) | Self::Name(_) => None,
            Self::Select { operand, .. } | Self::Not(operand) | Self::Negate(operand) => {
                Some(operand.height)
            }
            Self::Index { operand, key, .. } => Some(operand.height.max(key.height)),
            Self::Call {
                target, arguments, ..
            } => {
                let target = target.as_ref().map(|target| target.height);
                target.max(highest(arguments))
            }
            Self::List(nodes) | Self::Every(nodes) | Self::Any(nodes) => highest(nodes),
            Self::Map(entries) => entries
                .iter()
                .map(|(key, value)| key.height.max(value.height))
                .max(),
            Self::Binary { left, right, .. } => Some(left.height.max(right.height)),
            Self::Conditional {
                condition,
                then,
                otherwise,
            } => Some(condition.height.max(then.height).max(otherwise.height)),
        }
        .unwrap_or(0)
    }
}
