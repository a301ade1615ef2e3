use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use jiff::Timestamp;
use uuid::Uuid;

use super::Posted;
use super::home::Pool;
use crate::app::AppError;
use crate::domain::ledger::{Figures, Lot, Lots, Spent, State, Wallet, WalletId};
use crate::domain::program::Program;
use crate::store::ledger::holders::{HolderKind, HolderRow, Merged};
use crate::store::ledger::holds::HoldRow;
use crate::store::ledger::wallets::WalletRow;

/// A locked holder with what was read of it.
#[derive(Debug)]
pub(crate) struct Holder {
    /// What it is.
    pub(crate) kind: HolderKind,
    /// The household whose pool the member shares.
    pub(crate) household_id: Option<Uuid>,
    /// The membership that goes on for this one, and the merge.
    pub(crate) merged: Option<Merged>,
    /// Since when.
    pub(crate) enrolled_at: Timestamp,
    /// Whether points can be earned and spent.
    pub(crate) state: State,
    /// Its program, in the version in force now.
    pub(crate) program: Arc<Program>,
    /// The wallet that is meant where none is named.
    pub(crate) first_wallet: WalletId,
    pub(super) pool: Option<Pool>,
    pub(super) wallets: BTreeMap<WalletId, OpenWallet>,
    pub(super) holds: HashMap<Uuid, OpenHold>,
    pub(super) redemptions: HashMap<Uuid, OpenRedemption>,
}

/// A redemption that was asked for, as far as giving its points back is concerned.
#[derive(Debug)]
pub(crate) struct OpenRedemption {
    /// The wallet.
    pub(crate) wallet_id: WalletId,
    /// What each lot gave, and what was given back.
    pub(crate) spent: Spent,
    pub(super) is_changed: bool,
}

/// A wallet and what has changed of it.
#[derive(Debug)]
pub(super) struct OpenWallet {
    pub(super) wallet: Wallet,
    /// Greatest id of its operations; none since the opening when it is not `is_changed`.
    pub(super) last_operation_id: Uuid,
    pub(super) is_changed: bool,
    pub(super) opened: BTreeSet<Uuid>,
    pub(super) moved: BTreeSet<Uuid>,
}

/// A hold and whether it has to be written.
#[derive(Debug)]
pub(super) struct OpenHold {
    pub(super) row: HoldRow,
    pub(super) change: HoldChange,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HoldChange {
    None,
    New,
    Changed,
}

impl Holder {
    pub(super) fn new(row: HolderRow, program: Arc<Program>, first_wallet: WalletId) -> Self {
        Self {
            kind: row.kind,
            household_id: row.household_id,
            merged: row.merged,
            pool: None,
            enrolled_at: row.enrolled_at,
            state: row.state,
            program,
            first_wallet,
            wallets: BTreeMap::new(),
            holds: HashMap::new(),
            redemptions: HashMap::new(),
        }
    }

    /// All its wallets.
    pub(crate) fn wallets(&self) -> impl Iterator<Item = &Wallet> {
        self.wallets.values().map(|open| &open.wallet)
    }

    /// A wallet as it stands.
    pub(crate) fn wallet(&self, wallet_id: WalletId) -> Result<&Wallet, AppError> {
        let open = self.wallets.get(&wallet_id);
        Ok(&open.ok_or(AppError::WalletNotFound { wallet_id })?.wallet)
    }

    pub(super) fn add_wallet(&mut self, row: &WalletRow) {
        let wallet = Wallet::new(row.wallet_id, self.state, row.figures, Lots::default());
        self.open(wallet, row.last_operation_id);
    }

    pub(super) fn add_empty_wallet(&mut self, wallet_id: WalletId) {
        let wallet = Wallet::new(wallet_id, self.state, Figures::default(), Lots::default());
        self.open(wallet, Uuid::nil());
    }

    fn open(&mut self, wallet: Wallet, last_operation_id: Uuid) {
        let wallet_id = wallet.wallet_id();
        let open = OpenWallet {
            wallet,
            last_operation_id,
            is_changed: false,
            opened: BTreeSet::new(),
            moved: BTreeSet::new(),
        };
        self.wallets.entry(wallet_id).or_insert(open);
    }

    /// Adds a lot that was read, unless it is here: then it may have changed since it was read.
    pub(super) fn load(&mut self, wallet_id: WalletId, lot: Lot) {
        if let Some(open) = self.wallets.get_mut(&wallet_id)
            && open.wallet.lots().get(lot.lot_id).is_none()
        {
            open.wallet.load([lot]);
        }
    }

    pub(super) fn load_hold(&mut self, row: HoldRow) {
        let change = HoldChange::None;
        let hold_id = row.hold.hold_id;
        self.holds
            .entry(hold_id)
            .or_insert(OpenHold { row, change });
    }

    pub(super) fn load_redemption(&mut self, redemption_id: Uuid, redemption: OpenRedemption) {
        self.redemptions.entry(redemption_id).or_insert(redemption);
    }

    pub(super) fn keep_restored(&mut self, redemption_id: Uuid, spent: Spent) {
        if let Some(open) = self.redemptions.get_mut(&redemption_id) {
            open.spent = spent;
            open.is_changed = true;
        }
    }

    pub(super) fn keep_hold(&mut self, row: HoldRow) {
        let hold_id = row.hold.hold_id;
        let change = match self.holds.get(&hold_id).map(|open| open.change) {
            None | Some(HoldChange::New) => HoldChange::New,
            Some(HoldChange::None | HoldChange::Changed) => HoldChange::Changed,
        };
        self.holds.insert(hold_id, OpenHold { row, change });
    }

    pub(super) fn apply(&mut self, posted: &Posted) -> Result<(), AppError> {
        let posting = &posted.posting;
        let wallet_id = posting.wallet_id();
        let open = self.wallets.get_mut(&wallet_id);
        let open = open.ok_or(AppError::WalletNotFound { wallet_id })?;
        open.wallet.apply(posting)?;
        open.opened
            .extend(posting.opened().iter().map(|lot| lot.lot_id));
        open.moved
            .extend(posting.lots().iter().map(|(lot_id, _)| *lot_id));
        for operation in posting.operations() {
            open.last_operation_id = open.last_operation_id.max(operation.operation_id);
            open.is_changed = true;
        }
        Ok(())
    }
}
