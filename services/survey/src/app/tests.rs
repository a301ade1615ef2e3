//! Whole use cases on a real database.

use chassis::Refusal;
use contract::patron::survey::v1::response_submitted::Sentiment;
use contract::patron::survey::v1::{self as wire, ErrorReason};
use contract::time::timestamp;
use jiff::{SignedDuration, Timestamp};
use prost::Message as _;
use seal::Backlog as _;
use testkit::until;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;
use uuid::Uuid;

use crate::domain::CustomerId;
use crate::testing::{Bench, call, rating, text};

fn reason(status: &Status) -> String {
    Refusal::from_status(status).reason().to_owned()
}

#[tokio::test]
async fn both_questionnaires_are_there_from_the_beginning() {
    let bench = Bench::new().await;
    let listed = bench
        .app
        .list_questionnaires(&wire::ListQuestionnairesRequest::default())
        .await
        .unwrap()
        .questionnaires;
    let shape: Vec<_> = listed
        .iter()
        .map(|q| {
            (
                q.questionnaire_id.as_str(),
                q.version,
                q.metric(),
                q.questions.len(),
            )
        })
        .collect();
    assert_eq!(
        shape,
        [
            ("csat-case", 1, wire::Metric::Csat, 2),
            ("nps-order", 1, wire::Metric::Nps, 2)
        ]
    );
    let request = wire::GetQuestionnaireRequest {
        questionnaire_id: "nps-order".to_owned(),
    };
    let nps = bench.app.get_questionnaire(&request).await.unwrap();
    assert_eq!(nps, listed[1]);
    assert_eq!(nps.questions[0].question_id, "recommend");
    assert!(nps.questions[0].required);
}

#[tokio::test]
async fn questionnaires_are_listed_in_pages() {
    let bench = Bench::new().await;
    let first = wire::ListQuestionnairesRequest {
        page_size: 1,
        ..Default::default()
    };
    let page = bench.app.list_questionnaires(&first).await.unwrap();
    assert_eq!(page.questionnaires[0].questionnaire_id, "csat-case");
    let next = wire::ListQuestionnairesRequest {
        page_token: page.next_page_token,
        ..first
    };
    let page = bench.app.list_questionnaires(&next).await.unwrap();
    assert_eq!(page.questionnaires[0].questionnaire_id, "nps-order");
    assert_eq!(page.next_page_token, "");
}

#[tokio::test]
async fn a_new_version_is_current_and_an_invitation_keeps_its_own() {
    let bench = Bench::new().await;
    let before = bench.invite().await;
    let publish = "INSERT INTO questionnaires VALUES ('nps-order', 2, 'Anew', 'nps', now());
        INSERT INTO questions (questionnaire_id, version, ordinal, question_id, question, required,
                               form, minimum, maximum, scored)
        VALUES ('nps-order', 2, 1, 'recommend', 'Anew?', true, 'rating', 0, 10, true)";
    sqlx::raw_sql(publish)
        .execute(bench.database.owner_pool())
        .await
        .unwrap();
    let after = bench.invite().await;
    assert_eq!(
        (before.questionnaire_version, after.questionnaire_version),
        (1, 2)
    );

    let answers = || vec![rating("recommend", 9), text("why", "quick")];
    bench.submit(&before, answers()).await.unwrap();
    let refused = bench.submit(&after, answers()).await.unwrap_err();
    assert_eq!(reason(&refused), "ANSWERS_INVALID");
    let listed = bench
        .app
        .list_questionnaires(&wire::ListQuestionnairesRequest::default())
        .await
        .unwrap()
        .questionnaires;
    assert_eq!(
        (listed.len(), listed[1].version, listed[1].questions.len()),
        (2, 2, 1)
    );
}

