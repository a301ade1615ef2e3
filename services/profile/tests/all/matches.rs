//! Who may be one person: merged by the policy, or asked about; and whoever was said to be two stays two.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use contract::patron::loyalty::v1::Balance;
use contract::patron::profile::v1 as proto;
use profile::Balances;
use proto::decide_match_review_request::Decision as Ruling;
use proto::match_preview::Decision;
use proto::match_review::State;
use proto::{
    Customer, DecideMatchReviewRequest, DecideMatchReviewResponse, ListLinksRequest,
    ListMatchReviewsRequest, MatchPolicy, MatchReview, PreviewMatchPolicyRequest,
    PreviewMatchPolicyResponse, UpdateCustomerRequest, UpdateMatchPolicyRequest,
};
use tonic::{Code, Status};
use uuid::Uuid;

use crate::consents::{decide as consent, grant};
use crate::harness::{Profile, fields, identifier, metadata, order, reason, request_id, until};
use crate::identities::{get, make, merge, unmerge};
use crate::segments;

/// A policy that merges from a score on; 0: never.
fn merging_from(merge_from_permille: i32) -> MatchPolicy {
    MatchPolicy {
        merge_from_permille,
        review_from_permille: 600,
        most_merges: 1000,
        ..MatchPolicy::default()
    }
}

async fn put(profile: &Profile, policy: MatchPolicy) -> Result<MatchPolicy, Status> {
    let request = UpdateMatchPolicyRequest {
        policy: Some(policy),
        request_id: request_id(),
        validate_only: false,
    };
    let put = profile.matches().update_match_policy(request).await?;
    Ok(put.into_inner())
}

async fn preview(profile: &Profile, policy: MatchPolicy) -> PreviewMatchPolicyResponse {
    let request = PreviewMatchPolicyRequest {
        policy: Some(policy),
        ..Default::default()
    };
    let shown = profile.matches().preview_match_policy(request).await;
    shown.unwrap().into_inner()
}

pub(crate) async fn reviews(profile: &Profile) -> Vec<MatchReview> {
    let request = ListMatchReviewsRequest::default();
    let listed = profile.matches().list_match_reviews(request).await;
    listed.unwrap().into_inner().reviews
}

/// The pairs that wait, once there are so many.
pub(crate) async fn waiting(profile: &Profile, count: usize) -> Vec<MatchReview> {
    let look = async || Some(reviews(profile).await).filter(|found| found.len() == count);
    until("the pairs wait", look).await
}

fn ruling(ids: &[String; 2], ruling: Ruling) -> DecideMatchReviewRequest {
    let [customer_id, matched_customer_id] = ids.clone();
    DecideMatchReviewRequest {
        customer_id,
        matched_customer_id,
        decision: ruling.into(),
        reason: "asked them".to_owned(),
        request_id: request_id(),
    }
}

async fn decide(
    profile: &Profile,
    request: DecideMatchReviewRequest,
) -> Result<DecideMatchReviewResponse, Status> {
    let decided = profile.matches().decide_match_review(request).await?;
    Ok(decided.into_inner())
}

/// Two customers with the same e-mail address and phone, each written in two ways, once without its country: 880 thousandths. Names
/// differ by pair. The older first.
pub(crate) async fn twins(profile: &Profile, name: &str) -> [String; 2] {
    twins_with(profile, name, [None, None]).await
}

async fn twins_with(profile: &Profile, name: &str, cards: [Option<&str>; 2]) -> [String; 2] {
    let number: u32 = name.bytes().map(u32::from).sum();
    let written = [
        (
            format!("{name}@example.com"),
            format!("+33 6 1234 {number:04}"),
        ),
        (
            format!("{name}+shop@example.com"),
            format!("061234-{number:04}"),
        ),
    ];
    let mut ids = Vec::new();
    for ((email, phone), card) in written.into_iter().zip(cards) {
        let mut identifiers = vec![identifier("email", &email), identifier("phone", &phone)];
        identifiers.extend(card.map(|card| identifier("member_card", card)));
        let customer = Customer {
            display_name: email,
            identifiers,
            ..Customer::default()
        };
        ids.push(make(profile, customer).await.customer_id);
    }
    ids.try_into().unwrap()
}

