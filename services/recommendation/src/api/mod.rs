//! RecommendationService: decode, call, encode.

mod wire;

use std::sync::Arc;
use std::time::Duration;

use chassis::{Clock, Deadline, Refusal};
use contract::patron::recommendation::v1::recommendation_service_server::RecommendationService;
use contract::patron::recommendation::v1::{
    BatchRecordBasketsRequest, BatchRecordBasketsResponse, ErrorReason, ListBoughtTogetherRequest,
    ListBoughtTogetherResponse, ListPopularProductsRequest, ListPopularProductsResponse,
};
use contract::patron::r#type::v1::ErrorReason as Common;
use postgres::{Database, DatabaseError};
use tokio::sync::Notify;
use tonic::{Code, Request, Response, Status};

use crate::app;
use crate::domain::Index;
use crate::live::Live;

/// What a call without a deadline of its own may take; the server sets one before.
const DEFAULT_TIME: Duration = Duration::from_secs(10);

/// Fewer joint baskets than this are chance, unless the caller says otherwise.
const DEFAULT_MIN_BASKETS: u64 = 5;

/// Products that a list gives when the caller names no number, and the most it gives.
const PAGE: (u16, u16) = (10, 100);

pub(crate) struct Api {
    pub(crate) db: Database,
    pub(crate) clock: Clock,
    pub(crate) live: Live,
    pub(crate) wake: Arc<Notify>,
}

#[tonic::async_trait]
impl RecommendationService for Api {
    async fn batch_record_baskets(
        &self,
        request: Request<BatchRecordBasketsRequest>,
    ) -> Result<Response<BatchRecordBasketsResponse>, Status> {
        let remaining = request
            .extensions()
            .get::<Deadline>()
            .map_or(DEFAULT_TIME, |deadline| deadline.remaining());
        let decoded = wire::sales(request.into_inner().baskets);
        let sales: Vec<_> = decoded
            .iter()
            .filter_map(|sale| sale.as_ref().ok().cloned())
            .collect();
        let outcomes = match sales[..] {
            [] => Vec::new(),
            _ => app::record_baskets(&self.db, &sales, self.clock.now(), remaining)
                .await
                .map_err(refuse)?,
        };
        self.wake.notify_one();
        Ok(Response::new(wire::batch_answer(decoded, outcomes)))
    }

    async fn list_bought_together(
        &self,
        request: Request<ListBoughtTogetherRequest>,
    ) -> Result<Response<ListBoughtTogetherResponse>, Status> {
        let request = request.into_inner();
        let limit = page_size(request.page_size);
        let min = match u64::try_from(request.min_basket_count) {
            Ok(0) | Err(_) => DEFAULT_MIN_BASKETS,
            Ok(min) => min,
        };
        let answer = self.compute(move |index| {
            let found = index.bought_together(&request.product_id, min, limit);
            found
                .map(|together| wire::together(&together))
                .ok_or_else(product_not_found)
        });
        Ok(Response::new(answer.await??))
    }

    async fn list_popular_products(
        &self,
        request: Request<ListPopularProductsRequest>,
    ) -> Result<Response<ListPopularProductsResponse>, Status> {
        let limit = page_size(request.into_inner().page_size);
        let answer = self.compute(move |index| wire::popular(&index.popular(limit)));
        Ok(Response::new(answer.await?))
    }
}

impl Api {
    /// Computes an answer on the index of this moment. On a thread for blocking work: the walk over
    /// the baskets of a product that is in millions of them takes long enough to hold up others.
    async fn compute<T: Send + 'static>(
        &self,
        answer: impl FnOnce(&Index) -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        let index = self.live.read().ok_or_else(loading)?;
        if index.basket_count() <= INLINE_BASKETS {
            return Ok(answer(&index));
        }
        let computed = tokio::task::spawn_blocking(move || answer(&index));
        computed.await.map_err(Refusal::internal)
    }
}

/// With no more baskets than this in all, any answer takes less than a millisecond or two, and a
/// change of threads would cost more than it saves.
const INLINE_BASKETS: u64 = 20_000;

fn page_size(requested: i32) -> usize {
    let (default, most) = PAGE;
    usize::from(chassis::paging::page_size(requested, default, most))
}

fn loading() -> Refusal {
    Refusal::new(
        Code::Unavailable,
        Common::Unavailable,
        "the baskets are still being loaded",
    )
    .retry_after(Duration::from_secs(1))
}

fn product_not_found() -> Refusal {
    Refusal::new(
        Code::NotFound,
        ErrorReason::ProductNotFound,
        "no basket with that product is known",
    )
}

fn refuse(error: DatabaseError) -> Refusal {
    if error.is_timeout() {
        return Refusal::new(
            Code::DeadlineExceeded,
            Common::DeadlineExceeded,
            "the time that the call allowed has run out",
        );
    }
    if error.is_unavailable() || error.is_serialization_or_deadlock() {
        return Refusal::new(Code::Unavailable, Common::Unavailable, "try again later")
            .retry_after(Duration::from_secs(1));
    }
    Refusal::internal(error)
}
