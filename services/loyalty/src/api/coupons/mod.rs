mod refusals;

use chassis::Refusal;
use chassis::paging::PageTokens;
use contract::coupon_service_server::CouponService;
use contract::patron::loyalty::v1 as contract;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::paging::{List, size};
use super::refusals::refuse;
use crate::app::{Call, Loyalty, coupons};
use crate::wire;

const LIST: &str = "patron.loyalty.v1.CouponService/ListMemberCoupons";
const LIST_BATCH: &str = "patron.loyalty.v1.CouponService/ListBatchCoupons";

/// Coupons.
pub(crate) struct Coupons {
    pub(crate) loyalty: Loyalty,
    pub(crate) tokens: PageTokens,
}

#[tonic::async_trait]
impl CouponService for Coupons {
    async fn issue_coupons(
        &self,
        request: Request<contract::IssueCouponsRequest>,
    ) -> Result<Response<contract::CouponBatch>, Status> {
        let call = Call::of(&request)?;
        coupons::issue(&self.loyalty, &call, request.into_inner()).await
    }

    async fn get_coupon_batch(
        &self,
        request: Request<contract::GetCouponBatchRequest>,
    ) -> Result<Response<contract::CouponBatch>, Status> {
        let batch_id = wire::id(&request.get_ref().batch_id, "batch_id")?;
        let found = coupons::batch(&self.loyalty, batch_id)
            .await
            .map_err(refuse)?;
        Ok(Response::new(wire::coupons::batch(&found)))
    }

    async fn list_batch_coupons(
        &self,
        request: Request<contract::ListBatchCouponsRequest>,
    ) -> Result<Response<contract::ListBatchCouponsResponse>, Status> {
        let request = request.into_inner();
        let pages = self.list(LIST_BATCH, &request.batch_id, "");
        let after = pages.start::<Uuid>(&request.page_token)?;
        let batch_id = wire::id(&request.batch_id, "batch_id")?;
        let page = coupons::batch_coupons(&self.loyalty, batch_id, after, size(request.page_size));
        let page = page.await.map_err(refuse)?;
        let last = page.rows.last().filter(|_| page.has_more);
        let next_page_token = pages.next(last.map(|(coupon, _)| coupon.coupon_id))?;
        Ok(Response::new(contract::ListBatchCouponsResponse {
            coupons: self.shown(&page.rows),
            next_page_token,
        }))
    }

    async fn get_coupon(
        &self,
        request: Request<contract::GetCouponRequest>,
    ) -> Result<Response<contract::Coupon>, Status> {
        let code = wire::coupons::code(&request.get_ref().code)?;
        let (coupon, template) = coupons::by_code(&self.loyalty, &code)
            .await
            .map_err(refuse)?;
        let now = self.loyalty.now();
        Ok(Response::new(wire::coupons::coupon(
            &coupon, &template, now,
        )))
    }

    async fn list_member_coupons(
        &self,
        request: Request<contract::ListMemberCouponsRequest>,
    ) -> Result<Response<contract::ListMemberCouponsResponse>, Status> {
        let request = request.into_inner();
        let filter = if request.only_usable { "usable" } else { "all" };
        let pages = self.list(LIST, &request.customer_id, filter);
        let before = pages.start::<Uuid>(&request.page_token)?;
        let customer_id = wire::id(&request.customer_id, "customer_id")?;
        let usable_at = request.only_usable.then(|| self.loyalty.now());
        let rows = size(request.page_size);
        let page = coupons::member_coupons(&self.loyalty, customer_id, usable_at, before, rows);
        let page = page.await.map_err(refuse)?;
        let last = page.rows.last().filter(|_| page.has_more);
        let next_page_token = pages.next(last.map(|(coupon, _)| coupon.coupon_id))?;
        Ok(Response::new(contract::ListMemberCouponsResponse {
            coupons: self.shown(&page.rows),
            next_page_token,
        }))
    }

    async fn check_coupons(
        &self,
        request: Request<contract::CheckCouponsRequest>,
    ) -> Result<Response<contract::CheckCouponsResponse>, Status> {
        let request = request.into_inner();
        let customer_id = wire::id(&request.customer_id, "customer_id")?;
        let checked =
            match wire::coupons::basket(customer_id, &request.codes, request.basket.as_ref()) {
                Ok(wanted) => coupons::check(&self.loyalty, &wanted)
                    .await
                    .map_err(Refusal::from),
                Err(refusal) => Err(refusal),
            };
        match checked {
            Ok(checked) => Ok(Response::new(wire::coupons::checked(&checked))),
            Err(refusal) => refusals::told(refusal),
        }
    }

    async fn reserve_coupons(
        &self,
        request: Request<contract::ReserveCouponsRequest>,
    ) -> Result<Response<contract::CouponReservation>, Status> {
        let call = Call::of(&request)?;
        coupons::reserve(&self.loyalty, &call, request.into_inner()).await
    }

    async fn get_coupon_reservation(
        &self,
        request: Request<contract::GetCouponReservationRequest>,
    ) -> Result<Response<contract::CouponReservation>, Status> {
        let request = request.into_inner();
        let customer_id = wire::id(&request.customer_id, "customer_id")?;
        let reservation_id = wire::id(&request.reservation_id, "reservation_id")?;
        let found = coupons::reservation(&self.loyalty, customer_id, reservation_id).await;
        let (reservation, held) = found.map_err(refuse)?;
        let now = self.loyalty.now();
        Ok(Response::new(wire::coupons::reservation(
            &reservation,
            &held,
            now,
        )))
    }

    async fn use_coupons(
        &self,
        request: Request<contract::UseCouponsRequest>,
    ) -> Result<Response<contract::CouponReservation>, Status> {
        let call = Call::of(&request)?;
        coupons::use_for(&self.loyalty, &call, request.into_inner()).await
    }

    async fn release_coupons(
        &self,
        request: Request<contract::ReleaseCouponsRequest>,
    ) -> Result<Response<contract::CouponReservation>, Status> {
        let call = Call::of(&request)?;
        coupons::release(&self.loyalty, &call, request.into_inner()).await
    }

    async fn void_coupon(
        &self,
        request: Request<contract::VoidCouponRequest>,
    ) -> Result<Response<contract::Coupon>, Status> {
        let call = Call::of(&request)?;
        coupons::void(&self.loyalty, &call, request.into_inner()).await
    }

    async fn void_coupon_batch(
        &self,
        request: Request<contract::VoidCouponBatchRequest>,
    ) -> Result<Response<contract::CouponBatch>, Status> {
        let call = Call::of(&request)?;
        coupons::void_batch(&self.loyalty, &call, request.into_inner()).await
    }
}

impl Coupons {
    fn list<'a>(&'a self, method: &'static str, of: &'a str, filter: &'a str) -> List<'a> {
        List {
            tokens: &self.tokens,
            method,
            of,
            filter,
        }
    }

    fn shown(&self, coupons: &[coupons::Described]) -> Vec<contract::Coupon> {
        let now = self.loyalty.now();
        let shown = coupons
            .iter()
            .map(|(coupon, template)| wire::coupons::coupon(coupon, template, now));
        shown.collect()
    }
}
