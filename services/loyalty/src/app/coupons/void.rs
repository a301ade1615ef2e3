use contract::patron::loyalty::v1 as contract;
use events::NewEvent;
use idempotency::Claim;
use tonic::{Response, Status};

use super::CouponsError;
use super::issue::template;
use crate::app::{AppError, Call, Loyalty};
use crate::store::coupons::{self, batches};
use crate::wire;

const VOID: &str = "patron.loyalty.v1.CouponService/VoidCoupon";
const VOID_BATCH: &str = "patron.loyalty.v1.CouponService/VoidCouponBatch";

/// Voids a coupon once for each request.
pub(crate) async fn void(
    loyalty: &Loyalty,
    call: &Call,
    request: contract::VoidCouponRequest,
) -> Result<Response<contract::Coupon>, Status> {
    let code = wire::coupons::code(&request.code)?;
    let key = (VOID, request.request_id.as_str());
    let mut claimed = match loyalty.claim(call, key, &request).await? {
        Claim::Replayed(answer) => return answer,
        Claim::Fresh(claimed) => claimed,
    };
    let tx = claimed.transaction();
    let outcome: Result<_, AppError> = async {
        let found = coupons::lock_by_code(tx, &[code.as_str()]).await?;
        let resource = "coupon";
        let coupon = found
            .into_iter()
            .next()
            .ok_or(CouponsError::NotFound { resource })?;
        let now = loyalty.now();
        let state = coupon
            .void(&request.reason, now)
            .map_err(|error| CouponsError::Coupon {
                code: coupon.code.clone(),
                error,
            })?;
        coupons::update(tx, &[(coupon.coupon_id, state.clone())]).await?;
        let event = wire::coupons::voided_event(&coupon, &request.reason);
        let subject = coupon
            .customer_id
            .or(coupon.batch_id)
            .unwrap_or(coupon.coupon_id);
        loyalty
            .outbox
            .append(tx, NewEvent::about(subject, coupon.customer_id, &event))
            .await?;
        let coupon = crate::domain::coupons::Coupon { state, ..coupon };
        let program = loyalty
            .programs
            .version(tx, &coupon.program_id, coupon.program_version);
        let program = program.await?;
        Ok(wire::coupons::coupon(
            &coupon,
            template(&program, &coupon.template_id)?,
            now,
        ))
    }
    .await;
    loyalty.finish(claimed, outcome).await
}

/// Voids a batch once for each request: its coupons are void by it, so their rows need no change.
pub(crate) async fn void_batch(
    loyalty: &Loyalty,
    call: &Call,
    request: contract::VoidCouponBatchRequest,
) -> Result<Response<contract::CouponBatch>, Status> {
    let batch_id = wire::id(&request.batch_id, "batch_id")?;
    let key = (VOID_BATCH, request.request_id.as_str());
    let mut claimed = match loyalty.claim(call, key, &request).await? {
        Claim::Replayed(answer) => return answer,
        Claim::Fresh(claimed) => claimed,
    };
    let tx = claimed.transaction();
    let outcome: Result<_, AppError> = async {
        let resource = "batch";
        let batch = batches::lock(tx, batch_id).await?;
        let mut batch = batch.ok_or(CouponsError::NotFound { resource })?;
        if batch.voided_at.is_none() {
            batch.voided_at = Some(loyalty.now());
            batches::update(tx, &batch).await?;
            let event = wire::coupons::batch_voided_event(&batch, &request.reason);
            loyalty
                .outbox
                .append(tx, NewEvent::about(batch_id, None, &event))
                .await?;
        }
        Ok(wire::coupons::batch(&batch))
    }
    .await;
    loyalty.finish(claimed, outcome).await
}
