//! A member is erased: what tells of it is gone, its points stay, and the ledger can be proven.

use contract::patron::events::v1::PersonErased;
use contract::patron::loyalty::v1 as api;
use testkit::{reason, until};
use uuid::Uuid;

use crate::all::accounts::memberships;
use crate::all::support::{Bench, holding, spending};

/// Nobody else's texts hold this.
const MARK: &str = "zqcanary";

/// What the service tells when it is done.
async fn erased(bench: &Bench, customer_id: Uuid) -> PersonErased {
    let erasure_id = bench.clock.new_id();
    bench.erase(erasure_id, customer_id).await;
    until("the service confirms", async || {
        bench.announced::<PersonErased>(erasure_id).await.pop()
    })
    .await
}

/// In how many rows of all tables the mark stands, in the clear or as bytes.
async fn traces(bench: &Bench) -> Vec<(String, i64)> {
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT oid::regclass::text FROM pg_class
         WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY 1",
    )
    .fetch_all(bench.database.owner_pool())
    .await
    .unwrap();
    let bytes: Vec<_> = MARK.bytes().map(|byte| format!("{byte:02x}")).collect();
    let bytes = bytes.concat();
    let mut found = Vec::new();
    for table in tables {
        let query = format!("SELECT count(*) FROM {table} AS t WHERE t::text ~ '{MARK}|{bytes}'");
        let rows: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(query))
            .fetch_one(bench.database.owner_pool())
            .await
            .unwrap();
        if rows > 0 {
            found.push((table, rows));
        }
    }
    found
}

#[tokio::test]
async fn the_texts_of_an_erased_member_go_and_the_ledger_still_adds_up() {
    let bench = Bench::start().await;
    let anna = bench.member(100).await;
    let other = bench.member(50).await;
    bench.bought(anna, &format!("{MARK}-order"), 40).await;
    bench.returned(anna, &format!("{MARK}-order"), 40).await;
    let mut spent = spending(&bench, anna, 20);
    if let Some(redemption) = &mut spent.redemption {
        redemption.reference = format!("{MARK}-mug");
    }
    bench
        .members()
        .create_redemption(spent.clone())
        .await
        .unwrap();
    let mut held = holding(&bench, anna, 30);
    if let Some(hold) = &mut held.hold {
        hold.reference = format!("{MARK}-hold");
    }
    bench.holds().create_hold(held).await.unwrap();
    let before = bench.balance(anna).await.unwrap();
    assert!(traces(&bench).await.len() > 5, "{MARK} is in many tables");

    let told = erased(&bench, anna).await;
    assert_eq!(traces(&bench).await, [], "{told:?}");
    let rows = |store: &str| {
        told.stores
            .iter()
            .find(|it| it.store == store)
            .map(|it| it.rows)
    };
    assert_eq!(
        (rows("operations"), rows("holds"), rows("cards")),
        (Some(5), Some(1), Some(1))
    );
    bench.assert_sound().await;
    // Figures stay, and nothing is taken in any more.
    assert_eq!(bench.balance(anna).await.unwrap(), before);
    assert_eq!(bench.balance(other).await.unwrap().available, 50);
    let late = bench
        .members()
        .create_redemption(spending(&bench, anna, 1))
        .await;
    assert_eq!(reason(&late.unwrap_err()), "MEMBER_NOT_ACTIVE");
    let again = bench.members().create_redemption(spent).await.unwrap_err();
    assert_eq!(reason(&again), "CUSTOMER_ERASED", "the answer is gone");
    bench.order_told(anna, &format!("{MARK}-late"), 5).await;
    bench.bought(other, "o-9", 5).await;
    assert_eq!(traces(&bench).await, []);
}

#[tokio::test]
async fn whoever_changes_figures_under_the_cover_of_an_erasure_is_found_out() {
    let bench = Bench::start().await;
    let anna = bench.member(100).await;
    erased(&bench, anna).await;
    bench.assert_sound().await;
    bench
        .arrange("UPDATE operations SET recorded_at = recorded_at + interval '1 day'")
        .await;
    let verified = bench.verify().await;
    assert_eq!(verified.state(), api::verification::State::Different);
}

#[tokio::test]
async fn who_was_erased_before_being_heard_of_never_becomes_a_member() {
    let bench = Bench::start().await;
    let nobody = bench.clock.new_id();
    erased(&bench, nobody).await;
    bench.order_told(nobody, "o-1", 5).await;
    let enrol = api::EnrolMemberRequest {
        customer_id: nobody.to_string(),
        request_id: bench.clock.new_id().to_string(),
        ..api::EnrolMemberRequest::default()
    };
    let refused = memberships(&bench).enrol_member(enrol).await.unwrap_err();
    assert_eq!(reason(&refused), "CUSTOMER_ERASED");
    // Once another order has earned, the first was passed over.
    bench.member(7).await;
    assert_eq!(
        reason(&bench.balance(nobody).await.unwrap_err()),
        "MEMBER_NOT_FOUND"
    );
}
