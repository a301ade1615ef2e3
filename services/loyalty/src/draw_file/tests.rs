use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use prost_reflect::ReflectMessage as _;
use uuid::Uuid;

use super::*;
use crate::domain::draws::{
    Closing, DrawRules, Mode, PrizeRule, SeedChain, Tally, closing_root, commitment, holder,
    instant, merkle,
};

/// The proof of the second of three tickets, written as the API writes it.
fn written() -> Vec<u8> {
    let starts_at: Timestamp = "2026-03-01T00:00:00Z".parse().unwrap();
    let rules = DrawRules {
        program_id: "default".to_owned(),
        draw_id: "spring".to_owned(),
        mode: Mode::Instant,
        starts_at,
        ends_at: starts_at + SignedDuration::from_hours(48),
        prizes: vec![PrizeRule {
            prize_id: "mug".to_owned(),
            odds_per_million: 500_000,
            stock: 5,
            cost_points: 3,
        }],
        budget_points: Some(100),
    };
    let seeds = SeedChain::new(Seed::new(Digest([7; 32])), rules.segments());
    let seed = seeds.seed(0).unwrap();
    let (mut tally, mut chain) = (Tally::none(&rules), vec![Digest::default()]);
    let mut tickets = Vec::new();
    for number in 1..=3 {
        let outcome = instant::decide(&rules, &tally, &seed, number, "luck");
        let ticket = Ticket {
            number,
            holder: holder(&rules, Uuid::from_u128(5)),
            client_seed: "luck".to_owned(),
            entered_at: starts_at + SignedDuration::from_secs(number),
            before: tally.clone(),
            outcome,
        };
        if let Some(place) = outcome.won() {
            tally.count(&rules, place);
        }
        chain.push(ticket.chained(chain.last().unwrap(), &rules.digest()));
        tickets.push(ticket);
    }
    let leaves: Vec<Digest> = tickets
        .iter()
        .map(|one| one.leaf(&rules.digest()))
        .collect();
    let ticket = tickets.remove(1);
    let proof = Proof {
        opened_at: starts_at,
        commitment: commitment(&rules.digest(), starts_at, &seeds.head()),
        seed: Some(seed),
        customer_id: Uuid::from_u128(5),
        chain_before: chain[1],
        chain_after: chain[2],
        closing: Some(Closing {
            tickets: 3,
            root: closing_root(3, &merkle::root(&leaves)),
            path: merkle::path(&leaves, 1),
        }),
        won: ticket.outcome.won(),
        ticket,
        rules,
    };
    let wire = crate::wire::draws::proof(&proof);
    let descriptor = contract::pool().get_message_by_name(&wire_types::DrawProof::full_name());
    let mut dynamic = DynamicMessage::new(descriptor.unwrap());
    dynamic.transcode_from(&wire).unwrap();
    assert_eq!(
        dynamic.descriptor().full_name(),
        wire_types::DrawProof::full_name()
    );
    serde_json::to_vec(&dynamic).unwrap()
}

#[test]
fn a_proof_is_read_back_from_its_file_and_verified() {
    let read = proof(&written()).unwrap();
    assert!(read.verify().unwrap().is_included);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]
    #[test]
    fn a_changed_byte_of_a_file_is_found_wherever_it_stands(place: prop::sample::Index, with: u8) {
        let file = written();
        let original = proof(&file).unwrap();
        let mut changed = file.clone();
        let byte = place.get_mut(&mut changed);
        prop_assume!(*byte != with);
        *byte = with;
        // A file that means the same is no other proof.
        if let Ok(read) = proof(&changed) && read != original {
            prop_assert!(read.verify().is_err());
        }
    }
}
