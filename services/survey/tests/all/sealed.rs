//! What people write, and what they are asked about, at rest: whoever reads the database reads none of it, and what was
//! changed or moved there is noticed.

use api::answer::Value;
use contract::patron::profile::v1::{Order, OrderRecorded};
use contract::patron::survey::v1 as api;
use postgres::testing::TestDatabase;
use testkit::{keyring, keyrings, places, until};
use tonic::{Code, Status};
use uuid::Uuid;

use crate::all::answers::{answering, rating, text};
use crate::all::support::Bench;

/// In every text of the person.
const MARK: &str = "zqcanary";
const ORDER: &str = "A-17-zqorder";

/// A customer buys; what the customer is asked then.
async fn buy(bench: &Bench, customer: Uuid) -> api::Invitation {
    let order = Order {
        order_id: ORDER.to_owned(),
        ..Order::default()
    };
    let bought = OrderRecorded { order: Some(order) };
    bench.profile_says(customer, &bought).await;
    until("the customer is invited", async || {
        invitations(bench, customer).await.pop()
    })
    .await
}

async fn invitations(bench: &Bench, customer: Uuid) -> Vec<api::Invitation> {
    let listing = api::ListInvitationsRequest {
        customer_id: customer.to_string(),
        ..api::ListInvitationsRequest::default()
    };
    let listed = bench.client().list_invitations(listing).await.unwrap();
    listed.into_inner().invitations
}

/// Somebody who bought and wrote, and what was written.
async fn told(bench: &Bench, words: &str) -> (api::Invitation, api::Response) {
    let invitation = buy(bench, bench.clock.new_id()).await;
    let answers = vec![rating(3), text(&format!("{MARK} {words}"))];
    let request = answering(bench, &invitation, answers);
    let response = bench.client().submit_response(request).await.unwrap();
    (invitation, response.into_inner())
}

async fn response(bench: &Bench, invitation_id: &str) -> Result<api::Response, Status> {
    let invitation_id = invitation_id.to_owned();
    let request = api::GetResponseRequest { invitation_id };
    Ok(bench.client().get_response(request).await?.into_inner())
}

async fn invitation(bench: &Bench, invitation_id: &str) -> Result<api::Invitation, Status> {
    let invitation_id = invitation_id.to_owned();
    let request = api::GetInvitationRequest { invitation_id };
    Ok(bench.client().get_invitation(request).await?.into_inner())
}

fn reference(invitation: &api::Invitation) -> &str {
    &invitation.trigger.as_ref().unwrap().reference
}

async fn run(database: &TestDatabase, statement: &'static str, ids: &[&str]) {
    let mut query = sqlx::query(statement);
    for id in ids {
        query = query.bind((*id).to_owned());
    }
    query.execute(database.owner_pool()).await.unwrap();
}

async fn count(database: &TestDatabase, of: &'static str) -> i64 {
    let counted = sqlx::query_scalar(of);
    counted.fetch_one(database.owner_pool()).await.unwrap()
}

#[tokio::test]
async fn whoever_reads_the_database_reads_nothing_that_people_wrote_and_callers_read_all_of_it() {
    let bench = Bench::start().await;
    let asked = buy(&bench, bench.clock.new_id()).await;
    let answers = vec![rating(3), text(MARK)];
    let request = answering(&bench, &asked, answers.clone());
    let mut client = bench.client();
    let first = client.submit_response(request.clone()).await.unwrap();
    assert_eq!(places(&bench.database, MARK).await, [""; 0]);
    // Orders are announced by their ids.
    let orders = places(&bench.database, "zqorder").await;
    let is_announced = |it: &String| it.starts_with("outbox");
    assert!(orders.iter().all(is_announced), "{orders:?}");

    let read = response(&bench, &asked.invitation_id).await.unwrap();
    assert_eq!(read.answers, answers);
    assert_eq!(reference(&asked), ORDER);
    let got = invitation(&bench, &asked.invitation_id).await.unwrap();
    assert_eq!(reference(&got), ORDER);
    let again = client.submit_response(request).await.unwrap();
    assert_eq!(again.metadata().get("patron-replayed").unwrap(), "true");
    assert_eq!(again.into_inner(), first.into_inner());
}