/// Half as sure: the phone alone, 600 thousandths.
async fn same_phone(profile: &Profile, number: &str) -> [String; 2] {
    let mut ids = Vec::new();
    for written in [format!("+33 {number}"), format!("0{number}")] {
        let customer = Customer {
            identifiers: vec![identifier("phone", &written)],
            ..Customer::default()
        };
        ids.push(make(profile, customer).await.customer_id);
    }
    ids.try_into().unwrap()
}

async fn until_one(profile: &Profile, [older, newer]: &[String; 2]) {
    let look = async || (get(profile, newer).await.customer_id == *older).then_some(());
    until("the two are one", look).await;
}

/// Changes something of a customer, so that it is compared anew.
pub(crate) async fn touch(profile: &Profile, customer_id: &str, brand: &str) {
    let customer = Customer {
        customer_id: customer_id.to_owned(),
        brand: brand.to_owned(),
        ..Customer::default()
    };
    let request = UpdateCustomerRequest {
        customer: Some(customer),
        update_mask: Some(prost_types::FieldMask {
            paths: vec!["brand".to_owned()],
        }),
        request_id: request_id(),
        validate_only: false,
    };
    profile.customers().update_customer(request).await.unwrap();
}

/// Until the service has heard of all that it has announced.
pub(crate) async fn until_heard(profile: &Profile) {
    let unheard = "SELECT count(*) FROM (
             SELECT subject_id, max(subject_version) AS version FROM outbox GROUP BY subject_id
         ) AS told LEFT JOIN consumer_subjects AS heard USING (subject_id)
         WHERE heard.version IS NULL OR heard.version < told.version";
    let look = async || (profile.count(unheard).await == 0).then_some(());
    until("all is heard", look).await;
}

#[tokio::test]
async fn a_sure_pair_is_merged_by_the_policy_and_never_again_once_it_was_parted() {
    let profile = Profile::start().await;
    let pair = twins(&profile, "ada").await;
    let [older, newer] = &pair;
    let waits = waiting(&profile, 1).await.remove(0);
    assert_eq!(waits.state(), State::Waiting);
    let found = waits.pair.unwrap();
    assert_eq!(
        (&found.customer_id, &found.matched_customer_id),
        (older, newer)
    );
    assert_eq!((found.score_permille, found.evidence.len()), (880, 2));
    // Nothing is merged by the policy that Patron begins with.
    assert_eq!(&get(&profile, newer).await.customer_id, newer);
    let policy = put(&profile, merging_from(880)).await.unwrap();
    assert_eq!(policy.etag, "1");
    until_one(&profile, &pair).await;
    let request = ListLinksRequest {
        customer_id: newer.clone(),
        ..Default::default()
    };
    let links = profile.identities().list_links(request).await.unwrap();
    let link = links.into_inner().links.remove(0);
    assert_eq!(link.kind(), proto::link::Kind::Rule);
    assert_eq!(
        (link.score_permille, link.made_by.as_str()),
        (880, "match-policy")
    );
    assert_eq!(link.reason, "match policy 1, score 880");
    let refused = decide(&profile, ruling(&pair, Ruling::Accept))
        .await
        .unwrap_err();
    assert_eq!(reason(&refused), "MATCH_ALREADY_DECIDED");
    assert_eq!(metadata(&refused, "state"), "MERGED");

    unmerge(&profile, older, &link.link_id).await.unwrap();
    until_heard(&profile).await;
    touch(&profile, older, "shop").await;
    touch(&profile, newer, "shop").await;
    until_heard(&profile).await;
    assert_eq!(reviews(&profile).await, []);
    let again = decide(&profile, ruling(&pair, Ruling::Accept)).await;
    assert_eq!(reason(&again.unwrap_err()), "MATCH_REVIEW_NOT_FOUND");
    // The next pass merges others, and not these.
    until_one(&profile, &twins(&profile, "eve").await).await;
    assert_eq!(&get(&profile, newer).await.customer_id, newer);
}

/// Tells the same of everybody, or nothing at all.
#[derive(Debug)]
struct Loyalty {
    answers: bool,
}

