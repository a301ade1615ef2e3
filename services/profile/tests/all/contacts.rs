//! Whoever asks before sending is told whether, why not, and when at last.

use std::collections::BTreeMap;

use chassis::Clock;
use contract::patron::profile::v1::contact::State;
use contract::patron::profile::v1::contact_cap::{CalendarWindow, Window};
use contract::patron::profile::v1::contact_obstacle::Reason;
use contract::patron::profile::v1::{
    CheckContactRequest, ConfirmContactRequest, Contact, ContactCap, ContactConfirmed,
    ContactDecision, ContactObstacle, ContactPolicy, Customer, GetContactPolicyRequest,
    ListContactsRequest, QuietHours, ReleaseContactRequest, UpdateContactPolicyRequest,
};
use jiff::{SignedDuration, Timestamp};
use tonic::{Code, Status};

use crate::consents::{decide, grant, withdraw};
use crate::harness::{Profile, at_once, create, fields, metadata, reason, request_id};

pub(crate) const NOON: &str = "2027-01-04T12:00:00Z";

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn time(text: &str) -> prost_types::Timestamp {
    contract::time::timestamp(at(text))
}

pub(crate) fn ask(customer_id: &str, purpose: &str, channel: &str) -> CheckContactRequest {
    CheckContactRequest {
        customer_id: customer_id.to_owned(),
        purpose: purpose.to_owned(),
        channel: channel.to_owned(),
        reference: "spring".to_owned(),
        request_id: request_id(),
        validate_only: false,
    }
}

pub(crate) async fn check(profile: &Profile, request: CheckContactRequest) -> ContactDecision {
    let answer = profile.contacts().check_contact(request).await;
    answer.unwrap().into_inner()
}

async fn reserve(profile: &Profile, customer_id: &str, purpose: &str) -> Contact {
    let decision = check(profile, ask(customer_id, purpose, "post")).await;
    assert_eq!(reasons(&decision), []);
    decision.contact.unwrap()
}

pub(crate) async fn confirm(profile: &Profile, contact: &Contact) -> Result<Contact, Status> {
    let request = ConfirmContactRequest {
        customer_id: contact.customer_id.clone(),
        contact_id: contact.contact_id.clone(),
        request_id: request_id(),
    };
    Ok(profile
        .contacts()
        .confirm_contact(request)
        .await?
        .into_inner())
}

pub(crate) async fn release(profile: &Profile, contact: &Contact) -> Result<Contact, Status> {
    let request = ReleaseContactRequest {
        customer_id: contact.customer_id.clone(),
        contact_id: contact.contact_id.clone(),
        request_id: request_id(),
    };
    Ok(profile
        .contacts()
        .release_contact(request)
        .await?
        .into_inner())
}

pub(crate) async fn policy(profile: &Profile) -> ContactPolicy {
    let request = GetContactPolicyRequest {};
    let answer = profile.contacts().get_contact_policy(request).await;
    answer.unwrap().into_inner()
}

pub(crate) async fn put(profile: &Profile, policy: ContactPolicy) -> Result<ContactPolicy, Status> {
    let request = UpdateContactPolicyRequest {
        policy: Some(policy),
        request_id: request_id(),
        validate_only: false,
    };
    let answer = profile.contacts().update_contact_policy(request).await?;
    Ok(answer.into_inner())
}

/// One cap over everything, and no quiet hours.
pub(crate) async fn only_cap(profile: &Profile, limit: i32, window: Window) {
    let cap = ContactCap {
        cap_id: "all".to_owned(),
        limit,
        window: Some(window),
        ..ContactCap::default()
    };
    let policy = ContactPolicy {
        caps: vec![cap],
        quiet_hours: vec![],
        ..policy(profile).await
    };
    put(profile, policy).await.unwrap();
}

/// Somebody who has agreed to everything by post.
pub(crate) async fn willing(profile: &Profile) -> String {
    let anna = profile.customer().await;
    let changes = vec![grant("marketing", "post"), grant("survey", "post")];
    decide(profile, &anna, changes).await.unwrap();
    anna
}

pub(crate) fn reasons(decision: &ContactDecision) -> Vec<Reason> {
    decision
        .obstacles
        .iter()
        .map(ContactObstacle::reason)
        .collect()
}

