//! Whose an old basket was is forgotten; what was bought at once stays.

use chassis::Clock;
use contract::patron::privacy::v1 as privacy;
use contract::time::timestamp;
use jiff::SignedDuration;
use privacy::removal_service_server::RemovalService as _;
use retention::RemovalServer;
use tonic::Request;
use uuid::Uuid;

use super::support::{World, client, order, until_popular};

async fn remove(world: &World, run_id: Uuid, held: Uuid) -> privacy::RemoveOldResponse {
    let clock = Clock::system();
    let later = timestamp(clock.now() + SignedDuration::from_mins(1));
    let records = privacy::OldRecords {
        store: "baskets".to_owned(),
        cut_off_time: Some(later),
        held_customer_ids: vec![held.to_string()],
    };
    let request = privacy::RemoveOldRequest {
        records: Some(records),
        run_id: run_id.to_string(),
        expire_time: Some(later),
        batch_size: 10,
    };
    let server = RemovalServer::new(world.database.db().clone(), clock, &["baskets"]);
    let answer = server.remove_old(Request::new(request)).await;
    answer.unwrap().into_inner()
}

#[tokio::test]
async fn whose_an_old_basket_was_is_forgotten_and_what_was_bought_at_once_is_not() {
    let world = World::new().await;
    let replica = world.replica().await;
    let (ann, ben, run) = (Uuid::from_u128(1), Uuid::from_u128(2), Uuid::from_u128(3));
    let profile = &world.profile;
    profile
        .sold(ann, order("o-1", &[("tea", 2, 0), ("mug", 1, 0)]))
        .await;
    profile
        .returned(ann, order("o-1", &[("tea", 2, 0), ("mug", 1, 1)]))
        .await;
    profile.sold(ben, order("o-2", &[("tea", 1, 0)])).await;
    let mut before = client(&replica, &["operator"]);
    until_popular(&mut before, &[("tea", 2)]).await;

    let removed = remove(&world, run, ben).await;
    assert_eq!((removed.removed_count, removed.done), (1, false));
    let removed = remove(&world, run, ben).await;
    assert_eq!((removed.removed_count, removed.held_count), (1, 1));
    assert!(removed.done);
    let owned = "SELECT customer_id, basket_id FROM basket_owners";
    let owned: Vec<(Uuid, String)> = sqlx::query_as(owned)
        .fetch_all(world.database.db().pool())
        .await
        .unwrap();
    assert_eq!(owned, [(ben, "o-2".to_owned())]);
    let named = "SELECT count(*) FROM basket_facts WHERE basket_id = 'o-1'";
    let named: i64 = sqlx::query_scalar(named)
        .fetch_one(world.database.db().pool())
        .await
        .unwrap();
    assert_eq!(named, 0);
    // A replica that reads the facts anew counts the same.
    let fresh = world.replica().await;
    until_popular(&mut client(&fresh, &["operator"]), &[("tea", 2)]).await;
}
