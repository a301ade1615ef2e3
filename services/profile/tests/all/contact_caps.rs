//! However many senders there are, and whatever they do, no cap is exceeded.

use chassis::Clock;
use contract::patron::profile::v1::contact::State;
use contract::patron::profile::v1::contact_cap::{CalendarWindow, Window};
use contract::patron::profile::v1::contact_obstacle::Reason;
use contract::patron::profile::v1::{
    CheckContactRequest, Contact, ContactCap, ContactDecision, ContactPolicy, ListContactsRequest,
};
use jiff::SignedDuration;
use tonic::Code;

use crate::consents::{decide, grant};
use crate::contacts::{
    NOON, ask, at, check, confirm, only_cap, policy, put, reasons, release, willing,
};
use crate::harness::{Profile, at_once};

/// Asks as clients do: again, under the same id, when the service can't answer now.
fn insist(
    profile: &Profile,
    request: CheckContactRequest,
) -> impl Future<Output = ContactDecision> + Send + use<> {
    let mut client = profile.contacts();
    async move {
        let mut answer = client.check_contact(request.clone()).await;
        for _ in 0..50 {
            if answer
                .as_ref()
                .is_err_and(|it| it.code() == Code::Unavailable)
            {
                answer = client.check_contact(request.clone()).await;
            }
        }
        answer.unwrap().into_inner()
    }
}

