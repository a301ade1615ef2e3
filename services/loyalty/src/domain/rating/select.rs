use crate::domain::program::{
    Award as Worth, Campaign, Condition, EarningRule, Program, SegmentId, Trigger,
};

use super::{Basket, RatingError, Subject, Usage, WhyNot};

/// Why a condition has no value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ConditionError(pub String);

/// Answers the conditions of rules, about what is rated and the member as it was then.
pub trait Judge {
    /// Whether a condition holds; with a line, about this line of the basket.
    fn holds(&self, condition: &Condition, line: Option<usize>) -> Result<bool, ConditionError>;

    /// Whether the member belonged to a segment.
    fn is_in_segment(&self, segment_id: &SegmentId) -> bool;
}

/// A rule that looks at the subject, and the campaign that it belongs to.
#[derive(Clone, Copy)]
pub(super) struct Candidate<'p> {
    pub(super) rule: &'p EarningRule,
    pub(super) campaign: Option<&'p Campaign>,
}

/// The lines of a basket, by place, that a rule looks at; none for an act.
pub(super) type Lines = Vec<usize>;

/// The rules with a trigger of this kind: basic ones, or those that multiply. Higher priority first,
/// then in the order of the document.
pub(super) fn candidates<'p>(
    program: &'p Program,
    subject: &Subject<'_>,
    multiplying: bool,
) -> Vec<Candidate<'p>> {
    let document = &program.document;
    let own = document.earning_rules.iter().map(|rule| Candidate {
        rule,
        campaign: None,
    });
    let of_campaigns = document.campaigns.iter().flat_map(|campaign| {
        campaign.rules.iter().map(move |rule| Candidate {
            rule,
            campaign: Some(campaign),
        })
    });
    let mut found: Vec<_> = own
        .chain(of_campaigns)
        .filter(|candidate| candidate.is_triggered(subject))
        .filter(|candidate| multiplies(candidate.rule) == multiplying)
        .collect();
    found.sort_by_key(|candidate| std::cmp::Reverse(candidate.rule.priority));
    found
}

fn multiplies(rule: &EarningRule) -> bool {
    matches!(rule.award, Worth::BonusMultiple(_))
}

impl Candidate<'_> {
    fn is_triggered(&self, subject: &Subject<'_>) -> bool {
        match (&self.rule.trigger, subject) {
            (Trigger::Order { .. }, Subject::Basket(_)) => true,
            (Trigger::Activity(wanted), Subject::Act { activity_type, .. }) => {
                wanted == *activity_type
            }
            _ => false,
        }
    }

    /// The lines that the rule looks at, or why it does not apply.
    pub(super) fn applies(
        &self,
        program: &Program,
        subject: &Subject<'_>,
        judge: &impl Judge,
        usage: &Usage,
    ) -> Result<Result<Lines, WhyNot>, RatingError> {
        let campaign = self.campaign;
        if let Some(why) = campaign.and_then(|one| idle(one, program, subject, judge)) {
            return Ok(Err(why));
        }
        if self.is_cooling_down(subject, usage) {
            return Ok(Err(WhyNot::CoolingDown));
        }
        if !self.holds(self.rule.condition.as_ref(), None, judge)? {
            return Ok(Err(WhyNot::ConditionNotMet));
        }
        match subject {
            Subject::Act { .. } => Ok(Ok(Lines::new())),
            Subject::Basket(basket) => {
                let lines = self.lines(basket, judge)?;
                Ok(Some(lines)
                    .filter(|lines| !lines.is_empty())
                    .ok_or(WhyNot::NoLine))
            }
        }
    }

    fn is_cooling_down(&self, subject: &Subject<'_>, usage: &Usage) -> bool {
        let seconds = i64::from(self.rule.cooldown_seconds);
        let last = usage.last_award(&self.rule.rule_id, subject.at());
        seconds > 0
            && last.is_some_and(|last| subject.at().as_second() - last.as_second() < seconds)
    }

    fn lines(&self, basket: &Basket, judge: &impl Judge) -> Result<Lines, RatingError> {
        let condition = match &self.rule.trigger {
            Trigger::Order { lines } => lines.as_ref(),
            Trigger::Activity(_) => None,
        };
        let mut lines = Lines::with_capacity(basket.lines.len());
        for (place, line) in basket.lines.iter().enumerate() {
            if line.quantity > 0 && self.holds(condition, Some(place), judge)? {
                lines.push(place);
            }
        }
        Ok(lines)
    }

    fn holds(
        &self,
        condition: Option<&Condition>,
        line: Option<usize>,
        judge: &impl Judge,
    ) -> Result<bool, RatingError> {
        let Some(condition) = condition else {
            return Ok(true);
        };
        judge
            .holds(condition, line)
            .map_err(|cause| RatingError::Condition {
                rule_id: self.rule.rule_id.clone(),
                cause,
            })
    }
}

/// Why a campaign has nothing to do with the subject, if it has not.
fn idle(
    campaign: &Campaign,
    program: &Program,
    subject: &Subject<'_>,
    judge: &impl Judge,
) -> Option<WhyNot> {
    let day = program.document.zone.date_of(subject.at());
    let is_day = campaign.days.as_ref().is_none_or(|days| days.contains(day));
    if !(campaign.window.contains(subject.at()) && is_day) {
        return Some(WhyNot::CampaignNotRunning);
    }
    let (channels, segments) = (&campaign.channels, &campaign.segment_ids);
    let has_channel = || channels.iter().any(|channel| channel == subject.channel());
    if !(channels.is_empty() || has_channel()) {
        return Some(WhyNot::OtherChannel);
    }
    let has_segment = || segments.iter().any(|segment| judge.is_in_segment(segment));
    if !(segments.is_empty() || has_segment()) {
        return Some(WhyNot::OtherSegment);
    }
    None
}
