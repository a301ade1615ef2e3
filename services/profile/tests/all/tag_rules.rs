//! A rule gives its tag and takes it back, as its condition follows what happens and follows time; what people do by
//! hand stays theirs.

use chassis::Clock;
use contract::patron::profile::v1 as proto;
use jiff::SignedDuration;
use proto::tag_change::Kind;
use proto::tag_rule::State;
use proto::{
    ArchiveTagRuleRequest, CreateTagRuleRequest, GetCustomerTagsRequest, GetTagRuleRequest,
    ListTagChangesRequest, ListTagRulesRequest, Tag, TagAdded, TagRemoved, TagRule,
    UpdateTagRuleRequest,
};
use tonic::Status;

use crate::harness::{Profile, fields, reason, request_id};
use crate::identities::{merge, unmerge};
use crate::segments::{buy, define as segment, members, noon, settled};
use crate::tags::{add, adding, remove};

const RECENT: &str = "orders.within_days(30).count > 0";

pub(crate) fn rule(tag_rule_id: &str, tag: &str, condition: &str) -> TagRule {
    TagRule {
        tag_rule_id: tag_rule_id.to_owned(),
        tag: tag.to_owned(),
        condition: condition.to_owned(),
        reason: "buys".to_owned(),
        ..TagRule::default()
    }
}

pub(crate) async fn define(profile: &Profile, rule: TagRule) -> Result<TagRule, Status> {
    let request = CreateTagRuleRequest {
        tag_rule: Some(rule),
        request_id: request_id(),
    };
    let made = profile.tag_rules().create_tag_rule(request).await?;
    Ok(made.into_inner())
}

async fn update(profile: &Profile, rule: TagRule) -> Result<TagRule, Status> {
    let request = UpdateTagRuleRequest {
        tag_rule: Some(rule),
        request_id: request_id(),
    };
    let made = profile.tag_rules().update_tag_rule(request).await?;
    Ok(made.into_inner())
}

async fn archive(profile: &Profile, id: &str) {
    let request = ArchiveTagRuleRequest {
        tag_rule_id: id.to_owned(),
        request_id: request_id(),
    };
    profile.tag_rules().archive_tag_rule(request).await.unwrap();
}

/// The tags once all is decided. A segment `any` is there to be asked whether it is.
async fn tags(profile: &Profile, customer_id: &str) -> Vec<Tag> {
    settled(profile, "any").await;
    let request = GetCustomerTagsRequest {
        customer_id: customer_id.to_owned(),
    };
    let got = profile.tags().get_customer_tags(request).await.unwrap();
    got.into_inner().tags
}

pub(crate) async fn names(profile: &Profile, customer_id: &str) -> Vec<String> {
    let tags = tags(profile, customer_id).await;
    tags.into_iter().map(|tag| tag.tag).collect()
}

async fn start(clock: &Clock) -> Profile {
    let profile = Profile::start_with(clock.clone()).await;
    segment(&profile, "any", "orders.count >= 0").await.unwrap();
    profile
}

#[tokio::test]
async fn a_tag_follows_its_condition_and_segments_follow_the_tag() {
    let clock = Clock::manual(noon());
    let profile = start(&clock).await;
    let anna = profile.customer().await;
    let made = define(&profile, rule("recent", "buyer", RECENT))
        .await
        .unwrap();
    assert_eq!(made.state(), State::Evaluating);
    segment(&profile, "tagged", "'buyer' in customer.tags")
        .await
        .unwrap();
    assert_eq!(names(&profile, &anna).await, [""; 0]);

    buy(&profile, &anna, "o-1", noon()).await;
    let given = tags(&profile, &anna).await;
    let given = &given[0];
    assert_eq!(
        (given.tag.as_str(), given.reason.as_str()),
        ("buyer", "buys")
    );
    assert_eq!(
        (given.source.as_str(), given.actor.as_str()),
        ("rule", "rule:recent")
    );
    assert_eq!(members(&profile, "tagged").await, [anna.as_str()]);

    clock.advance(SignedDuration::from_hours(24 * 30));
    assert_eq!(names(&profile, &anna).await, [""; 0]);
    assert_eq!(members(&profile, "tagged").await, [""; 0]);
    let request = ListTagChangesRequest {
        customer_id: anna.clone(),
        ..ListTagChangesRequest::default()
    };
    let told = profile.tags().list_tag_changes(request).await.unwrap();
    let told = told.into_inner().changes;
    let told: Vec<_> = told
        .iter()
        .map(|it| (it.kind(), it.source.as_str()))
        .collect();
    assert_eq!(told, [(Kind::Removed, "rule"), (Kind::Added, "rule")]);
    assert_eq!(profile.payloads::<TagAdded>(&anna).await.len(), 1);
    assert_eq!(
        profile.payloads::<TagRemoved>(&anna).await[0].source,
        "rule"
    );
}

#[tokio::test]
async fn what_people_put_on_is_never_taken_and_what_they_take_off_is_not_given_again() {
    let clock = Clock::manual(noon());
    let profile = start(&clock).await;
    let (anna, ben) = (profile.customer().await, profile.customer().await);
    add(&profile, adding(&anna, "buyer")).await.unwrap();
    define(&profile, rule("recent", "buyer", RECENT))
        .await
        .unwrap();
    for (customer, order) in [(&anna, "o-1"), (&ben, "o-2")] {
        buy(&profile, customer, order, noon()).await;
    }
    assert_eq!(tags(&profile, &anna).await[0].source, "agent");
    assert_eq!(names(&profile, &ben).await, ["buyer"]);
    remove(&profile, &ben, "buyer").await.unwrap();
    buy(&profile, &ben, "o-3", noon()).await;
    assert_eq!(names(&profile, &ben).await, [""; 0], "it stays off");

    clock.advance(SignedDuration::from_hours(24 * 30));
    assert_eq!(names(&profile, &anna).await, ["buyer"]);
    assert_eq!(names(&profile, &ben).await, [""; 0]);
    buy(&profile, &ben, "o-4", clock.now()).await;
    assert_eq!(names(&profile, &ben).await, ["buyer"], "it holds again");
}

