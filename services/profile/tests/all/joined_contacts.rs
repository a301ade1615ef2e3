//! Consent and contact of people who turn out to be one, and then not.

use chassis::Clock;
use contract::patron::profile::v1::contact_cap::Window;
use contract::patron::profile::v1::contact_obstacle::Reason;
use contract::patron::profile::v1::preference::State;
use contract::patron::profile::v1::{CheckContactRequest, ConsentChanged};
use jiff::SignedDuration;

use crate::consents::{confirm, decide, grant, state, withdraw};
use crate::contacts::{ask, check, only_cap, reasons, willing};
use crate::harness::{Profile, at_once, metadata};
use crate::identities::{link, unmerge};

/// What is in the way of a letter, without reserving a place for it.
async fn obstacles(profile: &Profile, customer_id: &str) -> Vec<Reason> {
    let request = CheckContactRequest {
        validate_only: true,
        ..ask(customer_id, "marketing", "post")
    };
    reasons(&check(profile, request).await)
}

#[tokio::test]
async fn one_person_allows_what_both_ids_allow_and_each_its_own_again_when_parted() {
    let profile = Profile::start().await;
    only_cap(&profile, 5, Window::RollingHours(24)).await;
    let (anna, carl) = (willing(&profile).await, profile.customer().await);
    let link_id = link(&profile, &anna, &carl).await;
    for id in [&anna, &carl] {
        assert_eq!(obstacles(&profile, id).await, [Reason::NotAsked]);
    }
    unmerge(&profile, &anna, &link_id).await.unwrap();
    assert_eq!(obstacles(&profile, &anna).await, []);
    assert_eq!(obstacles(&profile, &carl).await, [Reason::NotAsked]);

    // Asked once while they are one, under either id: that is enough for both.
    let link_id = link(&profile, &anna, &carl).await;
    let granted = vec![grant("marketing", "post")];
    decide(&profile, &carl, granted).await.unwrap();
    for id in [&anna, &carl] {
        assert_eq!(obstacles(&profile, id).await, []);
    }
    unmerge(&profile, &anna, &link_id).await.unwrap();
    for id in [&anna, &carl] {
        assert_eq!(obstacles(&profile, id).await, [], "each has said so");
    }
}

#[tokio::test]
async fn a_withdrawal_under_one_id_ends_what_was_requested_under_another_as_long_as_they_are_one() {
    let clock = Clock::manual("2027-01-04T12:00:00Z".parse().unwrap());
    let profile = Profile::start_with(clock.clone()).await;
    let (anna, carl) = (profile.customer().await, profile.customer().await);
    let requested = decide(&profile, &carl, vec![grant("marketing", "email")]).await;
    let opt_in = requested.unwrap().opt_ins.remove(0);
    let link_id = link(&profile, &anna, &carl).await;
    clock.advance(SignedDuration::from_mins(1));
    let withdrawal = vec![withdraw("marketing", "email")];
    decide(&profile, &anna, withdrawal).await.unwrap();
    clock.advance(SignedDuration::from_mins(1));
    let refused = confirm(&profile, &opt_in).await.unwrap_err();
    assert_eq!(metadata(&refused, "cause"), "WITHDRAWN");
    for id in [&anna, &carl] {
        let state = state(&profile, id, "marketing", "email").await;
        assert_eq!(state, State::Withdrawn);
    }
    // Parted, nobody else's word counts.
    unmerge(&profile, &anna, &link_id).await.unwrap();
    let confirmed = confirm(&profile, &opt_in).await.unwrap();
    assert_eq!(confirmed.state(), State::Granted);
    let state = state(&profile, &anna, "marketing", "email").await;
    assert_eq!(state, State::Withdrawn);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cap_counts_what_was_sent_to_all_ids_of_a_person() {
    let profile = Profile::start().await;
    only_cap(&profile, 5, Window::RollingHours(24)).await;
    let (anna, boris) = (willing(&profile).await, willing(&profile).await);
    let allowed = check(&profile, ask(&boris, "marketing", "post")).await;
    assert!(allowed.allowed);
    let link_id = link(&profile, &anna, &boris).await;
    let senders = (0..24).map(|number| {
        let to = if number % 2 == 0 { &anna } else { &boris };
        let (request, mut client) = (ask(to, "marketing", "post"), profile.contacts());
        async move { client.check_contact(request).await.unwrap().into_inner() }
    });
    let decisions = at_once(senders).await;
    let allowed = decisions.iter().filter(|decision| decision.allowed);
    assert_eq!(allowed.count(), 4, "one was sent before");
    unmerge(&profile, &anna, &link_id).await.unwrap();
    let mut rest = 0;
    for id in [&anna, &boris] {
        for _ in 0..10 {
            let decision = check(&profile, ask(id, "marketing", "post")).await;
            rest += i32::from(decision.allowed);
        }
    }
    assert_eq!(rest, 5 + 5 - 5, "each has its own again");
}

#[tokio::test]
async fn what_a_merge_takes_from_somebody_s_consent_is_announced_and_what_the_parting_gives_back() {
    let profile = Profile::start().await;
    let (anna, carl) = (willing(&profile).await, profile.customer().await);
    let told = async |id: &str| {
        let announced: Vec<ConsentChanged> = profile.payloads(id).await;
        let states = announced.into_iter().map(|event| {
            let preference = event.preference.unwrap();
            (preference.purpose.clone(), preference.state())
        });
        states.collect::<Vec<_>>()
    };
    let before = told(&anna).await.len();
    let link_id = link(&profile, &anna, &carl).await;
    let both = |state| ["marketing", "survey"].map(|purpose| (purpose.to_owned(), state));
    assert_eq!(told(&anna).await[before..], both(State::NotAsked));
    let before = before + 2;
    unmerge(&profile, &anna, &link_id).await.unwrap();
    assert_eq!(told(&anna).await[before..], both(State::Granted));
    assert_eq!(told(&carl).await, [], "carl is parted with what he had");
}
