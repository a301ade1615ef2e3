//! Tags that a condition gives and takes.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::ids::CustomerId;
use super::segment::condition::{Condition, Reach};
use super::segment::facts::Facts;
use super::tag::{self, Change, Kind};

/// The most rules in use.
pub(crate) const MOST: i64 = 100;

/// The source of tags that a rule puts on. Nobody else may name it.
pub(crate) const SOURCE: &str = "rule";

/// Why a tag was taken back.
const OVER: &str = "the condition no longer holds";

/// A rule's id, as the contract has it: `^[a-z][a-z0-9_-]{0,63}$`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct RuleId(pub(crate) String);

/// What operators say of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Definition {
    pub(crate) tag: String,
    /// In CEL.
    pub(crate) condition: String,
    pub(crate) reason: String,
}

/// A rule as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TagRule {
    pub(crate) id: RuleId,
    /// 1, 2, 3 …
    pub(crate) version: i64,
    pub(crate) definition: Definition,
    pub(crate) archived: bool,
    /// Whether customers are still being looked at by this version for the first time.
    pub(crate) evaluating: bool,
    pub(crate) create_time: Timestamp,
    pub(crate) update_time: Timestamp,
}

/// A rule in use.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    pub(crate) id: RuleId,
    pub(crate) tag: String,
    pub(crate) reason: String,
    /// `None`: it is none for this version of Patron. What it gave stays as it is.
    pub(crate) condition: Option<Condition>,
}

/// The rules in use.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rules(pub(crate) Vec<Rule>);

/// Something that happens to a tag: under which id, and said for the one by which the person is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) home: CustomerId,
    pub(crate) by: CustomerId,
    pub(crate) tag: String,
    pub(crate) kind: Kind,
    pub(crate) reason: String,
    pub(crate) actor: String,
}

/// What is decided about a person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ruled {
    pub(crate) entered: Vec<RuleId>,
    pub(crate) left: Vec<RuleId>,
    pub(crate) steps: Vec<Step>,
    /// When the person is decided on again although nothing happens.
    pub(crate) next: Option<Timestamp>,
}

impl TagRule {
    /// The version as clients see it.
    pub(crate) fn etag(&self) -> String {
        self.version.to_string()
    }

    /// Whether `etag` is the current one; empty means any.
    pub(crate) fn has_etag(&self, etag: &str) -> bool {
        etag.is_empty() || etag == self.etag()
    }
}

impl Rules {
    /// How far back they look at single orders.
    pub(crate) fn reach(&self) -> Reach {
        let conditions = self.0.iter().filter_map(|rule| rule.condition.as_ref());
        conditions.map(Condition::reach).max().unwrap_or_default()
    }

    /// Decides on a person of whom the conditions `before` held. Without facts the id leads to another one: its
    /// tags are that one's now, who is decided on by itself. Which conditions held is kept until the two are parted, so that
    /// what somebody took off does not come back for having been away.
    pub(crate) fn decide(
        &self,
        person: CustomerId,
        before: &BTreeSet<RuleId>,
        facts: Option<&Facts>,
        now: Timestamp,
    ) -> Ruled {
        let mut ruled = Ruled::default();
        let Some(facts) = facts else { return ruled };
        let holding = self.holding(before, facts, now, &mut ruled.next);
        let is_out = |id: &&RuleId| !holding.iter().any(|rule| rule.id == **id);
        ruled.left = before.iter().filter(is_out).cloned().collect();
        let standing = tag::standing(&facts.tags, now);
        let mut given = BTreeSet::new();
        for rule in &holding {
            let is_new = !before.contains(&rule.id);
            let mut latest = facts.tags.iter();
            let own = latest.find(|it| it.home == person && it.tag == rule.tag);
            ruled.note_end(own, now);
            if is_to_give(own, is_new, now) && !given.contains(&rule.tag) {
                if standing.len().saturating_add(given.len()) >= tag::MOST {
                    // The next decision tries again.
                    continue;
                }
                given.insert(rule.tag.clone());
                ruled.steps.push(rule.gives(person));
            }
            if is_new {
                ruled.entered.push(rule.id.clone());
            }
        }
        let wanted: BTreeSet<&str> = holding.iter().map(|rule| rule.tag.as_str()).collect();
        ruled.steps.extend(taken(person, &facts.tags, &wanted, now));
        ruled
    }

