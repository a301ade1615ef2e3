use contract::patron::events::v1 as wire;

/// Where an event stands in its feed. Positions are ordered as the feed is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The transaction that wrote the event.
    pub transaction_id: u64,
    /// Its order of writing; the first is 1.
    pub sequence: u64,
}

impl Position {
    /// Before every event.
    pub const START: Self = Self {
        transaction_id: 0,
        sequence: 0,
    };

    /// Before every event of this transaction and of those after it, and after all others.
    pub(crate) fn before_transaction(transaction_id: u64) -> Self {
        Self {
            transaction_id,
            sequence: 0,
        }
    }

    /// The last position before this one.
    pub(crate) fn before(self) -> Self {
        Self {
            sequence: self.sequence.saturating_sub(1),
            ..self
        }
    }

    /// As two columns. PostgreSQL has no unsigned integers, and neither number ever gets that high.
    pub(crate) fn to_columns(self) -> (i64, i64) {
        (
            self.transaction_id.cast_signed(),
            self.sequence.cast_signed(),
        )
    }

    pub(crate) fn from_columns(transaction_id: i64, position: i64) -> Self {
        Self {
            transaction_id: transaction_id.cast_unsigned(),
            sequence: position.cast_unsigned(),
        }
    }
}

impl From<wire::Position> for Position {
    fn from(wire: wire::Position) -> Self {
        Self {
            transaction_id: wire.transaction_id,
            sequence: wire.sequence,
        }
    }
}

impl From<Position> for wire::Position {
    fn from(position: Position) -> Self {
        Self {
            transaction_id: position.transaction_id,
            sequence: position.sequence,
        }
    }
}
