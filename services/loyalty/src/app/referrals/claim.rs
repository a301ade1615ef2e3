//! Saying who brought a member.
//!
//! Several may do so at once, and no two of them may close a ring. So everybody in the line behind
//! the one who brought is locked, in ascending order, before it is looked at: a ring needs each of
//! its members to name the next, and whoever does so holds the lock of its own row.

use std::collections::BTreeSet;

use contract::patron::loyalty::v1 as contract;
use events::NewEvent;
use jiff::Timestamp;
use sqlx::{Connection as _, PgTransaction};
use tonic::{Response, Status};
use uuid::Uuid;

use super::ReferralsError;
use crate::app::Call;
use crate::app::books::{Books, Need};
use crate::app::{AppError, Loyalty};
use crate::domain::State;
use crate::domain::coupons::Code;
use crate::domain::program::{Program, ReferralPolicy};
use crate::domain::referrals::{Referral, ReferrerReward, check_lineage};
use crate::store::referrals::{self, codes, lineage, orders};
use crate::wire;

const METHOD: &str = "patron.loyalty.v1.ReferralService/ClaimReferral";
/// As deep as any program may look for rings.
const DEEPEST: u8 = 20;
/// How often the line is locked anew when it has grown meanwhile.
const ATTEMPTS: u32 = 8;
const DAY_SECONDS: i64 = 86_400;

/// Who names whose code.
struct Naming {
    customer_id: Uuid,
    owner: Uuid,
    code: Code,
}

/// Says who brought a member, once for each request.
pub(crate) async fn claim(
    loyalty: &Loyalty,
    call: &Call,
    request: contract::ClaimReferralRequest,
) -> Result<Response<contract::Referral>, Status> {
    let customer_id = wire::id(&request.customer_id, "customer_id")?;
    let key = (METHOD, request.request_id.as_str(), false);
    let mut begun = match loyalty.begin(call, &request, key).await {
        Ok(begun) => begun,
        Err(answer) => return answer,
    };
    let named = name(loyalty, begun.transaction(), customer_id, &request.code).await;
    let told = named.map(|referral| wire::referrals::referral(&referral, loyalty.now()));
    begun.finish(loyalty, told).await
}

async fn name(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    customer_id: Uuid,
    code: &str,
) -> Result<Referral, AppError> {
    let naming = find(tx, customer_id, code).await?;
    write(loyalty, tx, &naming).await
}

async fn find(
    tx: &mut PgTransaction<'_>,
    customer_id: Uuid,
    code: &str,
) -> Result<Naming, AppError> {
    let code = Code::parse(code).map_err(|_| ReferralsError::CodeNotFound)?;
    let owner = codes::owner(&mut **tx, &code).await?;
    Ok(Naming {
        customer_id,
        owner: owner.ok_or(ReferralsError::CodeNotFound)?,
        code,
    })
}

async fn write(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    naming: &Naming,
) -> Result<Referral, AppError> {
    for _ in 0..ATTEMPTS {
        // What this locks is let go of when it is undone.
        let mut attempt = tx.begin().await?;
        let Some((books, line)) = lock(loyalty, &mut attempt, naming).await? else {
            attempt.rollback().await?;
            continue;
        };
        let referral = decide(loyalty, &mut attempt, &books, naming, &line).await?;
        note(&mut attempt, books, &referral).await?;
        attempt.commit().await?;
        return Ok(referral);
    }
    Err(ReferralsError::Busy.into())
}

/// Locks everybody in the line. `None`: it has grown before it was locked.
async fn lock(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    naming: &Naming,
) -> Result<Option<(Books, Vec<Uuid>)>, AppError> {
    let mut all: BTreeSet<Uuid> = [naming.customer_id, naming.owner].into();
    all.extend(lineage::of(tx, naming.customer_id, 0).await?);
    all.extend(lineage::of(tx, naming.owner, DEEPEST).await?);
    let needs: Vec<Need> = all.iter().copied().map(Need::of).collect();
    let books = Books::open(loyalty, tx, &needs).await?;
    let line = lineage::of(tx, naming.owner, DEEPEST).await?;
    let is_whole = line.iter().all(|member| all.contains(member));
    Ok(is_whole.then_some((books, line)))
}

async fn decide(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    books: &Books,
    naming: &Naming,
    line: &[Uuid],
) -> Result<Referral, AppError> {
    let member = books.holder(naming.customer_id)?;
    if member.state != State::Active {
        return Err(ReferralsError::NotActive.into());
    }
    let program = &member.program;
    let policy = policy(program)?;
    let owner = books.holder(naming.owner);
    let owner = owner.map_err(|_| ReferralsError::CodeNotFound)?;
    if owner.state == State::Closed || owner.program.program_id != program.program_id {
        return Err(ReferralsError::CodeNotFound.into());
    }
    let person = lineage::of(tx, naming.customer_id, 0).await?;
    let person = person.first().copied().unwrap_or(naming.customer_id);
    check_lineage(person, line, policy.ring_depth).map_err(ReferralsError::from)?;
    require_no_purchase(tx, naming.customer_id, policy).await?;
    Ok(Referral {
        referral_id: loyalty.clock.new_id(),
        referee_id: naming.customer_id,
        referrer_id: naming.owner,
        program_id: program.program_id.as_str().to_owned(),
        program_version: program.version,
        code: naming.code.as_str().to_owned(),
        claimed_at: books.now(),
        until: until(books.now(), policy),
        order: None,
        refused: None,
        referrer: ReferrerReward::None,
        was_reversed: false,
        kept: 0,
    })
}

fn policy(program: &Program) -> Result<&ReferralPolicy, ReferralsError> {
    let policy = program.document.referrals.as_ref();
    policy.ok_or(ReferralsError::NotOffered)
}

fn until(now: Timestamp, policy: &ReferralPolicy) -> Timestamp {
    let seconds = i64::from(policy.attribution_days).saturating_mul(DAY_SECONDS);
    now.saturating_add(jiff::SignedDuration::from_secs(seconds))
        .unwrap_or(Timestamp::MAX)
}

async fn require_no_purchase(
    tx: &mut PgTransaction<'_>,
    customer_id: Uuid,
    policy: &ReferralPolicy,
) -> Result<(), AppError> {
    let mut orders = orders::of_members(tx, &[customer_id]).await?;
    let orders = orders.remove(&customer_id).unwrap_or_default();
    let first = orders
        .into_iter()
        .find(|order| order.qualifies(policy.minimum_order));
    match first {
        None => Ok(()),
        Some(order) => {
            let order_id = order.order_id;
            Err(ReferralsError::AfterPurchase { order_id }.into())
        }
    }
}

async fn note(
    tx: &mut PgTransaction<'_>,
    mut books: Books,
    referral: &Referral,
) -> Result<(), AppError> {
    if !referrals::insert(tx, referral).await? {
        return Err(ReferralsError::AlreadyClaimed.into());
    }
    let referee_id = referral.referee_id;
    let event = wire::referrals::claimed(referral);
    books.announce(NewEvent::about(referee_id, Some(referee_id), &event));
    books.write(tx).await
}
