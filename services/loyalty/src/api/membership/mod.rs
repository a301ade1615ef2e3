mod refusals;

use chassis::paging::PageTokens;
use contract::membership_service_server::MembershipService;
use contract::patron::loyalty::v1 as contract;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::paging::{List, size};
use super::refusals::refuse;
use crate::app::{AppError, Call, Loyalty, membership};
use crate::wire;

const LIST_CHANGES: &str = "patron.loyalty.v1.MembershipService/ListMembershipChanges";
const LIST_MERGES: &str = "patron.loyalty.v1.MembershipService/ListMemberMerges";

/// The life of memberships.
pub(crate) struct Memberships {
    pub(crate) loyalty: Loyalty,
    pub(crate) tokens: PageTokens,
}

#[tonic::async_trait]
impl MembershipService for Memberships {
    async fn enrol_member(
        &self,
        request: Request<contract::EnrolMemberRequest>,
    ) -> Result<Response<contract::Member>, Status> {
        let call = Call::of(&request)?;
        membership::enrol(&self.loyalty, &call, request.into_inner()).await
    }

    async fn suspend_member(
        &self,
        request: Request<contract::SuspendMemberRequest>,
    ) -> Result<Response<contract::Member>, Status> {
        let call = Call::of(&request)?;
        membership::suspend(&self.loyalty, &call, request.into_inner()).await
    }

    async fn reactivate_member(
        &self,
        request: Request<contract::ReactivateMemberRequest>,
    ) -> Result<Response<contract::Member>, Status> {
        let call = Call::of(&request)?;
        membership::reactivate(&self.loyalty, &call, request.into_inner()).await
    }

    async fn close_member(
        &self,
        request: Request<contract::CloseMemberRequest>,
    ) -> Result<Response<contract::Member>, Status> {
        let call = Call::of(&request)?;
        membership::close(&self.loyalty, &call, request.into_inner()).await
    }

    async fn reissue_card(
        &self,
        request: Request<contract::ReissueCardRequest>,
    ) -> Result<Response<contract::Card>, Status> {
        let call = Call::of(&request)?;
        membership::cards::reissue(&self.loyalty, &call, request.into_inner()).await
    }

    async fn lookup_member(
        &self,
        request: Request<contract::LookupMemberRequest>,
    ) -> Result<Response<contract::Member>, Status> {
        let request = request.into_inner();
        let found = membership::lookup(&self.loyalty, &request.card_number).await;
        let (customer_id, found) = found.map_err(refuse)?;
        let member = wire::member(customer_id, &found).map_err(AppError::from);
        Ok(Response::new(member.map_err(refuse)?))
    }

    async fn list_membership_changes(
        &self,
        request: Request<contract::ListMembershipChangesRequest>,
    ) -> Result<Response<contract::ListMembershipChangesResponse>, Status> {
        let request = request.into_inner();
        let pages = self.list(LIST_CHANGES, &request.customer_id);
        let before = pages.start::<i64>(&request.page_token)?;
        let customer_id = wire::id(&request.customer_id, "customer_id")?;
        let size = size(request.page_size);
        let page = membership::history(&self.loyalty, customer_id, before, size).await;
        let page = page.map_err(refuse)?;
        let last = page.rows.last().filter(|_| page.has_more);
        let next_page_token = pages.next(last.map(|change| change.number))?;
        Ok(Response::new(contract::ListMembershipChangesResponse {
            changes: page
                .rows
                .into_iter()
                .map(wire::membership::change)
                .collect(),
            next_page_token,
        }))
    }

    async fn merge_members(
        &self,
        request: Request<contract::MergeMembersRequest>,
    ) -> Result<Response<contract::MemberMerge>, Status> {
        let call = Call::of(&request)?;
        membership::merge(&self.loyalty, &call, request.into_inner()).await
    }

    async fn unmerge_members(
        &self,
        request: Request<contract::UnmergeMembersRequest>,
    ) -> Result<Response<contract::MemberMerge>, Status> {
        let call = Call::of(&request)?;
        membership::unmerge(&self.loyalty, &call, request.into_inner()).await
    }

    async fn list_member_merges(
        &self,
        request: Request<contract::ListMemberMergesRequest>,
    ) -> Result<Response<contract::ListMemberMergesResponse>, Status> {
        let request = request.into_inner();
        let pages = self.list(LIST_MERGES, &request.customer_id);
        let before = pages.start::<Uuid>(&request.page_token)?;
        let customer_id = wire::id(&request.customer_id, "customer_id")?;
        let size = size(request.page_size);
        let page = membership::merges(&self.loyalty, customer_id, before, size).await;
        let page = page.map_err(refuse)?;
        let last = page.rows.last().filter(|_| page.has_more);
        let next_page_token = pages.next(last.map(|merge| merge.merge_id))?;
        Ok(Response::new(contract::ListMemberMergesResponse {
            merges: page.rows.iter().map(wire::membership::merge).collect(),
            next_page_token,
        }))
    }
}

impl Memberships {
    fn list<'a>(&'a self, method: &'static str, customer_id: &'a str) -> List<'a> {
        List {
            tokens: &self.tokens,
            method,
            of: customer_id,
            filter: "",
        }
    }
}
