//! Tags are put on and taken off, end by themselves, keep their history, and stay with the record that
//! they were put on when people are joined and parted.

use chassis::Clock;
use contract::patron::profile::v1 as proto;
use jiff::{SignedDuration, Timestamp};
use proto::{
    AddTagRequest, CustomerTags, GetCustomerTagsRequest, ListTagChangesRequest, RemoveTagRequest,
    TagAdded, TagChange, TagRemoved,
};
use tonic::{Code, Status};

use crate::harness::{Profile, fields, reason, request_id};
use crate::identities::{merge, unmerge};

pub(crate) fn adding(customer_id: &str, tag: &str) -> AddTagRequest {
    AddTagRequest {
        customer_id: customer_id.to_owned(),
        tag: tag.to_owned(),
        reason: "spends much".to_owned(),
        source: "agent".to_owned(),
        expire_time: None,
        request_id: request_id(),
    }
}

pub(crate) async fn add(profile: &Profile, request: AddTagRequest) -> Result<CustomerTags, Status> {
    Ok(profile.tags().add_tag(request).await?.into_inner())
}

pub(crate) async fn remove(
    profile: &Profile,
    customer_id: &str,
    tag: &str,
) -> Result<CustomerTags, Status> {
    let request = RemoveTagRequest {
        customer_id: customer_id.to_owned(),
        tag: tag.to_owned(),
        reason: "spends no more".to_owned(),
        source: "agent".to_owned(),
        request_id: request_id(),
    };
    Ok(profile.tags().remove_tag(request).await?.into_inner())
}

async fn tags(profile: &Profile, customer_id: &str) -> Vec<String> {
    let request = GetCustomerTagsRequest {
        customer_id: customer_id.to_owned(),
    };
    let got = profile.tags().get_customer_tags(request).await.unwrap();
    names(&got.into_inner())
}

fn names(tags: &CustomerTags) -> Vec<String> {
    tags.tags.iter().map(|tag| tag.tag.clone()).collect()
}

async fn history(profile: &Profile, customer_id: &str, page_size: i32) -> Vec<TagChange> {
    let mut request = ListTagChangesRequest {
        customer_id: customer_id.to_owned(),
        page_size,
        page_token: String::new(),
    };
    let mut changes = Vec::new();
    loop {
        let page = profile.tags().list_tag_changes(request.clone()).await;
        let page = page.unwrap().into_inner();
        changes.extend(page.changes);
        if page.next_page_token.is_empty() {
            return changes;
        }
        request.page_token = page.next_page_token;
    }
}

#[tokio::test]
async fn a_tag_is_put_on_replaced_and_taken_off_and_its_history_stays() {
    let profile = Profile::start().await;
    let anna = profile.customer().await;
    let request = adding(&anna, "vip");
    let tagged = add(&profile, request.clone()).await.unwrap();
    assert_eq!(names(&tagged), ["vip"]);
    assert_eq!(tagged.tags[0].actor, "user:somebody");
    assert_eq!(
        add(&profile, request).await.unwrap(),
        tagged,
        "the same request again"
    );

    let again = AddTagRequest {
        reason: "still spends much".to_owned(),
        ..adding(&anna, "vip")
    };
    let tagged = add(&profile, again).await.unwrap();
    assert_eq!(tagged.tags[0].reason, "still spends much");
    add(&profile, adding(&anna, "老客户")).await.unwrap();
    assert_eq!(
        names(&remove(&profile, &anna, "vip").await.unwrap()),
        ["老客户"]
    );
    let gone = remove(&profile, &anna, "vip").await.unwrap_err();
    assert_eq!(
        (gone.code(), reason(&gone).as_str()),
        (Code::NotFound, "TAG_NOT_FOUND")
    );

    let changes = history(&profile, &anna, 1).await;
    let told: Vec<_> = changes
        .iter()
        .map(|it| (it.kind().as_str_name(), it.tag.as_str()))
        .collect();
    let added = "KIND_ADDED";
    assert_eq!(
        told,
        [
            ("KIND_REMOVED", "vip"),
            (added, "老客户"),
            (added, "vip"),
            (added, "vip")
        ]
    );
    assert_eq!(changes[0].reason, "spends no more");
    assert_eq!(profile.payloads::<TagAdded>(&anna).await.len(), 3);
    assert_eq!(profile.payloads::<TagRemoved>(&anna).await.len(), 1);
}

#[tokio::test]
async fn a_tag_ends_at_its_instant() {
    let now: Timestamp = "2026-05-01T12:00:00Z".parse().unwrap();
    let clock = Clock::manual(now);
    let profile = Profile::start_with(clock.clone()).await;
    let anna = profile.customer().await;
    let end = now + SignedDuration::from_hours(1);
    let request = AddTagRequest {
        expire_time: Some(contract::time::timestamp(end)),
        ..adding(&anna, "today")
    };
    add(&profile, request.clone()).await.unwrap();
    clock.advance(SignedDuration::from_mins(59));
    assert_eq!(tags(&profile, &anna).await, ["today"]);
    clock.advance(SignedDuration::from_mins(1));
    assert_eq!(tags(&profile, &anna).await, [""; 0]);
    let late = AddTagRequest {
        request_id: request_id(),
        ..request
    };
    let refused = add(&profile, late).await.unwrap_err();
    assert_eq!(fields(&refused), ["expire_time"]);
}