#[async_trait]
impl Balances for Loyalty {
    async fn of(&self, customer_id: Uuid, _: Duration) -> Result<Vec<Balance>, Status> {
        if !self.answers {
            return Err(Status::unavailable("loyalty is down"));
        }
        let [.., last] = customer_id.into_bytes();
        Ok(vec![Balance {
            point_currency: "POINTS".to_owned(),
            available: last.into(),
            debt: 1,
            ..Balance::default()
        }])
    }
}

#[tokio::test]
async fn a_preview_tells_what_people_have_in_points_or_that_nobody_could_say() {
    for answers in [true, false] {
        let profile = Profile::start_with_balances(Arc::new(Loyalty { answers })).await;
        let pair = twins(&profile, "ada").await;
        let apart = twins_with(&profile, "eve", [Some("a"), Some("b")]).await;
        waiting(&profile, 2).await;
        let shown = preview(&profile, merging_from(0)).await;
        assert_eq!(
            (shown.pairs.len(), shown.balances_unavailable),
            (2, !answers)
        );
        for found in shown.pairs {
            let [older, newer] = if found.pair.unwrap().customer_id == pair[0] {
                pair.clone()
            } else {
                // The two can't be one: nothing would add up.
                assert_eq!(found.balances, []);
                assert_ne!(apart[0], pair[0]);
                continue;
            };
            let told = found.balances.iter();
            let told: Vec<_> = told
                .map(|it| (it.customer_id.clone(), it.available, it.debt))
                .collect();
            let last = |id: &str| i64::from(Uuid::parse_str(id).unwrap().into_bytes()[15]);
            let all = [older, newer].map(|id| (id.clone(), last(&id), 1));
            assert_eq!(told, if answers { all.to_vec() } else { Vec::new() });
        }
    }
}

#[tokio::test]
async fn a_preview_shows_which_segments_people_would_come_into_and_leave() {
    let profile = Profile::start().await;
    let [older, newer] = twins(&profile, "ada").await;
    for (id, order_id) in [(&older, "o-1"), (&newer, "o-2")] {
        let bought = order(id, order_id, &[(1, 500)]);
        profile.record_order(bought).await.unwrap();
    }
    touch(&profile, &older, "north").await;
    let brand = "customer.brand == \"north\"";
    let conditions = [
        ("pairs", "orders.count >= 2"),
        ("once", "orders.count == 1"),
        ("north", brand),
        ("nobody", "orders.count > 9"),
    ];
    for (id, condition) in conditions {
        segments::define(&profile, id, condition).await.unwrap();
        segments::settled(&profile, id).await;
    }
    waiting(&profile, 1).await;
    let shown = preview(&profile, merging_from(700)).await;
    let [pair] = <[_; 1]>::try_from(shown.pairs).unwrap();
    let moves = pair.changed_segments.into_iter();
    let mut moves: Vec<_> = moves
        .map(|it| (it.customer_id, it.segment_id, it.enters))
        .collect();
    moves.sort();
    let expect = |id: &String, segment: &str, enters| (id.clone(), segment.to_owned(), enters);
    let expected = [
        expect(&older, "once", false),
        expect(&older, "pairs", true),
        expect(&newer, "north", true),
        expect(&newer, "once", false),
        expect(&newer, "pairs", true),
    ];
    assert_eq!(moves, expected);
}

#[tokio::test]
async fn two_who_were_parted_stay_two_whatever_is_joined_to_them() {
    let profile = Profile::start().await;
    let eldest = make(&profile, Customer::default()).await.customer_id;
    let [older, newer] = twins(&profile, "ada").await;
    let merged = merge(&profile, &older, &newer).await.unwrap();
    let link_id = merged.link.unwrap().link_id;
    unmerge(&profile, &older, &link_id).await.unwrap();
    // The newer is known under an older id from now on.
    merge(&profile, &newer, &eldest).await.unwrap();
    touch(&profile, &older, "shop").await;
    put(&profile, merging_from(600)).await.unwrap();
    until_heard(&profile).await;
    until_one(&profile, &twins(&profile, "eve").await).await;
    assert_eq!(get(&profile, &older).await.merged_customer_ids, [""; 0]);
    assert_eq!(reviews(&profile).await, []);
}

