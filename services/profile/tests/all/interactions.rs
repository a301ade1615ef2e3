//! Interactions: streamed, late, again, wrong ones among them; and one timeline of all of it, over years.

use contract::patron::profile::v1 as proto;
use jiff::{SignedDuration, Timestamp};
use proto::interaction::Kind;
use proto::timeline_entry::Activity;
use proto::{Identifier, Interaction, RecordInteractionsRequest, RecordInteractionsResponse};

use crate::harness::{Profile, identifier, order};
use crate::identities::{link, unmerge};

pub(crate) fn at(customer_id: &str, id: &str, time: &str) -> Interaction {
    let time: Timestamp = time.parse().unwrap();
    Interaction {
        source: "web".to_owned(),
        interaction_id: id.to_owned(),
        customer_id: customer_id.to_owned(),
        kind: Kind::PageView.into(),
        channel: "online".to_owned(),
        occur_time: Some(contract::time::timestamp(time)),
        ..Interaction::default()
    }
}

pub(crate) fn request(interaction: Interaction) -> RecordInteractionsRequest {
    RecordInteractionsRequest {
        interaction: Some(interaction),
        ..RecordInteractionsRequest::default()
    }
}

fn by(identifier: Identifier, interaction: Interaction) -> RecordInteractionsRequest {
    RecordInteractionsRequest {
        identifier: Some(identifier),
        ..request(interaction)
    }
}

pub(crate) async fn record(
    profile: &Profile,
    sent: Vec<RecordInteractionsRequest>,
) -> RecordInteractionsResponse {
    let sent = futures_util::stream::iter(sent);
    let answer = profile.interactions().record_interactions(sent).await;
    answer.unwrap().into_inner()
}

fn counts(answer: &RecordInteractionsResponse) -> (i64, i64, i64) {
    (
        answer.recorded_count,
        answer.already_recorded_count,
        answer.refused_count,
    )
}

/// What stands in a timeline, by the ids that the sources gave, in pages of this size.
pub(crate) async fn timeline(profile: &Profile, customer_id: &str, page_size: i32) -> Vec<String> {
    let mut all = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = proto::ListTimelineRequest {
            customer_id: customer_id.to_owned(),
            page_size,
            page_token,
        };
        let page = profile
            .activities()
            .list_timeline(request)
            .await
            .unwrap()
            .into_inner();
        all.extend(
            page.entries
                .into_iter()
                .map(|entry| match entry.activity.unwrap() {
                    Activity::Order(order) => order.order_id,
                    Activity::Return(content) => content.return_id,
                    Activity::Interaction(it) => it.interaction_id,
                }),
        );
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return all;
        }
    }
}

#[tokio::test]
async fn a_stream_is_recorded_once_and_wrong_ones_hold_up_nobody() {
    let profile = Profile::start().await;
    let anna = profile.customer().await;
    let usual = || at(&anna, "1", "2025-03-09T10:00:00Z");
    let told = Interaction {
        kind: Kind::Call.into(),
        duration_seconds: 90,
        properties: vec![proto::InteractionProperty {
            name: "line".to_owned(),
            value: "2".to_owned(),
        }],
        ..at(&anna, "2", "2025-03-09T11:00:00Z")
    };
    let nobody = "0190a000-0000-7000-8000-000000000000";
    let sent = vec![
        request(usual()),
        request(told.clone()),
        request(usual()),
        request(Interaction {
            reference: "other".to_owned(),
            ..usual()
        }),
        request(at(&anna, "3", "1970-01-01T00:00:00Z")),
        request(at(&anna, "4", "2099-01-01T00:00:00Z")),
        request(Interaction {
            kind: 99,
            ..at(&anna, "5", "2025-03-09T10:00:00Z")
        }),
        request(at(nobody, "6", "2025-03-09T10:00:00Z")),
        RecordInteractionsRequest::default(),
        by(
            identifier("phone", "p1"),
            at("", "7", "2025-03-09T10:00:00Z"),
        ),
        by(
            identifier("phone", "p1"),
            at("", "8", "2025-03-09T10:00:00Z"),
        ),
        by(
            identifier("phone", "null"),
            at("", "9", "2025-03-09T10:00:00Z"),
        ),
    ];
    let answer = record(&profile, sent.clone()).await;
    assert_eq!(counts(&answer), (4, 1, 7));
    let refused: Vec<_> = answer.refusals.iter().map(|it| it.index).collect();
    assert_eq!(
        refused,
        [4, 5, 6, 8, 11, 3, 7],
        "those that make no sense in themselves come first"
    );
    let again = record(&profile, sent).await;
    assert_eq!(counts(&again), (0, 5, 7));
    assert_eq!(timeline(&profile, &anna, 50).await, ["2", "1"]);
    assert_eq!(profile.count("SELECT count(*) FROM interactions").await, 4);
    assert_eq!(profile.count("SELECT count(*) FROM customers").await, 2);
    let page = proto::ListTimelineRequest {
        customer_id: anna.clone(),
        ..Default::default()
    };
    let page = profile
        .activities()
        .list_timeline(page)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(page.entries[0].activity, Some(Activity::Interaction(told)));
    assert_eq!(page.entries[0].channel, "online");
}