#[tokio::test]
async fn a_reservation_is_confirmed_or_given_back_or_ends_by_itself() {
    let clock = Clock::manual(at(NOON));
    let profile = Profile::start_with(clock.clone()).await;
    only_cap(&profile, 1, Window::Calendar(CalendarWindow::Day.into())).await;
    let anna = willing(&profile).await;
    let forgotten = reserve(&profile, &anna, "marketing").await;
    let refused = check(&profile, ask(&anna, "marketing", "post")).await;
    assert_eq!(
        (refused.allowed, refused.next_time),
        (false, forgotten.expire_time)
    );
    clock.advance(SignedDuration::from_mins(15));
    let late = confirm(&profile, &forgotten).await.unwrap_err();
    assert_eq!(
        (late.code(), reason(&late).as_str()),
        (Code::FailedPrecondition, "CONTACT_RESERVATION_ENDED")
    );
    assert_eq!(metadata(&late, "state"), "EXPIRED");
    assert_eq!(
        release(&profile, &forgotten).await.unwrap().state(),
        State::Expired
    );

    let returned = reserve(&profile, &anna, "marketing").await;
    assert_eq!(
        release(&profile, &returned).await.unwrap().state(),
        State::Released
    );
    let sent = reserve(&profile, &anna, "marketing").await;
    let confirmed = confirm(&profile, &sent).await.unwrap();
    assert_eq!(confirm(&profile, &sent).await.unwrap(), confirmed);
    let refused = release(&profile, &sent).await.unwrap_err();
    assert_eq!(
        (refused.code(), reason(&refused).as_str()),
        (Code::FailedPrecondition, "CONTACT_ALREADY_CONFIRMED")
    );
    let refused = check(&profile, ask(&anna, "marketing", "post")).await;
    assert_eq!(
        (reasons(&refused), refused.next_time),
        (vec![Reason::CapReached], Some(time("2027-01-05T00:00:00Z")))
    );

    let announced: Vec<ContactConfirmed> = profile.payloads(&anna).await;
    assert_eq!(
        announced
            .into_iter()
            .map(|it| it.contact.unwrap())
            .collect::<Vec<_>>(),
        [confirmed]
    );
    let listed = ListContactsRequest {
        customer_id: anna.clone(),
        ..ListContactsRequest::default()
    };
    let listed = profile
        .contacts()
        .list_contacts(listed)
        .await
        .unwrap()
        .into_inner()
        .contacts;
    let states: Vec<State> = listed.iter().map(Contact::state).collect();
    assert_eq!(states, [State::Confirmed, State::Released, State::Expired]);
    let of_another = Contact {
        customer_id: willing(&profile).await,
        ..sent
    };
    let unknown = confirm(&profile, &of_another).await.unwrap_err();
    assert_eq!(
        (unknown.code(), reason(&unknown).as_str()),
        (Code::NotFound, "CONTACT_NOT_FOUND")
    );
}

#[tokio::test]
async fn a_survey_takes_the_place_of_a_campaign_that_is_not_sent_yet() {
    let profile = Profile::start().await;
    only_cap(&profile, 1, Window::RollingHours(24)).await;
    let anna = willing(&profile).await;
    let campaign = reserve(&profile, &anna, "marketing").await;
    // A dry run changes nothing.
    let dry = CheckContactRequest {
        validate_only: true,
        ..ask(&anna, "survey", "post")
    };
    let would_be = check(&profile, dry).await;
    assert_eq!((would_be.allowed, would_be.contact), (true, None));
    let survey = reserve(&profile, &anna, "survey").await;
    let refused = confirm(&profile, &campaign).await.unwrap_err();
    assert_eq!(metadata(&refused, "state"), "DISPLACED");
    confirm(&profile, &survey).await.unwrap();
    for purpose in ["marketing", "survey"] {
        let refused = check(&profile, ask(&anna, purpose, "post")).await;
        assert_eq!(reasons(&refused), [Reason::CapReached]);
    }
}

#[tokio::test]
async fn consent_counts_as_it_is_when_the_message_is_to_be_sent() {
    let profile = Profile::start().await;
    let anna = profile.customer().await;
    let asked = check(&profile, ask(&anna, "marketing", "post")).await;
    assert_eq!(
        (reasons(&asked), asked.next_time),
        (vec![Reason::NotAsked], None)
    );
    decide(
        &profile,
        &anna,
        vec![grant("marketing", "post"), grant("marketing", "email")],
    )
    .await
    .unwrap();
    assert!(
        check(&profile, ask(&anna, "marketing", "post"))
            .await
            .allowed
    );
    let pending = check(&profile, ask(&anna, "marketing", "email")).await;
    assert!(reasons(&pending).contains(&Reason::OptInPending));
    decide(&profile, &anna, vec![withdraw("marketing", "")])
        .await
        .unwrap();
    let refused = check(&profile, ask(&anna, "marketing", "post")).await;
    assert!(reasons(&refused).contains(&Reason::ConsentWithdrawn) && refused.next_time.is_none());
    // Nobody agrees to hear of an order; nobody can be asked about what the policy does not know.
    assert!(
        check(&profile, ask(&anna, "service", "email"))
            .await
            .allowed
    );
    let request = ask(&anna, "service", "pigeon");
    let refused = profile.contacts().check_contact(request).await.unwrap_err();
    assert_eq!(
        (
            reason(&refused).as_str(),
            metadata(&refused, "field").as_str()
        ),
        ("CONTACT_TOPIC_UNKNOWN", "channel")
    );
}

