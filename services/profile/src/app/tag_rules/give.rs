//! Gives and takes tags by rule: part of what is decided of people who are due.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chassis::Clock;
use events::NewEvent;
use jiff::Timestamp;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::app::announce;
use crate::app::segments::{SegmentError, words};
use crate::domain::ids::CustomerId;
use crate::domain::segment::condition::{Condition, Reach};
use crate::domain::segment::facts::Facts;
use crate::domain::segment::vocabulary::Vocabulary;
use crate::domain::tag::Change;
use crate::domain::tag_rule::{Rule, RuleId, Ruled, Rules, SOURCE, Step};
use crate::store::{tag_rules, tags};

/// The rules in use, and conditions that were compiled.
#[derive(Debug, Default)]
pub(crate) struct Giving {
    rules: Rules,
    /// By rule: the version that was compiled, and the condition if it is one.
    compiled: HashMap<RuleId, (i64, Option<Condition>)>,
}

impl Giving {
    /// Reads what the rules are now.
    pub(crate) async fn refresh(
        &mut self,
        connection: &mut PgConnection,
    ) -> Result<(), SegmentError> {
        let defined = tag_rules::list(connection, ("", false), i64::MAX).await?;
        let is_known = |id: &RuleId, version| {
            let known = self.compiled.get(id);
            known.is_some_and(|(compiled, _)| *compiled == version)
        };
        let is_new = defined.iter().any(|rule| !is_known(&rule.id, rule.version));
        let words = if is_new {
            Some(words(connection).await?)
        } else {
            None
        };
        let (mut rules, mut compiled) = (Vec::with_capacity(defined.len()), HashMap::new());
        for rule in defined {
            let known = self.compiled.remove(&rule.id);
            let known = known.filter(|(version, _)| *version == rule.version);
            let source = &rule.definition.condition;
            let condition = match (known, &words) {
                (Some((_, condition)), _) => condition,
                (None, Some(words)) => readable(&rule.id, source, words),
                (None, None) => None,
            };
            compiled.insert(rule.id.clone(), (rule.version, condition.clone()));
            rules.push(Rule {
                id: rule.id,
                tag: rule.definition.tag,
                reason: rule.definition.reason,
                condition,
            });
        }
        (self.rules, self.compiled) = (Rules(rules), compiled);
        Ok(())
    }

    /// Whether there are no rules.
    pub(crate) fn is_empty(&self) -> bool {
        self.rules.0.is_empty()
    }

    /// How far back the rules look at single orders.
    pub(crate) fn reach(&self) -> Reach {
        self.rules.reach()
    }

    /// Decides on people whose rows of evaluations are locked, and writes what comes of it. Their facts have the
    /// tags of afterwards then. Answers when each is due next, and what is to be announced.
    pub(crate) async fn give(
        &self,
        connection: &mut PgConnection,
        people: &[CustomerId],
        facts: &mut BTreeMap<CustomerId, Facts>,
        (clock, now): (&Clock, Timestamp),
    ) -> Result<(HashMap<CustomerId, Timestamp>, Vec<NewEvent>), SegmentError> {
        let ids: Vec<Uuid> = people.iter().map(|id| id.0).collect();
        let before = tag_rules::members(connection, &ids).await?;
        let none = BTreeSet::new();
        let (mut next, mut changes) = (HashMap::new(), Vec::new());
        let (mut entered, mut left) = (Vec::new(), Vec::new());
        for id in people {
            let before = before.get(id).unwrap_or(&none);
            let ruled = self.rules.decide(*id, before, facts.get(id), now);
            next.extend(ruled.next.map(|next| (*id, next)));
            let Ruled {
                entered: came,
                left: went,
                steps,
                ..
            } = ruled;
            entered.extend(came.into_iter().map(|rule| (*id, rule)));
            left.extend(went.into_iter().map(|rule| (*id, rule)));
            for step in steps {
                let change = change(step, clock.new_id(), now);
                if let Some(facts) = facts.get_mut(id) {
                    note(&mut facts.tags, &change);
                }
                changes.push(change);
            }
        }
        if !entered.is_empty() || !left.is_empty() {
            tag_rules::change_members(connection, &entered, &left).await?;
        }
        if !changes.is_empty() {
            tags::insert_ruled(connection, &changes).await?;
        }
        Ok((next, changes.iter().map(announce::tag).collect()))
    }
}

fn change(step: Step, id: Uuid, at: Timestamp) -> Change {
    Change {
        id,
        home: step.home,
        by: step.by,
        tag: step.tag,
        kind: step.kind,
        reason: step.reason,
        source: SOURCE.to_owned(),
        actor: step.actor,
        at,
    }
}

/// Puts a change in the place of the one before of the same tag under the same id.
fn note(latest: &mut Vec<Change>, change: &Change) {
    latest.retain(|it| it.home != change.home || it.tag != change.tag);
    latest.push(change.clone());
}

fn readable(id: &RuleId, source: &str, over: &Vocabulary) -> Option<Condition> {
    let condition = Condition::compile(source, over);
    condition
        .inspect_err(|error| {
            tracing::error!(rule = id.0, %error, "a rule gives and takes no tags: its condition is none any more");
        })
        .ok()
}
