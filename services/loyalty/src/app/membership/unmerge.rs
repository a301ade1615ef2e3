//! The two are not one person after all.
//!
//! Where the membership that took the other one in has itself gone into a third, that later merge is
//! undone first and made again afterwards: each remembers what it brought, so neither changes what the
//! other one did.

use std::collections::BTreeMap;

use contract::patron::loyalty::v1 as contract;
use contract::transfer_details::Cause as Why;
use idempotency::Claim;
use sqlx::PgTransaction;
use tonic::{Response, Status};
use uuid::Uuid;

use super::chain::chain;
use super::merge::{join, post};
use super::{Deed, MembershipError, announce, cards, record};
use crate::app::books::{Books, Need, Posted};
use crate::app::{AppError, Call, Loyalty, referrals, tiers};
use crate::domain::ledger::{Cause, Due, Points, Repaid, WalletId, reopen, unmerge as decide};
use crate::domain::membership::ChangeKind;
use crate::store::ledger::operations;
use crate::store::membership;
use crate::store::membership::merges::{self, Merge};
use crate::wire;

const METHOD: &str = "patron.loyalty.v1.MembershipService/UnmergeMembers";

/// Undoes a merge, once for each request.
pub(crate) async fn unmerge(
    loyalty: &Loyalty,
    call: &Call,
    request: contract::UnmergeMembersRequest,
) -> Result<Response<contract::MemberMerge>, Status> {
    let customer_id = wire::id(&request.customer_id, "customer_id")?;
    let merge_id = wire::id(&request.merge_id, "merge_id")?;
    let key = (METHOD, request.request_id.as_str());
    let mut claimed = match loyalty.claim(call, key, &request).await? {
        Claim::Replayed(answer) => return answer,
        Claim::Fresh(claimed) => claimed,
    };
    let tx = claimed.transaction();
    let which = (customer_id, merge_id);
    let outcome = part_below(loyalty, tx, call, which, &request.reason).await;
    loyalty.finish(claimed, outcome).await
}

/// Undoes a merge with those that came on top of it, and makes these again.
async fn part_below(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    call: &Call,
    which: (Uuid, Uuid),
    reason: &str,
) -> Result<contract::MemberMerge, AppError> {
    let later = later(loyalty, tx, which.0).await?;
    for merge in later.iter().rev() {
        let which = (merge.customer_id, merge.merge_id);
        part(loyalty, tx, call, which, reason).await?;
    }
    let parted = part(loyalty, tx, call, which, reason).await?;
    for merge in &later {
        // Whoever decided on it stands behind it further on.
        let call = Call {
            caller: merge.merged_by.clone(),
            ..call.clone()
        };
        let two = (merge.merged_customer_id, merge.customer_id, &*merge.reason);
        join(loyalty, tx, &call, two).await?;
    }
    Ok(parted)
}

/// The merges by which a membership went on, in their order, with all of them locked.
async fn later(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    customer_id: Uuid,
) -> Result<Vec<Merge>, AppError> {
    let seen = chain(tx, customer_id).await?;
    if seen.is_empty() {
        return Ok(Vec::new());
    }
    let ids = seen.iter().flat_map(|(from, merged)| [*from, merged.into]);
    let needs: Vec<Need> = ids.map(Need::of).collect();
    Books::open(loyalty, tx, &needs).await?;
    let mut later = Vec::new();
    for (_, merged) in chain(tx, customer_id).await? {
        let merge = merges::find(tx, merged.into, merged.merge_id).await?;
        later.push(merge.ok_or(MembershipError::MergeNotFound)?);
    }
    Ok(later)
}

pub(super) async fn part(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    call: &Call,
    (customer_id, merge_id): (Uuid, Uuid),
    reason: &str,
) -> Result<contract::MemberMerge, AppError> {
    // Read before the lock to know who else is to be locked; it never changes, but for its undoing.
    let merged = merges::find(tx, customer_id, merge_id).await?;
    let merged = merged
        .ok_or(MembershipError::MergeNotFound)?
        .merged_customer_id;
    let needs = [customer_id, merged].map(Need::of);
    let mut books = Books::open(loyalty, tx, &needs).await?;
    let merge = merges::find(tx, customer_id, merge_id).await?;
    let mut merge = merge.ok_or(MembershipError::MergeNotFound)?;
    check(&books, &merge)?;
    let within = merges::into_any(tx, merged).await?;
    let marks = within.iter().chain([&merge_id]);
    let mut needs: Vec<Need> = marks
        .map(|mark| Need::of(customer_id).brought_by(*mark))
        .collect();
    // Of both, to see what stands for points that are spent, and what repays debt.
    needs.extend([customer_id, merged].map(|id| Need::of(id).all_live_lots()));
    let dues = dues(&merge, merges::gains(tx, customer_id, merge_id).await?)?;
    let own = |wallet_id: &WalletId| Need::of(merged).own().in_wallet(Some(*wallet_id));
    needs.extend(dues.keys().map(own));
    let repaid = repaid(tx, &merge).await?;
    let lots = repaid.values().flat_map(Repaid::lot_ids);
    needs.push(Need::of(customer_id).lots(lots));
    books.reach(loyalty, tx, &needs).await?;
    for (wallet_id, due) in dues {
        let due = Due {
            within: &within,
            ..due
        };
        if let Some(repaid) = repaid.get(&wallet_id) {
            owe_again(&mut books, &merge, (wallet_id, due), repaid)?;
        }
        move_back(&mut books, &merge, wallet_id, due)?;
    }
    let by = (call.caller.as_str(), reason);
    merges::undo(tx, &merge, by, books.now()).await?;
    let reference = tiers::reference(merge_id);
    tiers::give_back(loyalty, tx, &mut books, customer_id, &reference).await?;
    note(loyalty, tx, &mut books, call, (&merge, reason)).await?;
    merge.undone_at = Some(books.now());
    books.write(tx).await?;
    let needs = [Need::of(customer_id), Need::of(merged)];
    let mut apart = Books::open(loyalty, tx, &needs).await?;
    referrals::merge::parted(loyalty, tx, &mut apart, (merged, customer_id)).await?;
    apart.write(tx).await?;
    Ok(wire::membership::merge(&merge))
}