#[tokio::test]
async fn a_preview_shows_each_pair_with_what_would_change_and_changes_nothing() {
    let profile = Profile::start().await;
    let [older, newer] = twins(&profile, "ada").await;
    let phone = same_phone(&profile, "6 13 32 96 00").await;
    consent(&profile, &older, vec![grant("marketing", "post")])
        .await
        .unwrap();
    waiting(&profile, 2).await;
    let shown = preview(&profile, merging_from(700)).await;
    assert_eq!((shown.merges, shown.reviews), (1, 1));
    let [sure, unsure] = <[_; 2]>::try_from(shown.pairs).unwrap();
    assert_eq!(
        (sure.decision(), unsure.decision()),
        (Decision::Merge, Decision::Review)
    );
    assert_eq!(unsure.pair.unwrap().customer_id, phone[0]);
    let changed = sure.changed_fields.iter();
    let changed: Vec<_> = changed
        .map(|it| (it.customer_id.clone(), it.field.as_str()))
        .collect();
    assert!(
        changed.contains(&(older.clone(), "display_name")),
        "{changed:?}"
    );
    assert!(
        !changed.contains(&(newer.clone(), "display_name")),
        "the newer name stays"
    );
    let [narrowed] = <[_; 1]>::try_from(sure.narrowed_consents).unwrap();
    assert_eq!(
        (&narrowed.customer_id, narrowed.channel.as_str()),
        (&older, "post")
    );
    assert_eq!(narrowed.before(), proto::preference::State::Granted);
    assert_eq!(narrowed.after(), proto::preference::State::NotAsked);
    assert_eq!(get(&profile, &newer).await.customer_id, newer);
    let policy = profile
        .matches()
        .get_match_policy(proto::GetMatchPolicyRequest {})
        .await;
    assert_eq!(policy.unwrap().into_inner().etag, "0");
    // Pages go on where they ended, and are pages of this policy alone.
    let mut request = PreviewMatchPolicyRequest {
        policy: Some(merging_from(700)),
        page_size: 1,
        page_token: String::new(),
    };
    let first = profile
        .matches()
        .preview_match_policy(request.clone())
        .await;
    request.page_token = first.unwrap().into_inner().next_page_token;
    let second = profile
        .matches()
        .preview_match_policy(request.clone())
        .await;
    let second = second.unwrap().into_inner();
    assert_eq!(second.pairs[0].pair.as_ref().unwrap().customer_id, phone[0]);
    assert_eq!((second.next_page_token.as_str(), second.merges), ("", 1));
    request.policy = Some(merging_from(900));
    let refused = profile.matches().preview_match_policy(request).await;
    assert_eq!(refused.unwrap_err().code(), Code::InvalidArgument);
}

#[tokio::test]
async fn a_policy_that_would_merge_too_many_at_once_is_refused_by_name() {
    let profile = Profile::start().await;
    for name in ["ada", "eve"] {
        twins(&profile, name).await;
    }
    waiting(&profile, 2).await;
    let narrow = MatchPolicy {
        most_merges: 1,
        ..merging_from(880)
    };
    let refused = put(&profile, narrow.clone()).await.unwrap_err();
    assert_eq!(refused.code(), Code::FailedPrecondition);
    assert_eq!(reason(&refused), "MATCH_POLICY_TOO_BROAD");
    let told = ["merges", "most_merges"].map(|key| metadata(&refused, key));
    assert_eq!(told, ["2", "1"]);
    let checked = UpdateMatchPolicyRequest {
        policy: Some(narrow.clone()),
        request_id: request_id(),
        validate_only: true,
    };
    let checked = profile.matches().update_match_policy(checked).await;
    assert_eq!(reason(&checked.unwrap_err()), "MATCH_POLICY_TOO_BROAD");
    let strict = MatchPolicy {
        merge_from_permille: 881,
        ..narrow
    };
    assert_eq!(put(&profile, strict.clone()).await.unwrap().etag, "1");
    let stale = MatchPolicy {
        etag: "0".to_owned(),
        ..strict
    };
    assert_eq!(
        reason(&put(&profile, stale).await.unwrap_err()),
        "ETAG_MISMATCH"
    );
    let unasked = put(&profile, merging_from(599)).await.unwrap_err();
    assert_eq!(fields(&unasked), ["policy.merge_from_permille"]);
    assert_eq!(waiting(&profile, 2).await.len(), 2);
}

