//! Two memberships turn out to be one person's.

use contract::operation_details::Details;
use contract::patron::loyalty::v1 as contract;
use contract::transfer_details::Cause as Why;
use idempotency::Claim;
use sqlx::PgTransaction;
use tonic::{Response, Status};
use uuid::Uuid;

use super::{Deed, MembershipError, announce, record};
use crate::app::books::{Books, Need, Posted};
use crate::app::{AppError, Call, Loyalty, referrals, tiers};
use crate::domain::ledger::{self, Cause, Kind, State, Wallet, WalletId, merge as decide};
use crate::domain::membership::{ChangeKind, StepError};
use crate::store::ledger::holders::Merged;
use crate::store::membership::merges::{self, Merge, MergedWallet};
use crate::store::membership::{self, cards};
use crate::wire;

const METHOD: &str = "patron.loyalty.v1.MembershipService/MergeMembers";

/// Takes a membership into another one, once for each request.
pub(crate) async fn merge(
    loyalty: &Loyalty,
    call: &Call,
    request: contract::MergeMembersRequest,
) -> Result<Response<contract::MemberMerge>, Status> {
    let into = wire::id(&request.customer_id, "customer_id")?;
    let from = wire::id(&request.merged_customer_id, "merged_customer_id")?;
    let key = (METHOD, request.request_id.as_str());
    let mut claimed = match loyalty.claim(call, key, &request).await? {
        Claim::Replayed(answer) => return answer,
        Claim::Fresh(claimed) => claimed,
    };
    let tx = claimed.transaction();
    let outcome = join(loyalty, tx, call, (from, into, &request.reason)).await;
    loyalty.finish(claimed, outcome).await
}

pub(super) async fn join(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    call: &Call,
    (from, into, reason): (Uuid, Uuid, &str),
) -> Result<contract::MemberMerge, AppError> {
    if from == into {
        return Err(MembershipError::MergeOfOne.into());
    }
    let needs = [from, into].map(|id| Need::of(id).all_live_lots());
    let mut books = Books::open(loyalty, tx, &needs).await?;
    check(&books, from, into)?;
    // Before anything moves: what a referral between the two gave is still where it was put.
    referrals::merge::merged(loyalty, tx, &mut books, (from, into)).await?;
    let mut merge = Merge {
        customer_id: into,
        merge_id: books.new_id(),
        merged_customer_id: from,
        merged_state: books.member(from)?.state,
        reason: reason.to_owned(),
        merged_by: call.caller.clone(),
        merged_at: books.now(),
        undone_at: None,
        wallets: Vec::new(),
    };
    let wallets = books.member(from)?.wallets();
    let wallet_ids: Vec<WalletId> = wallets.map(Wallet::wallet_id).collect();
    for wallet_id in wallet_ids {
        let need = Need::of(into).in_wallet(Some(wallet_id)).all_live_lots();
        books.reach(loyalty, tx, &[need]).await?;
        let moved = move_wallet(&mut books, &merge, wallet_id)?;
        merge.wallets.push(moved);
    }
    merges::insert(tx, &merge).await?;
    let reference = tiers::reference(merge.merge_id);
    tiers::take_over(loyalty, tx, &mut books, (from, into), &reference).await?;
    note(tx, &mut books, call, &merge).await?;
    books.write(tx).await?;
    Ok(wire::membership::merge(&merge))
}

/// Whether these two may become one.
fn check(books: &Books, from: Uuid, into: Uuid) -> Result<(), AppError> {
    let (from, into) = (books.member(from)?, books.member(into)?);
    for state in [from.state, into.state] {
        if state == State::Closed {
            return Err(MembershipError::from(StepError { state }).into());
        }
    }
    if from.household_id.or(into.household_id).is_some() {
        return Err(MembershipError::InHousehold.into());
    }
    if from.program.program_id != into.program.program_id {
        return Err(MembershipError::OtherProgram.into());
    }
    Ok(())
}

fn move_wallet(
    books: &mut Books,
    merge: &Merge,
    wallet_id: WalletId,
) -> Result<MergedWallet, AppError> {
    let (from, into) = (merge.merged_customer_id, merge.customer_id);
    let reference = merge.merge_id.to_string();
    let cause = Cause {
        reference: &reference,
        effective_at: merge.merged_at,
    };
    let own = books.own_wallet(from, wallet_id)?;
    let other = books.own_wallet(into, wallet_id)?;
    let merged = books.decide(|occasion| decide(own, other, merge.merge_id, cause, occasion));
    let merged = merged.map_err(|source| MembershipError::Wallet { wallet_id, source })?;
    let moved = MergedWallet {
        wallet_id,
        points: merged.points,
        debt: merged.debt,
    };
    post(books, (from, into), (merge.merge_id, Why::Merge), merged)?;
    Ok(moved)
}

/// Posts both sides of what went from one member to another.
pub(super) fn post(
    books: &mut Books,
    (from, to): (Uuid, Uuid),
    (merge_id, why): (Uuid, Why),
    merged: ledger::Merged,
) -> Result<(), AppError> {
    for (holder_id, counterpart_id, posting, incoming) in
        [(from, to, merged.out, false), (to, from, merged.into, true)]
    {
        if posting.is_empty() {
            continue;
        }
        let details = contract::OperationDetails {
            program_version: books.holder(holder_id)?.program.version,
            details: Some(Details::Transfer(contract::TransferDetails {
                transfer_id: merge_id.to_string(),
                counterpart_id: counterpart_id.to_string(),
                cause: why.into(),
                incoming,
            })),
        };
        let posted = Posted::new(holder_id, posting).own().about(merge_id);
        books.post(posted.explained(Kind::Transfer, details))?;
    }
    Ok(())
}

/// Records it with both, ends the one and announces it.
async fn note(
    tx: &mut PgTransaction<'_>,
    books: &mut Books,
    call: &Call,
    merge: &Merge,
) -> Result<(), AppError> {
    let (from, into) = (merge.merged_customer_id, merge.customer_id);
    let merged = Merged {
        into,
        merge_id: merge.merge_id,
    };
    membership::set(tx, from, State::Closed, Some(merged)).await?;
    cards::end(tx, from, books.now()).await?;
    let state = books.member(into)?.state;
    let deeds = [
        (from, ChangeKind::Merged, State::Closed, into),
        (into, ChangeKind::TookIn, state, from),
    ];
    for (customer_id, kind, state, other) in deeds {
        let deed = Deed {
            customer_id,
            kind,
            state,
            reason: &merge.reason,
            other: Some(other),
        };
        record(tx, books, call, deed).await?;
    }
    let event = contract::MembersMerged {
        customer_id: into.to_string(),
        merge_id: merge.merge_id.to_string(),
        merged_customer_id: from.to_string(),
    };
    announce(books, into, &event);
    Ok(())
}
