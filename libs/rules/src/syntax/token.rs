use crate::source::Span;

/// The smallest part of a source that means something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    End,
    Word(String),
    Text(String),
    /// Without its sign, so up to 2^63.
    Integer(u64),
    Mark(Mark),
    /// What is no token; the lexer has told it.
    Bad,
}

/// A token and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Placed {
    pub(crate) token: Token,
    pub(crate) span: Span,
}

macro_rules! marks {
    ($($name:ident $text:literal,)*) => {
        /// Punctuation.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Mark { $($name,)* }

        impl Mark {
            pub(crate) fn text(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// Longer ones first, so that `<=` is not taken for `<`.
            pub(super) const ALL: &[Self] = &[$(Self::$name,)*];
        }
    };
}

marks! {
    Equal "==", NotEqual "!=", LessOrEqual "<=", GreaterOrEqual ">=", And "&&", Or "||",
    Less "<", Greater ">", Not "!", Plus "+", Minus "-", Times "*", Slash "/", Percent "%",
    Question "?", Colon ":", Comma ",", Dot ".",
    OpenRound "(", CloseRound ")", OpenSquare "[", CloseSquare "]", OpenCurly "{", CloseCurly "}",
}
