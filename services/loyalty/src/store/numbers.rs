//! Names as the numbers that the tables hold. They are those of the contract and never change.

use super::StoreError;
use super::ledger::holders::HolderKind;
use crate::domain::adjustments::CorrectionState;
use crate::domain::membership::ChangeKind;
use crate::domain::{Account, Kind, State};

/// A name that is stored as a number.
pub(crate) trait Numbered: Copy + PartialEq + 'static {
    /// What such a name is, for errors.
    const WHAT: &'static str;
    /// All names; the first is number 1.
    const ALL: &'static [Self];

    /// The number of the name.
    fn number(self) -> i16 {
        let place = Self::ALL.iter().position(|name| *name == self);
        place
            .and_then(|place| i16::try_from(place + 1).ok())
            .unwrap_or_default()
    }

    /// The name of the number.
    fn named(number: i16) -> Result<Self, StoreError> {
        let place = usize::try_from(number)
            .ok()
            .and_then(|number| number.checked_sub(1));
        let name = place.and_then(|place| Self::ALL.get(place)).copied();
        name.ok_or(StoreError::Unknown {
            what: Self::WHAT,
            number,
        })
    }
}

impl Numbered for State {
    const WHAT: &'static str = "state of a member";
    const ALL: &'static [Self] = &[Self::Active, Self::Suspended, Self::Closed];
}

impl Numbered for CorrectionState {
    const WHAT: &'static str = "state of a correction";
    const ALL: &'static [Self] = &[Self::Pending, Self::Applied, Self::Rejected, Self::Lapsed];
}

impl Numbered for ChangeKind {
    const WHAT: &'static str = "kind of a change of a membership";
    const ALL: &'static [Self] = &[
        Self::Enrolled,
        Self::Suspended,
        Self::Reactivated,
        Self::Closed,
        Self::CardReissued,
        Self::Merged,
        Self::TookIn,
        Self::Unmerged,
        Self::GaveBack,
    ];
}

impl Numbered for HolderKind {
    const WHAT: &'static str = "kind of a holder";
    const ALL: &'static [Self] = &[Self::Member, Self::Pool];
}

impl Numbered for Kind {
    const WHAT: &'static str = "kind of operation";
    const ALL: &'static [Self] = &[
        Self::Earn,
        Self::Redeem,
        Self::ClawBack,
        Self::RepayDebt,
        Self::Expire,
        Self::Restore,
        Self::Adjust,
        Self::Transfer,
        Self::Hold,
        Self::Release,
        Self::Activate,
        Self::Redate,
    ];
}

impl Numbered for Account {
    const WHAT: &'static str = "account";
    const ALL: &'static [Self] = &[
        Self::Available,
        Self::Pending,
        Self::Held,
        Self::Debt,
        Self::Issuance,
        Self::Redemption,
        Self::Expiry,
        Self::Adjustment,
        Self::Transfer,
    ];
}

#[cfg(test)]
mod tests {
    use contract::patron::loyalty::v1::{ledger_entry, member};

    use super::*;

    /// The names of a stored list and of the contract's enum, by number.
    fn assert_same<N: Numbered + std::fmt::Debug>(contract_name: fn(i32) -> Option<&'static str>) {
        for name in N::ALL {
            let Some(wire) = contract_name(i32::from(name.number())) else {
                continue;
            };
            let stored = format!("{name:?}").to_uppercase();
            assert!(
                wire.replace('_', "").ends_with(&stored),
                "{wire} is stored as {stored}"
            );
            assert_eq!(N::named(name.number()).unwrap(), *name);
        }
        assert!(N::named(0).is_err() && N::named(-1).is_err() && N::named(99).is_err());
    }

    #[test]
    fn stored_numbers_are_those_of_the_contract() {
        assert_same::<State>(|n| member::State::try_from(n).ok().map(|v| v.as_str_name()));
        assert_same::<Kind>(|n| {
            ledger_entry::Operation::try_from(n)
                .ok()
                .map(|v| v.as_str_name())
        });
        assert_same::<Account>(|n| {
            ledger_entry::Account::try_from(n)
                .ok()
                .map(|v| v.as_str_name())
        });
    }
}
