/// The bounds within which a rule is compiled and evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the source.
    pub source_bytes: usize,
    /// Nodes of the syntax tree.
    pub nodes: usize,
    /// Levels of the syntax tree. It bounds the stack of everything that walks it.
    pub nesting: usize,
    /// Macros over lists (`all`, `exists`, `filter` …) inside one another.
    pub macro_nesting: usize,
    /// Steps of one evaluation in the worst case that the schema admits. A step is a node of the
    /// tree, visited once; or 64 bytes of a text that is gone through.
    pub steps: u64,
    /// Bytes of a pattern for `matches`.
    pub pattern_bytes: usize,
    /// Bytes of one text, be it a fact or the result of an operation.
    pub text_bytes: u32,
    /// Problems told of one source; the others are counted.
    pub problems: usize,
}

impl Limits {
    /// The steps that going through one text costs at most.
    pub(crate) fn text_steps(&self) -> u64 {
        1 + u64::from(self.text_bytes) / 64
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            source_bytes: 4_096,
            nodes: 500,
            nesting: 40,
            macro_nesting: 3,
            steps: 200_000,
            pattern_bytes: 256,
            text_bytes: 1_024,
            problems: 20,
        }
    }
}