#[tokio::test]
async fn a_pair_that_can_t_be_merged_waits_with_the_reason_until_somebody_rejects_it() {
    let profile = Profile::start().await;
    let pair = twins_with(&profile, "ada", [Some("card-1"), Some("card-2")]).await;
    waiting(&profile, 1).await;
    let shown = preview(&profile, merging_from(600)).await;
    assert_eq!(
        (shown.merges, shown.pairs[0].decision()),
        (0, Decision::Review)
    );
    put(&profile, merging_from(600)).await.unwrap();
    until_one(&profile, &twins(&profile, "eve").await).await;
    let waits = waiting(&profile, 1).await.remove(0);
    assert_eq!(waits.pair.unwrap().refusal, "SECOND_VALUE");
    let refused = decide(&profile, ruling(&pair, Ruling::Accept))
        .await
        .unwrap_err();
    assert_eq!(reason(&refused), "SECOND_VALUE");
    let rejected = decide(&profile, ruling(&pair, Ruling::Reject))
        .await
        .unwrap();
    assert_eq!((rejected.link, rejected.customer), (None, None));
    let review = rejected.review.unwrap();
    assert_eq!(
        (review.state(), review.reason.as_str()),
        (State::Rejected, "asked them")
    );
    assert_eq!(review.decided_by, "user:somebody");
    assert_eq!(reviews(&profile).await, []);
    for customer_id in &pair {
        touch(&profile, customer_id, "shop").await;
    }
    until_heard(&profile).await;
    assert_eq!(reviews(&profile).await, []);
    let again = decide(&profile, ruling(&pair, Ruling::Accept))
        .await
        .unwrap_err();
    assert_eq!(metadata(&again, "state"), "REJECTED");
}

#[tokio::test]
async fn the_queue_pages_from_the_likeliest_and_an_accepted_pair_is_merged_once() {
    let profile = Profile::start().await;
    let phone = same_phone(&profile, "6 13 32 96 00").await;
    let mut sure = Vec::new();
    for name in ["ada", "eve"] {
        sure.push(twins(&profile, name).await);
    }
    waiting(&profile, 3).await;
    let mut request = ListMatchReviewsRequest {
        page_size: 1,
        page_token: String::new(),
    };
    let mut listed = Vec::new();
    loop {
        let page = profile.matches().list_match_reviews(request.clone()).await;
        let page = page.unwrap().into_inner();
        let pairs = page.reviews.into_iter().filter_map(|it| it.pair);
        listed.extend(pairs.map(|it| (it.score_permille, it.customer_id)));
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            break;
        }
    }
    let expected = [
        (880, sure[1][0].clone()),
        (880, sure[0][0].clone()),
        (600, phone[0].clone()),
    ];
    assert_eq!(listed, expected);
    // Named in either order, and asked twice.
    let [older, newer] = phone;
    let accept = ruling(&[newer.clone(), older.clone()], Ruling::Accept);
    let accepted = decide(&profile, accept.clone()).await.unwrap();
    assert_eq!(decide(&profile, accept).await.unwrap(), accepted);
    assert_eq!(accepted.link.unwrap().kind(), proto::link::Kind::ByHand);
    assert_eq!(accepted.customer.unwrap().merged_customer_ids, [newer]);
    assert_eq!(reviews(&profile).await.len(), 2);
    // Joined by hand, a pair leaves the queue too.
    let [one, other] = &sure[0];
    merge(&profile, one, other).await.unwrap();
    assert_eq!(
        waiting(&profile, 1).await[0]
            .pair
            .as_ref()
            .unwrap()
            .customer_id,
        sure[1][0]
    );
    let gone = decide(&profile, ruling(&sure[0], Ruling::Accept))
        .await
        .unwrap_err();
    assert_eq!(reason(&gone), "MATCH_REVIEW_NOT_FOUND");
}