#[tokio::test]
async fn a_tag_of_rules_follows_who_is_who() {
    let clock = Clock::manual(noon());
    let profile = start(&clock).await;
    let (anna, ann) = (profile.customer().await, profile.customer().await);
    define(&profile, rule("two", "regular", "orders.count >= 2"))
        .await
        .unwrap();
    define(&profile, rule("few", "rare", "orders.count == 1"))
        .await
        .unwrap();
    buy(&profile, &anna, "o-1", noon()).await;
    buy(&profile, &ann, "o-2", noon()).await;
    assert_eq!(names(&profile, &ann).await, ["rare"]);
    let link = merge(&profile, &anna, &ann).await.unwrap().link.unwrap();
    for customer in [&anna, &ann] {
        assert_eq!(names(&profile, customer).await, ["regular"]);
    }
    unmerge(&profile, &anna, &link.link_id).await.unwrap();
    for customer in [&anna, &ann] {
        assert_eq!(names(&profile, customer).await, ["rare"]);
    }
}

#[tokio::test]
async fn what_was_taken_off_stays_off_when_two_were_joined_meanwhile() {
    let clock = Clock::manual(noon());
    let profile = start(&clock).await;
    let (anna, ann) = (profile.customer().await, profile.customer().await);
    define(&profile, rule("buyers", "buyer", "orders.count >= 1"))
        .await
        .unwrap();
    buy(&profile, &anna, "o-1", noon()).await;
    buy(&profile, &ann, "o-2", noon()).await;
    assert_eq!(names(&profile, &ann).await, ["buyer"]);
    remove(&profile, &ann, "buyer").await.unwrap();
    let link = merge(&profile, &anna, &ann).await.unwrap().link.unwrap();
    assert_eq!(names(&profile, &ann).await, ["buyer"], "of the other");
    unmerge(&profile, &anna, &link.link_id).await.unwrap();
    assert_eq!(names(&profile, &anna).await, ["buyer"]);
    assert_eq!(names(&profile, &ann).await, [""; 0]);

    // Taken off for one of them, it is off for both, and stays with the other once they are parted.
    let link = merge(&profile, &anna, &ann).await.unwrap().link.unwrap();
    remove(&profile, &ann, "buyer").await.unwrap();
    buy(&profile, &ann, "o-3", noon()).await;
    assert_eq!(names(&profile, &anna).await, [""; 0], "it stays off");
    unmerge(&profile, &anna, &link.link_id).await.unwrap();
    assert_eq!(names(&profile, &anna).await, ["buyer"]);
    assert_eq!(names(&profile, &ann).await, [""; 0]);
}

#[tokio::test]
async fn a_rule_that_is_over_takes_back_what_it_gave_unless_another_gives_it_too() {
    let clock = Clock::manual(noon());
    let profile = start(&clock).await;
    let anna = profile.customer().await;
    for (id, tag) in [("one", "buyer"), ("two", "buyer"), ("three", "tea")] {
        define(&profile, rule(id, tag, RECENT)).await.unwrap();
    }
    buy(&profile, &anna, "o-1", noon()).await;
    assert_eq!(names(&profile, &anna).await, ["buyer", "tea"]);
    archive(&profile, "one").await;
    archive(&profile, "three").await;
    assert_eq!(names(&profile, &anna).await, ["buyer"]);
    let mut other = rule("two", "buyer", "orders.count > 1");
    assert_eq!(update(&profile, other.clone()).await.unwrap().etag, "2");
    assert_eq!(names(&profile, &anna).await, [""; 0]);

    other.tag = "vip".to_owned();
    let refused = update(&profile, other).await.unwrap_err();
    assert_eq!(fields(&refused), ["tag_rule.tag"]);
    let gone = update(&profile, rule("one", "buyer", RECENT)).await;
    assert_eq!(reason(&gone.unwrap_err()), "TAG_RULE_ARCHIVED");
    let request = ListTagRulesRequest::default();
    let in_use = profile.tag_rules().list_tag_rules(request).await.unwrap();
    assert_eq!(in_use.into_inner().tag_rules.len(), 1);
    let request = GetTagRuleRequest {
        tag_rule_id: "one".to_owned(),
    };
    let over = profile.tag_rules().get_tag_rule(request).await.unwrap();
    assert_eq!(over.into_inner().state(), State::Archived);
}

#[tokio::test]
async fn a_condition_of_a_rule_reads_no_tags_and_is_told_what_is_wrong_with_it() {
    let profile = Profile::start().await;
    for wrong in ["'vip' in customer.tags", "orders.cont > 1"] {
        let refused = define(&profile, rule("wrong", "vip", wrong))
            .await
            .unwrap_err();
        assert_eq!(reason(&refused), "SEGMENT_CONDITION_INVALID", "{wrong}");
        assert_eq!(fields(&refused), ["tag_rule.condition"]);
    }
    let refused = define(&profile, rule("wrong", " vip", RECENT))
        .await
        .unwrap_err();
    assert_eq!(fields(&refused), ["tag_rule.tag"]);
}
