//! However often an import is broken off and taken up again, it is as if it never had been; and each row is as if
//! its channel had said it by a call.

use std::collections::BTreeSet;
use std::time::Duration;

use chassis::paging::PageTokens;
use chassis::{Clock, Deadline};
use contract::exposure::{self, Class, Exposure, Seen};
use events::Outbox;
use jiff::{SignedDuration, Timestamp};
use postgres::testing::TestDatabase;
use proptest::prelude::*;
use sqlx::PgTransaction;

use super::attributes::check_attributes;
use crate::app::App;
use crate::app::contact::Secrets;
use crate::domain::attribute::asked::{Asked, Sent};
use crate::domain::attribute::definition::Sensitivity;
use crate::domain::ids::{CustomerId, ImportId};
use crate::domain::imports::attributes::{self, Said};
use crate::domain::imports::columns::{Column, From, Target};
use crate::domain::imports::records::Style;
use crate::domain::imports::row::Layout;
use crate::domain::imports::{Counts, Encoding, Import, Plan, State};
use crate::store::{self, customers, imports, sources};
use crate::wire;

fn now() -> Timestamp {
    "2025-03-09T09:00:00Z".parse().unwrap()
}

fn deadline() -> Deadline {
    Deadline::after(Duration::from_mins(1))
}

fn app(database: &TestDatabase) -> App {
    let clock = Clock::manual(now());
    App {
        db: database.db().clone(),
        outbox: Outbox::new(crate::NAME, clock.clone()),
        clock,
        secrets: Secrets::of(&PageTokens::new(b"a test")),
        keyring: testkit::keyring(),
        country: None,
        stale_after: SignedDuration::from_hours(24 * 90),
    }
}

/// A channel of its own, and a kind of identifiers: nobody there is known elsewhere.
fn plan(world: &str) -> Plan {
    let column = |name: &str, path: &str| Column {
        from: From::Column(name.to_owned()),
        target: Target::named(path).unwrap(),
        verified: false,
    };
    Plan {
        display_name: String::new(),
        channel: world.to_owned(),
        style: Style::Csv { delimiter: b',' },
        encoding: Encoding::Utf8,
        columns: vec![
            column("no", "source_key"),
            column("phone", &format!("identifiers.phone_{world}")),
            column("name", "display_name"),
            column("seen", "observe_time"),
            column("gender", "gender"),
            column("tea", "attribute.tea"),
        ],
        observe_time: now(),
        size_bytes: 0,
        max_failed: 1_000,
        dry_run: false,
    }
}

const HEADER: &str = "no,name,phone,seen,gender,tea\n";

/// Rows of few people, some of them wrong.
fn rows() -> impl Strategy<Value = Vec<String>> {
    let number = proptest::option::weighted(0.8, 0_u8..5);
    let phone = proptest::option::of(1_u8..6);
    let name = prop_oneof!["[a-c]", Just("\"d\ne\"".to_owned()), Just(String::new())];
    let gender = prop_oneof![9 => Just(""), 1 => Just("neither")];
    let tea = prop_oneof![6 => Just(""), 3 => Just("green"), 2 => Just("black"), 1 => Just("mud")];
    let row = (number, phone, name, 0_u8..50, gender, tea).prop_map(
        |(number, phone, name, minute, gender, tea)| {
            let text = |value: Option<u8>| value.map(|it| it.to_string()).unwrap_or_default();
            let (number, phone) = (text(number), text(phone));
            format!("{number},{name},{phone},2025-03-09T08:{minute:02}:00Z,{gender},{tea}\n")
        },
    );
    let broken = Just("1,2,3,4,5,6,7\n".to_owned());
    proptest::collection::vec(prop_oneof![12 => row, 1 => broken], 0..24)
}

