use contract::member::State as WireState;
use contract::patron::loyalty::v1 as contract;
use uuid::Uuid;

use crate::domain::{LedgerError, Program, State, Wallet};
use crate::store::members::Membership;

/// A member with its balances.
pub(crate) fn member(
    customer_id: Uuid,
    membership: Membership,
) -> Result<contract::Member, LedgerError> {
    let Membership {
        wallet,
        enrolled_at,
        program,
    } = membership;
    Ok(contract::Member {
        customer_id: customer_id.to_string(),
        state: state(wallet.state).into(),
        enroll_time: Some(::contract::time::timestamp(enrolled_at)),
        balance: Some(balance(&wallet, &program)?),
        program_id: program.program_id,
        ..Default::default()
    })
}

/// The ledger counts a debt below 0; here it is what is owed.
fn balance(wallet: &Wallet, program: &Program) -> Result<contract::Balance, LedgerError> {
    Ok(contract::Balance {
        point_currency: program.point_currency.clone(),
        decimals: i32::from(program.decimals),
        available: wallet.balances.available.get(),
        pending: wallet.balances.pending.get(),
        held: wallet.balances.held.get(),
        debt: wallet.balances.owed()?.get(),
        lifetime_earned: wallet.lifetime_earned.get(),
    })
}

fn state(state: State) -> WireState {
    match state {
        State::Active => WireState::Active,
        State::Suspended => WireState::Suspended,
        State::Closed => WireState::Closed,
    }
}
