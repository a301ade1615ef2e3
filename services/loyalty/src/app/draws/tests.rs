//! Draws on a real database.

use std::collections::BTreeMap;
use std::sync::Arc;

use ::contract::time::timestamp;
use chassis::{Refusal, Secret};
use contract::draw::Mode;
use contract::patron::loyalty::v1 as contract;
use jiff::Timestamp;
use tokio::task::JoinSet;
use tonic::Status;
use uuid::Uuid;

use super::{enter, proof, read, turn};
use crate::app::DEFAULT_PROGRAM;
use crate::app::books::{Books, Need};
use crate::app::grants;
use crate::app::growth::testing::{World, points};
use crate::domain::draws::Published;
use crate::domain::grants::{CauseKind, GrantCause};
use crate::domain::program::{DrawId, Grant};

fn at(text: &str) -> prost_types::Timestamp {
    timestamp(text.parse::<Timestamp>().unwrap())
}

/// A draw from 1 to 3 March in which everybody wins a mug, as long as there are any.
async fn world(mode: Mode, stock: i64) -> World {
    World::new(|document| {
        document.draws = vec![contract::Draw {
            draw_id: "spring".to_owned(),
            mode: mode.into(),
            start_time: Some(at("2026-03-01T00:00:00Z")),
            end_time: Some(at("2026-03-03T00:00:00Z")),
            per_member_limit: 3,
            free_entries: 2,
            prizes: vec![contract::Prize {
                prize_id: "mug".to_owned(),
                odds_per_million: if mode == Mode::Instant { 1_000_000 } else { 0 },
                stock,
                grants: vec![points(30)],
                ..contract::Prize::default()
            }],
            ..contract::Draw::default()
        }];
    })
    .await
}

async fn enters(world: &World, member: Uuid) -> Result<contract::MemberTicket, Status> {
    let request = contract::EnterDrawRequest {
        customer_id: member.to_string(),
        draw_id: "spring".to_owned(),
        request_id: world.request_id(),
        client_seed: format!("luck of {member}"),
    };
    let entered = enter::enter(&world.loyalty, &World::call(), request).await;
    entered.map(tonic::Response::into_inner)
}

async fn reason(world: &World, member: Uuid) -> String {
    let status = enters(world, member).await.unwrap_err();
    Refusal::from_status(&status).reason().to_owned()
}

async fn give_tickets(world: &World, member: Uuid, count: u32) {
    let mut tx = world.loyalty.db.begin().await.unwrap();
    let needs = [Need::of(member)];
    let mut books = Books::open(&world.loyalty, &mut tx, &needs).await.unwrap();
    let tickets = Grant::Tickets {
        draw_id: DrawId::new("spring"),
        count,
    };
    let cause = GrantCause::new(CauseKind::Hand, "a gift");
    let (given, now) = ([tickets], world.loyalty.now());
    grants::give(
        &world.loyalty,
        &mut tx,
        &mut books,
        member,
        &given,
        &cause,
        now,
    )
    .await
    .unwrap();
    books.write(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
}

/// What everybody can read, checked ticket by ticket. Tells how many won.
async fn audit(world: &World) -> usize {
    let frozen = read::draw(&world.loyalty, DEFAULT_PROGRAM, "spring")
        .await
        .unwrap();
    let told = frozen.row.told.map(|(segments, seed)| (segments - 1, seed));
    let published = Published {
        rules: frozen.rules.clone(),
        opened_at: frozen.row.opened_at,
        commitment: frozen.row.commitment,
        told,
        root: frozen.row.closing.map(|(_, root)| root),
    };
    let mut check = published.check().unwrap();
    let tickets = read::tickets(&world.loyalty, &frozen, None, 0, 500)
        .await
        .unwrap();
    let mut winners = BTreeMap::new();
    for held in &tickets.rows {
        let won = held.drawn.or(held.ticket.outcome.won());
        winners.extend(won.map(|place| (held.ticket.number, place)));
        check.take(&held.ticket, held.chain, won).unwrap();
    }
    check.finish(published.root.unwrap(), &winners).unwrap();
    winners.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_crowd_exactly_as_many_win_as_there_are_prizes_and_each_can_prove_its_ticket() {
    let world = Arc::new(world(Mode::Instant, 5).await);
    turn(&world.loyalty).await.unwrap();
    let mut calls = JoinSet::new();
    for _ in 0..24 {
        let (member, world) = (world.member().await, Arc::clone(&world));
        calls.spawn(async move { (member, enters(&world, member).await.unwrap()) });
    }
    let entered = calls.join_all().await;
    let mut numbers: Vec<i64> = entered
        .iter()
        .map(|(_, entered)| entered.ticket.as_ref().unwrap().number)
        .collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=24).collect::<Vec<_>>());
    let mut won = 0;
    for (member, _) in &entered {
        won += world.available(*member).await;
    }
    assert_eq!(won, 5 * 30);

    let (member, ticket) = &entered[3];
    let number = ticket.ticket.as_ref().unwrap().number;
    let early = proof::proof(&world.loyalty, *member, "spring", number)
        .await
        .unwrap();
    assert!(early.seed.is_none() && early.verify().is_err());
    world.pass(24);
    turn(&world.loyalty).await.unwrap();
    let told = proof::proof(&world.loyalty, *member, "spring", number)
        .await
        .unwrap();
    assert!(!told.verify().unwrap().is_included);
    world.pass(24);
    turn(&world.loyalty).await.unwrap();
    for (member, ticket) in &entered {
        let number = ticket.ticket.as_ref().unwrap().number;
        let proof = proof::proof(&world.loyalty, *member, "spring", number)
            .await
            .unwrap();
        assert!(proof.verify().unwrap().is_included);
        assert_eq!(proof.commitment.to_string(), ticket.commitment);
        assert_eq!(
            proof.chain_after.to_string(),
            ticket.ticket.as_ref().unwrap().chain
        );
    }
    assert_eq!(audit(&world).await, 5);
}