/// An attribute: its key, type, choices and sensitivity.
async fn define(database: &TestDatabase, attribute: (&str, &str, &str, &str)) {
    let (key, kind, choices, sensitivity) = attribute;
    let insert = "INSERT INTO attributes (key, version, kind, choices, sensitivity, display_name,
                      description, create_time, update_time)
                  VALUES ($1, 1, $2, $3::text[], $4, '', '', now(), now())";
    let insert = sqlx::query(insert).bind(key).bind(kind).bind(choices);
    let insert = insert.bind(sensitivity);
    insert.execute(database.owner_pool()).await.unwrap();
}

async fn create(app: &App, world: &str) -> ImportId {
    begin(app, plan(world)).await
}

async fn begin(app: &App, plan: Plan) -> ImportId {
    let id = ImportId(app.clock.new_id());
    let import = Import::create(id, plan, "a test", now());
    let mut tx = app.begin(deadline()).await.unwrap();
    imports::insert(&mut tx, &import).await.unwrap();
    tx.commit().await.unwrap();
    id
}

/// Sends a file, breaking off after each of these numbers of bytes.
async fn send(app: &App, id: ImportId, file: &[u8], breaks: &[usize]) -> Import {
    send_by(1_000, app, id, file, breaks).await
}

/// The same by batches of so many rows.
async fn send_by(
    most_rows: usize,
    app: &App,
    id: ImportId,
    file: &[u8],
    breaks: &[usize],
) -> Import {
    for (turn, bytes) in breaks.iter().enumerate() {
        let (import, upload) = app.resume_import(deadline(), id, 0).await.unwrap();
        let known = usize::try_from(import.next.offset).unwrap();
        let end = known.saturating_add(*bytes).min(file.len());
        let mut upload = upload.unwrap();
        upload.most_rows = most_rows;
        for piece in file[..end].chunks(7) {
            upload.take(piece).await.unwrap();
        }
        // Every other time the call ends; otherwise it is killed.
        if turn % 2 == 0 {
            upload.finish(false).await.unwrap();
        }
    }
    let import = app.import(deadline(), id).await.unwrap();
    let (_, upload) = app
        .resume_import(deadline(), id, import.next.offset)
        .await
        .unwrap();
    let mut upload = upload.unwrap();
    upload.most_rows = most_rows;
    let rest = usize::try_from(import.next.offset).unwrap();
    upload.take(&file[rest..]).await.unwrap();
    upload.finish(true).await.unwrap()
}

/// Tells each row by itself, as `IngestSource` does; answers the rows that were refused.
async fn tell(app: &App, import: &Import, lines: &[String]) -> BTreeSet<i64> {
    let header: Vec<_> = HEADER.trim().split(',').map(str::to_owned).collect();
    let layout = Layout::of(&import.plan.columns, Encoding::Utf8, Some(&header)).unwrap();
    let mut refused = BTreeSet::new();
    for (row, line) in (1..).zip(lines) {
        let cells = line
            .trim_end()
            .split(',')
            .map(|cell| cell.trim_matches('"').into());
        let cells: Vec<Vec<u8>> = cells.map(|cell: String| cell.into_bytes()).collect();
        let told = layout.read(&cells).ok();
        let noted = told.as_deref().map(attributes::said).unwrap_or_default();
        let said =
            told.and_then(|told| wire::imports::statement(import, row, &told, (now(), None)).ok());
        let Some(said) = said else {
            refused.insert(row);
            continue;
        };
        let mut tx = app.begin(deadline()).await.unwrap();
        let told = match app.ingest(&mut tx, "a test", said).await {
            Ok((_, source)) => note(app, &mut tx, source.home, noted).await,
            Err(_) => false,
        };
        if told {
            tx.commit().await.unwrap();
        } else {
            refused.insert(row);
        }
    }
    refused
}

/// Sets attributes of a customer, as a call does; false when it is refused.
async fn note(
    app: &App,
    tx: &mut PgTransaction<'_>,
    customer: CustomerId,
    noted: Vec<Said>,
) -> bool {
    let sent = |said: Said| Sent {
        key: said.key,
        values: vec![(Sensitivity::None, said.text)],
    };
    let asked = Asked {
        customer,
        set: noted.into_iter().map(sent).collect(),
        clear: Vec::new(),
        source: "test".to_owned(),
        actor: "a test".to_owned(),
    };
    app.set_attributes(tx, &asked).await.is_ok()
}

