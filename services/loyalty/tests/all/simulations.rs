//! Baskets under programs that are not active.

use chassis::Clock;
use contract::patron::loyalty::v1 as api;
use contract::patron::loyalty::v1::program_service_client::ProgramServiceClient;
use contract::patron::loyalty::v1::simulation_service_client::SimulationServiceClient;
use contract::patron::r#type::v1::Money;
use contract::time::timestamp;
use testkit::{Bearer, Caller, metadata, reason, until};
use tonic::{Code, Status};

use crate::all::support::Bench;

fn simulations(bench: &Bench) -> SimulationServiceClient<Caller> {
    SimulationServiceClient::with_interceptor(bench.channel(), Bearer::of(&["operator"]))
}

/// The document of the program that is active.
async fn document(bench: &Bench) -> api::ProgramDocument {
    let mut programs: ProgramServiceClient<Caller> = bench.programs();
    let request = api::GetProgramVersionRequest {
        program_id: "default".to_owned(),
        version: 1,
    };
    let version = programs
        .get_program_version(request)
        .await
        .unwrap()
        .into_inner();
    version.document.unwrap()
}

fn basket(time: &str, amount_minor: i64) -> api::SimulateRatingRequest {
    let line = api::simulate_rating_request::BasketLine {
        product_id: "tea".to_owned(),
        amount: Some(Money {
            currency_code: "CNY".to_owned(),
            amount_minor,
        }),
        ..Default::default()
    };
    api::SimulateRatingRequest {
        program_id: "default".to_owned(),
        time: Some(timestamp(time.parse().unwrap())),
        channel: "app".to_owned(),
        subject: Some(api::simulate_rating_request::Subject::Basket(
            api::simulate_rating_request::Basket { lines: vec![line] },
        )),
        ..Default::default()
    }
}

fn trying(
    document: api::ProgramDocument,
    request: api::SimulateRatingRequest,
) -> api::SimulateRatingRequest {
    api::SimulateRatingRequest {
        candidate: Some(api::Candidate {
            candidate: Some(api::candidate::Candidate::Document(document)),
        }),
        ..request
    }
}

async fn rated(
    bench: &Bench,
    request: api::SimulateRatingRequest,
) -> Result<api::RatedDetails, Status> {
    let answer = simulations(bench)
        .simulate_rating(request)
        .await?
        .into_inner();
    let [rating] = <[_; 1]>::try_from(answer.ratings).unwrap();
    Ok(rating.details.unwrap())
}

/// By the contract's own words: rule, verdict, points.
fn outcomes(details: &api::RatedDetails) -> Vec<(&str, &'static str, i64)> {
    let rules = details.rules.iter();
    rules
        .map(|rule| {
            (
                rule.rule_id.as_str(),
                rule.verdict().as_str_name(),
                rule.points,
            )
        })
        .collect()
}

#[tokio::test]
async fn the_active_program_tells_rule_by_rule_what_a_basket_would_earn() {
    let bench = Bench::start_at(Clock::system(), |_| {}).await;
    // The 8th begins in Shanghai at 16:00 UTC of the 7th.
    let member_day = rated(&bench, basket("2026-11-07T16:00:00Z", 1275))
        .await
        .unwrap();
    assert_eq!(
        outcomes(&member_day),
        [
            ("purchases", "VERDICT_APPLIED", 12),
            ("member-day", "VERDICT_APPLIED", 12)
        ]
    );
    assert_eq!((member_day.points, member_day.lines[0].points), (24, 24));
    assert_eq!(member_day.rules[0].exact, "1275/100");
    let day_before = rated(&bench, basket("2026-11-07T15:59:59Z", 1275))
        .await
        .unwrap();
    assert_eq!(
        outcomes(&day_before),
        [
            ("purchases", "VERDICT_APPLIED", 12),
            ("member-day", "VERDICT_NOT_RUNNING", 0)
        ]
    );
}

#[tokio::test]
async fn a_draft_is_tried_on_an_invented_member_and_changes_nothing() {
    let bench = Bench::start().await;
    let mut draft = document(&bench).await;
    draft.earning_rules[0].condition =
        "'status' in member.tiers && member.tiers['status'] == 'gold'".to_owned();
    let gold = api::InventedMember {
        tiers: vec![api::TierSnapshot {
            ladder_id: "status".to_owned(),
            tier_id: "gold".to_owned(),
        }],
        ..api::InventedMember::default()
    };
    let request = trying(draft, basket("2026-11-09T04:00:00Z", 5000));
    let nobody = rated(&bench, request.clone()).await.unwrap();
    assert_eq!(
        outcomes(&nobody)[0],
        ("purchases", "VERDICT_CONDITION_FALSE", 0)
    );
    let request = api::SimulateRatingRequest {
        member: Some(api::simulate_rating_request::Member::Invented(gold)),
        ..request
    };
    let details = rated(&bench, request).await.unwrap();
    assert_eq!(outcomes(&details)[0], ("purchases", "VERDICT_APPLIED", 50));
    assert_eq!(details.facts.unwrap().tiers[0].tier_id, "gold");
    assert!(document(&bench).await.earning_rules[0].condition.is_empty());
}

