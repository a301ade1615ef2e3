use chassis::Clock;
use contract::patron::loyalty::v1 as contract;
use idempotency::Claim;
use jiff::Timestamp;
use sqlx::{PgConnection, PgTransaction};
use tonic::{Response, Status};
use uuid::Uuid;

use super::CouponsError;
use super::batch::add;
use super::codes::Chance;
use crate::app::{AppError, Call, Loyalty};
use crate::domain::coupons::{Coupon, CouponState, validity};
use crate::domain::program::{CouponTemplate, Program};
use crate::store::coupons;
use crate::store::coupons::batches::{self, CouponBatch};
use crate::store::stocks::{self, StockId, StockKind};
use crate::wire;

const METHOD: &str = "patron.loyalty.v1.CouponService/IssueCoupons";
/// Up to here coupons are issued within the call; more of them in the background.
const AT_ONCE: i64 = 1_000;
/// How often codes are drawn anew for those that were there already. Of 31⁸ codes hardly any are.
const DRAWS: u32 = 8;

/// Coupons to be issued.
#[derive(Clone, Debug)]
pub(crate) struct Issue {
    /// The program.
    pub(crate) program_id: String,
    /// The template.
    pub(crate) template_id: String,
    /// How many for whoever has the code; 0 when members are named.
    pub(crate) count: i64,
    /// One for each of these.
    pub(crate) customer_ids: Vec<Uuid>,
    /// What for.
    pub(crate) reference: String,
}

/// Issues coupons once for each request.
pub(crate) async fn issue(
    loyalty: &Loyalty,
    call: &Call,
    request: contract::IssueCouponsRequest,
) -> Result<Response<contract::CouponBatch>, Status> {
    let wanted = wire::coupons::issue(&request)?;
    let key = (METHOD, request.request_id.as_str());
    let mut claimed = match loyalty.claim(call, key, &request).await? {
        Claim::Replayed(answer) => return answer,
        Claim::Fresh(claimed) => claimed,
    };
    let tx = claimed.transaction();
    let outcome: Result<_, AppError> = async {
        let batch = create(loyalty, tx, &call.caller, wanted).await?;
        Ok(wire::coupons::batch(&batch))
    }
    .await;
    loyalty.finish(claimed, outcome).await
}

async fn create(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    caller: &str,
    wanted: Issue,
) -> Result<CouponBatch, AppError> {
    let now = loyalty.now();
    let to = recipients(&wanted)?;
    let program = loyalty.programs.at(tx, &wanted.program_id, now).await?;
    let template = template(&program, &wanted.template_id)?;
    let requested = if to.is_empty() {
        wanted.count
    } else {
        i64::try_from(to.len()).unwrap_or(i64::MAX)
    };
    count_in(tx, &program, template, requested).await?;
    let mut batch = CouponBatch {
        batch_id: loyalty.clock.new_id(),
        program_id: wanted.program_id,
        program_version: program.version,
        template_id: wanted.template_id,
        requested,
        issued: 0,
        reference: wanted.reference,
        created_by: caller.to_owned(),
        created_at: now,
        completed_at: None,
        voided_at: None,
    };
    batches::insert(tx, &batch).await?;
    if requested <= AT_ONCE {
        let events = add(loyalty, tx, &mut batch, &program, to).await?;
        loyalty.outbox.append_all(tx, &events).await?;
    }
    Ok(batch)
}

/// The members, in ascending order; none for anonymous coupons.
fn recipients(wanted: &Issue) -> Result<Vec<Uuid>, CouponsError> {
    if (wanted.count == 0) == wanted.customer_ids.is_empty() {
        return Err(CouponsError::IssueToWhom);
    }
    let mut to = wanted.customer_ids.clone();
    to.sort_unstable();
    to.dedup();
    if to.len() == wanted.customer_ids.len() {
        Ok(to)
    } else {
        Err(CouponsError::MemberTwice)
    }
}

/// A template of a program.
pub(super) fn template<'a>(
    program: &'a Program,
    template_id: &str,
) -> Result<&'a CouponTemplate, CouponsError> {
    let template = program.document.coupon_template(template_id);
    template.ok_or_else(|| CouponsError::TemplateNotFound {
        template_id: template_id.to_owned(),
    })
}

/// Counts coupons against the most that are ever issued. Templates without a limit have no row, so
/// that nothing waits for them.
pub(super) async fn count_in(
    db: &mut PgConnection,
    program: &Program,
    template: &CouponTemplate,
    count: i64,
) -> Result<(), AppError> {
    if template.issue_limit.is_none() {
        return Ok(());
    }
    let id = StockId {
        program_id: program.program_id.as_str(),
        kind: StockKind::CouponTemplate,
        item_id: template.template_id.as_str(),
    };
    let stock = stocks::lock(db, id).await?.of(template.issue_limit);
    let left = stock.left().unwrap_or_default();
    let stock = stock
        .take(count)
        .map_err(|_| CouponsError::IssueLimit { left })?;
    stocks::write(db, id, stock).await?;
    Ok(())
}

/// New coupons with codes that nobody has.
pub(super) struct Mint<'a> {
    pub(super) clock: &'a Clock,
    pub(super) program: &'a Program,
    pub(super) template: &'a CouponTemplate,
    pub(super) batch_id: Option<Uuid>,
    pub(super) now: Timestamp,
}

impl Mint<'_> {
    /// Makes and writes one coupon for each of these; `None` is for whoever has the code.
    pub(super) async fn write(
        &self,
        db: &mut PgConnection,
        to: Vec<Option<Uuid>>,
    ) -> Result<Vec<Coupon>, AppError> {
        let mut chance = Chance::new();
        let (mut done, mut left) = (Vec::with_capacity(to.len()), to);
        for _ in 0..DRAWS {
            let new = left
                .iter()
                .map(|customer_id| self.coupon(&mut chance, *customer_id));
            let new = new.collect::<Result<Vec<_>, _>>()?;
            let mut written = coupons::insert(db, &new).await?;
            written.sort_unstable();
            let is_written = |coupon: &Coupon| written.binary_search(&coupon.coupon_id).is_ok();
            let (fresh, taken): (Vec<_>, Vec<_>) = new.into_iter().partition(is_written);
            done.extend(fresh);
            left = taken.into_iter().map(|coupon| coupon.customer_id).collect();
            if left.is_empty() {
                return Ok(done);
            }
        }
        Err(CouponsError::NoFreeCodes.into())
    }

    fn coupon(
        &self,
        chance: &mut Chance,
        customer_id: Option<Uuid>,
    ) -> Result<Coupon, CouponsError> {
        Ok(Coupon {
            coupon_id: self.clock.new_id(),
            code: chance.code(self.template.code_length)?,
            batch_id: self.batch_id,
            customer_id,
            program_id: self.program.program_id.to_string(),
            program_version: self.program.version,
            template_id: self.template.template_id.to_string(),
            validity: validity(self.template, self.now, &self.program.document.zone),
            issued_at: self.now,
            state: CouponState::Available,
            batch_voided_at: None,
        })
    }
}