#[tokio::test]
async fn an_answer_is_taken_in_once_and_read_back_as_it_was_answered() {
    let bench = Bench::new().await;
    let invitation = bench.invite().await;
    let answers = vec![text("why", "It broke."), rating("recommend", 3)];
    let submitted = bench
        .submit(&invitation, answers.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(submitted.answers, answers);
    let invitation_id = invitation.invitation_id.clone();
    let read = wire::GetResponseRequest {
        invitation_id: invitation_id.clone(),
    };
    assert_eq!(bench.app.get_response(&read).await.unwrap(), submitted);
    let read = wire::GetInvitationRequest { invitation_id };
    let completed = bench.app.get_invitation(&read).await.unwrap();
    assert_eq!(completed.state(), wire::invitation::State::Completed);
    assert_eq!(completed.complete_time, submitted.submit_time);

    let refused = bench.submit(&invitation, answers).await.unwrap_err();
    assert_eq!(refused.code(), Code::FailedPrecondition);
    assert_eq!(reason(&refused), "INVITATION_COMPLETED");
}

#[tokio::test]
async fn the_same_request_again_gets_the_same_answer() {
    let bench = Bench::new().await;
    let invitation = bench.invite().await;
    let request = wire::SubmitResponseRequest {
        invitation_id: invitation.invitation_id,
        response: Some(wire::Response {
            answers: vec![rating("recommend", 10)],
            ..wire::Response::default()
        }),
        request_id: bench.new_id(),
    };
    let first = bench
        .app
        .submit_response(&call(), request.clone())
        .await
        .unwrap();
    let again = bench.app.submit_response(&call(), request).await.unwrap();
    assert_eq!(again.metadata().get(idempotency::REPLAYED).unwrap(), "true");
    assert_eq!(again.into_inner(), first.into_inner());
}

#[tokio::test]
async fn each_answer_that_does_not_fit_is_named_and_nothing_is_kept() {
    let bench = Bench::new().await;
    let invitation = bench.invite().await;
    let answers = vec![
        rating("recommend", 11),
        rating("why", 1),
        text("other", "x"),
        rating("recommend", 5),
    ];
    let refused = bench.submit(&invitation, answers).await.unwrap_err();
    assert_eq!(
        (refused.code(), reason(&refused).as_str()),
        (Code::InvalidArgument, "ANSWERS_INVALID")
    );
    let details = refused.get_error_details();
    let named: Vec<_> = details
        .bad_request()
        .unwrap()
        .field_violations
        .iter()
        .map(|violation| (violation.field.as_str(), violation.description.as_str()))
        .collect();
    assert_eq!(
        named,
        [
            ("response.answers[0].rating", "must be 0 to 10"),
            ("response.answers[1].rating", "the question asks for text"),
            (
                "response.answers[2].question_id",
                "the questionnaire has no such question"
            ),
            (
                "response.answers[3].question_id",
                "the question was answered before"
            ),
        ]
    );
    assert!(
        bench
            .submit(&invitation, vec![rating("recommend", 5)])
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn a_missing_answer_is_told_with_the_question() {
    let bench = Bench::new().await;
    let refused = bench
        .submit(&bench.invite().await, vec![text("why", "x")])
        .await
        .unwrap_err();
    let details = refused.get_error_details();
    let violation = &details.bad_request().unwrap().field_violations[0];
    assert_eq!(violation.field, "response.answers");
    assert!(
        violation.description.contains("`recommend`"),
        "{}",
        violation.description
    );
}

#[tokio::test]
async fn an_invitation_that_was_withdrawn_or_has_expired_is_not_open() {
    let bench = Bench::new().await;
    for state in ["revoked", "expired"] {
        let invitation = bench.invite().await;
        sqlx::query("UPDATE invitations SET state = $1 WHERE invitation_id = $2::uuid")
            .bind(state)
            .bind(&invitation.invitation_id)
            .execute(bench.app.db.pool())
            .await
            .unwrap();
        let refused = bench
            .submit(&invitation, vec![rating("recommend", 5)])
            .await
            .unwrap_err();
        assert_eq!(reason(&refused), "INVITATION_NOT_OPEN");
        let details = refused.get_error_details();
        let expected = format!("STATE_{}", state.to_uppercase());
        assert_eq!(details.error_info().unwrap().metadata["state"], expected);
    }
}

#[tokio::test]
async fn an_answer_is_announced_without_what_was_written() {
    let bench = Bench::new().await;
    let invitation = bench.invite().await;
    let answers = vec![rating("recommend", 3), text("why", "secret words")];
    let response = bench
        .submit(&invitation, answers)
        .await
        .unwrap()
        .into_inner();

    let announced = bench.announced().await;
    let types: Vec<&str> = announced.iter().map(|(name, _)| name.as_str()).collect();
    let expected = [
        "patron.survey.v1.InvitationCreated",
        "patron.survey.v1.ResponseSubmitted",
    ];
    assert_eq!(types, expected);
    let created = wire::InvitationCreated::decode(announced[0].1.as_slice()).unwrap();
    assert_eq!(created.invitation, Some(invitation));
    let payload = announced[1].1.as_slice();
    assert!(!payload.windows(6).any(|bytes| bytes == b"secret"));
    let submitted = wire::ResponseSubmitted::decode(payload).unwrap();
    assert_eq!(submitted.response_id, response.response_id);
    assert_eq!((submitted.rating, submitted.has_text), (Some(3), true));
    assert_eq!(submitted.sentiment(), Sentiment::Detractor);
    assert_eq!(submitted.metric(), wire::Metric::Nps);
}

#[tokio::test]
async fn a_score_counts_the_ratings_of_its_period() {
    let bench = Bench::new().await;
    for _ in 0..6 {
        bench.rate(10).await;
    }
    let start = bench.clock.now() + SignedDuration::from_secs(1);
    for given in [9, 9, 9, 9, 9, 8, 8, 8, 0, 6] {
        bench.rate(given).await;
    }
    let period = |start: Option<Timestamp>, end: Option<Timestamp>| wire::GetScoreRequest {
        start_time: start.map(timestamp),
        end_time: end.map(timestamp),
        ..Default::default()
    };
    let score = bench.score(period(Some(start), None)).await;
    assert_eq!(score.response_count, 10);
    assert_eq!(
        (
            score.promoter_count,
            score.passive_count,
            score.detractor_count
        ),
        (5, 3, 2)
    );
    assert!((score.value.unwrap() - 30.0).abs() < 1e-9);

    let whole = bench.score(period(None, None)).await;
    assert_eq!(whole.response_count, 16);
    let early = bench.score(period(None, Some(start))).await;
    assert_eq!((early.response_count, early.value), (6, None));
    assert!(
        early.withheld_reason.contains("at least 10"),
        "{}",
        early.withheld_reason
    );
}

#[tokio::test]
async fn what_is_not_there_is_told_apart() {
    let bench = Bench::new().await;
    let nobody = bench.new_id();
    let read = wire::GetResponseRequest {
        invitation_id: nobody,
    };
    assert!(
        bench
            .app
            .get_response(&read)
            .await
            .unwrap_err()
            .is(ErrorReason::InvitationNotFound)
    );
    let read = wire::GetResponseRequest {
        invitation_id: bench.invite().await.invitation_id,
    };
    assert!(
        bench
            .app
            .get_response(&read)
            .await
            .unwrap_err()
            .is(ErrorReason::ResponseNotFound)
    );
    let read = wire::GetScoreRequest {
        questionnaire_id: "none".to_owned(),
        ..Default::default()
    };
    let refused = bench.app.get_score(&read).await.unwrap_err();
    assert!(refused.is(ErrorReason::QuestionnaireNotFound));
}

#[tokio::test]
async fn invitations_are_listed_by_customer_questionnaire_and_state() {
    let bench = Bench::new().await;
    let customer = CustomerId(bench.clock.new_id());
    bench.ask(customer, "A-1", "nps-order").await;
    bench.ask(customer, "A-1", "csat-case").await;
    let answered = bench.invite().await;
    bench
        .submit(&answered, vec![rating("recommend", 5)])
        .await
        .unwrap();
    let list = async |request: wire::ListInvitationsRequest| {
        let listed = bench
            .app
            .list_invitations(&request, None)
            .await
            .unwrap()
            .invitations;
        listed
            .into_iter()
            .map(|invitation| invitation.questionnaire_id)
            .collect::<Vec<_>>()
    };
    let customer_id = customer.0.to_string();
    let of_customer = wire::ListInvitationsRequest {
        customer_id,
        ..Default::default()
    };
    assert_eq!(list(of_customer.clone()).await, ["csat-case", "nps-order"]);
    let questionnaire_id = "nps-order".to_owned();
    let nps_of_customer = wire::ListInvitationsRequest {
        questionnaire_id,
        ..of_customer
    };
    assert_eq!(list(nps_of_customer).await.len(), 1);
    let state = wire::invitation::State::Open.into();
    let open = wire::ListInvitationsRequest {
        state,
        ..Default::default()
    };
    assert_eq!(list(open).await.len(), 2);
}

#[tokio::test]
async fn pages_of_invitations_hold_each_once_also_when_more_are_made_meanwhile() {
    let bench = Bench::new().await;
    let mut made = Vec::new();
    for _ in 0..5 {
        made.push(bench.invite().await);
    }
    made.reverse();
    let mut request = wire::ListInvitationsRequest {
        page_size: 2,
        ..Default::default()
    };
    let mut listed = Vec::new();
    loop {
        let page = bench.app.list_invitations(&request, None).await.unwrap();
        listed.extend(page.invitations);
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
        bench.invite().await;
    }
    assert_eq!(listed, made);
}

#[tokio::test]
async fn the_application_can_change_neither_versions_nor_answers() {
    let bench = Bench::new().await;
    bench.rate(9).await;
    for table in [
        "questionnaires",
        "questions",
        "responses",
        "answers",
        "ratings",
    ] {
        let statement = sqlx::AssertSqlSafe(format!("DELETE FROM {table}"));
        let refused = sqlx::query(statement)
            .execute(bench.app.db.pool())
            .await
            .unwrap_err();
        let code = refused
            .as_database_error()
            .unwrap()
            .code()
            .unwrap()
            .into_owned();
        assert_eq!(code, "42501", "{table}: insufficient_privilege");
    }
}

#[tokio::test]
async fn who_was_erased_is_asked_nothing_and_takes_in_no_words() {
    let bench = Bench::new().await;
    let invitation = bench.invite().await;
    let erased = CustomerId(invitation.customer_id.parse().unwrap());
    bench.bury(erased).await;
    let words = vec![rating("recommend", 3), text("why", "Late.")];
    let refused = bench.submit(&invitation, words).await.unwrap_err();
    assert_eq!(reason(&refused), "CUSTOMER_ERASED");

    let other = CustomerId(bench.clock.new_id());
    bench.ask_all(&[erased, other], "A-17", "nps-order").await;
    assert_eq!(bench.invitations_of(erased.0).await.len(), 1);
    assert_eq!(bench.invitations_of(other.0).await.len(), 1);
    bench.ask_all(&[erased], "A-18", "nps-order").await;
    assert_eq!(bench.invitations_of(erased.0).await.len(), 1);
}

/// An invitation as the release before wrote it.
const IN_CLEAR: &str = "
    INSERT INTO invitations (customer_id, invitation_id, questionnaire_id, questionnaire_version, trigger_type,
        trigger_reference, trigger_occasion, triggered_at, state, created_at)
    VALUES ($1, $2, 'nps-order', 1, 'patron.profile.v1.OrderRecorded', 'A-17', 1, '2025-01-01', 'open', '2025-01-01')";

async fn ask_in_clear(bench: &Bench, CustomerId(customer): CustomerId) {
    let asked = sqlx::query(IN_CLEAR).bind(customer);
    let asked = asked.bind(bench.clock.new_id());
    asked.execute(bench.database.owner_pool()).await.unwrap();
}

async fn seal_all(bench: &Bench) -> u64 {
    let mut tx = bench.app.db.begin().await.unwrap();
    let ids = bench.app.next(&mut tx, Uuid::nil(), 10).await.unwrap();
    let rows = bench.app.seal(&mut tx, &ids).await.unwrap();
    tx.commit().await.unwrap();
    rows
}

#[tokio::test]
async fn nobody_is_asked_again_about_what_stands_in_clear() {
    let bench = Bench::new().await;
    let customer = CustomerId(bench.clock.new_id());
    ask_in_clear(&bench, customer).await;
    bench.ask(customer, "A-17", "nps-order").await;
    assert_eq!(bench.invitations_of(customer.0).await.len(), 1);
    assert_eq!(seal_all(&bench).await, 1);
    bench.ask(customer, "A-17", "nps-order").await;
    assert_eq!(bench.invitations_of(customer.0).await.len(), 1);
    bench.ask(customer, "A-18", "nps-order").await;
    assert_eq!(bench.invitations_of(customer.0).await.len(), 2);
}

#[tokio::test]
async fn what_the_release_before_has_asked_again_is_sealed_like_the_rest() {
    let bench = Bench::new().await;
    let customer = CustomerId(bench.clock.new_id());
    bench.ask(customer, "A-17", "nps-order").await;
    ask_in_clear(&bench, customer).await;
    assert_eq!(seal_all(&bench).await, 1);
    assert_eq!(seal_all(&bench).await, 0);
    let asked = bench.invitations_of(customer.0).await.into_iter();
    let about = asked.map(|it| it.trigger.unwrap().reference);
    assert_eq!(about.collect::<Vec<_>>(), ["A-17", "A-17"]);
}

#[tokio::test]
async fn an_answer_that_waits_until_its_invitation_is_sealed_is_taken_in() {
    let bench = Bench::new().await;
    let customer = CustomerId(bench.clock.new_id());
    ask_in_clear(&bench, customer).await;
    let invitation = bench.invitations_of(customer.0).await.remove(0);
    let mut sealing = bench.app.db.begin().await.unwrap();
    let ids = bench.app.next(&mut sealing, Uuid::nil(), 10).await.unwrap();
    assert_eq!(bench.app.seal(&mut sealing, &ids).await.unwrap(), 1);
    let commit = async {
        until("the answer waits", async || {
            let waits = "SELECT 1 FROM pg_locks JOIN pg_stat_activity USING (pid)
                         WHERE datname = current_database() AND NOT granted";
            let waiting = sqlx::query(waits).fetch_optional(bench.database.owner_pool());
            waiting.await.unwrap().map(drop)
        })
        .await;
        sealing.commit().await.unwrap();
    };
    let words = vec![rating("recommend", 3), text("why", "Late.")];
    let (answered, ()) = tokio::join!(bench.submit(&invitation, words.clone()), commit);
    assert_eq!(answered.unwrap().into_inner().answers, words);
}