    /// The rules whose condition holds; one that can't be read goes on as it was.
    fn holding(
        &self,
        before: &BTreeSet<RuleId>,
        facts: &Facts,
        now: Timestamp,
        next: &mut Option<Timestamp>,
    ) -> Vec<&Rule> {
        let mut holding = Vec::new();
        for rule in &self.0 {
            let holds = match &rule.condition {
                None => before.contains(&rule.id),
                Some(condition) => {
                    let verdict = condition.evaluate(facts, now);
                    *next = [*next, verdict.next].into_iter().flatten().min();
                    verdict.is_member()
                }
            };
            if holds {
                holding.push(rule);
            }
        }
        holding
    }
}

impl Rule {
    fn gives(&self, person: CustomerId) -> Step {
        Step {
            home: person,
            by: person,
            tag: self.tag.clone(),
            kind: Kind::Added { until: None },
            reason: self.reason.clone(),
            actor: format!("{SOURCE}:{}", self.id.0),
        }
    }
}

impl Ruled {
    /// What somebody has put on for a time is given for good afterwards.
    fn note_end(&mut self, own: Option<&Change>, now: Timestamp) {
        if let Some(Kind::Added { until: Some(until) }) = own.map(|own| own.kind) {
            let next = Some(until).filter(|until| *until > now);
            self.next = [self.next, next].into_iter().flatten().min();
        }
    }
}

/// Whether a tag is put on under the id by which the person is known. What stands under another one goes with it
/// when the two are parted, so it does not count.
fn is_to_give(own: Option<&Change>, is_new: bool, now: Timestamp) -> bool {
    let Some(own) = own else { return true };
    let is_by_hand = own.kind == Kind::Removed && own.source != SOURCE;
    !own.kind.holds(now) && (is_new || !is_by_hand)
}

