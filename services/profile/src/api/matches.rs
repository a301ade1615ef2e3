//! `MatchService`.

use std::sync::Arc;

use chassis::paging::{PageTokens, Scope, page_size};
use chassis::{Refusal, caller};
use contract::patron::profile::v1 as proto;
use proto::decide_match_review_request::Decision;
use proto::match_service_server::MatchService;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::balances::tell_balances;
use super::deadline;
use super::lists::{DEFAULT_SIZE, MOST_SIZE, answer};
use crate::app::App;
use crate::app::identity::rules::preview::Preview;
use crate::app::identity::rules::reviews::Ruling;
use crate::balances::Balances;
use crate::domain::identity::candidate::{Candidate, Pair, Place};
use crate::domain::identity::match_policy::MatchPolicy;
use crate::domain::ids::CustomerId;
use crate::domain::invalid::{Invalid, Problem};
use crate::store::matches::candidates::FIRST;
use crate::wire;
use crate::wire::matches::decode_policy;

const PREVIEW: &str = "patron.profile.v1.MatchService/PreviewMatchPolicy";
const REVIEWS: &str = "patron.profile.v1.MatchService/ListMatchReviews";

/// Most pairs of a preview's page: for each, both customers are read as a whole.
const MOST_PREVIEWED: u16 = 100;

/// The server of `MatchService`.
#[derive(Clone, Debug)]
pub(crate) struct Matches {
    pub(crate) app: App,
    pub(crate) pages: PageTokens,
    pub(crate) balances: Option<Arc<dyn Balances>>,
}

#[tonic::async_trait]
impl MatchService for Matches {
    async fn get_match_policy(
        &self,
        request: Request<proto::GetMatchPolicyRequest>,
    ) -> Result<Response<proto::MatchPolicy>, Status> {
        let policy = self.app.match_policy(deadline(&request)).await?;
        Ok(Response::new(policy))
    }

    async fn update_match_policy(
        &self,
        request: Request<proto::UpdateMatchPolicyRequest>,
    ) -> Result<Response<proto::MatchPolicy>, Status> {
        let deadline = deadline(&request);
        let caller = caller(&request)?.id().to_owned();
        let request = request.into_inner();
        let policy = policy(request.policy.as_ref())?;
        self.app
            .update_match_policy(&caller, deadline, &request, policy)
            .await
    }

    async fn preview_match_policy(
        &self,
        request: Request<proto::PreviewMatchPolicyRequest>,
    ) -> Result<Response<proto::PreviewMatchPolicyResponse>, Status> {
        let deadline = deadline(&request);
        let request = request.get_ref();
        let policy = policy(request.policy.as_ref())?;
        // A page of another policy is a page of another list.
        let bounds = [policy.merge_from.unwrap_or_default(), policy.review_from];
        let bounds = bounds.map(|from| from.to_string());
        let filters = bounds.each_ref().map(String::as_str);
        let scope = Scope {
            method: PREVIEW,
            filters: &filters,
        };
        let after = self.after(scope, &request.page_token)?;
        let size = page_size(request.page_size, DEFAULT_SIZE, MOST_PREVIEWED);
        let shown = self
            .app
            .preview_match_policy(deadline, policy, (after, size));
        let (page, totals) = shown.await?;
        let at = |preview: &Preview| place(preview.candidate.place());
        let (mut pairs, next_page_token) =
            answer(&self.pages, scope, page, at, wire::matches::preview)?;
        let balances_unavailable = !tell_balances(self.balances.as_deref(), &mut pairs).await;
        Ok(Response::new(proto::PreviewMatchPolicyResponse {
            balances_unavailable,
            pairs,
            next_page_token,
            merges: totals.merges,
            reviews: totals.reviews,
        }))
    }

    async fn list_match_reviews(
        &self,
        request: Request<proto::ListMatchReviewsRequest>,
    ) -> Result<Response<proto::ListMatchReviewsResponse>, Status> {
        let deadline = deadline(&request);
        let request = request.get_ref();
        let scope = Scope {
            method: REVIEWS,
            filters: &[],
        };
        let after = self.after(scope, &request.page_token)?;
        let size = page_size(request.page_size, DEFAULT_SIZE, MOST_SIZE);
        let page = self.app.match_reviews(deadline, after, size).await?;
        let at = |candidate: &Candidate| place(candidate.place());
        let (reviews, next_page_token) =
            answer(&self.pages, scope, page, at, wire::matches::waiting)?;
        Ok(Response::new(proto::ListMatchReviewsResponse {
            reviews,
            next_page_token,
        }))
    }

    async fn decide_match_review(
        &self,
        request: Request<proto::DecideMatchReviewRequest>,
    ) -> Result<Response<proto::DecideMatchReviewResponse>, Status> {
        let deadline = deadline(&request);
        let actor = caller(&request)?.id().to_owned();
        let request = request.into_inner();
        let ruling = ruling(&request, actor).map_err(Refusal::from)?;
        self.app
            .decide_match_review(deadline, &request, ruling)
            .await
    }
}

impl Matches {
    /// Where a page begins.
    fn after(&self, scope: Scope<'_>, token: &str) -> Result<Place, Refusal> {
        let last: Option<(i32, Uuid, Uuid)> = self.pages.decode(scope, token)?;
        let place = |(score, older, newer)| {
            let pair = Pair {
                older: CustomerId(older),
                newer: CustomerId(newer),
            };
            (score, pair)
        };
        Ok(last.map_or(FIRST, place))
    }
}

fn policy(sent: Option<&proto::MatchPolicy>) -> Result<MatchPolicy, Refusal> {
    let missing = || Invalid::new("policy", Problem::Missing);
    let policy = decode_policy(sent.ok_or_else(missing)?).check();
    Ok(policy.map_err(|it| it.within("policy"))?)
}

fn ruling(request: &proto::DecideMatchReviewRequest, actor: String) -> Result<Ruling, Invalid> {
    let one = wire::customer_id("customer_id", &request.customer_id)?;
    let other = wire::customer_id("matched_customer_id", &request.matched_customer_id)?;
    if one == other {
        return Err(Invalid::new("matched_customer_id", Problem::SameCustomer));
    }
    wire::text("reason", &request.reason)?;
    Ok(Ruling {
        pair: Pair::of(one, other),
        is_match: request.decision() == Decision::Accept,
        actor,
        reason: request.reason.clone(),
    })
}

/// What a page token says.
fn place((score, pair): Place) -> (i32, Uuid, Uuid) {
    (score, pair.older.0, pair.newer.0)
}
