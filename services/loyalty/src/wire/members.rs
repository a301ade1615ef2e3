use contract::member::State as WireState;
use contract::patron::loyalty::v1 as contract;
use uuid::Uuid;

use crate::app::read::Membership;
use crate::domain::Program;
use crate::domain::ledger::{Figures, LedgerError, State, WalletId};

/// A member with its balances.
pub(crate) fn member(
    customer_id: Uuid,
    membership: &Membership,
) -> Result<contract::Member, LedgerError> {
    let Membership {
        holder,
        wallets,
        program,
    } = membership;
    let balances = wallets
        .iter()
        .map(|(id, figures)| balance(*id, figures, program));
    let balances = balances.collect::<Result<Vec<_>, _>>()?;
    let is_first = |balance: &&contract::Balance| balance.point_currency == program.point_currency;
    Ok(contract::Member {
        customer_id: customer_id.to_string(),
        state: state(holder.state).into(),
        enroll_time: Some(::contract::time::timestamp(holder.enrolled_at)),
        balance: balances.iter().find(is_first).cloned(),
        balances,
        program_id: holder.program_id.clone(),
        ..Default::default()
    })
}

/// The ledger counts a debt below 0; here it is what is owed.
fn balance(
    wallet_id: WalletId,
    figures: &Figures,
    program: &Program,
) -> Result<contract::Balance, LedgerError> {
    let balances = &figures.balances;
    Ok(contract::Balance {
        point_currency: wallet_id.to_string(),
        decimals: i32::from(program.decimals),
        available: balances.available.get(),
        pending: balances.pending.get(),
        held: balances.held.get(),
        debt: balances.owed()?.get(),
        lifetime_earned: figures.lifetime_earned.get(),
    })
}

fn state(state: State) -> WireState {
    match state {
        State::Active => WireState::Active,
        State::Suspended => WireState::Suspended,
        State::Closed => WireState::Closed,
    }
}