#[tokio::test]
async fn nobody_is_asked_twice_about_what_is_sealed() {
    let bench = Bench::start().await;
    let (customer, other) = (bench.clock.new_id(), bench.clock.new_id());
    let first = buy(&bench, customer).await;
    buy(&bench, customer).await;
    // What came later has been heard of.
    buy(&bench, other).await;
    let all = invitations(&bench, customer).await;
    assert_eq!(all, [first]);
    assert_eq!(
        count(&bench.database, "SELECT count(*) FROM invitations").await,
        2
    );
}

#[tokio::test]
async fn what_was_changed_or_moved_in_the_database_is_an_error_and_never_anothers_words() {
    let bench = Bench::start().await;
    let ((one, written), (other, others)) =
        (told(&bench, "one").await, told(&bench, "other").await);
    for keep in [
        "CREATE TABLE kept AS SELECT * FROM invitations",
        "CREATE TABLE kept_answers AS SELECT * FROM answers",
    ] {
        run(&bench.database, keep, &[]).await;
    }
    let of_answer = [
        "UPDATE answers SET said = set_byte(said, 20, get_byte(said, 20) # 1)
         WHERE said IS NOT NULL AND invitation_id = $1::uuid AND $2 <> ''",
        "UPDATE answers SET said = its.said FROM answers AS its
         WHERE answers.invitation_id = $1::uuid AND its.invitation_id = $2::uuid
           AND answers.ordinal = its.ordinal AND its.said IS NOT NULL",
        // Another answer of the same person.
        "UPDATE answers SET said = its.said, written = '', rating = NULL FROM answers AS its
         WHERE answers.invitation_id = $1::uuid AND its.invitation_id = answers.invitation_id
           AND answers.ordinal = 1 AND its.ordinal = 2 AND $2 <> ''",
    ];
    let of_invitation = "UPDATE invitations SET said = its.said FROM invitations AS its
        WHERE invitations.invitation_id = $1::uuid AND its.invitation_id = $2::uuid";
    for tamper in of_answer.into_iter().chain([of_invitation]) {
        run(
            &bench.database,
            tamper,
            &[&one.invitation_id, &other.invitation_id],
        )
        .await;
        let refused = if tamper == of_invitation {
            invitation(&bench, &one.invitation_id).await.unwrap_err()
        } else {
            response(&bench, &one.invitation_id).await.unwrap_err()
        };
        assert_eq!(refused.code(), Code::Internal, "{tamper}");
        assert_eq!(
            response(&bench, &other.invitation_id).await.unwrap(),
            others
        );
        for mend in [
            "UPDATE invitations SET said = kept.said FROM kept
             WHERE kept.invitation_id = invitations.invitation_id",
            "UPDATE answers SET said = kept.said, written = kept.written, rating = kept.rating
             FROM kept_answers AS kept
             WHERE kept.invitation_id = answers.invitation_id AND kept.ordinal = answers.ordinal",
        ] {
            run(&bench.database, mend, &[]).await;
        }
        assert_eq!(response(&bench, &one.invitation_id).await.unwrap(), written);
    }
}

#[tokio::test]
async fn rows_of_before_an_erasure_open_no_more() {
    let bench = Bench::start().await;
    let (asked, _) = told(&bench, "words").await;
    for keep in [
        "CREATE TABLE kept AS SELECT * FROM invitations",
        "CREATE TABLE kept_answers AS SELECT * FROM answers WHERE said IS NOT NULL",
    ] {
        run(&bench.database, keep, &[]).await;
    }
    bench.erase(&asked.customer_id).await;
    let sealed = "SELECT (SELECT count(*) FROM invitations WHERE said IS NOT NULL OR asked_about IS NOT NULL)
                       + (SELECT count(*) FROM answers WHERE said IS NOT NULL)";
    until("what was said is removed", async || {
        (count(&bench.database, sealed).await == 0).then_some(())
    })
    .await;
    let dead = "SELECT count(*) FROM subject_keys WHERE wrapped IS NULL AND erased_at IS NOT NULL";
    assert_eq!(count(&bench.database, dead).await, 1);

    for restore in [
        "UPDATE invitations SET said = kept.said FROM kept
         WHERE kept.invitation_id = invitations.invitation_id",
        "INSERT INTO answers SELECT * FROM kept_answers",
    ] {
        run(&bench.database, restore, &[]).await;
    }
    assert_eq!(count(&bench.database, sealed).await, 2);
    let left = invitation(&bench, &asked.invitation_id).await.unwrap();
    assert_eq!(reference(&left), asked.invitation_id);
    let left = response(&bench, &asked.invitation_id).await.unwrap();
    let texts = left.answers.into_iter().filter_map(|it| match it.value? {
        Value::Text(text) => Some(text),
        Value::Rating(_) => None,
    });
    assert_eq!(texts.collect::<Vec<_>>(), [""]);
}

