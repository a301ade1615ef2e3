use contract::member::State as WireState;
use contract::patron::loyalty::v1 as contract;
use uuid::Uuid;

use super::tiers::tier_standing;
use crate::app::read::Membership;
use crate::domain::ledger::{Figures, LedgerError, State, WalletId};
use crate::domain::program::Program;
use crate::store::tiers::standings::Records;

/// A member with its balances.
pub(crate) fn member(
    customer_id: Uuid,
    membership: &Membership,
) -> Result<contract::Member, LedgerError> {
    let Membership {
        holder,
        card_number,
        wallets,
        program,
        tiers,
    } = membership;
    let balances = wallets
        .iter()
        .map(|(id, figures)| balance(*id, figures, program));
    let balances = balances.collect::<Result<Vec<_>, _>>()?;
    let main = program.document.main_wallet.wallet_id;
    let is_first = |balance: &&contract::Balance| balance.point_currency == main.as_str();
    Ok(contract::Member {
        customer_id: customer_id.to_string(),
        state: state(holder.state).into(),
        enroll_time: Some(::contract::time::timestamp(holder.enrolled_at)),
        balance: balances.iter().find(is_first).cloned(),
        balances,
        program_id: holder.program_id.clone(),
        card_number: card_number.clone(),
        household_id: holder
            .household_id
            .map(|household_id| household_id.to_string())
            .unwrap_or_default(),
        tiers: standings(customer_id, program, tiers),
    })
}

/// Where a member stands, ladder by ladder, in the order of the program.
fn standings(customer_id: Uuid, program: &Program, tiers: &Records) -> Vec<contract::TierStanding> {
    let ladders = program.document.tier_ladders.iter();
    let standings = ladders.filter_map(|ladder| {
        let record = tiers.get(&(customer_id, ladder.ladder_id.clone()))?;
        Some(tier_standing(ladder, &record.shown, &program.document.zone))
    });
    standings.collect()
}

/// The ledger counts a debt below 0; here it is what is owed.
pub(super) fn balance(
    wallet_id: WalletId,
    figures: &Figures,
    program: &Program,
) -> Result<contract::Balance, LedgerError> {
    let balances = &figures.balances;
    Ok(contract::Balance {
        point_currency: wallet_id.to_string(),
        decimals: program
            .document
            .wallet(wallet_id)
            .map_or(0, |policy| i32::from(policy.decimals)),
        available: balances.available.get(),
        pending: balances.pending.get(),
        held: balances.held.get(),
        debt: balances.owed()?.get(),
        lifetime_earned: figures.lifetime_earned.get(),
    })
}

pub(super) fn state(state: State) -> WireState {
    match state {
        State::Active => WireState::Active,
        State::Suspended => WireState::Suspended,
        State::Closed => WireState::Closed,
    }
}
