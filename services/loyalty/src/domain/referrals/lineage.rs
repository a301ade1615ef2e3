use uuid::Uuid;

/// Why a code can't be named by a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineageError {
    /// It is its own.
    #[error("nobody brings oneself")]
    Oneself,
    /// The member has brought the other one, directly or over others.
    #[error("the member has itself brought the other one, over {steps} steps")]
    Ring {
        /// How many; 1: directly.
        steps: usize,
    },
}

/// Decides whether `referee` may say that it was brought by the first of `lineage`. Behind that one
/// stands who brought it, and so on; as many steps back are looked at as the program says. A member
/// that was merged into another one is that one, here as everywhere.
pub fn check_lineage(referee: Uuid, lineage: &[Uuid], ring_depth: u8) -> Result<(), LineageError> {
    let looked_at = lineage.iter().take(usize::from(ring_depth) + 1);
    let steps = looked_at
        .enumerate()
        .find(|(_, member)| **member == referee);
    match steps {
        None => Ok(()),
        Some((0, _)) => Err(LineageError::Oneself),
        Some((steps, _)) => Err(LineageError::Ring { steps }),
    }
}
