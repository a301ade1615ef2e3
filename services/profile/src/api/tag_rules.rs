//! `TagRuleService`.

use chassis::paging::{PageTokens, Scope, page_size};
use chassis::{Refusal, caller};
use contract::patron::profile::v1 as proto;
use proto::tag_rule_service_server::TagRuleService;
use tonic::{Request, Response, Status};

use super::deadline;
use super::lists::{DEFAULT_SIZE, MOST_SIZE, answer};
use crate::app::App;
use crate::app::tag_rules::Change;
use crate::domain::invalid::Invalid;
use crate::domain::tag_rule::{Definition, RuleId, TagRule};
use crate::wire::tag_rules as wire;

const CREATE: &str = "patron.profile.v1.TagRuleService/CreateTagRule";
const UPDATE: &str = "patron.profile.v1.TagRuleService/UpdateTagRule";
const ARCHIVE: &str = "patron.profile.v1.TagRuleService/ArchiveTagRule";
const LIST: &str = "patron.profile.v1.TagRuleService/ListTagRules";

/// The server of `TagRuleService`.
#[derive(Clone, Debug)]
pub(crate) struct TagRules {
    pub(crate) app: App,
    pub(crate) pages: PageTokens,
}

#[tonic::async_trait]
impl TagRuleService for TagRules {
    async fn create_tag_rule(
        &self,
        request: Request<proto::CreateTagRuleRequest>,
    ) -> Result<Response<proto::TagRule>, Status> {
        let deadline = deadline(&request);
        let caller = caller(&request)?.id().to_owned();
        let request = request.into_inner();
        let (id, definition) = decoded(request.tag_rule.as_ref()).map_err(Refusal::from)?;
        let asked = (&request, request.request_id.as_str());
        let change = (id, Change::Create(definition));
        self.app
            .define_tag_rule((&caller, CREATE), deadline, asked, change)
            .await
    }

    async fn get_tag_rule(
        &self,
        request: Request<proto::GetTagRuleRequest>,
    ) -> Result<Response<proto::TagRule>, Status> {
        let deadline = deadline(&request);
        let id = RuleId(request.into_inner().tag_rule_id);
        let rule = self.app.tag_rule(deadline, &id).await?;
        Ok(Response::new(wire::encode(rule)))
    }

    async fn update_tag_rule(
        &self,
        request: Request<proto::UpdateTagRuleRequest>,
    ) -> Result<Response<proto::TagRule>, Status> {
        let deadline = deadline(&request);
        let caller = caller(&request)?.id().to_owned();
        let request = request.into_inner();
        let (id, definition) = decoded(request.tag_rule.as_ref()).map_err(Refusal::from)?;
        let etag = request.tag_rule.as_ref().map(|sent| sent.etag.clone());
        let change = Change::Update {
            etag: etag.unwrap_or_default(),
            definition,
        };
        let asked = (&request, request.request_id.as_str());
        self.app
            .define_tag_rule((&caller, UPDATE), deadline, asked, (id, change))
            .await
    }

    async fn archive_tag_rule(
        &self,
        request: Request<proto::ArchiveTagRuleRequest>,
    ) -> Result<Response<proto::TagRule>, Status> {
        let deadline = deadline(&request);
        let caller = caller(&request)?.id().to_owned();
        let request = request.into_inner();
        let asked = (&request, request.request_id.as_str());
        let change = (RuleId(request.tag_rule_id.clone()), Change::Archive);
        self.app
            .define_tag_rule((&caller, ARCHIVE), deadline, asked, change)
            .await
    }

    async fn list_tag_rules(
        &self,
        request: Request<proto::ListTagRulesRequest>,
    ) -> Result<Response<proto::ListTagRulesResponse>, Status> {
        let deadline = deadline(&request);
        let request = request.get_ref();
        let archived = request.include_archived;
        let scope = Scope {
            method: LIST,
            filters: &[if archived { "all" } else { "in use" }],
        };
        let after: Option<String> = self.pages.decode(scope, &request.page_token)?;
        let size = page_size(request.page_size, DEFAULT_SIZE, MOST_SIZE);
        let after = after.unwrap_or_default();
        let page = self.app.tag_rules(deadline, (&after, archived), size);
        let place = |rule: &TagRule| rule.id.0.clone();
        let (tag_rules, next_page_token) =
            answer(&self.pages, scope, page.await?, place, wire::encode)?;
        Ok(Response::new(proto::ListTagRulesResponse {
            tag_rules,
            next_page_token,
        }))
    }
}

fn decoded(sent: Option<&proto::TagRule>) -> Result<(RuleId, Definition), Invalid> {
    let sent = sent.cloned().unwrap_or_default();
    wire::decode(&sent).map_err(|invalid| invalid.within("tag_rule"))
}
