use uuid::Uuid;

use crate::domain::ledger::{Points, WalletId};

/// What a decision about a holder needs to know. Wallets are always read, with their figures; lots
/// only as far as they are asked for, since a holder may have very many.
#[derive(Clone, Debug)]
pub(crate) struct Need {
    pub(super) holder_id: Uuid,
    pub(super) wallet_id: Option<WalletId>,
    pub(super) spend: Points,
    pub(super) origins: Vec<Uuid>,
    pub(super) lots: Vec<Uuid>,
    pub(super) hold_id: Option<Uuid>,
    pub(super) redemption_id: Option<Uuid>,
    pub(super) all_live: bool,
    pub(super) brought_by: Option<Uuid>,
    pub(super) is_pool: bool,
    pub(super) is_own: bool,
}

impl Need {
    /// Its wallets without lots: enough to put points in.
    pub(crate) fn of(holder_id: Uuid) -> Self {
        Self {
            holder_id,
            wallet_id: None,
            spend: Points::ZERO,
            origins: Vec::new(),
            lots: Vec::new(),
            hold_id: None,
            redemption_id: None,
            all_live: false,
            brought_by: None,
            is_pool: false,
            is_own: false,
        }
    }

    /// Whose wallets.
    pub(crate) fn holder_id(&self) -> Uuid {
        self.holder_id
    }

    /// The same of the pool of a household.
    pub(crate) fn of_pool(household_id: Uuid) -> Self {
        Self {
            is_pool: true,
            ..Self::of(household_id)
        }
    }

    /// Of the holder's own wallet, also where the currency is pooled or the membership merged.
    #[must_use]
    pub(crate) fn own(mut self) -> Self {
        self.is_own = true;
        self
    }

    /// Of this wallet; otherwise, of the first of the program.
    #[must_use]
    pub(crate) fn in_wallet(mut self, wallet_id: Option<WalletId>) -> Self {
        self.wallet_id = wallet_id;
        self
    }

    /// The lots that a spend of so many points takes, and no more than these. Several needs of one
    /// wallet add up.
    #[must_use]
    pub(crate) fn spending(mut self, points: Points) -> Self {
        self.spend = points;
        self
    }

    /// These lots, whatever is left in them.
    #[must_use]
    pub(crate) fn lots(mut self, lot_ids: impl IntoIterator<Item = Uuid>) -> Self {
        self.lots.extend(lot_ids);
        self
    }

    /// All lots with points that were earned in this one, wherever they were moved since.
    #[must_use]
    pub(crate) fn lots_from(mut self, origin_id: Uuid) -> Self {
        self.origins.push(origin_id);
        self
    }

    /// This hold, and the lots that its points came from.
    #[must_use]
    pub(crate) fn hold(mut self, hold_id: Uuid) -> Self {
        self.hold_id = Some(hold_id);
        self
    }

    /// This redemption, and the lots that its points came from.
    #[must_use]
    pub(crate) fn redemption(mut self, redemption_id: Uuid) -> Self {
        self.redemption_id = Some(redemption_id);
        self
    }

    /// All lots that came by a merge, or that a member brought, whatever is left in them.
    #[must_use]
    pub(crate) fn brought_by(mut self, contributor: Uuid) -> Self {
        self.brought_by = Some(contributor);
        self
    }

    /// All lots that hold points, of all wallets.
    #[must_use]
    pub(crate) fn all_live_lots(mut self) -> Self {
        self.all_live = true;
        self
    }
}
