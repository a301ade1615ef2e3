//! What people write at rest: whoever reads the database reads none of it, and what was changed or moved there is
//! noticed.

use api::case_log_entry::Change;
use api::case_message::Kind;
use contract::patron::complaints::v1 as api;
use postgres::testing::TestDatabase;
use testkit::{keyring, keyrings, places, reason, until};
use tonic::{Code, Status};

use crate::all::support::Bench;

/// In every text of the person.
const MARK: &str = "zqcanary";
/// What people write in a case, from its opening until it is open again.
const WORDS: [&str; 6] = [
    "subject",
    "description",
    "reply",
    "customer",
    "note",
    "resolution",
];

fn mark(what: &str) -> String {
    format!("{MARK} {what}")
}

/// The opening of a case of a customer.
fn opening(bench: &Bench, customer: &str) -> api::CreateCaseRequest {
    let case = api::Case {
        customer_id: customer.to_owned(),
        r#type: api::case::Type::Complaint.into(),
        channel: "phone".to_owned(),
        subject: mark("subject"),
        description: mark("description"),
        order_id: "A-17-zqorder".to_owned(),
        ..api::Case::default()
    };
    api::CreateCaseRequest {
        case: Some(case),
        request_id: bench.new_id(),
    }
}

async fn open(bench: &Bench, customer: &str) -> api::Case {
    let opened = bench.client().create_case(opening(bench, customer)).await;
    opened.unwrap().into_inner()
}

async fn say(bench: &Bench, case_id: &str, kind: Kind, body: &str) -> Result<(), Status> {
    let saying = api::CreateCaseMessageRequest {
        case_id: case_id.to_owned(),
        message: Some(api::CaseMessage {
            kind: kind.into(),
            body: body.to_owned(),
            ..api::CaseMessage::default()
        }),
        request_id: bench.new_id(),
    };
    bench.client().create_case_message(saying).await.map(drop)
}

async fn resolve(bench: &Bench, case_id: &str) {
    let resolving = api::ResolveCaseRequest {
        case_id: case_id.to_owned(),
        resolution: mark("resolution"),
        request_id: bench.new_id(),
        etag: String::new(),
    };
    bench.client().resolve_case(resolving).await.unwrap();
}

async fn close(bench: &Bench, case_id: &str) {
    let closing = api::CloseCaseRequest {
        case_id: case_id.to_owned(),
        request_id: bench.new_id(),
        etag: String::new(),
    };
    bench.client().close_case(closing).await.unwrap();
}

async fn reopen(bench: &Bench, case_id: &str) {
    let reopening = api::ReopenCaseRequest {
        case_id: case_id.to_owned(),
        reason: mark("reason"),
        request_id: bench.new_id(),
        etag: String::new(),
    };
    bench.client().reopen_case(reopening).await.unwrap();
}

/// A closed case in which everything is written that can be.
async fn told(bench: &Bench) -> api::Case {
    let case = open(bench, &bench.new_id()).await;
    for (kind, words) in [
        (Kind::Reply, "reply"),
        (Kind::Customer, "customer"),
        (Kind::Note, "note"),
    ] {
        say(bench, &case.case_id, kind, &mark(words)).await.unwrap();
    }
    resolve(bench, &case.case_id).await;
    close(bench, &case.case_id).await;
    read(bench, &case.case_id).await.unwrap()
}

async fn read(bench: &Bench, case_id: &str) -> Result<api::Case, Status> {
    let case_id = case_id.to_owned();
    let got = bench
        .client()
        .get_case(api::GetCaseRequest { case_id })
        .await?;
    Ok(got.into_inner())
}

/// What the log of a case says.
async fn log(bench: &Bench, case_id: &str) -> Result<Vec<String>, Status> {
    let listing = api::ListCaseLogRequest {
        case_id: case_id.to_owned(),
        ..api::ListCaseLogRequest::default()
    };
    let listed = bench.client().list_case_log(listing).await?.into_inner();
    let words = |entry: api::CaseLogEntry| match entry.change? {
        Change::Message(message) => Some(message.body),
        Change::Resolved(resolved) => Some(resolved.resolution),
        Change::Reopened(reopened) => Some(reopened.reason),
        Change::Opened(_) | Change::Closed(_) => None,
    };
    Ok(listed.entries.into_iter().filter_map(words).collect())
}

