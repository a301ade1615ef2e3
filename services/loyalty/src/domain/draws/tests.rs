use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn prize(prize_id: &str, odds_per_million: i64, stock: i64, cost_points: i64) -> PrizeRule {
    PrizeRule {
        prize_id: prize_id.to_owned(),
        odds_per_million,
        stock,
        cost_points,
    }
}

fn rules(mode: Mode) -> DrawRules {
    DrawRules {
        program_id: "default".to_owned(),
        draw_id: "spring".to_owned(),
        mode,
        starts_at: at("2026-03-01T00:00:00Z"),
        ends_at: at("2026-03-08T00:00:00Z"),
        prizes: vec![
            prize("car", 10_000, 1, 5_000),
            prize("mug", 300_000, 1_000, 7),
        ],
        budget_points: None,
    }
}

fn secret(byte: u8) -> Seed {
    Seed::new(Digest([byte; 32]))
}

/// A whole draw, as the server would hold it.
struct World {
    rules: DrawRules,
    seeds: SeedChain,
    opened_at: Timestamp,
    customers: Vec<Uuid>,
    tickets: Vec<Ticket>,
    chain: Vec<Digest>,
}

impl World {
    fn run(rules: DrawRules, tickets: u32, seed: u8) -> Self {
        let seeds = SeedChain::new(secret(seed), rules.segments());
        let opened_at = at("2026-02-28T12:00:00Z");
        let mut world = Self {
            rules,
            seeds,
            opened_at,
            customers: Vec::new(),
            tickets: Vec::new(),
            chain: vec![Digest::default()],
        };
        let mut tally = Tally::none(&world.rules);
        for number in 1..=i64::from(tickets) {
            world.enter(number, tickets, &mut tally);
        }
        world
    }

    fn enter(&mut self, number: i64, of: u32, tally: &mut Tally) {
        let span = self.rules.ends_at.duration_since(self.rules.starts_at);
        let step = span.as_millis() / (i128::from(of) + 1);
        let since = i64::try_from(step).unwrap() * number;
        let entered_at = self.rules.starts_at + SignedDuration::from_millis(since);
        let customer_id = Uuid::from_u128(u128::try_from(number).unwrap() % 5);
        let client_seed = format!("lucky {number}");
        let (before, outcome) = match self.rules.mode {
            Mode::AtEnd => (Tally::default(), Outcome::Open),
            Mode::Instant => {
                let seed = self.seeds.seed(self.rules.segment_at(entered_at)).unwrap();
                let outcome = instant::decide(&self.rules, tally, &seed, number, &client_seed);
                (tally.clone(), outcome)
            }
        };
        if let Some(place) = outcome.won() {
            tally.count(&self.rules, place);
        }
        let ticket = Ticket {
            number,
            holder: holder(&self.rules, customer_id),
            client_seed,
            entered_at,
            before,
            outcome,
        };
        let chain = ticket.chained(self.chain.last().unwrap(), &self.rules.digest());
        self.chain.push(chain);
        self.customers.push(customer_id);
        self.tickets.push(ticket);
    }

    fn leaves(&self) -> Vec<Digest> {
        let rules = self.rules.digest();
        self.tickets
            .iter()
            .map(|ticket| ticket.leaf(&rules))
            .collect()
    }

    fn root(&self) -> Digest {
        let count = i64::try_from(self.tickets.len()).unwrap();
        closing_root(count, &merkle::root(&self.leaves()))
    }

    fn last_seed(&self) -> Seed {
        self.seeds.seed(self.rules.segments() - 1).unwrap()
    }

    fn winners(&self) -> BTreeMap<i64, usize> {
        let count = i64::try_from(self.tickets.len()).unwrap();
        selection::winners(&self.rules, &self.last_seed(), &self.root(), count)
    }

    fn proof(&self, place: usize) -> Proof {
        let ticket = self.tickets[place].clone();
        let won = match self.rules.mode {
            Mode::Instant => ticket.outcome.won(),
            Mode::AtEnd => self.winners().get(&ticket.number).copied(),
        };
        Proof {
            rules: self.rules.clone(),
            opened_at: self.opened_at,
            commitment: commitment(&self.rules.digest(), self.opened_at, &self.seeds.head()),
            seed: self.seeds.seed(self.rules.segment_at(ticket.entered_at)),
            customer_id: self.customers[place],
            chain_before: self.chain[place],
            chain_after: self.chain[place + 1],
            closing: Some(Closing {
                tickets: i64::try_from(self.tickets.len()).unwrap(),
                root: self.root(),
                path: merkle::path(&self.leaves(), place),
            }),
            ticket,
            won,
        }
    }

