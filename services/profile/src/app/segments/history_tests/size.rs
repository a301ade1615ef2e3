//! The size that is told while somebody waits to be decided on.

use std::collections::BTreeSet;

use chassis::Clock;

use super::{Change, Definition, World, deadline, segment};

#[tokio::test]
async fn a_size_differs_by_no_more_than_those_who_wait_from_what_it_will_be() {
    let clock = Clock::manual("2026-02-20T10:00:00Z".parse().unwrap());
    let mut world = World::new(clock).await;
    for _ in 0..400 {
        world.create().await;
    }
    world.keep().await;
    let all = i64::try_from(world.homes.len()).unwrap();
    let of_all = segment(100);
    let definition = Definition {
        display_name: String::new(),
        description: String::new(),
        condition: "orders.count >= 0".to_owned(),
    };
    let mut tx = world.app.begin(deadline()).await.unwrap();
    let asked = (of_all.clone(), Change::Create(definition));
    world.app.define(&mut tx, "test", asked).await.unwrap();
    tx.commit().await.unwrap();
    let mut sizes = BTreeSet::new();
    loop {
        let told = world.app.segment_size(deadline(), (&of_all, false)).await;
        let told = told.unwrap();
        assert!(!told.due_count_exceeded);
        assert!((all - told.size).abs() <= told.due_count, "{told:?}");
        sizes.insert(told.size);
        if !world.keeper.step().await.unwrap() {
            assert_eq!((told.size, told.due_count), (all, 0));
            break;
        }
    }
    assert!(sizes.len() > 3, "it was asked for on the way: {sizes:?}");
}