async fn run(database: &TestDatabase, statement: &'static str, ids: &[&str]) -> bool {
    let mut query = sqlx::query(statement);
    for id in ids {
        query = query.bind((*id).to_owned());
    }
    query.execute(database.owner_pool()).await.is_ok()
}

async fn count(database: &TestDatabase, of: &'static str) -> i64 {
    let counted = sqlx::query_scalar(of);
    counted.fetch_one(database.owner_pool()).await.unwrap()
}

#[tokio::test]
async fn whoever_reads_the_database_reads_nothing_that_people_wrote_and_callers_read_all_of_it() {
    let bench = Bench::start().await;
    let case = told(&bench).await;
    reopen(&bench, &case.case_id).await;
    assert_eq!(places(&bench.database, MARK).await, [""; 0]);
    // Orders are announced by their ids.
    let orders = places(&bench.database, "zqorder").await;
    assert!(
        orders.iter().all(|it| it.starts_with("outbox")),
        "{orders:?}"
    );

    let written: Vec<String> = WORDS.into_iter().map(mark).collect();
    let [subject, description, said @ .., resolution] = written.as_slice() else {
        unreachable!("there are more words");
    };
    assert_eq!((&case.subject, &case.description), (subject, description));
    assert_eq!(case.order_id, "A-17-zqorder");
    assert_eq!(&case.resolution, resolution);
    let reason = [mark("reason")];
    let all = said.iter().chain([resolution]).chain(&reason).cloned();
    assert_eq!(
        log(&bench, &case.case_id).await.unwrap(),
        all.collect::<Vec<_>>()
    );
    let listing = api::ListCasesRequest {
        customer_id: case.customer_id,
        ..api::ListCasesRequest::default()
    };
    let listed = bench.client().list_cases(listing).await.unwrap();
    assert_eq!(&listed.get_ref().cases.first().unwrap().subject, subject);
}

#[tokio::test]
async fn a_call_that_is_repeated_is_answered_from_what_is_sealed() {
    let bench = Bench::start().await;
    let request = opening(&bench, &bench.new_id());
    let mut client = bench.client();
    let first = client.create_case(request.clone()).await.unwrap();
    let again = client.create_case(request.clone()).await.unwrap();
    assert_eq!(again.metadata().get("patron-replayed").unwrap(), "true");
    assert_eq!(again.into_inner(), first.into_inner());
    let mut other = request;
    other.case.as_mut().unwrap().subject = "Another".to_owned();
    let refused = client.create_case(other).await.unwrap_err();
    assert_eq!(&*reason(&refused), "REQUEST_ID_CONFLICT");
}

#[tokio::test]
async fn what_was_changed_or_moved_in_the_database_is_an_error_and_never_anothers_words() {
    let bench = Bench::start().await;
    let (one, other) = (told(&bench).await, told(&bench).await);
    for keep in [
        "CREATE TABLE kept AS SELECT * FROM cases",
        "CREATE TABLE kept_log AS SELECT * FROM case_log",
    ] {
        assert!(run(&bench.database, keep, &[]).await);
    }
    let of_case = [
        "UPDATE cases SET said = set_byte(said, 20, get_byte(said, 20) # 1)
         WHERE case_id = $1::uuid AND $2 <> ''",
        "UPDATE cases SET said = its.said FROM cases AS its
         WHERE cases.case_id = $1::uuid AND its.case_id = $2::uuid",
    ];
    let of_log = [
        "UPDATE case_log SET said = its.said FROM case_log AS its
         WHERE case_log.case_id = $1::uuid AND its.case_id = $2::uuid AND case_log.sequence = its.sequence",
        // Another entry of the same case.
        "UPDATE case_log SET said = its.said FROM case_log AS its
         WHERE case_log.case_id = $1::uuid AND its.case_id = case_log.case_id AND $2 <> ''
           AND case_log.sequence = 2 AND its.sequence = 3",
    ];
    let mend = [
        "UPDATE cases SET said = kept.said FROM kept WHERE kept.case_id = cases.case_id",
        "UPDATE case_log SET said = kept.said FROM kept_log AS kept
         WHERE kept.case_id = case_log.case_id AND kept.sequence = case_log.sequence",
    ];
    for tamper in of_case.into_iter().chain(of_log) {
        assert!(run(&bench.database, tamper, &[&one.case_id, &other.case_id]).await);
        let refused = if of_case.contains(&tamper) {
            read(&bench, &one.case_id).await.unwrap_err()
        } else {
            log(&bench, &one.case_id).await.unwrap_err()
        };
        assert_eq!(refused.code(), Code::Internal, "{tamper}");
        assert_eq!(read(&bench, &other.case_id).await.unwrap(), other);
        for statement in mend {
            assert!(run(&bench.database, statement, &[]).await);
        }
        assert_eq!(read(&bench, &one.case_id).await.unwrap(), one);
    }
    // A key that is gone and was not destroyed by an erasure is no erasure.
    assert!(run(&bench.database, "DELETE FROM subject_keys", &[]).await);
    let refused = read(&bench, &one.case_id).await.unwrap_err();
    assert_eq!(refused.code(), Code::Internal);
}

