//! Ends of days on a real database, under a clock that is moved by hand.

mod model;
mod years;

use contract::patron::loyalty::v1 as contract;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{catch_up, days, run_until};
use crate::app::DEFAULT_PROGRAM;
use crate::app::testing::World;
use crate::domain::ledger::{Points, WalletId};

const POINTS: WalletId = WalletId::POINTS;

const PROGRAM: &str = "
displayName: Days
timeZone: Asia/Shanghai
wallets:
  - walletId: POINTS
    expiry: {months: 1, roundUp: ROUND_UP_MONTH, reminderDays: [7]}
  - walletId: MILES
    expiry: {days: 10, extendedByActivity: true}
  - walletId: SLOW
    pending: {days: 14}
    expiry: {months: 2}
packages:
  - packageId: anniversary
    occasion: OCCASION_ANNIVERSARY
    grants: [{points: {points: 50}}]
";

async fn world() -> World {
    World::new(PROGRAM, "2026-03-08T02:00:00Z").await
}

fn wallet(code: &str) -> WalletId {
    WalletId::parse(code).unwrap()
}

async fn available(world: &World, member: Uuid, wallet_id: WalletId) -> i64 {
    world.balances(member, wallet_id).await.available.get()
}

#[tokio::test]
async fn points_lapse_with_their_last_day_and_members_are_reminded_before() {
    let world = world().await;
    let member = world.join().await;
    world.earn(member, POINTS, 100).await;
    world.at("2026-04-22T15:59:59Z").await;
    assert_eq!(world.announced::<contract::PointsExpiring>().await, []);
    world.at("2026-04-22T16:00:00Z").await;
    let reminded: Vec<contract::PointsExpiring> = world.announced().await;
    assert_eq!(reminded.len(), 1);
    assert_eq!((reminded[0].amount, reminded[0].days_ahead), (100, 7));

    world.at("2026-04-30T15:59:59Z").await;
    assert_eq!(available(&world, member, POINTS).await, 100);
    world.at("2026-04-30T16:00:00Z").await;
    assert_eq!(available(&world, member, POINTS).await, 0);
    let expired: Vec<contract::PointsExpired> = world.announced().await;
    assert_eq!((expired.len(), expired[0].amount), (1, 100));
}

#[tokio::test]
async fn pending_points_become_usable_at_their_instant_and_not_at_the_end_of_the_day() {
    let world = world().await;
    let member = world.join().await;
    world.earn(member, wallet("SLOW"), 30).await;
    world.at("2026-03-22T01:59:59Z").await;
    assert_eq!(available(&world, member, wallet("SLOW")).await, 0);
    world.at("2026-03-22T02:00:00Z").await;
    assert_eq!(available(&world, member, wallet("SLOW")).await, 30);
    let activated: Vec<contract::PointsActivated> = world.announced().await;
    assert_eq!((activated.len(), activated[0].amount), (1, 30));
}

#[tokio::test]
async fn activity_gives_points_their_term_anew_also_on_their_last_day() {
    let world = world().await;
    let member = world.join().await;
    let miles = wallet("MILES");
    world.earn(member, miles, 100).await;
    // The last day is 18 March; the second purchase is on it.
    world.at("2026-03-18T15:00:00Z").await;
    world.earn(member, miles, 1).await;
    world.at("2026-03-28T15:59:59Z").await;
    assert_eq!(available(&world, member, miles).await, 101);
    world.at("2026-03-28T16:00:00Z").await;
    assert_eq!(available(&world, member, miles).await, 0);
}

#[tokio::test]
async fn an_anniversary_is_celebrated_each_year_after_the_first() {
    let world = world().await;
    world.approve_until("2030-01-01").await;
    let member = world.join().await;
    world.at("2027-03-07T15:59:59Z").await;
    assert_eq!(available(&world, member, POINTS).await, 0);
    world.at("2027-03-07T16:00:00Z").await;
    assert_eq!(available(&world, member, POINTS).await, 50);
    world.at("2028-03-08T02:00:00Z").await;
    let granted: Vec<contract::PackageGranted> = world.announced().await;
    let keys: Vec<&str> = granted
        .iter()
        .map(|granted| granted.occasion_key.as_str())
        .collect();
    assert_eq!(keys, ["2027", "2028"]);
}

#[tokio::test]
async fn days_that_were_missed_are_caught_up_on_in_order_and_none_is_done_twice() {
    let world = world().await;
    let member = world.join().await;
    world.settle().await;
    world.earn(member, POINTS, 100).await;
    world.at("2026-03-20T02:00:00Z").await;
    // A clock that is set back finds its days done, and one that is set forth again too.
    world.at("2026-03-15T02:00:00Z").await;
    world.at("2026-03-20T02:00:00Z").await;
    let page = days(&world.loyalty, DEFAULT_PROGRAM, None, 50)
        .await
        .unwrap();
    let done: Vec<String> = page.rows.iter().map(|day| day.day.to_string()).collect();
    let expected: Vec<String> = (7..20)
        .rev()
        .map(|day| format!("2026-03-{day:02}"))
        .collect();
    assert_eq!(done, expected);
    assert!(page.rows.iter().all(|day| day.finished_at.is_some()));
}