/// The people of a world: their names, phones and tea, what joins them and who waits, without ids.
async fn people(app: &App, database: &TestDatabase, world: &str) -> Vec<String> {
    let homes = sqlx::query_scalar("SELECT DISTINCT home FROM sources WHERE channel = $1");
    let homes = homes.bind(world).fetch_all(database.owner_pool()).await;
    let mut tx = app.begin(deadline()).await.unwrap();
    let found = customers::people(&mut tx, &app.keyring, &homes.unwrap()).await;
    let mut people = Vec::new();
    for customer in found.unwrap() {
        let id = customer.homes().ids();
        let identifiers = customer.details.identifiers.into_iter();
        let phones: BTreeSet<_> = identifiers.map(|it| it.key.value).collect();
        let said = sources::all(&mut tx, &app.keyring, &id).await.unwrap();
        let said: BTreeSet<_> = said.into_iter().map(|source| source.key).collect();
        let joining = store::links::holding(&mut tx, &app.keyring, &id).await;
        let joining = joining.unwrap();
        let joining = joining.iter().map(|it| (it.score_permille, it.kind));
        let mut joining: Vec<_> = joining.collect();
        joining.sort_unstable_by_key(|(score, _)| *score);
        let named: Vec<_> = said.into_iter().filter(|it| !it.contains(':')).collect();
        let owned = "SELECT count(*) FROM identifier_owners WHERE customer_id = ANY ($1)";
        let owned = sqlx::query_scalar::<_, i64>(owned).bind(id.clone());
        let owned = owned.fetch_one(database.owner_pool()).await.unwrap();
        let noted = store::attributes::kept(&mut tx, &app.keyring, &id).await;
        let mut noted = noted.unwrap();
        // The last one stands.
        noted.sort_unstable_by_key(|it| it.id);
        let noted: Vec<_> = noted.into_iter().map(|it| it.value).collect();
        let name = customer.details.display_name;
        people.push(format!(
            "{name} {phones:?} {named:?} {owned} {noted:?} {joining:?}"
        ));
    }
    people.sort_unstable();
    people
}

async fn refused(app: &App, id: ImportId) -> BTreeSet<i64> {
    let page = app.import_errors(deadline(), (id, 0), 500).await.unwrap();
    page.items.iter().map(|failed| failed.row).collect()
}

#[test]
fn an_import_that_is_killed_and_resumed_is_one_that_never_was_and_one_that_was_told_row_by_row() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let database = runtime.block_on(TestDatabase::create(&crate::migrations()));
    runtime.block_on(define(
        &database,
        ("tea", "choice", "{green,black}", "none"),
    ));
    let turn = std::sync::atomic::AtomicUsize::new(0);
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 96,
        ..ProptestConfig::default()
    });
    let breaks = proptest::collection::vec(0_usize..200, 0..5);
    let given = (rows(), (1_usize..8, breaks));
    let checked = runner.run(&given, |(lines, (batch, breaks))| {
        let turn = turn.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        runtime.block_on(check(&database, turn, &lines, (batch, &breaks)))
    });
    checked.unwrap();
}

