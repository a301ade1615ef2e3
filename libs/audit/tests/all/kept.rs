//! No answer without an entry, and no entry that gets lost.

use std::time::Duration;

use contract::patron::audit::v1::ListAuditEntriesRequest;
use contract::patron::audit::v1::audit_entry::Kind;
use contract::patron::events::v1::event_admin_service_client::EventAdminServiceClient;
use contract::patron::events::v1::{
    ListConsumerCursorsRequest, ReplayDeadLettersRequest, SkipDeadLetterRequest,
};
use futures_util::future::join_all;
use tonic::Code;
use tonic_types::StatusExt as _;
use uuid::Uuid;

use crate::world::{World, by, verify, with};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

#[tokio::test]
async fn an_entry_tells_who_what_whose_which_fields_why_and_how_it_ended_and_no_value() {
    let world = World::start().await;
    let customer_id = Uuid::from_u128(5);
    let request = ListAuditEntriesRequest {
        customer_id: customer_id.to_string(),
        actor: "user:suspect".to_owned(),
        ..Default::default()
    };
    let request = with(by("ann", request), "patron-purpose", "ticket/4711");
    let parent = format!("00-{TRACE}-00f067aa0ba902b7-01");
    world
        .list(with(request, "traceparent", &parent))
        .await
        .unwrap();
    let mut letters = EventAdminServiceClient::new(world.channel.clone());
    let skip = SkipDeadLetterRequest {
        service: "test".to_owned(),
        event_id: Uuid::from_u128(6).to_string(),
        reason: "Ann says that 13812345678 is wrong".to_owned(),
    };
    letters.skip_dead_letter(by("bob", skip)).await.unwrap_err();

    let entries = world.recorded().await;
    let [read, write] = &entries[..] else {
        panic!("{entries:?}")
    };
    assert_eq!(
        (read.actor.as_str(), read.on_behalf_of.as_str()),
        ("user:ann", "")
    );
    assert_eq!(read.method, "patron.audit.v1.AuditService/ListAuditEntries");
    assert_eq!((read.kind(), read.code), (Kind::Read, 0));
    assert_eq!(read.customer_ids, [customer_id.to_string()]);
    assert_eq!(
        (read.purpose.as_str(), read.trace_id.as_str()),
        ("ticket/4711", TRACE)
    );
    let instant = |time: &Option<prost_types::Timestamp>| {
        contract::time::instant(time.as_ref().unwrap()).unwrap()
    };
    assert!(instant(&read.call_time) <= instant(&read.record_time) && !read.partial);
    assert_eq!(write.kind(), Kind::Write);
    assert_eq!(
        (write.actor.as_str(), write.code),
        ("user:bob", Code::NotFound as i32)
    );
    assert_eq!(
        write.resources,
        [format!("event_id={}", Uuid::from_u128(6))]
    );
    let written = ["event_id", "reason", "service"];
    assert_eq!(
        write.written_fields,
        written.map(|field| format!("SkipDeadLetterRequest.{field}"))
    );
    assert_eq!((read.sequence, write.sequence), (1, 2));
    let told = format!("{entries:?}");
    assert!(
        !told.contains("suspect") && !told.contains("13812345678"),
        "{told}"
    );

    // The next look at the record finds a purpose in what it answers with.
    world.list_as("carl").await.unwrap();
    let entries = world.recorded().await;
    assert_eq!(entries[2].read_fields, ["AuditEntry.purpose"]);
}

#[tokio::test]
async fn what_reads_nobodys_data_is_not_on_record_and_what_gives_no_reason_is_refused() {
    let world = World::start().await;
    let mut letters = EventAdminServiceClient::new(world.channel.clone());
    let cursors = ListConsumerCursorsRequest::default();
    letters
        .list_consumer_cursors(by("ann", cursors))
        .await
        .unwrap();
    let request = by("ann", ListAuditEntriesRequest::default());
    let request = with(request, "patron-purpose", "because Ann asked");
    let refused = world.list(request).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert!(world.recorded().await.is_empty());
}