/// What 64 senders are allowed who ask at once.
async fn at_once_64(profile: &Profile, customer_id: &str) -> Vec<Contact> {
    let calls = (0..64).map(|_| insist(profile, ask(customer_id, "marketing", "post")));
    let decisions = at_once(calls).await;
    for refused in decisions.iter().filter(|it| !it.allowed) {
        assert_eq!(reasons(refused), [Reason::CapReached]);
        assert!(refused.next_time.is_some());
    }
    decisions.into_iter().filter_map(|it| it.contact).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_senders_at_once_never_exceed_a_cap() {
    let profile = Profile::start().await;
    only_cap(&profile, 5, Window::RollingHours(24)).await;
    let (anna, boris) = (willing(&profile).await, willing(&profile).await);
    let allowed = at_once_64(&profile, &anna).await;
    assert_eq!(allowed.len(), 5);
    // Three go out, two are given back: so there is room for two more, whoever is first.
    for contact in &allowed[..3] {
        confirm(&profile, contact).await.unwrap();
    }
    for contact in &allowed[3..] {
        release(&profile, contact).await.unwrap();
    }
    assert_eq!(at_once_64(&profile, &anna).await.len(), 2);
    assert_eq!(at_once_64(&profile, &anna).await.len(), 0);
    // Somebody else's cap is somebody else's.
    assert_eq!(at_once_64(&profile, &boris).await.len(), 5);
    let live = "SELECT count(*) FROM contacts WHERE state IN ('reserved', 'confirmed')";
    assert_eq!(profile.count(live).await, 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_that_is_delivered_fifty_times_at_once_is_one_reservation() {
    let profile = Profile::start().await;
    let anna = willing(&profile).await;
    let request = ask(&anna, "marketing", "post");
    let decisions = at_once((0..50).map(|_| insist(&profile, request.clone()))).await;
    assert!(decisions[0].allowed && decisions.iter().all(|it| it == &decisions[0]));
    assert_eq!(profile.count("SELECT count(*) FROM contacts").await, 1);
}

/// Numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: u64) -> u64 {
        // Knuth's MMIX.
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    fn minutes(&mut self, below: u64) -> i64 {
        i64::try_from(self.below(below)).unwrap()
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        let place = self.below(all.len() as u64);
        *all.get(usize::try_from(place).unwrap()).unwrap()
    }
}

fn cap(id: &str, names: (&[&str], &[&str]), limit: i32, window: Window) -> ContactCap {
    let texts = |names: &[&str]| names.iter().map(|it| (*it).to_owned()).collect();
    ContactCap {
        cap_id: id.to_owned(),
        purposes: texts(names.0),
        channels: texts(names.1),
        limit,
        window: Some(window),
    }
}

/// Whether these messages could be sent beside each other, counted by hand in UTC.
fn is_within(cap: &ContactCap, sent: &[Contact]) -> bool {
    let has = |names: &[String], name: &String| names.is_empty() || names.contains(name);
    let counts = |it: &&Contact| has(&cap.purposes, &it.purpose) && has(&cap.channels, &it.channel);
    let seconds: Vec<i64> = sent
        .iter()
        .filter(counts)
        .map(|it| it.end_time.unwrap().seconds)
        .collect();
    let limit = usize::try_from(cap.limit).unwrap();
    let count = |last: i64| match cap.window {
        Some(Window::RollingHours(hours)) => {
            let span = i64::from(hours) * 3_600;
            seconds
                .iter()
                .filter(|it| **it <= last && last < **it + span)
                .count()
        }
        _ => seconds
            .iter()
            .filter(|it| **it / 86_400 == last / 86_400)
            .count(),
    };
    seconds.iter().all(|last| count(*last) <= limit)
}

/// Half a year of messages, some confirmed and some forgotten; how many were refused.
async fn send_at_random(profile: &Profile, clock: &Clock, anna: &str) -> usize {
    let (mut dice, mut reserved, mut refused) = (Dice(4), Vec::<Contact>::new(), 0);
    for _ in 0..250 {
        clock.advance(SignedDuration::from_mins(dice.minutes(600)));
        let purpose = dice.one_of(&["marketing", "survey", "complaint", "service"]);
        let channel = dice.one_of(&["post", "phone"]);
        let decision = check(profile, ask(anna, purpose, channel)).await;
        refused += usize::from(!decision.allowed);
        reserved.extend(decision.contact);
        clock.advance(SignedDuration::from_mins(dice.minutes(14)));
        if let Some(contact) = reserved.pop_if(|_| dice.below(4) > 0) {
            // It may have given way or ended meanwhile: then it is not sent.
            drop(confirm(profile, &contact).await);
        }
    }
    refused
}

/// The messages that were sent.
async fn sent(profile: &Profile, anna: &str) -> Vec<Contact> {
    let request = ListContactsRequest {
        customer_id: anna.to_owned(),
        page_size: 500,
        ..ListContactsRequest::default()
    };
    let listed = profile.contacts().list_contacts(request).await;
    let mut sent = listed.unwrap().into_inner().contacts;
    sent.retain(|it| it.state() == State::Confirmed);
    sent
}

#[tokio::test]
async fn months_of_sending_at_random_keep_within_all_caps() {
    let clock = Clock::manual(at(NOON));
    let profile = Profile::start_with(clock.clone()).await;
    let day = Window::Calendar(CalendarWindow::Day.into());
    let caps = vec![
        cap("day", (&["marketing", "survey"], &[]), 1, day),
        cap("letters", (&[], &["post"]), 2, Window::RollingHours(100)),
        cap("all", (&[], &[]), 6, Window::RollingHours(240)),
    ];
    let mut with_caps = ContactPolicy {
        caps: caps.clone(),
        quiet_hours: vec![],
        ..policy(&profile).await
    };
    for purpose in &mut with_caps.purposes {
        purpose.ignores_caps = false;
    }
    put(&profile, with_caps).await.unwrap();
    let anna = willing(&profile).await;
    let changes = vec![grant("marketing", "phone"), grant("survey", "phone")];
    decide(&profile, &anna, changes).await.unwrap();
    let refused = send_at_random(&profile, &clock, &anna).await;
    let sent = sent(&profile, &anna).await;
    assert!(
        sent.len() > 20 && refused > 40,
        "{} sent, {refused} refused",
        sent.len()
    );
    for cap in &caps {
        assert!(is_within(cap, &sent), "{}", cap.cap_id);
    }
}