#[tokio::test]
async fn quiet_hours_are_told_by_the_clock_where_the_customer_lives() {
    // Eight in the evening in London, four in the morning in Shanghai.
    let clock = Clock::manual(at("2026-12-31T20:00:00Z"));
    let profile = Profile::start_with(clock.clone()).await;
    let zones = ["Europe/London", "asia/shanghai", ""];
    let mut next = BTreeMap::new();
    for zone in zones {
        let customer = Customer {
            time_zone: zone.to_owned(),
            ..Customer::default()
        };
        let created = profile.customers().create_customer(create(customer)).await;
        let id = created.unwrap().into_inner().customer_id;
        let decision = check(&profile, ask(&id, "complaint", "sms")).await;
        next.insert(decision.time_zone.clone(), (id, decision.next_time));
    }
    assert_eq!((next["Europe/London"].1, next["UTC"].1), (None, None));
    let (shanghai, at_last) = &next["Asia/Shanghai"];
    assert_eq!(*at_last, Some(time("2027-01-01T00:00:00Z")));
    clock.advance(SignedDuration::from_hours(4));
    assert!(
        check(&profile, ask(shanghai, "complaint", "sms"))
            .await
            .allowed
    );
}

#[tokio::test]
async fn a_policy_is_replaced_as_a_whole_by_whoever_has_seen_the_last_one() {
    let profile = Profile::start().await;
    let first = policy(&profile).await;
    assert_eq!(
        (first.etag.as_str(), first.caps.len(), first.update_time),
        ("0", 2, None)
    );
    let changed = ContactPolicy {
        default_time_zone: "Asia/Shanghai".to_owned(),
        ..first.clone()
    };
    let second = put(&profile, changed.clone()).await.unwrap();
    assert_eq!(
        (second.etag.as_str(), policy(&profile).await),
        ("1", second.clone())
    );
    let refused = put(&profile, changed).await.unwrap_err();
    assert_eq!(
        (refused.code(), reason(&refused).as_str()),
        (Code::Aborted, "ETAG_MISMATCH")
    );

    let never = QuietHours {
        channels: vec![],
        start_time: "08:00".to_owned(),
        end_time: "21:00".to_owned(),
    };
    let mut silent = second.clone();
    silent.quiet_hours.push(never);
    let refused = put(&profile, silent).await.unwrap_err();
    assert_eq!(
        (refused.code(), fields(&refused)),
        (Code::InvalidArgument, vec!["policy.quiet_hours".to_owned()])
    );
    let no_time = QuietHours {
        end_time: "25:00".to_owned(),
        ..QuietHours::default()
    };
    let broken = ContactPolicy {
        quiet_hours: vec![no_time],
        ..second.clone()
    };
    let refused = put(&profile, broken).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert_eq!(policy(&profile).await, second);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_policies_at_once_one_is_in_force() {
    let profile = Profile::start().await;
    let calls = (0..8).map(|_| {
        let mut client = profile.contacts();
        async move {
            let read = client.get_contact_policy(GetContactPolicyRequest {}).await;
            let policy = read.unwrap().into_inner();
            let request = UpdateContactPolicyRequest {
                policy: Some(policy),
                request_id: request_id(),
                validate_only: false,
            };
            client
                .update_contact_policy(request)
                .await
                .map(|answer| answer.into_inner().etag)
        }
    });
    let answers = at_once(calls).await;
    let mut made: Vec<String> = answers.iter().filter_map(|it| it.clone().ok()).collect();
    made.sort();
    let versions = (1..=made.len())
        .map(|it| it.to_string())
        .collect::<Vec<_>>();
    assert_eq!(made, versions);
    assert!(
        answers
            .iter()
            .filter_map(|it| it.as_ref().err())
            .all(|it| reason(it) == "ETAG_MISMATCH")
    );
}

#[tokio::test]
async fn a_sender_that_reserves_without_end_is_stopped_until_its_reservations_end() {
    let clock = Clock::manual(at(NOON));
    let profile = Profile::start_with(clock.clone()).await;
    let anna = profile.customer().await;
    let forgotten = "INSERT INTO contacts
        SELECT $1::uuid, gen_random_uuid(), 'service', 'post', 4, '', 'reserved', $2::timestamptz,
               $2::timestamptz + interval '5 minutes'
        FROM generate_series(1, 1000)";
    sqlx::query(forgotten)
        .bind(&anna)
        .bind(NOON)
        .execute(profile.database.owner_pool())
        .await
        .unwrap();
    let request = ask(&anna, "service", "post");
    let refused = profile.contacts().check_contact(request.clone()).await;
    let refused = refused.unwrap_err();
    assert_eq!(
        (refused.code(), reason(&refused).as_str()),
        (Code::ResourceExhausted, "CONTACT_RESERVATION_LIMIT")
    );
    // It was not for good: the same request again is allowed once there is room.
    clock.advance(SignedDuration::from_mins(5));
    assert!(check(&profile, request).await.allowed);
}