#[tokio::test]
async fn rows_of_before_an_erasure_open_no_more_and_nothing_is_written_about_the_person() {
    let bench = Bench::start().await;
    let case = open(&bench, &bench.new_id()).await;
    say(&bench, &case.case_id, Kind::Customer, &mark("customer"))
        .await
        .unwrap();
    for keep in [
        "CREATE TABLE kept AS SELECT * FROM cases",
        "CREATE TABLE kept_log AS SELECT * FROM case_log",
    ] {
        assert!(run(&bench.database, keep, &[]).await);
    }
    bench.erase(&case.customer_id).await;
    let sealed = "SELECT (SELECT count(*) FROM cases WHERE said IS NOT NULL)
                       + (SELECT count(*) FROM case_log WHERE said IS NOT NULL)";
    until("what was said is removed", async || {
        (count(&bench.database, sealed).await == 0).then_some(())
    })
    .await;
    let dead = "SELECT count(*) FROM subject_keys WHERE wrapped IS NULL AND erased_at IS NOT NULL";
    assert_eq!(count(&bench.database, dead).await, 1);

    for restore in [
        "UPDATE cases SET said = kept.said FROM kept WHERE kept.case_id = cases.case_id",
        "UPDATE case_log SET said = kept.said FROM kept_log AS kept
         WHERE kept.case_id = case_log.case_id AND kept.sequence = case_log.sequence",
    ] {
        assert!(run(&bench.database, restore, &[]).await);
    }
    assert_eq!(count(&bench.database, sealed).await, 2);
    let left = read(&bench, &case.case_id).await.unwrap();
    assert_eq!((&*left.subject, &*left.description), ("(erased)", ""));
    assert_eq!(log(&bench, &case.case_id).await.unwrap(), ["(erased)"]);

    let late = say(&bench, &case.case_id, Kind::Customer, "Late.").await;
    assert_eq!(&*reason(&late.unwrap_err()), "CUSTOMER_ERASED");
    let again = bench
        .client()
        .create_case(opening(&bench, &case.customer_id))
        .await;
    assert_eq!(&*reason(&again.unwrap_err()), "CUSTOMER_ERASED");
    assert_eq!(count(&bench.database, dead).await, 1);
}

/// A case as the release before wrote it.
const IN_CLEAR: &str = "
    INSERT INTO cases (customer_id, case_id, kind, priority, channel, subject, description, order_id, origin, state,
        opened_at, resolved_at, resolution, reopen_count, version)
    SELECT $1::uuid, $2::uuid, 'complaint', 'high', 'phone', 'zqcanary subject', 'zqcanary description', 'A-17', '',
        'resolved', '2026-01-01', '2026-01-02', 'zqcanary resolution', 0, 3";
const LOG_IN_CLEAR: &str = "
    INSERT INTO case_log (customer_id, case_id, sequence, entry_id, occurred_at, actor, state, change, content)
    SELECT $1::uuid, $2::uuid, sequence, gen_random_uuid(), '2026-01-01', 'user:ann', state, change, content
    FROM (VALUES (1, 'received', 'opened', 'an id'), (2, 'received', 'customer', 'zqcanary customer'),
        (3, 'resolved', 'resolved', 'zqcanary resolution')) AS entry (sequence, state, change, content)";

