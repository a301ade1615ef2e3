use ::contract::time::timestamp;
use chassis::Refusal;
use contract::patron::loyalty::v1 as contract;
use jiff::Timestamp;
use uuid::Uuid;

use super::id;
use super::members::balance;
use crate::app::households::Shown;
use crate::domain::households::{Household, HouseholdMember};
use crate::domain::ledger::{LedgerError, Points};

/// Who wants to found a household, and under what name.
pub(crate) fn founding(
    request: &contract::CreateHouseholdRequest,
) -> Result<(Uuid, String), Refusal> {
    // The contract requires the household; without it the id below is missed.
    let household = request.household.clone().unwrap_or_default();
    let owner_id = id(&household.owner_customer_id, "household.owner_customer_id")?;
    Ok((owner_id, household.display_name))
}

/// A household with its pool.
pub(crate) fn household(shown: &Shown) -> Result<contract::Household, LedgerError> {
    let wallets = shown.wallets.iter();
    let balances = wallets.map(|(wallet_id, figures)| balance(*wallet_id, figures, &shown.program));
    let members = shown.household.members.iter();
    Ok(contract::Household {
        balances: balances.collect::<Result<_, _>>()?,
        members: members.map(|one| member(one, shown)).collect(),
        ..listed(&shown.household, shown.now)
    })
}

/// A household of a list.
pub(crate) fn listed(household: &Household, now: Timestamp) -> contract::Household {
    let members = household.members.iter();
    let members = members.map(|member| contract::HouseholdMember {
        customer_id: member.customer_id.to_string(),
        join_time: Some(timestamp(member.joined_at)),
        spending: Vec::new(),
    });
    let invitations = household.open_invitations(now);
    let invitations = invitations.map(|invitation| contract::HouseholdInvitation {
        customer_id: invitation.customer_id.to_string(),
        inviter_customer_id: invitation.inviter_id.to_string(),
        expire_time: Some(timestamp(invitation.expires_at)),
    });
    contract::Household {
        household_id: household.household_id.to_string(),
        display_name: household.display_name.clone(),
        owner_customer_id: household.owner_id.to_string(),
        program_id: household.program_id.clone(),
        wallet_ids: household
            .wallet_ids
            .iter()
            .map(ToString::to_string)
            .collect(),
        members: members.collect(),
        invitations: invitations.collect(),
        balances: Vec::new(),
        create_time: Some(timestamp(household.created_at)),
        dissolve_time: household.dissolved_at.map(timestamp),
    }
}

fn member(member: &HouseholdMember, shown: &Shown) -> contract::HouseholdMember {
    let own = shown.spending.iter();
    let own = own.filter(|(customer_id, ..)| *customer_id == member.customer_id);
    let spending = own.map(|(_, wallet_id, points, left)| contract::HouseholdSpending {
        wallet_id: wallet_id.to_string(),
        points: points.get(),
        allowance: left.map(Points::get),
    });
    contract::HouseholdMember {
        customer_id: member.customer_id.to_string(),
        join_time: Some(timestamp(member.joined_at)),
        spending: spending.collect(),
    }
}
