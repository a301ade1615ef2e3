mod refusals;

use chassis::paging::PageTokens;
use contract::challenge_service_server::ChallengeService;
use contract::patron::loyalty::v1 as contract;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::paging::{List, size};
use super::refusals::refuse;
use crate::app::challenges::{ChallengesError, quiz, read};
use crate::app::{AppError, Call, Loyalty};
use crate::wire;

const LIST: &str = "patron.loyalty.v1.ChallengeService/ListChallenges";
const LIST_BADGES: &str = "patron.loyalty.v1.ChallengeService/ListBadges";

/// Goals that members reach by doing things.
pub(crate) struct Challenges {
    pub(crate) loyalty: Loyalty,
    pub(crate) tokens: PageTokens,
}

#[tonic::async_trait]
impl ChallengeService for Challenges {
    async fn list_challenges(
        &self,
        request: Request<contract::ListChallengesRequest>,
    ) -> Result<Response<contract::ListChallengesResponse>, Status> {
        let request = request.into_inner();
        let pages = self.list(LIST, &request.customer_id);
        let after = pages.start::<String>(&request.page_token)?;
        let customer_id = wire::id(&request.customer_id, "customer_id")?;
        let rows = size(request.page_size);
        let page = read::page(&self.loyalty, customer_id, after.as_deref(), rows).await;
        let page = page.map_err(refuse)?;
        let last = page.rows.last().filter(|_| page.has_more);
        let next_page_token = pages.next(last.map(|standing| standing.challenge_id.as_str()))?;
        let standings = page.rows.iter();
        Ok(Response::new(contract::ListChallengesResponse {
            challenges: standings
                .filter_map(wire::challenges::member_challenge)
                .collect(),
            next_page_token,
        }))
    }

    async fn get_challenge(
        &self,
        request: Request<contract::GetChallengeRequest>,
    ) -> Result<Response<contract::MemberChallenge>, Status> {
        let request = request.into_inner();
        let customer_id = wire::id(&request.customer_id, "customer_id")?;
        let challenge_id = request.challenge_id;
        let found = read::challenge(&self.loyalty, customer_id, &challenge_id).await;
        let told = wire::challenges::member_challenge(&found.map_err(refuse)?);
        let not_found = AppError::from(ChallengesError::NotFound { challenge_id });
        Ok(Response::new(told.ok_or_else(|| refuse(not_found))?))
    }

    async fn answer_quiz(
        &self,
        request: Request<contract::AnswerQuizRequest>,
    ) -> Result<Response<contract::AnswerQuizResponse>, Status> {
        let call = Call::of(&request)?;
        quiz::answer(&self.loyalty, &call, request.into_inner()).await
    }

    async fn list_badges(
        &self,
        request: Request<contract::ListBadgesRequest>,
    ) -> Result<Response<contract::ListBadgesResponse>, Status> {
        let request = request.into_inner();
        let pages = self.list(LIST_BADGES, &request.customer_id);
        let before = pages.start::<Uuid>(&request.page_token)?;
        let customer_id = wire::id(&request.customer_id, "customer_id")?;
        let page = read::badges(&self.loyalty, customer_id, before, size(request.page_size)).await;
        let page = page.map_err(refuse)?;
        let last = page.rows.last().filter(|_| page.has_more);
        let next_page_token = pages.next(last.map(|given| given.grant_id))?;
        Ok(Response::new(contract::ListBadgesResponse {
            badges: page
                .rows
                .iter()
                .filter_map(wire::challenges::badge)
                .collect(),
            next_page_token,
        }))
    }
}

impl Challenges {
    fn list<'a>(&'a self, method: &'static str, customer_id: &'a str) -> List<'a> {
        List {
            tokens: &self.tokens,
            method,
            of: customer_id,
            filter: "",
        }
    }
}