    fn check(&self) -> LogCheck {
        let latest = self.rules.segments() - 1;
        let mut check = LogCheck::new(self.rules.clone(), Some((latest, self.last_seed())));
        for (place, ticket) in self.tickets.iter().enumerate() {
            let won = ticket.outcome.won();
            check.take(ticket, self.chain[place + 1], won).unwrap();
        }
        check
    }
}

#[test]
fn every_ticket_of_a_draw_can_be_verified_from_its_proof_alone() {
    for mode in [Mode::Instant, Mode::AtEnd] {
        let world = World::run(rules(mode), 50, 1);
        for place in 0..50 {
            let proof = world.proof(place);
            let verified = proof.verify().unwrap();
            assert!(verified.is_included);
            assert_eq!(verified.outcome.won(), proof.won);
        }
    }
}

#[test]
fn a_whole_draw_adds_up_and_a_changed_ticket_in_it_is_named() {
    for mode in [Mode::Instant, Mode::AtEnd] {
        let world = World::run(rules(mode), 50, 2);
        let leaves = world.check().finish(world.root(), &winners_of(&world));
        assert_eq!(leaves.unwrap(), world.leaves());

        let mut forged = world.tickets[7].clone();
        forged.client_seed.push('!');
        let mut check = LogCheck::new(world.rules.clone(), None);
        for place in 0..7 {
            let ticket = &world.tickets[place];
            check
                .take(ticket, world.chain[place + 1], ticket.outcome.won())
                .unwrap();
        }
        let fault = check.take(&forged, world.chain[8], forged.outcome.won());
        assert!(matches!(fault, Err(LogFault::Chain { number: 8, .. })));
        let gap = check.take(&world.tickets[8], world.chain[9], None);
        assert!(matches!(gap, Err(LogFault::Number { expected: 8, .. })));
    }
}

#[test]
fn a_server_that_gives_a_prize_to_the_wrong_ticket_of_a_draw_at_the_end_is_found_out() {
    let world = World::run(rules(Mode::AtEnd), 50, 3);
    let mut winners = world.winners();
    // Of 50 tickets all win something here; so one is kept back.
    let (number, _) = winners.pop_first().unwrap();
    let fault = world.check().finish(world.root(), &winners);
    assert!(matches!(fault, Err(LogFault::Outcome { number: found, .. }) if found == number));
}

fn winners_of(world: &World) -> BTreeMap<i64, usize> {
    match world.rules.mode {
        Mode::AtEnd => world.winners(),
        Mode::Instant => BTreeMap::new(),
    }
}

