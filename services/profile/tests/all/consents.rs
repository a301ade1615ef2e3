//! What customers decide is kept with its proof, and what they allow follows from it.

use chassis::Clock;
use contract::patron::profile::v1::consent_change::Decision;
use contract::patron::profile::v1::consent_statement::Kind;
use contract::patron::profile::v1::preference::State;
use contract::patron::profile::v1::{
    ConfirmOptInRequest, ConsentChange, ConsentChanged, ConsentStatement, GetPreferencesRequest,
    ListConsentStatementsRequest, OptIn, Preference, Preferences, UpdateConsentsRequest,
    UpdateConsentsResponse,
};
use jiff::{SignedDuration, Timestamp};
use tonic::{Code, Status};

use crate::harness::{Profile, fields, identifier, metadata, reason, request_id};

const NOON: &str = "2027-01-04T12:00:00Z";

pub(crate) fn grant(purpose: &str, channel: &str) -> ConsentChange {
    ConsentChange {
        purpose: purpose.to_owned(),
        channel: channel.to_owned(),
        decision: Decision::Grant.into(),
        notice_version: "2026-05".to_owned(),
        source: "web".to_owned(),
        evidence: "form 7".to_owned(),
        ..ConsentChange::default()
    }
}

pub(crate) fn withdraw(purpose: &str, channel: &str) -> ConsentChange {
    ConsentChange {
        purpose: purpose.to_owned(),
        channel: channel.to_owned(),
        decision: Decision::Withdraw.into(),
        source: "app".to_owned(),
        ..ConsentChange::default()
    }
}

fn update(customer_id: &str, changes: Vec<ConsentChange>) -> UpdateConsentsRequest {
    UpdateConsentsRequest {
        customer_id: customer_id.to_owned(),
        changes,
        request_id: request_id(),
    }
}

pub(crate) async fn decide(
    profile: &Profile,
    customer_id: &str,
    changes: Vec<ConsentChange>,
) -> Result<UpdateConsentsResponse, Status> {
    let request = update(customer_id, changes);
    let answer = profile.consents().update_consents(request).await?;
    Ok(answer.into_inner())
}

async fn preferences(profile: &Profile, customer_id: &str) -> Preferences {
    let request = GetPreferencesRequest {
        customer_id: customer_id.to_owned(),
    };
    let answer = profile.consents().get_preferences(request).await;
    answer.unwrap().into_inner()
}

fn about(preferences: &Preferences, purpose: &str, channel: &str) -> Preference {
    let mut all = preferences.preferences.iter();
    let found = all.find(|it| it.purpose == purpose && it.channel == channel);
    found.unwrap().clone()
}

pub(crate) async fn state(
    profile: &Profile,
    customer_id: &str,
    purpose: &str,
    channel: &str,
) -> State {
    about(&preferences(profile, customer_id).await, purpose, channel).state()
}

async fn history(profile: &Profile, customer_id: &str) -> Vec<ConsentStatement> {
    let mut statements = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = ListConsentStatementsRequest {
            customer_id: customer_id.to_owned(),
            page_size: 2,
            page_token,
        };
        let page = profile.consents().list_consent_statements(request).await;
        let page = page.unwrap().into_inner();
        statements.extend(page.statements);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return statements;
        }
    }
}

