//! Birthdays on a real database, with profiles that are made up.

use std::collections::HashMap;
use std::sync::Mutex;

use async_trait::async_trait;
use calendar::{MonthDay, Zone};
use contract::patron::loyalty::v1 as contract;
use tonic::Status;
use uuid::Uuid;

use super::{Profile, Profiles, ask_for_birthdays, ask_some};
use crate::app::testing::World;
use crate::domain::ledger::WalletId;

const PROGRAM: &str = "
displayName: Birthdays
timeZone: Asia/Shanghai
wallets:
  - walletId: POINTS
packages:
  - packageId: birthday
    occasion: OCCASION_BIRTHDAY
    grants: [{points: {points: 88}}]
";

/// Profiles by customer; who is missing can't be asked for now.
#[derive(Default)]
struct Known(Mutex<HashMap<Uuid, Profile>>);

#[async_trait]
impl Profiles for Known {
    async fn profile(&self, customer_id: Uuid) -> Result<Profile, Status> {
        let known = self.0.lock().unwrap();
        known
            .get(&customer_id)
            .cloned()
            .ok_or_else(|| Status::unavailable("busy"))
    }
}

impl Known {
    fn born(&self, customer_id: Uuid, month: i8, day: i8, zone: Option<&str>) {
        let profile = Profile {
            birthday: Some(MonthDay::new(month, day).unwrap()),
            zone: zone.map(|zone| Zone::parse(zone).unwrap()),
        };
        self.0.lock().unwrap().insert(customer_id, profile);
    }
}

async fn world() -> World {
    World::new(PROGRAM, "2026-03-01T02:00:00Z").await
}

async fn hear(world: &World, profiles: &Known, customer_ids: &[Uuid]) {
    let mut db = world.loyalty.db.pool().acquire().await.unwrap();
    ask_for_birthdays(&world.loyalty, &mut db, customer_ids)
        .await
        .unwrap();
    drop(db);
    while ask_some(&world.loyalty, profiles).await.unwrap() {}
}

async fn points(world: &World, member: Uuid) -> i64 {
    world
        .balances(member, WalletId::POINTS)
        .await
        .available
        .get()
}

#[tokio::test]
async fn a_birthday_begins_with_the_members_own_midnight_or_else_the_programs() {
    let (world, profiles) = (world().await, Known::default());
    let (here, there, nowhere) = (world.join().await, world.join().await, world.join().await);
    profiles.born(here, 3, 8, Some("Pacific/Auckland"));
    profiles.born(there, 3, 8, Some("America/New_York"));
    profiles.born(nowhere, 3, 8, None);
    hear(&world, &profiles, &[here, there, nowhere]).await;
    let all = async || {
        [
            points(&world, here).await,
            points(&world, nowhere).await,
            points(&world, there).await,
        ]
    };

    world.at("2026-03-07T10:59:59Z").await;
    assert_eq!(all().await, [0, 0, 0]);
    world.at("2026-03-07T11:00:00Z").await;
    assert_eq!(all().await, [88, 0, 0]);
    world.at("2026-03-07T16:00:00Z").await;
    assert_eq!(all().await, [88, 88, 0]);
    world.at("2026-03-08T05:00:00Z").await;
    assert_eq!(all().await, [88, 88, 88]);
}

#[tokio::test]
async fn after_a_standstill_yesterdays_birthdays_are_celebrated_and_last_months_are_not() {
    let (world, profiles) = (world().await, Known::default());
    let (recent, old) = (world.join().await, world.join().await);
    profiles.born(recent, 3, 19, None);
    profiles.born(old, 3, 4, None);
    hear(&world, &profiles, &[recent, old]).await;
    world.settle().await;
    world.at("2026-03-20T02:00:00Z").await;
    assert_eq!(
        [points(&world, recent).await, points(&world, old).await],
        [88, 0]
    );
}

#[tokio::test]
async fn a_birthday_is_celebrated_once_a_year_however_often_it_is_changed() {
    let (world, profiles) = (world().await, Known::default());
    world.approve_until("2030-01-01").await;
    let member = world.join().await;
    for day in [2, 1, 28] {
        let month = if day == 28 { 2 } else { 3 };
        profiles.born(member, month, day, None);
        hear(&world, &profiles, &[member]).await;
        world.at("2026-03-02T02:00:00Z").await;
    }
    assert_eq!(points(&world, member).await, 88);
    let granted: Vec<contract::PackageGranted> = world.announced().await;
    assert_eq!(
        (granted.len(), granted[0].occasion_key.as_str()),
        (1, "2026")
    );
    world.at("2027-02-28T02:00:00Z").await;
    assert_eq!(points(&world, member).await, 176);
}

#[tokio::test]
async fn a_birthday_that_is_heard_of_late_is_still_celebrated_for_a_week() {
    let (world, profiles) = (world().await, Known::default());
    let member = world.join().await;
    profiles.born(member, 2, 24, None);
    hear(&world, &profiles, &[member]).await;
    assert_eq!(points(&world, member).await, 88);
}

#[tokio::test]
async fn who_can_not_be_asked_for_is_asked_for_again_later() {
    let (world, profiles) = (world().await, Known::default());
    let member = world.join().await;
    hear(&world, &profiles, &[member]).await;
    profiles.born(member, 3, 1, None);
    while ask_some(&world.loyalty, &profiles).await.unwrap() {}
    assert_eq!(
        points(&world, member).await,
        0,
        "not before a minute has passed"
    );
    world.at("2026-03-01T02:01:00Z").await;
    while ask_some(&world.loyalty, &profiles).await.unwrap() {}
    assert_eq!(points(&world, member).await, 88);
}

#[tokio::test]
async fn who_can_not_be_congratulated_keeps_nobody_waiting_and_is_congratulated_later() {
    let (world, profiles) = (world().await, Known::default());
    let members = [world.join().await, world.join().await, world.join().await];
    for member in members {
        profiles.born(member, 3, 2, None);
    }
    hear(&world, &profiles, &members).await;
    let [first, second, third] = members;
    world.break_down("package_grants", second).await;
    world.at("2026-03-01T16:01:00Z").await;
    assert_eq!(
        [
            points(&world, first).await,
            points(&world, second).await,
            points(&world, third).await
        ],
        [88, 0, 88]
    );
    world.repair().await;
    while ask_some(&world.loyalty, &profiles).await.unwrap() {}
    assert_eq!(points(&world, second).await, 88);
}