/// What a customer was asked and wrote, as the release before wrote it.
const IN_CLEAR: [&str; 3] = [
    "INSERT INTO invitations (customer_id, invitation_id, questionnaire_id, questionnaire_version, trigger_type,
         trigger_reference, trigger_occasion, triggered_at, state, created_at, completed_at)
     SELECT $1::uuid, $2::uuid, 'nps-order', 1, 'patron.profile.v1.OrderRecorded', 'A-17-zqorder', 1, '2026-01-01',
         'completed', '2026-01-01', '2026-01-02'",
    "INSERT INTO responses (customer_id, invitation_id, response_id, submitted_at)
     SELECT $1::uuid, $2::uuid, $2::uuid, '2026-01-02'",
    "INSERT INTO answers (customer_id, invitation_id, ordinal, question_id, rating, written)
     VALUES ($1::uuid, $2::uuid, 1, 'recommend', 3, NULL), ($1::uuid, $2::uuid, 2, 'why', NULL, 'zqcanary')",
];

#[tokio::test]
async fn what_was_written_in_clear_is_read_and_comes_to_be_sealed() {
    let database = TestDatabase::create(&survey::migrations()).await;
    let clock = chassis::Clock::system();
    let (customer, invitation_id) = (clock.new_id(), clock.new_id().to_string());
    for statement in IN_CLEAR {
        run(
            &database,
            statement,
            &[&customer.to_string(), &invitation_id],
        )
        .await;
    }
    // What an erasure has not removed yet is left to it.
    let (erased, theirs) = (clock.new_id().to_string(), clock.new_id().to_string());
    let buried = "INSERT INTO subject_keys (customer_id, created_at, erased_at, erasure_id)
                  VALUES ($1::uuid, now(), now(), $1::uuid)";
    run(&database, buried, &[&erased]).await;
    for statement in IN_CLEAR {
        run(&database, statement, &[&erased, &theirs]).await;
    }

    let bench = Bench::start_over(database, keyring()).await;
    let expected = [rating(3), text(MARK)];
    let read = response(&bench, &invitation_id).await.unwrap();
    assert_eq!(read.answers, expected);
    let in_clear = "SELECT (SELECT count(*) FROM invitations WHERE said IS NULL)
                         + (SELECT count(*) FROM answers WHERE said IS NULL AND written IS NOT NULL)";
    until("all but the erased person's is sealed", async || {
        (count(&bench.database, in_clear).await == 2).then_some(())
    })
    .await;
    for table in [
        "DELETE FROM answers WHERE customer_id = $1::uuid",
        "DELETE FROM responses WHERE customer_id = $1::uuid",
        "DELETE FROM invitations WHERE customer_id = $1::uuid",
    ] {
        run(&bench.database, table, &[&erased]).await;
    }
    for text in [MARK, "zqorder"] {
        assert_eq!(places(&bench.database, text).await, [""; 0]);
    }
    let read = response(&bench, &invitation_id).await.unwrap();
    assert_eq!(read.answers, expected);
    // The same order again.
    let asked = buy(&bench, customer).await;
    assert_eq!(
        (&asked.invitation_id, reference(&asked)),
        (&invitation_id, ORDER)
    );
    buy(&bench, bench.clock.new_id()).await;
    assert_eq!(invitations(&bench, customer).await.len(), 1);
}

#[tokio::test]
async fn the_master_key_is_rotated_under_what_people_wrote() {
    let [before, during, after] = keyrings();
    let database = TestDatabase::create(&survey::migrations()).await;
    let bench = Bench::start_over(database, before).await;
    let (asked, written) = told(&bench, "words").await;
    let bench = Bench::start_over(bench.database, during).await;
    until("no key is left under the old one", async || {
        (bench.role.metric("survey_keys_to_rewrap").await == "0").then_some(())
    })
    .await;
    let bench = Bench::start_over(bench.database, after).await;
    let read = response(&bench, &asked.invitation_id).await.unwrap();
    assert_eq!(read, written);
}