#[tokio::test]
async fn what_can_not_be_tried_is_refused_by_name() {
    let bench = Bench::start().await;
    let mut broken = document(&bench).await;
    broken.earning_rules[0].condition = "order.totl_minor > 0".to_owned();
    let request = trying(broken, basket("2026-11-09T04:00:00Z", 5000));
    let refused = rated(&bench, request).await.unwrap_err();
    assert_eq!(
        (refused.code(), reason(&refused).as_str()),
        (Code::InvalidArgument, "PROGRAM_INVALID")
    );
    let mut endless = document(&bench).await;
    endless.earning_rules[0].condition = "order.total_minor * 9223372036854775807 > 0".to_owned();
    let request = trying(endless, basket("2026-11-09T04:00:00Z", 5000));
    let refused = rated(&bench, request).await.unwrap_err();
    assert_eq!(reason(&refused), "NOT_RATABLE");
    assert_eq!(metadata(&refused, "rule_id"), "purchases");
    let nobody = api::SimulateRatingRequest {
        member: Some(api::simulate_rating_request::Member::CustomerId(
            bench.clock.new_id().to_string(),
        )),
        ..basket("2026-11-09T04:00:00Z", 5000)
    };
    let refused = rated(&bench, nobody).await.unwrap_err();
    assert_eq!(reason(&refused), "MEMBER_NOT_FOUND");
}

/// A simulation of everything so far, once it has ended.
async fn simulated(
    bench: &Bench,
    candidate: Option<api::ProgramDocument>,
) -> api::SimulationResult {
    let candidate = candidate.map(|document| api::Candidate {
        candidate: Some(api::candidate::Candidate::Document(document)),
    });
    let request = api::CreateSimulationRequest {
        simulation: Some(api::Simulation {
            program_id: "default".to_owned(),
            candidate,
            ..api::Simulation::default()
        }),
        request_id: bench.clock.new_id().to_string(),
    };
    let begun = simulations(bench)
        .create_simulation(request)
        .await
        .unwrap()
        .into_inner();
    let request = api::GetSimulationRequest {
        program_id: "default".to_owned(),
        simulation_id: begun.simulation_id,
    };
    let ended = until("the simulation has ended", async || {
        let found = simulations(bench).get_simulation(request.clone()).await;
        let found = found.unwrap().into_inner();
        let is_ended = found.status.as_ref().unwrap().end_time.is_some();
        is_ended.then_some(found)
    });
    let ended = ended.await;
    let status = ended.status;
    ended.result.unwrap_or_else(|| panic!("{status:?}"))
}

/// Issued, taken back, left: in the simulation and really.
fn points(result: &api::SimulationResult) -> [(i64, i64); 3] {
    let [wallet] = &result.wallets[..] else {
        panic!("{result:?}")
    };
    [wallet.issued, wallet.clawed_back, wallet.outstanding].map(|pair| {
        let pair = pair.unwrap();
        (pair.simulated, pair.actual)
    })
}

#[tokio::test]
async fn the_active_program_over_its_own_past_is_what_really_happened() {
    let bench = Bench::start().await;
    let one = bench.member(120).await;
    bench.bought(one, "o-2", 80).await;
    let other = bench.member(50).await;
    bench.returned(other, "o-1", 50).await;

    let result = simulated(&bench, None).await;
    assert_eq!((result.member_count, result.sale_count), (2, 3));
    assert_eq!(result.affected_count, 0, "{:?}", result.affected);
    assert_eq!(result.failure_count, 0, "{:?}", result.failures);
    let [issued, clawed_back, _] = points(&result);
    assert_eq!((issued, clawed_back), ((250, 250), (50, 50)));
    for rule in &result.rules {
        let points = rule.points.unwrap();
        assert_eq!(points.simulated, points.actual, "{rule:?}");
    }
}

#[tokio::test]
async fn a_draft_over_the_past_is_compared_rule_by_rule_and_member_by_member() {
    let bench = Bench::start().await;
    let one = bench.member(120).await;
    let other = bench.member(30).await;
    let mut draft = document(&bench).await;
    draft.earning_rules[0].condition = "order.total_minor > 10000".to_owned();
    draft.earning_rules[0].award = Some(api::earning_rule::Award::FixedPoints(500));

    let result = simulated(&bench, Some(draft)).await;
    let [issued, ..] = points(&result);
    assert_eq!(issued, (500, 150));
    assert_eq!(result.affected_count, 2);
    let named: Vec<&str> = result
        .affected
        .iter()
        .map(|member| member.customer_id.as_str())
        .collect();
    assert_eq!(named, [one.to_string(), other.to_string()]);
    let purchases = result
        .rules
        .iter()
        .find(|rule| rule.rule_id == "purchases")
        .unwrap();
    let points = purchases.points.unwrap();
    assert_eq!((points.simulated, points.actual), (500, 150));
    // Nothing has happened to anybody.
    let balance = bench.balance(one).await.unwrap();
    assert_eq!(balance.lifetime_earned, 120);
}
