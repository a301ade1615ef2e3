//! Tags by rule: what the rules are, and what they do.

mod define;
mod give;

pub(crate) use define::{Change, TagRuleError};
pub(crate) use give::Giving;

use chassis::{Deadline, Refusal};

use super::App;
use super::browse::{Page, with_one_more};
use crate::domain::tag_rule::{RuleId, TagRule};
use crate::store::tag_rules;

impl App {
    /// A rule.
    pub(crate) async fn tag_rule(
        &self,
        deadline: Deadline,
        id: &RuleId,
    ) -> Result<TagRule, Refusal> {
        let mut tx = self.snapshot(deadline).await?;
        let rule = tag_rules::get(&mut tx, id).await?;
        Ok(rule.ok_or(TagRuleError::NotFound)?)
    }

    /// Rules after one, in the order of their ids.
    pub(crate) async fn tag_rules(
        &self,
        deadline: Deadline,
        (after, with_archived): (&str, bool),
        size: u16,
    ) -> Result<Page<TagRule>, Refusal> {
        let mut tx = self.snapshot(deadline).await?;
        let scope = (after, with_archived);
        let found = tag_rules::list(&mut tx, scope, with_one_more(size)).await?;
        Ok(Page::cut(found, size))
    }
}