/// What rules gave and none wants any more. What somebody put on anew since is theirs.
fn taken(
    person: CustomerId,
    latest: &[Change],
    wanted: &BTreeSet<&str>,
    now: Timestamp,
) -> Vec<Step> {
    let is_over = |change: &&Change| {
        let tag = change.tag.as_str();
        change.source == SOURCE && change.kind.holds(now) && !wanted.contains(tag)
    };
    let steps = latest.iter().filter(is_over).map(|change| Step {
        home: change.home,
        by: person,
        tag: change.tag.clone(),
        kind: Kind::Removed,
        reason: OVER.to_owned(),
        actor: change.actor.clone(),
    });
    steps.collect()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::segment::history_tests::{World, begin, words};

    fn rule(id: &str, tag: &str, condition: &str) -> Rule {
        Rule {
            id: RuleId(id.to_owned()),
            tag: tag.to_owned(),
            reason: "a test".to_owned(),
            condition: Condition::compile(condition, &words()).ok(),
        }
    }

    fn somebody() -> CustomerId {
        CustomerId(Uuid::from_u128(1))
    }

    fn ids(ids: &[&str]) -> BTreeSet<RuleId> {
        ids.iter().map(|&id| RuleId(id.to_owned())).collect()
    }

    fn put_on(facts: &mut Facts, tag: &str, source: &str) {
        facts.tags.push(Change {
            id: Uuid::from_u128(7),
            home: somebody(),
            by: somebody(),
            tag: tag.to_owned(),
            kind: Kind::Added { until: None },
            reason: String::new(),
            source: source.to_owned(),
            actor: "rule:one".to_owned(),
            at: begin(),
        });
    }

    fn kinds(ruled: &Ruled) -> Vec<(&str, bool)> {
        let steps = ruled.steps.iter();
        steps
            .map(|step| (step.tag.as_str(), step.kind != Kind::Removed))
            .collect()
    }

    const TRUE: &str = "orders.count >= 0";
    const FALSE: &str = "orders.count < 0";

    #[test]
    fn whoever_comes_in_is_given_the_tag_once_by_however_many_rules() {
        let rules = Rules(vec![rule("one", "vip", TRUE), rule("two", "vip", TRUE)]);
        let mut facts = World::new().facts().clone();
        let ruled = rules.decide(somebody(), &ids(&[]), Some(&facts), begin());
        assert_eq!(kinds(&ruled), [("vip", true)]);
        assert_eq!(ruled.entered.len(), 2);
        assert_eq!(ruled.steps[0].actor, "rule:one");
        // Somebody has taken it off since: it stays off.
        put_on(&mut facts, "vip", "agent");
        facts.tags[0].kind = Kind::Removed;
        let again = rules.decide(somebody(), &ids(&["one", "two"]), Some(&facts), begin());
        assert_eq!(
            again,
            Ruled {
                next: again.next,
                ..Ruled::default()
            }
        );
        facts.tags[0].kind = Kind::Added { until: None };
        let there = rules.decide(somebody(), &ids(&[]), Some(&facts), begin());
        assert_eq!((kinds(&there).len(), there.entered.len()), (0, 2));
    }

    #[test]
    fn a_rule_takes_what_rules_gave_when_none_of_them_holds_and_nothing_else() {
        let rules = Rules(vec![rule("one", "vip", FALSE), rule("two", "tea", TRUE)]);
        let mut facts = World::new().facts().clone();
        put_on(&mut facts, "vip", SOURCE);
        put_on(&mut facts, "tea", SOURCE);
        put_on(&mut facts, "cup", "agent");
        let ruled = rules.decide(somebody(), &ids(&["one", "two"]), Some(&facts), begin());
        assert_eq!(kinds(&ruled), [("vip", false)]);
        assert_eq!(ruled.left, [RuleId("one".to_owned())]);
        let none = Rules::default().decide(somebody(), &ids(&["one"]), Some(&facts), begin());
        assert_eq!(kinds(&none), [("vip", false), ("tea", false)]);
        let merged = rules.decide(somebody(), &ids(&["one"]), None, begin());
        assert_eq!(merged, Ruled::default());
        let unreadable = Rules(vec![Rule {
            condition: None,
            ..rule("one", "vip", TRUE)
        }]);
        let kept = unreadable.decide(somebody(), &ids(&["one"]), Some(&facts), begin());
        assert_eq!(kinds(&kept), [("tea", false)]);
    }

    #[test]
    fn what_is_taken_off_for_another_id_of_the_person_stays_off_and_is_given_when_it_holds_again() {
        let rules = Rules(vec![rule("one", "vip", TRUE)]);
        let mut facts = World::new().facts().clone();
        put_on(&mut facts, "vip", "agent");
        let other = CustomerId(Uuid::from_u128(2));
        (facts.tags[0].by, facts.tags[0].kind) = (other, Kind::Removed);
        let again = rules.decide(somebody(), &ids(&["one"]), Some(&facts), begin());
        assert_eq!(kinds(&again), []);
        let anew = rules.decide(somebody(), &ids(&[]), Some(&facts), begin());
        assert_eq!(kinds(&anew), [("vip", true)]);
        // What a rule takes is taken for the person: what stands under another id, while it is one of theirs.
        (facts.tags[0].by, facts.tags[0].home) = (other, other);
        facts.tags[0].kind = Kind::Added { until: None };
        SOURCE.clone_into(&mut facts.tags[0].source);
        let over = Rules::default().decide(somebody(), &ids(&["one"]), Some(&facts), begin());
        let places: Vec<_> = over.steps.iter().map(|it| (it.home, it.by)).collect();
        assert_eq!(places, [(other, somebody())]);
    }

    #[test]
    fn nobody_is_given_more_tags_than_a_person_can_have() {
        let rules = Rules(vec![rule("one", "vip", TRUE)]);
        let mut facts = World::new().facts().clone();
        for nth in 0..tag::MOST {
            put_on(&mut facts, &nth.to_string(), "agent");
        }
        let ruled = rules.decide(somebody(), &ids(&[]), Some(&facts), begin());
        assert_eq!((ruled.entered.len(), ruled.steps.len()), (0, 0));
    }
}
