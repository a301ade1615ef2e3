//! Who is who, as it is learnt from events in any order.

use std::collections::BTreeMap;

use persons::{
    Placed, Restriction, Told, ids_of, learn, place, profiles_of, restrict, restricted_among,
};
use postgres::Migrations;
use postgres::testing::TestDatabase;
use uuid::Uuid;

static MIGRATIONS: Migrations = Migrations::new("test", &[&persons::MIGRATIONS]);

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

/// That these ids lead where they do.
fn told<const N: usize>(profiles: [(u128, u128); N], revision: i64) -> Told {
    Told {
        profiles: profiles.map(|(one, to)| (id(one), id(to))).into(),
        revision,
    }
}

#[tokio::test]
async fn the_newest_of_what_was_said_about_an_id_holds_in_whatever_order_it_comes() {
    let merged = told([(1, 1), (2, 1)], 5);
    let merged_on = told([(1, 1), (2, 1), (3, 1)], 6);
    let parted = told([(1, 1), (3, 1), (2, 2)], 7);
    for order in [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
    ] {
        let database = TestDatabase::create(&MIGRATIONS).await;
        let mut db = database.db().pool().acquire().await.unwrap();
        assert_eq!(ids_of(&mut *db, id(2)).await.unwrap(), [id(2)]);
        let all = [&merged, &merged_on, &parted];
        for told in order.map(|place| all[place]) {
            learn(&mut db, told).await.unwrap();
        }
        assert!(!learn(&mut db, &merged).await.unwrap(), "nothing new");
        for one in [1, 3] {
            assert_eq!(ids_of(&mut *db, id(one)).await.unwrap(), [id(1), id(3)]);
        }
        assert_eq!(ids_of(&mut *db, id(2)).await.unwrap(), [id(2)]);
        let profiles = profiles_of(&mut *db, &[id(2), id(3), id(4)]).await.unwrap();
        assert_eq!(profiles, [(id(2), id(2)), (id(3), id(1))].into());
    }
}

#[tokio::test]
async fn a_restriction_holds_for_whoever_the_id_leads_to_until_it_is_lifted() {
    let database = TestDatabase::create(&MIGRATIONS).await;
    let mut db = database.db().pool().acquire().await.unwrap();
    let all = [id(1), id(2), id(3)];
    let mut say = async |holds| {
        let customer_id = id(2);
        let said = Restriction { customer_id, holds };
        restrict(&mut db, said).await.unwrap();
        restrict(&mut db, said).await.unwrap();
        let before = restricted_among(&mut db, &all).await.unwrap();
        learn(&mut db, &told([(1, 1), (2, 1)], 1)).await.unwrap();
        (before, restricted_among(&mut db, &all).await.unwrap())
    };
    assert_eq!(say(true).await, ([id(2)].into(), [id(1), id(2)].into()));
    assert_eq!(say(false).await, ([].into(), [].into()));
}

#[tokio::test]
async fn of_where_somebody_is_the_newest_holds_in_whatever_order_it_comes() {
    let said = |region_code: &str, revision| Placed {
        region_code: region_code.to_owned(),
        brand: "acme".to_owned(),
        revision,
    };
    let all = [said("GB", 1), said("DE", 4), said("", 9)];
    for order in [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
    ] {
        let database = TestDatabase::create(&MIGRATIONS).await;
        let mut db = database.db().pool().acquire().await.unwrap();
        for told in order {
            let places = BTreeMap::from([(id(1), all[told].clone()), (id(2), said("GB", 1))]);
            place(&mut db, &places).await.unwrap();
        }
        let query = "SELECT region_code, revision FROM person_places ORDER BY customer_id";
        let known: Vec<(String, i64)> = sqlx::query_as(query).fetch_all(&mut *db).await.unwrap();
        assert_eq!(known, [(String::new(), 9), ("GB".to_owned(), 1)]);
    }
}