fn check(books: &Books, merge: &Merge) -> Result<(), AppError> {
    if merge.undone_at.is_some() {
        return Err(MembershipError::AlreadyUndone.into());
    }
    let on = books.member(merge.customer_id)?;
    if let Some(merged) = on.merged {
        return Err(MembershipError::MergedOn { into: merged.into }.into());
    }
    if on.household_id.is_some() {
        return Err(MembershipError::UnmergeInHousehold.into());
    }
    Ok(())
}

/// What is due in each currency: what was brought, with what has come since.
fn dues(
    merge: &Merge,
    gains: Vec<(WalletId, Points)>,
) -> Result<BTreeMap<WalletId, Due<'static>>, AppError> {
    let nothing = Due {
        merge_id: merge.merge_id,
        within: &[],
        points: Points::ZERO,
        debt: Points::ZERO,
    };
    let brought = merge.wallets.iter().map(|wallet| {
        let due = Due {
            points: wallet.points,
            debt: wallet.debt,
            ..nothing
        };
        (wallet.wallet_id, due)
    });
    let mut dues: BTreeMap<WalletId, Due<'static>> = brought.collect();
    for (wallet_id, gain) in gains {
        let due = dues.entry(wallet_id).or_insert(nothing);
        *due = due.since(gain)?;
    }
    Ok(dues)
}

/// What debt was repaid from since the merge, by currency.
async fn repaid(
    tx: &mut PgTransaction<'_>,
    merge: &Merge,
) -> Result<BTreeMap<WalletId, Repaid>, AppError> {
    let mut repaid: BTreeMap<WalletId, Repaid> = BTreeMap::new();
    // Ids of a holder ascend, and a merge has its own before its operations have theirs.
    let (holder, merge_id) = (merge.customer_id, merge.merge_id);
    for one in operations::repayments_after(&mut **tx, holder, merge_id).await? {
        let of_wallet = repaid.entry(one.wallet_id).or_default();
        of_wallet.add(one.lot_id, one.account, one.amount)?;
    }
    Ok(repaid)
}

/// Takes back repayments without which the one or the other would lack what is theirs.
fn owe_again(
    books: &mut Books,
    merge: &Merge,
    (wallet_id, due): (WalletId, Due<'_>),
    repaid: &Repaid,
) -> Result<(), AppError> {
    let reference = merge.merge_id.to_string();
    let cause = Cause {
        reference: &reference,
        effective_at: books.now(),
    };
    let wallet = books.own_wallet(merge.customer_id, wallet_id)?;
    let owed = books.decide(|occasion| reopen(wallet, due, repaid, cause, occasion));
    let owed = owed.map_err(|source| MembershipError::Wallet { wallet_id, source })?;
    if !owed.is_empty() {
        let posted = Posted::new(merge.customer_id, owed).own();
        books.post(posted.about(merge.merge_id))?;
    }
    Ok(())
}

fn move_back(
    books: &mut Books,
    merge: &Merge,
    wallet_id: WalletId,
    due: Due<'_>,
) -> Result<(), AppError> {
    if due.points.is_zero() && due.debt.is_zero() {
        return Ok(());
    }
    let (from, to) = (merge.customer_id, merge.merged_customer_id);
    let reference = merge.merge_id.to_string();
    let cause = Cause {
        reference: &reference,
        effective_at: books.now(),
    };
    let own = books.own_wallet(from, wallet_id)?;
    let other = books.own_wallet(to, wallet_id)?;
    let back = books.decide(|occasion| decide(own, other, due, cause, occasion));
    let back = back.map_err(|source| MembershipError::Wallet { wallet_id, source })?;
    post(books, (from, to), (merge.merge_id, Why::Unmerge), back)
}

/// Records it with both, gives the one back its state and a card, and announces it.
async fn note(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    books: &mut Books,
    call: &Call,
    (merge, reason): (&Merge, &str),
) -> Result<(), AppError> {
    let (from, to) = (merge.customer_id, merge.merged_customer_id);
    membership::set(tx, to, merge.merged_state, None).await?;
    cards::issue(loyalty, tx, &[to]).await?;
    let state = books.member(from)?.state;
    let deeds = [
        (to, ChangeKind::Unmerged, merge.merged_state, from),
        (from, ChangeKind::GaveBack, state, to),
    ];
    for (customer_id, kind, state, other) in deeds {
        let deed = Deed {
            customer_id,
            kind,
            state,
            reason,
            other: Some(other),
        };
        record(tx, books, call, deed).await?;
    }
    let event = contract::MembersUnmerged {
        customer_id: from.to_string(),
        merge_id: merge.merge_id.to_string(),
        merged_customer_id: to.to_string(),
    };
    announce(books, from, &event);
    Ok(())
}