#[tokio::test]
async fn ten_years_are_paged_through_in_order_whatever_is_merged_and_unmerged() {
    let profile = Profile::start().await;
    let (anna, ann) = (profile.customer().await, profile.customer().await);
    let begin: Timestamp = "2015-01-31T12:00:00Z".parse().unwrap();
    let time = |month: i64| (begin + SignedDuration::from_hours(24 * 30 * month)).to_string();
    let of = |who: &str, name: &'static str, months: Vec<i64>| {
        let who = who.to_owned();
        let one = move |month| request(at(&who, &format!("{name}{month:03}"), &time(month)));
        months.into_iter().map(one).collect::<Vec<_>>()
    };
    // The latest come first, and some years have none.
    let months = (0..120).rev().filter(|month| !(30..70).contains(month));
    let mut sent = of(
        &anna,
        "a",
        months.clone().filter(|it| it % 2 == 0).collect(),
    );
    sent.extend(of(&ann, "b", months.filter(|it| it % 2 == 1).collect()));
    assert_eq!(counts(&record(&profile, sent).await), (80, 0, 0));
    profile
        .record_order(order(&anna, "zz-order", &[(1, 5)]))
        .await
        .unwrap();
    let annas = timeline(&profile, &anna, 7).await;
    assert_eq!(annas.len(), 41);
    let link_id = link(&profile, &anna, &ann).await;
    let both = timeline(&profile, &ann, 9).await;
    assert_eq!(both.len(), 81);
    let place = |id: &String| id[1..].parse::<i32>().unwrap_or(1_000);
    assert!(both.iter().map(place).rev().is_sorted(), "{both:?}");
    unmerge(&profile, &anna, &link_id).await.unwrap();
    assert_eq!(timeline(&profile, &anna, 3).await, annas);
    assert_eq!(timeline(&profile, &ann, 100).await.len(), 40);
    let rest = profile
        .count("SELECT count(*) FROM interactions_rest")
        .await;
    assert_eq!(rest, 0, "each month has a partition");
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_that_tell_the_same_at_once_record_it_once() {
    let profile = Profile::start().await;
    let all: Vec<_> = (0..300)
        .map(|it| {
            by(
                identifier("phone", &format!("p{}", it % 40)),
                at("", &it.to_string(), "2025-03-09T10:00:00Z"),
            )
        })
        .collect();
    let mut backwards = all.clone();
    backwards.reverse();
    let (one, other) = tokio::join!(record(&profile, all), record(&profile, backwards));
    assert_eq!(one.recorded_count + other.recorded_count, 300);
    assert_eq!(
        one.already_recorded_count + other.already_recorded_count,
        300
    );
    assert_eq!(profile.count("SELECT count(*) FROM customers").await, 40);
    assert_eq!(
        profile.count("SELECT count(*) FROM interactions").await,
        300
    );
}

/// Streams so many interactions of so many people, and answers how many were recorded.
pub(crate) async fn record_many(profile: &Profile, count: usize, people: i32) -> i64 {
    let people = usize::try_from(people).unwrap();
    let one = move |nth: usize| {
        let minute = nth % 60;
        let time = format!("2025-03-09T10:{minute:02}:00Z");
        by(
            identifier("phone", &format!("p{}", nth % people)),
            at("", &nth.to_string(), &time),
        )
    };
    let sent = futures_util::stream::iter((0..count).map(one));
    let answer = profile.interactions().record_interactions(sent).await;
    answer.unwrap().into_inner().recorded_count
}