#[tokio::test]
async fn a_call_that_is_given_up_is_on_record_all_the_same() {
    let world = World::start().await;
    let mut letters = EventAdminServiceClient::new(world.channel.clone());
    let replay = ReplayDeadLettersRequest {
        service: "test".to_owned(),
        parking_key: Uuid::nil().to_string(),
    };
    let mut request = by("ann", replay);
    request.set_timeout(Duration::from_millis(100));
    letters.replay_dead_letters(request).await.unwrap_err();
    let entries = world.until_recorded(1).await;
    assert_eq!(entries[0].code, Code::Cancelled as i32);
    assert!(entries[0].method.ends_with("/ReplayDeadLetters"));
}

#[tokio::test]
async fn calls_at_once_share_commits_and_stand_in_one_chain_without_gaps() {
    const CALLS: usize = 300;
    let world = World::start().await;
    let calls = (0..CALLS).map(|_| world.list_as("ann"));
    for answer in join_all(calls).await {
        answer.unwrap();
    }
    let entries = world.recorded().await;
    let sequences: Vec<_> = entries.iter().map(|entry| entry.sequence).collect();
    let dense: Vec<_> = (1..=i64::try_from(CALLS).unwrap()).collect();
    assert_eq!(sequences, dense);
    let commits: std::collections::BTreeSet<_> = entries
        .iter()
        .filter_map(|entry| entry.record_time)
        .map(|time| (time.seconds, time.nanos))
        .collect();
    assert!(commits.len() < CALLS / 2, "{} commits", commits.len());
    let database = world.stop().await;
    let verdict = verify(&database, &[]).await;
    assert_eq!((verdict.entries, verdict.findings), (300, vec![]));
}

#[tokio::test]
async fn while_nothing_can_be_put_on_record_nothing_is_answered_and_nothing_is_lost() {
    let world = World::start().await;
    world.list_as("ann").await.unwrap();
    let mut tx = world.database.begin_as_owner().await;
    sqlx::raw_sql("LOCK TABLE audit_batches IN SHARE MODE")
        .execute(&mut *tx)
        .await
        .unwrap();
    let refused = world.list_as("bob").await.unwrap_err();
    assert_eq!(refused.code(), Code::Unavailable);
    let details = refused.get_error_details();
    assert_eq!(details.error_info().unwrap().reason, "AUDIT_UNAVAILABLE");
    assert!(details.retry_info().is_some());
    tx.rollback().await.unwrap();
    let entries = world.until_recorded(2).await;
    assert_eq!(entries[1].actor, "user:bob");
    world.list_as("carl").await.unwrap();
    let database = world.stop().await;
    let verdict = verify(&database, &[]).await;
    assert_eq!((verdict.entries, verdict.findings), (3, vec![]));
}

#[tokio::test]
async fn a_stop_waits_for_what_was_not_written_yet() {
    let world = World::start().await;
    let mut letters = EventAdminServiceClient::new(world.channel.clone());
    let replay = ReplayDeadLettersRequest {
        service: "test".to_owned(),
        parking_key: Uuid::nil().to_string(),
    };
    let mut request = by("ann", replay);
    request.set_timeout(Duration::from_millis(100));
    letters.replay_dead_letters(request).await.unwrap_err();
    let database = world.stop().await;
    assert_eq!(verify(&database, &[]).await.entries, 1);
}

#[tokio::test]
async fn the_application_can_add_to_the_record_and_change_nothing_in_it() {
    let world = World::start().await;
    world.list_as("ann").await.unwrap();
    for statement in [
        "UPDATE audit_batches SET actors = '{user:bob}'",
        "DELETE FROM audit_batches",
        "DELETE FROM audit_batches_rest",
        "DELETE FROM audit_anchors",
        "TRUNCATE audit_batches",
        "SELECT audit_upkeep(1, 1)",
    ] {
        let done = sqlx::raw_sql(statement)
            .execute(world.database.db().pool())
            .await;
        assert!(done.is_err(), "{statement}");
    }
}
