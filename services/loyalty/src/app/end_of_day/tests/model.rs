//! A naive reference of one wallet: lots as they were earned, and what is left of them.

use jiff::Timestamp;

/// Points that came together.
#[derive(Clone, Debug)]
pub(super) struct Lot {
    pub(super) earned_at: Timestamp,
    pub(super) active_at: Timestamp,
    pub(super) expires_at: Timestamp,
    pub(super) left: i64,
}

/// One wallet.
#[derive(Clone, Debug, Default)]
pub(super) struct Wallet {
    pub(super) lots: Vec<Lot>,
    /// Ever lapsed.
    pub(super) lapsed: i64,
}

impl Wallet {
    /// Lets lapse what is over.
    pub(super) fn pass(&mut self, now: Timestamp) {
        for lot in self.lots.iter_mut().filter(|lot| lot.expires_at <= now) {
            self.lapsed += lot.left;
            lot.left = 0;
        }
        self.lots.retain(|lot| lot.left > 0);
    }

    pub(super) fn available(&self, now: Timestamp) -> i64 {
        let active = self.lots.iter().filter(|lot| lot.active_at <= now);
        active.map(|lot| lot.left).sum()
    }

    pub(super) fn pending(&self, now: Timestamp) -> i64 {
        let waiting = self.lots.iter().filter(|lot| lot.active_at > now);
        waiting.map(|lot| lot.left).sum()
    }

    /// Takes points, what lapses soonest first.
    pub(super) fn spend(&mut self, now: Timestamp, points: i64) {
        let mut active: Vec<&mut Lot> = self
            .lots
            .iter_mut()
            .filter(|lot| lot.active_at <= now)
            .collect();
        active.sort_by_key(|lot| (lot.expires_at, lot.earned_at));
        let mut missing = points;
        for lot in active {
            let share = lot.left.min(missing);
            lot.left -= share;
            missing -= share;
        }
        assert_eq!(missing, 0, "the model spends what it has");
    }
}