async fn check(
    database: &TestDatabase,
    turn: usize,
    lines: &[String],
    (batch, breaks): (usize, &[usize]),
) -> Result<(), TestCaseError> {
    let app = app(database);
    let worlds = ["whole", "killed", "told"].map(|name| format!("{name}{turn}"));
    let file = format!("{HEADER}{}", lines.concat());
    let whole = create(&app, &worlds[0]).await;
    let done = send(&app, whole, file.as_bytes(), &[]).await;
    prop_assert_eq!(done.state, State::Done);
    let killed = create(&app, &worlds[1]).await;
    let resumed = send_by(batch, &app, killed, file.as_bytes(), breaks).await;
    prop_assert_eq!(resumed.counts, done.counts);
    prop_assert_eq!(resumed.next, done.next);
    prop_assert_eq!(refused(&app, killed).await, refused(&app, whole).await);
    let as_whole = people(&app, database, &worlds[0]).await;
    prop_assert_eq!(&people(&app, database, &worlds[1]).await, &as_whole);
    let id = create(&app, &worlds[2]).await;
    let import = app.import(deadline(), id).await.unwrap();
    prop_assert_eq!(tell(&app, &import, lines).await, refused(&app, whole).await);
    prop_assert_eq!(&people(&app, database, &worlds[2]).await, &as_whole);
    undo(&app, whole).await;
    prop_assert_eq!(
        people(&app, database, &worlds[0]).await,
        Vec::<String>::new()
    );
    let undone = app.import(deadline(), whole).await.unwrap();
    let Counts {
        created, removed, ..
    } = undone.counts;
    prop_assert_eq!((undone.state, removed), (State::Undone, created));
    let left = sqlx::query_scalar::<_, i64>(
        "SELECT (SELECT count(*) FROM identifier_owners AS its WHERE NOT EXISTS (
                   SELECT FROM customers WHERE customers.customer_id = its.customer_id))
              + (SELECT count(*) FROM identifier_claims AS its WHERE NOT EXISTS (
                   SELECT FROM customers WHERE customers.customer_id = its.customer_id))
              + (SELECT count(*) FROM source_keys WHERE channel = $1)",
    );
    let left = left.bind(&worlds[0]).fetch_one(database.owner_pool()).await;
    prop_assert_eq!(left.unwrap(), 0);
    Ok(())
}

#[tokio::test]
async fn each_row_of_many_batches_is_taken_in_once_wherever_the_file_breaks_off() {
    let database = TestDatabase::create(&crate::migrations()).await;
    let app = app(&database);
    define(&database, ("tea", "choice", "{green,black}", "none")).await;
    let row = |number: usize| match number {
        // In the third batch, the fourth and the last.
        2_500 | 3_500 | 4_200 => format!("{number},a,,,neither,\n"),
        _ => format!("{number},a,,,,\n"),
    };
    let rows: String = (1..=4_200).map(row).collect();
    let file = format!("{HEADER}{rows}");
    let id = create(&app, "many").await;
    // Breaks off in the second batch, amid the one after it, and in the fourth.
    let done = send(&app, id, file.as_bytes(), &[9_000, 14_000, 12_345]).await;
    assert_eq!(done.state, State::Done);
    assert_eq!((done.counts.created, done.counts.failed), (4_197, 3));
    assert_eq!(refused(&app, id).await, [2_500, 3_500, 4_200].into());
    let page = app.import_errors(deadline(), (id, 0), 500).await.unwrap();
    let lines = page.items.iter().map(|failed| failed.line);
    assert!(lines.eq([2_501, 3_501, 4_201]), "the first line is names");
}

async fn undo(app: &App, id: ImportId) {
    let mut tx = app.begin(deadline()).await.unwrap();
    let mut import = imports::lock(&mut tx, id).await.unwrap().unwrap();
    assert!(import.undo(now()));
    imports::update(&mut tx, &import).await.unwrap();
    tx.commit().await.unwrap();
    while app.undo_some().await.unwrap() {}
}

#[tokio::test]
async fn a_file_of_attributes_is_refused_from_who_may_not_see_them_and_masks_from_who_sees_masks() {
    let database = TestDatabase::create(&crate::migrations()).await;
    let app = app(&database);
    define(&database, ("handle", "text", "{}", "contact")).await;
    define(&database, ("note", "text", "{}", "free_text")).await;
    let column = |name: &str| Column {
        from: From::Column(name.to_owned()),
        target: Target::named(&format!("attribute.{name}")).unwrap(),
        verified: false,
    };
    let plan = Plan {
        columns: ["handle", "note"].map(column).to_vec(),
        ..plan("shop")
    };
    let id = begin(&app, plan.clone()).await;
    let mut tx = app.begin(deadline()).await.unwrap();
    for class in [Class::Contact, Class::FreeText] {
        let exposure = Exposure::ALL.with(class, Seen::Hidden);
        let begun = exposure::within(exposure, check_attributes(&mut tx, &plan)).await;
        let sent = exposure::within(exposure, app.resume_import(deadline(), id, 0)).await;
        let reasons = [begun.err(), sent.err()].map(|it| it.map(|it| it.reason().to_owned()));
        // Who may not read what others wrote may still write.
        let is_refused = class == Class::Contact;
        let expected = is_refused.then(|| "FIELD_NOT_EXPOSED".to_owned());
        assert_eq!(reasons, [expected.clone(), expected]);
    }
    let masked = Exposure::ALL.with(Class::FreeText, Seen::Masked);
    let file = b"handle,note\n,call ****\n@ada,she called\n";
    let done = exposure::within(masked, send(&app, id, file, &[])).await;
    assert_eq!((done.counts.failed, done.counts.created), (1, 1));
}