pub(crate) async fn confirm(profile: &Profile, opt_in: &OptIn) -> Result<Preference, Status> {
    let request = ConfirmOptInRequest {
        token: opt_in.token.clone(),
        evidence: "203.0.113.9".to_owned(),
    };
    Ok(profile
        .consents()
        .confirm_opt_in(request)
        .await?
        .into_inner())
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[tokio::test]
async fn what_a_customer_decides_is_what_the_customer_allows_with_its_proof_and_history() {
    let profile = Profile::start().await;
    let anna = profile.customer().await;
    let nothing = preferences(&profile, &anna).await;
    assert_eq!(nothing.preferences.len(), 12);
    assert!(
        nothing
            .preferences
            .iter()
            .all(|it| it.state() == State::NotAsked)
    );

    let granted = decide(
        &profile,
        &anna,
        vec![grant("marketing", "sms"), grant("survey", "email")],
    );
    let granted = granted.await.unwrap();
    assert!(granted.opt_ins.is_empty());
    let all = preferences(&profile, &anna).await;
    assert_eq!(Some(all.clone()), granted.preferences);
    let sms = about(&all, "marketing", "sms");
    assert_eq!(
        (
            sms.state(),
            sms.notice_version.as_str(),
            sms.source.as_str()
        ),
        (State::Granted, "2026-05", "web")
    );

    decide(&profile, &anna, vec![withdraw("marketing", "sms")])
        .await
        .unwrap();
    assert_eq!(
        state(&profile, &anna, "marketing", "sms").await,
        State::Withdrawn
    );
    let kinds: Vec<Kind> = history(&profile, &anna)
        .await
        .iter()
        .map(ConsentStatement::kind)
        .collect();
    assert_eq!(kinds, [Kind::Withdrawn, Kind::Granted, Kind::Granted]);
    let first = history(&profile, &anna).await.pop().unwrap();
    assert_eq!(
        (first.evidence.as_str(), first.recorded_by.as_str()),
        ("form 7", "user:somebody")
    );

    let announced: Vec<ConsentChanged> = profile.payloads(&anna).await;
    let states: Vec<State> = announced
        .into_iter()
        .map(|it| it.preference.unwrap().state())
        .collect();
    assert_eq!(states, [State::Granted, State::Granted, State::Withdrawn]);
}

#[tokio::test]
async fn one_change_that_is_refused_leaves_none_of_them() {
    let profile = Profile::start().await;
    let anna = profile.customer().await;
    for (changes, field) in [
        (
            vec![grant("survey", "sms"), grant("tea", "sms")],
            "changes[1].purpose",
        ),
        (
            vec![grant("survey", "sms"), grant("survey", "pigeon")],
            "changes[1].channel",
        ),
        (vec![withdraw("", "pigeon")], "changes[0].channel"),
    ] {
        let refused = decide(&profile, &anna, changes).await.unwrap_err();
        assert_eq!(
            (refused.code(), reason(&refused).as_str()),
            (Code::FailedPrecondition, "CONTACT_TOPIC_UNKNOWN")
        );
        assert_eq!(metadata(&refused, "field"), field);
    }
    assert!(history(&profile, &anna).await.is_empty());
    let tomorrow = Clock::system().now() + SignedDuration::from_hours(24);
    let yesterday = tomorrow - SignedDuration::from_hours(48);
    let time = |time| Some(contract::time::timestamp(time));
    for (change, field) in [
        (
            ConsentChange {
                notice_version: String::new(),
                ..grant("survey", "sms")
            },
            "changes[0].notice_version",
        ),
        (grant("", "sms"), "changes[0].purpose"),
        (
            ConsentChange {
                decide_time: time(tomorrow),
                ..grant("survey", "sms")
            },
            "changes[0].decide_time",
        ),
        (
            ConsentChange {
                expire_time: time(yesterday),
                ..grant("survey", "sms")
            },
            "changes[0].expire_time",
        ),
    ] {
        let refused = decide(&profile, &anna, vec![change]).await.unwrap_err();
        assert_eq!(
            (refused.code(), fields(&refused)),
            (Code::InvalidArgument, vec![field.to_owned()])
        );
    }
}

#[tokio::test]
async fn the_newest_decision_counts_and_a_consent_ends_by_itself() {
    let clock = Clock::manual(at(NOON));
    let profile = Profile::start_with(clock.clone()).await;
    let anna = profile.customer().await;
    let days = |days: i64| {
        Some(contract::time::timestamp(
            at(NOON) + SignedDuration::from_hours(24 * days),
        ))
    };
    let granted = ConsentChange {
        decide_time: days(-1),
        expire_time: days(2),
        ..grant("marketing", "sms")
    };
    decide(&profile, &anna, vec![granted]).await.unwrap();
    let late = ConsentChange {
        decide_time: days(-2),
        ..withdraw("marketing", "sms")
    };
    decide(&profile, &anna, vec![late]).await.unwrap();
    assert_eq!(
        state(&profile, &anna, "marketing", "sms").await,
        State::Granted
    );
    clock.advance(SignedDuration::from_hours(48));
    let ended = about(&preferences(&profile, &anna).await, "marketing", "sms");
    assert_eq!(
        (ended.state(), ended.expire_time),
        (State::Expired, days(2))
    );
}

#[tokio::test]
async fn one_withdrawal_of_everything_reaches_every_purpose_and_channel() {
    let profile = Profile::start().await;
    let anna = profile.customer().await;
    decide(&profile, &anna, vec![grant("marketing", "sms")])
        .await
        .unwrap();
    let all = decide(&profile, &anna, vec![withdraw("", "")])
        .await
        .unwrap();
    let all = all.preferences.unwrap().preferences;
    assert_eq!(all.len(), 12);
    assert!(all.iter().all(|it| it.state() == State::Withdrawn));
    // Once more: there is nothing left to withdraw.
    decide(&profile, &anna, vec![withdraw("", "")])
        .await
        .unwrap();
    assert_eq!(history(&profile, &anna).await.len(), 13);
}

#[tokio::test]
async fn a_double_opt_in_is_a_consent_once_its_token_came_back_in_time() {
    let clock = Clock::manual(at(NOON));
    let profile = Profile::start_with(clock.clone()).await;
    let anna = profile.customer().await;
    let by_email = ConsentChange {
        identifier: Some(identifier("email", "anna@example.com")),
        ..grant("marketing", "email")
    };
    let request = update(&anna, vec![by_email]);
    let answer = profile
        .consents()
        .update_consents(request.clone())
        .await
        .unwrap();
    let opt_in = answer.into_inner().opt_ins.remove(0);
    // The same request again has the same token.
    let again = profile.consents().update_consents(request).await.unwrap();
    assert_eq!(again.metadata().get("patron-replayed").unwrap(), "true");
    assert_eq!(again.into_inner().opt_ins.first(), Some(&opt_in));
    let kept = "SELECT count(*) FROM idempotency_keys WHERE $1 = ANY (named::text[])";
    assert_eq!(profile.count_of(kept, &opt_in.statement_id).await, 1);

    let pending = about(&preferences(&profile, &anna).await, "marketing", "email");
    assert_eq!(
        (pending.state(), pending.confirm_by_time),
        (State::Pending, opt_in.confirm_by_time)
    );
    clock.advance(SignedDuration::from_hours(47));
    let confirmed = confirm(&profile, &opt_in).await.unwrap();
    assert_eq!(confirmed.state(), State::Granted);
    clock.advance(SignedDuration::from_hours(47));
    assert_eq!(confirm(&profile, &opt_in).await.unwrap(), confirmed);
    let statements = history(&profile, &anna).await;
    assert_eq!(statements.len(), 2);
    assert_eq!(
        (statements[0].kind(), statements[0].evidence.as_str()),
        (Kind::Confirmed, "203.0.113.9")
    );
    assert_eq!(
        statements[0].confirmed_statement_id,
        statements[1].statement_id
    );
    assert!(statements[0].identified && !statements[1].identified);
    let announced: Vec<ConsentChanged> = profile.payloads(&anna).await;
    let states: Vec<State> = announced
        .into_iter()
        .map(|it| it.preference.unwrap().state())
        .collect();
    assert_eq!(states, [State::Pending, State::Granted]);
}

#[tokio::test]
async fn a_token_is_of_no_use_too_late_after_a_withdrawal_or_forged() {
    let clock = Clock::manual(at(NOON));
    let profile = Profile::start_with(clock.clone()).await;
    let anna = profile.customer().await;
    let request = || decide(&profile, &anna, vec![grant("marketing", "email")]);
    let withdrawn = request().await.unwrap().opt_ins.remove(0);
    clock.advance(SignedDuration::from_mins(1));
    decide(&profile, &anna, vec![withdraw("marketing", "email")])
        .await
        .unwrap();
    clock.advance(SignedDuration::from_mins(1));
    let late = request().await.unwrap().opt_ins.remove(0);
    clock.advance(SignedDuration::from_hours(48));
    for (opt_in, cause) in [(&withdrawn, "WITHDRAWN"), (&late, "EXPIRED")] {
        let refused = confirm(&profile, opt_in).await.unwrap_err();
        assert_eq!(
            (refused.code(), reason(&refused).as_str()),
            (Code::FailedPrecondition, "OPT_IN_NOT_PENDING")
        );
        assert_eq!(metadata(&refused, "cause"), cause);
    }
    assert_eq!(
        state(&profile, &anna, "marketing", "email").await,
        State::Withdrawn
    );
    let forged = OptIn {
        token: late.token.replace(&late.token[..4], "AAAA"),
        ..late
    };
    let refused = confirm(&profile, &forged).await.unwrap_err();
    assert_eq!(
        (refused.code(), reason(&refused).as_str()),
        (Code::InvalidArgument, "OPT_IN_TOKEN_INVALID")
    );
}
