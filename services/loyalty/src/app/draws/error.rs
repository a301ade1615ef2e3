use jiff::Timestamp;

use crate::domain::draws::RulesError;

/// Why nothing can be done in a draw.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DrawsError {
    /// There is none, or it has not been opened.
    #[error("there is no draw {draw_id}, or it has not been opened")]
    NotFound {
        /// What was asked for.
        draw_id: String,
    },
    /// It takes no tickets now.
    #[error("the draw takes no tickets now")]
    NotRunning {
        /// From when on it does.
        starts_at: Timestamp,
        /// Until when.
        ends_at: Timestamp,
    },
    /// The member may not do anything.
    #[error("the membership is suspended or closed")]
    NotActive,
    /// The member's tier does not take part.
    #[error("the member's tier does not take part")]
    NotEligible,
    /// The member has no ticket.
    #[error("the member has no ticket left")]
    NoTicket,
    /// The member has as many as are allowed.
    #[error("the member has {limit} tickets, as many as are allowed")]
    TicketLimit {
        /// How many.
        limit: u32,
    },
    /// There is no such ticket.
    #[error("the member has no ticket of this number")]
    TicketNotFound,
    /// The services' key is not the one that the draw was opened with.
    #[error("the seed of the draw {draw_id} can't be computed any more")]
    SeedLost {
        /// The draw.
        draw_id: String,
    },
    /// Nothing can be drawn by these rules.
    #[error(transparent)]
    Rules(#[from] RulesError),
}