#[test]
fn nothing_in_a_proof_can_be_changed_without_being_found() {
    type Forgery = (&'static str, fn(&mut Proof));
    let forgeries: &[Forgery] = &[
        ("program", |proof| proof.rules.program_id.push('x')),
        ("draw", |proof| proof.rules.draw_id.push('x')),
        ("start", |proof| {
            proof.rules.starts_at -= SignedDuration::from_micros(1);
        }),
        ("end", |proof| {
            proof.rules.ends_at += SignedDuration::from_micros(1);
        }),
        ("prize", |proof| proof.rules.prizes[0].prize_id.push('x')),
        ("odds", |proof| proof.rules.prizes[1].odds_per_million += 1),
        ("stock", |proof| proof.rules.prizes[0].stock += 1),
        ("cost", |proof| proof.rules.prizes[0].cost_points += 1),
        ("order", |proof| proof.rules.prizes.reverse()),
        ("budget", |proof| {
            proof.rules.budget_points = Some(1_000_000);
        }),
        ("opened", |proof| {
            proof.opened_at -= SignedDuration::from_micros(1);
        }),
        ("late", |proof| proof.opened_at = proof.rules.ends_at),
        ("commitment", |proof| proof.commitment.0[31] ^= 1),
        ("seed", |proof| proof.seed = Some(secret(99))),
        ("no seed", |proof| proof.seed = None),
        ("customer", |proof| proof.customer_id = Uuid::max()),
        ("number", |proof| proof.ticket.number += 1),
        ("holder", |proof| proof.ticket.holder.0[0] ^= 1),
        ("text", |proof| proof.ticket.client_seed.push(' ')),
        ("entered", |proof| {
            proof.ticket.entered_at += SignedDuration::from_micros(1);
        }),
        ("chain before", |proof| proof.chain_before.0[5] ^= 4),
        ("chain after", |proof| proof.chain_after.0[5] ^= 4),
        ("won", |proof| {
            proof.won = proof.won.map_or(Some(0), |place| Some(place + 1));
        }),
        ("tickets", |proof| {
            proof.closing.as_mut().unwrap().tickets += 1;
        }),
        ("root", |proof| {
            proof.closing.as_mut().unwrap().root.0[9] ^= 2;
        }),
        ("path", |proof| {
            proof.closing.as_mut().unwrap().path[0].0[9] ^= 2;
        }),
        ("shorter path", |proof| {
            proof.closing.as_mut().unwrap().path.pop();
        }),
        ("longer path", |proof| {
            let path = &mut proof.closing.as_mut().unwrap().path;
            path.push(Digest::default());
        }),
    ];
    for mode in [Mode::Instant, Mode::AtEnd] {
        let world = World::run(rules(mode), 13, 4);
        for place in [0, 6, 12] {
            for (name, forge) in forgeries {
                let mut proof = world.proof(place);
                forge(&mut proof);
                proof.verify().expect_err(name);
            }
        }
    }
    let mut proof = World::run(rules(Mode::Instant), 13, 4).proof(6);
    proof.ticket.before.won[1] += 1;
    assert!(matches!(proof.verify(), Err(ProofFault::Chain { .. })));
}

#[test]
fn before_its_segment_is_over_a_proof_says_when_the_seed_is_told() {
    let mut proof = World::run(rules(Mode::Instant), 13, 4).proof(0);
    proof.seed = None;
    let told = at("2026-03-02T00:00:00Z");
    assert_eq!(proof.verify(), Err(ProofFault::SeedNotTold { at: told }));
}

#[test]
fn a_seed_tells_those_of_earlier_segments_and_hides_those_of_later_ones() {
    let seeds = SeedChain::new(secret(7), 7);
    for segment in 0..7 {
        let told = seeds.seed(segment).unwrap();
        assert_eq!(told.head(segment), seeds.head());
        for earlier in 0..segment {
            let again = SeedChain::new(told, segment + 1).seed(earlier);
            assert_eq!(again, seeds.seed(earlier));
        }
    }
    assert_eq!(seeds.seed(7), None);
}

#[test]
fn segments_are_days_of_an_instant_draw_and_the_whole_of_one_at_the_end() {
    let instant = rules(Mode::Instant);
    assert_eq!(instant.segments(), 7);
    assert_eq!(instant.segment_at(at("2026-03-01T23:59:59.999999Z")), 0);
    assert_eq!(instant.segment_at(at("2026-03-02T00:00:00Z")), 1);
    assert_eq!(instant.segment_end(6), instant.ends_at);
    let at_end = rules(Mode::AtEnd);
    assert_eq!(
        (at_end.segments(), at_end.segment_end(0)),
        (1, at_end.ends_at)
    );
    let long = DrawRules {
        ends_at: at("2126-03-08T00:00:00Z"),
        ..instant
    };
    assert!((1_000..4_000).contains(&long.segments()));
    assert_eq!(long.segment_at(long.ends_at), long.segments() - 1);
}

#[test]
fn rules_that_nothing_can_be_drawn_by_are_refused() {
    let mut reversed = rules(Mode::Instant);
    std::mem::swap(&mut reversed.starts_at, &mut reversed.ends_at);
    assert!(matches!(reversed.check(), Err(RulesError::Window { .. })));
    let mut sure = rules(Mode::Instant);
    sure.prizes[0].odds_per_million = 700_001;
    assert!(matches!(
        sure.check(),
        Err(RulesError::Odds {
            per_million: 1_000_001,
            ..
        })
    ));
    let mut many = rules(Mode::AtEnd);
    many.prizes[0].stock = i64::MAX;
    assert!(matches!(
        many.check(),
        Err(RulesError::TooManyWinners { .. })
    ));
    assert_eq!(rules(Mode::AtEnd).check(), Ok(()));
}

/// Pearson's statistic; its 99.99 % quantile for two degrees of freedom is 18.4.
fn chi_square(observed: &[f64], expected: &[f64]) -> f64 {
    let cells = observed.iter().zip(expected);
    cells.map(|(seen, due)| (seen - due).powi(2) / due).sum()
}

#[test]
fn instant_tickets_win_by_the_odds() {
    let mut rules = rules(Mode::Instant);
    for prize in &mut rules.prizes {
        prize.stock = i64::MAX;
    }
    let tally = Tally::none(&rules);
    let mut seen = [0.0; 3];
    let tickets: u32 = 100_000;
    for number in 1..=i64::from(tickets) {
        let outcome = instant::decide(&rules, &tally, &secret(5), number, "luck");
        seen[outcome.won().unwrap_or(2)] += 1.0;
    }
    let all = f64::from(tickets);
    let statistic = chi_square(&seen, &[0.01 * all, 0.30 * all, 0.69 * all]);
    assert!(statistic < 18.4, "{statistic} from {seen:?}");
}

#[test]
fn at_the_end_every_ticket_has_the_same_chance() {
    let mut rules = rules(Mode::AtEnd);
    rules.prizes = vec![prize("one", 0, 2, 0)];
    let mut seen = [0.0; 3];
    for round in 0..3_000_i64 {
        let root = Transcript::of("a root").number(round).finish();
        for number in selection::winners(&rules, &secret(6), &root, 3).keys() {
            seen[usize::try_from(number - 1).unwrap()] += 1.0;
        }
    }
    let statistic = chi_square(&seen, &[2_000.0; 3]);
    assert!(statistic < 18.4, "{statistic} from {seen:?}");
}

#[test]
fn a_prize_that_is_gone_is_not_given_and_neither_is_one_beyond_the_budget() {
    let mut rules = rules(Mode::Instant);
    rules.prizes = vec![prize("mug", 1_000_000, 3, 10)];
    let outcomes = |rules: &DrawRules| -> Vec<Outcome> {
        let world = World::run(rules.clone(), 5, 8);
        world.check();
        world.tickets.iter().map(|ticket| ticket.outcome).collect()
    };
    let (won, gone) = (Outcome::Won(0), Outcome::Gone(0));
    assert_eq!(outcomes(&rules), [won, won, won, gone, gone]);
    rules.budget_points = Some(29);
    assert_eq!(outcomes(&rules), [won, won, gone, gone, gone]);

    rules.mode = Mode::AtEnd;
    assert_eq!(World::run(rules, 5, 8).winners().len(), 2);
}

#[test]
fn a_path_leads_to_the_root_from_every_leaf_of_every_tree() {
    let leaf = |number: usize| {
        let number = i64::try_from(number).unwrap();
        Transcript::of("a leaf").number(number).finish()
    };
    for count in 1..70 {
        let leaves: Vec<Digest> = (0..count).map(leaf).collect();
        let root = merkle::root(&leaves);
        for place in 0..count {
            let path = merkle::path(&leaves, place);
            let (number, of) = (place as u64, count as u64);
            assert_eq!(merkle::climb(&leaves[place], number, of, &path), Some(root));
            assert_ne!(merkle::climb(&leaf(99), number, of, &path), Some(root));
        }
    }
}

#[test]
fn a_path_can_be_put_together_from_a_block_and_the_roots_of_the_others() {
    let leaf = |number: i64| Transcript::of("a leaf").number(number).finish();
    let leaves: Vec<Digest> = (0..2_500).map(leaf).collect();
    let blocks: Vec<Digest> = leaves.chunks(merkle::BLOCK).map(merkle::root).collect();
    assert_eq!(merkle::above(&blocks), merkle::root(&leaves));
    for place in [0, 1_023, 1_024, 2_047, 2_048, 2_499] {
        let block = place / merkle::BLOCK;
        let own = leaves.chunks(merkle::BLOCK).nth(block).unwrap();
        let mut path = merkle::path(own, place % merkle::BLOCK);
        path.extend(merkle::path_above(&blocks, block));
        assert_eq!(path, merkle::path(&leaves, place));
    }
}

#[test]
fn outcomes_and_digests_are_read_back_as_they_were_written() {
    for outcome in [
        Outcome::Open,
        Outcome::Nothing,
        Outcome::Gone(0),
        Outcome::Won(0),
        Outcome::Gone(49),
        Outcome::Won(49),
    ] {
        assert_eq!(Outcome::of_code(outcome.code()), Some(outcome));
    }
    assert_eq!(Outcome::of_code(-1), None);
    let digest = Transcript::of("x").finish();
    assert_eq!(digest.to_string().parse(), Ok(digest));
    for text in ["", "0", &"0".repeat(63), &"0".repeat(65), &"A".repeat(64)] {
        assert_eq!(text.parse::<Digest>(), Err(NotADigest));
    }
}

proptest! {
    #[test]
    fn winners_are_as_many_as_stock_and_tickets_allow_and_each_ticket_wins_once(
        tickets in 0_i64..200, stock in 1_i64..120, more in 1_i64..120, byte: u8,
    ) {
        let mut rules = rules(Mode::AtEnd);
        rules.prizes = vec![prize("a", 0, stock, 0), prize("b", 0, more, 0)];
        let winners = selection::winners(&rules, &secret(byte), &Digest::default(), tickets);
        prop_assert_eq!(i64::try_from(winners.len()).unwrap(), tickets.min(stock + more));
        prop_assert!(winners.keys().all(|number| (1..=tickets).contains(number)));
        let first = winners.values().filter(|place| **place == 0).count();
        prop_assert_eq!(i64::try_from(first).unwrap(), tickets.min(stock));
    }
}