#[tokio::test]
async fn a_clock_that_jumps_years_ahead_waits_for_an_operator_and_a_trial_changes_nothing() {
    let world = world().await;
    let member = world.join().await;
    world.settle().await;
    world.earn(member, POINTS, 100).await;
    world.at("2036-03-08T02:00:00Z").await;
    assert_eq!(available(&world, member, POINTS).await, 100);

    let call = World::call();
    let until = Some("2026-04-30".parse().unwrap());
    let tried = run_until(&world.loyalty, &call, DEFAULT_PROGRAM, until, true)
        .await
        .unwrap();
    assert_eq!(tried.days[0].day.to_string(), "2026-03-08");
    let page = days(&world.loyalty, DEFAULT_PROGRAM, None, 50)
        .await
        .unwrap();
    assert_eq!(page.rows.len(), 1);

    run_until(&world.loyalty, &call, DEFAULT_PROGRAM, until, false)
        .await
        .unwrap();
    world.settle().await;
    assert_eq!(available(&world, member, POINTS).await, 0);
    let page = days(&world.loyalty, DEFAULT_PROGRAM, None, 100)
        .await
        .unwrap();
    assert_eq!(page.rows[0].day.to_string(), "2026-04-30");
}

#[tokio::test]
async fn what_fails_for_one_holder_stops_nobody_else_and_is_left_to_an_operator_after_a_while() {
    let world = world().await;
    let (one, other) = (world.join().await, world.join().await);
    for member in [one, other] {
        world.earn(member, POINTS, 100).await;
    }
    world.settle().await;
    let broken = "UPDATE wallets SET available = 1 WHERE holder_id = (SELECT min(holder_id::text)::uuid FROM wallets)";
    world.arrange(broken).await;
    world.at("2026-04-08T02:00:00Z").await;
    world.at("2026-05-01T02:00:00Z").await;
    let left = [
        available(&world, one, POINTS).await,
        available(&world, other, POINTS).await,
    ];
    assert_eq!(left, [1, 0]);
    let page = days(&world.loyalty, DEFAULT_PROGRAM, None, 1)
        .await
        .unwrap();
    assert_eq!(page.rows[0].day.to_string(), "2026-04-30");
    assert!(page.rows[0].finished_at.is_some());
    let open: i64 = page.rows[0].steps.iter().map(|(_, _, open)| open).sum();
    assert_eq!(open, 1);

    world
        .arrange("UPDATE wallets SET available = 100 WHERE available = 1")
        .await;
    run_until(&world.loyalty, &World::call(), DEFAULT_PROGRAM, None, false)
        .await
        .unwrap();
    world.settle().await;
    assert_eq!(available(&world, one, POINTS).await, 0);
}

#[tokio::test]
async fn a_holder_whose_statements_always_take_too_long_stops_nobody_else() {
    let world = world().await;
    let (one, other) = (world.join().await, world.join().await);
    for member in [one, other] {
        world.earn(member, POINTS, 100).await;
    }
    world.settle().await;
    // What a statement says that the server has ended at its time-out.
    let slow = format!(
        "CREATE FUNCTION too_long() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN RAISE EXCEPTION 'canceling statement' USING ERRCODE = 'query_canceled'; END $$;
         CREATE TRIGGER too_long BEFORE UPDATE ON wallets FOR EACH ROW
             WHEN (NEW.holder_id = '{one}') EXECUTE FUNCTION too_long()"
    );
    world.arrange(&slow).await;
    world.at("2026-04-08T02:00:00Z").await;
    world.at("2026-05-01T02:00:00Z").await;
    let left = [
        available(&world, one, POINTS).await,
        available(&world, other, POINTS).await,
    ];
    assert_eq!(left, [100, 0]);
}

#[tokio::test]
async fn a_member_whose_points_can_not_become_spendable_keeps_nobody_elses_waiting() {
    let world = world().await;
    let (one, other) = (world.join().await, world.join().await);
    for member in [one, other] {
        world.earn(member, wallet("SLOW"), 100).await;
    }
    let figures = async |member| {
        let balances = world.balances(member, wallet("SLOW")).await;
        (balances.available.get(), balances.pending.get())
    };
    let broken =
        format!("UPDATE wallets SET pending = 1 WHERE holder_id = '{one}' AND wallet_id = 'SLOW'");
    world.arrange(&broken).await;
    world.at("2026-03-22T02:00:00Z").await;
    assert_eq!(
        [figures(one).await, figures(other).await],
        [(0, 1), (100, 0)]
    );
    world
        .arrange("UPDATE wallets SET pending = 100 WHERE pending = 1")
        .await;
    world.settle().await;
    assert_eq!(figures(one).await, (100, 0));
}

#[tokio::test]
async fn replicas_share_a_day_and_each_of_its_steps_is_done_once() {
    let world = world().await;
    let mut members = Vec::new();
    for _ in 0..250 {
        let member = world.join().await;
        world.earn(member, POINTS, 100).await;
        members.push(member);
    }
    world.settle().await;
    world.at("2026-04-07T02:00:00Z").await;
    world
        .loyalty
        .clock
        .set("2026-05-01T02:00:00Z".parse().unwrap());
    let stop = CancellationToken::new();
    let replica = async || {
        // One that finds others at work comes again.
        for _ in 0..200 {
            catch_up(&world.loyalty, &world.metrics, &stop)
                .await
                .unwrap();
        }
    };
    tokio::join!(replica(), replica(), replica());
    let expired: Vec<contract::PointsExpired> = world.announced().await;
    assert_eq!(expired.len(), members.len());
    for member in members {
        assert_eq!(world.balances(member, POINTS).await.available, Points::ZERO);
    }
}