#[tokio::test]
async fn what_was_written_in_clear_is_read_and_comes_to_be_sealed() {
    let database = TestDatabase::create(&complaints::migrations()).await;
    let clock = chassis::Clock::system();
    let new_id = || clock.new_id().to_string();
    let (customer, case_id, erased) = (new_id(), new_id(), new_id());
    for statement in [IN_CLEAR, LOG_IN_CLEAR] {
        assert!(run(&database, statement, &[&customer, &case_id]).await);
    }
    // What an erasure has not removed yet is left to it.
    let buried = "INSERT INTO subject_keys (customer_id, created_at, erased_at, erasure_id)
                  VALUES ($1::uuid, now(), now(), $1::uuid)";
    assert!(run(&database, buried, &[&erased]).await);
    assert!(run(&database, IN_CLEAR, &[&erased, &new_id()]).await);

    let bench = Bench::start_over(database, keyring()).await;
    let expected = [mark("customer"), mark("resolution")];
    assert_eq!(log(&bench, &case_id).await.unwrap(), expected);
    let in_clear = "SELECT (SELECT count(*) FROM cases WHERE said IS NULL)
                         + (SELECT count(*) FROM case_log WHERE said IS NULL AND change <> 'opened')";
    until("all but the erased person's is sealed", async || {
        (count(&bench.database, in_clear).await == 1).then_some(())
    })
    .await;
    let gone = "DELETE FROM cases WHERE customer_id = $1::uuid";
    assert!(run(&bench.database, gone, &[&erased]).await);
    assert_eq!(places(&bench.database, MARK).await, [""; 0]);

    assert_eq!(log(&bench, &case_id).await.unwrap(), expected);
    let case = read(&bench, &case_id).await.unwrap();
    let texts = (&*case.subject, &*case.description, &*case.resolution);
    let [subject, description, .., resolution] = WORDS.map(mark);
    assert_eq!(texts, (&*subject, &*description, &*resolution));
    assert_eq!((&*case.order_id, &*case.etag), ("A-17", "3"));
    reopen(&bench, &case_id).await;
    assert_eq!(log(&bench, &case_id).await.unwrap().len(), 3);
}

#[tokio::test]
async fn what_can_not_be_sealed_keeps_nothing_else_in_clear() {
    let database = TestDatabase::create(&complaints::migrations()).await;
    let clock = chassis::Clock::system();
    let new_id = || clock.new_id().to_string();
    let customers = [new_id(), new_id(), new_id()];
    for customer in &customers {
        assert!(run(&database, IN_CLEAR, &[customer, &new_id()]).await);
    }
    // Under a master key that nobody has any more.
    let lost = "INSERT INTO subject_keys (customer_id, master_id, wrapped, created_at)
                VALUES ($1::uuid, 'lost', 'lost', now())";
    let [first, ..] = &customers;
    assert!(run(&database, lost, &[first]).await);
    let bench = Bench::start_over(database, keyring()).await;
    let in_clear = "SELECT count(*) FROM cases WHERE said IS NULL";
    until("the others are sealed", async || {
        (count(&bench.database, in_clear).await == 1).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_release_that_does_not_seal_can_make_no_case_unreadable() {
    let bench = Bench::start().await;
    let case = open(&bench, &bench.new_id()).await;
    let as_before =
        "UPDATE cases SET state = 'responded', version = version + 1 WHERE case_id = $1::uuid";
    assert!(!run(&bench.database, as_before, &[&case.case_id]).await);
    assert_eq!(read(&bench, &case.case_id).await.unwrap(), case);
}

#[tokio::test]
async fn the_master_key_is_rotated_under_what_people_wrote() {
    let [before, during, after] = keyrings();
    let database = TestDatabase::create(&complaints::migrations()).await;
    let bench = Bench::start_over(database, before).await;
    let case = told(&bench).await;
    let bench = Bench::start_over(bench.database, during).await;
    until("no key is left under the old one", async || {
        (bench.role.metric("complaints_keys_to_rewrap").await == "0").then_some(())
    })
    .await;
    let bench = Bench::start_over(bench.database, after).await;
    assert_eq!(read(&bench, &case.case_id).await.unwrap(), case);
}