#[tokio::test]
async fn who_is_joined_has_the_tags_of_both_and_each_its_own_when_parted() {
    let profile = Profile::start().await;
    let (anna, ann) = (profile.customer().await, profile.customer().await);
    add(&profile, adding(&anna, "vip")).await.unwrap();
    add(&profile, adding(&ann, "tea")).await.unwrap();
    let link = merge(&profile, &anna, &ann).await.unwrap().link.unwrap();
    assert_eq!(tags(&profile, &ann).await, ["tea", "vip"]);
    add(&profile, adding(&ann, "vip")).await.unwrap();
    assert_eq!(tags(&profile, &anna).await, ["tea", "vip"], "each once");
    assert_eq!(history(&profile, &anna, 2).await.len(), 3);

    unmerge(&profile, &anna, &link.link_id).await.unwrap();
    assert_eq!(tags(&profile, &anna).await, ["vip"]);
    assert_eq!(tags(&profile, &ann).await, ["tea", "vip"]);

    merge(&profile, &anna, &ann).await.unwrap();
    remove(&profile, &anna, "vip").await.unwrap();
    assert_eq!(tags(&profile, &ann).await, ["tea"], "wherever it stood");
}

#[tokio::test]
async fn a_tag_taken_off_while_two_are_one_is_off_for_both_and_only_for_whom_it_was_said_once_parted()
 {
    let profile = Profile::start().await;
    let (anna, ann) = (profile.customer().await, profile.customer().await);
    add(&profile, adding(&anna, "vip")).await.unwrap();
    add(&profile, adding(&ann, "vip")).await.unwrap();
    add(&profile, adding(&ann, "tea")).await.unwrap();
    let link = merge(&profile, &anna, &ann).await.unwrap().link.unwrap();
    let left = remove(&profile, &anna, "vip").await.unwrap();
    assert_eq!(names(&left), ["tea"], "wherever it stood");
    // Of what stands under the other alone, too.
    let left = remove(&profile, &anna, "tea").await.unwrap();
    assert_eq!(names(&left), [""; 0]);
    let told = profile.payloads::<TagRemoved>(&ann).await;
    let told: Vec<_> = told
        .iter()
        .map(|it| (&*it.tag, &it.by_customer_id))
        .collect();
    assert_eq!(told, [("vip", &anna), ("tea", &anna)]);
    let own = profile.payloads::<TagRemoved>(&anna).await;
    assert_eq!((own.len(), &own[0].by_customer_id), (1, &anna));
    assert_eq!(history(&profile, &ann, 2).await.len(), 6);

    unmerge(&profile, &anna, &link.link_id).await.unwrap();
    assert_eq!(tags(&profile, &anna).await, [""; 0]);
    assert_eq!(
        tags(&profile, &ann).await,
        ["tea", "vip"],
        "as if never joined"
    );
    assert_eq!(history(&profile, &anna, 2).await.len(), 2, "its own");
    assert_eq!(history(&profile, &ann, 2).await.len(), 2, "its own");

    // Joined again, it holds again; and what is put on since stands under whichever id.
    let link = merge(&profile, &anna, &ann).await.unwrap().link.unwrap();
    assert_eq!(tags(&profile, &ann).await, [""; 0]);
    add(&profile, adding(&ann, "vip")).await.unwrap();
    assert_eq!(tags(&profile, &anna).await, ["vip"]);
    let left = remove(&profile, &ann, "vip").await.unwrap();
    assert_eq!(names(&left), [""; 0]);
    unmerge(&profile, &anna, &link.link_id).await.unwrap();
    assert_eq!(tags(&profile, &ann).await, ["tea"]);
}

#[tokio::test]
async fn what_is_no_tag_or_one_too_many_is_refused() {
    let profile = Profile::start().await;
    let anna = profile.customer().await;
    for wrong in [" vip", "a\nb", "a\u{0}b"] {
        let refused = add(&profile, adding(&anna, wrong)).await.unwrap_err();
        assert_eq!(fields(&refused), ["tag"], "{wrong:?}");
    }
    let by_rule = AddTagRequest {
        source: "rule".to_owned(),
        ..adding(&anna, "vip")
    };
    assert_eq!(
        fields(&add(&profile, by_rule).await.unwrap_err()),
        ["source"]
    );
    for nth in 0..100 {
        add(&profile, adding(&anna, &format!("tag {nth}")))
            .await
            .unwrap();
    }
    let refused = add(&profile, adding(&anna, "one more")).await.unwrap_err();
    assert_eq!(reason(&refused), "TAG_LIMIT");
    assert!(add(&profile, adding(&anna, "tag 7")).await.is_ok());
}