#[tokio::test]
async fn a_draw_at_its_end_takes_unused_tickets_along_and_gives_every_prize_once() {
    let world = world(Mode::AtEnd, 4).await;
    turn(&world.loyalty).await.unwrap();
    let [one, other] = [world.member().await, world.member().await];
    give_tickets(&world, one, 5).await;
    assert_eq!(
        enters(&world, one).await.unwrap().state(),
        contract::member_ticket::State::Open
    );
    enters(&world, other).await.unwrap();
    world.pass(48);
    for _ in 0..2 {
        turn(&world.loyalty).await.unwrap();
    }
    // Of the five that it was given, three are allowed.
    let frozen = read::draw(&world.loyalty, DEFAULT_PROGRAM, "spring")
        .await
        .unwrap();
    assert_eq!(frozen.row.ticket_count, 4);
    assert_eq!(
        (world.available(one).await, world.available(other).await),
        (90, 30)
    );
    assert_eq!(audit(&world).await, 4);
    let proof = proof::proof(&world.loyalty, one, "spring", 4)
        .await
        .unwrap();
    assert_eq!(proof.verify().unwrap().outcome.won(), Some(0));
}

#[tokio::test]
async fn tickets_are_limited_and_taken_only_while_the_draw_runs() {
    let world = world(Mode::Instant, 100).await;
    let member = world.member().await;
    assert_eq!(reason(&world, member).await, "DRAW_NOT_FOUND");
    turn(&world.loyalty).await.unwrap();
    for _ in 0..2 {
        enters(&world, member).await.unwrap();
    }
    assert_eq!(reason(&world, member).await, "DRAW_NO_TICKET");
    give_tickets(&world, member, 2).await;
    enters(&world, member).await.unwrap();
    assert_eq!(reason(&world, member).await, "DRAW_TICKET_LIMIT");
    world.pass(48);
    let late = world.member().await;
    assert_eq!(reason(&world, late).await, "DRAW_NOT_RUNNING");
}

#[tokio::test]
async fn a_draw_whose_secret_was_replaced_takes_no_ticket_instead_of_breaking_its_word() {
    let mut world = world(Mode::Instant, 100).await;
    turn(&world.loyalty).await.unwrap();
    world.loyalty.secret = Arc::new(Secret::new([8; 32]));
    let member = world.member().await;
    assert_eq!(reason(&world, member).await, "DRAW_SEED_LOST");
}