#[tokio::test]
async fn what_rows_of_one_person_say_in_turn_stands_as_it_was_said_last() {
    let database = TestDatabase::create(&crate::migrations()).await;
    define(&database, ("tea", "choice", "{green,black}", "none")).await;
    // Two records of one person; the first speaks again after the second, and the file breaks off there.
    let before = ["0,a,1,,,green\n", "2,a,1,,,black\n", "0,a,,,,green\n"];
    let lines = before.into_iter().chain(["2,a,,,,black\n"]);
    let lines: Vec<_> = lines.map(str::to_owned).collect();
    let broken_off = HEADER.len() + before.concat().len();
    let checked = check(&database, 0, &lines, (9, &[broken_off])).await;
    checked.unwrap();
}

#[tokio::test]
async fn what_is_taken_back_returns_as_old_as_it_was_beside_what_the_other_ids_of_the_person_have()
{
    let database = TestDatabase::create(&crate::migrations()).await;
    let app = app(&database);
    let choices = "{green,black,white}";
    define(&database, ("tea", "choice", choices, "none")).await;
    let file = |rows: &[&str]| format!("{HEADER}{}\n", rows.join("\n")).into_bytes();
    // Two records of one person; the second, which is of the younger id, spoke first of tea.
    let rows = ["0,a,1,,,", "2,a,1,,,black", "0,a,,,,green"];
    for row in rows {
        let id = create(&app, "shop").await;
        send(&app, id, &file(&[row]), &[]).await;
    }
    let before = people(&app, &database, "shop").await;
    let both = create(&app, "shop").await;
    send(&app, both, &file(&["2,a,,,,white", "0,a,,,,white"]), &[]).await;
    let second = create(&app, "shop").await;
    send(&app, second, &file(&["2,a,,,,green"]), &[]).await;
    assert_ne!(people(&app, &database, "shop").await, before);
    undo(&app, both).await;
    undo(&app, second).await;
    assert_eq!(people(&app, &database, "shop").await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_taken_in_behind_a_batch_that_ends_the_import() {
    let database = TestDatabase::create(&crate::migrations()).await;
    let app = app(&database);
    let plan = Plan {
        columns: plan("shop").columns[..3].to_vec(),
        max_failed: 1,
        ..plan("shop")
    };
    let id = begin(&app, plan).await;
    let good = (1..20).map(|number| format!("{number},a,\n"));
    let file = format!(
        "no,name,phone\n0,a,\n1,2,3,4\n1,2,3,4\n{}",
        good.collect::<String>()
    );
    let (_, upload) = app.resume_import(deadline(), id, 0).await.unwrap();
    let mut upload = upload.unwrap();
    upload.most_rows = 1;
    let taken = upload.take(file.as_bytes()).await;
    assert_eq!(taken.unwrap_err().reason(), "IMPORT_TOO_MANY_ERRORS");
    drop(upload);
    let import = app.import(deadline(), id).await.unwrap();
    assert_eq!(import.state, State::Failed);
    assert_eq!((import.counts.created, import.counts.failed), (1, 2));
    let people = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM customers");
    let people = people.fetch_one(database.owner_pool()).await;
    assert_eq!(people.unwrap(), 1);
}
