//! What holds for every RPC: who may call it, what it makes of nonsense, and of what is not there.

use std::future::Future;
use std::pin::Pin;

use chassis::Clock;
use contract::patron::loyalty::v1 as api;
use testkit::reason;
use tonic::{Code, Status};

use crate::all::support::{Bench, crediting, holding, spending};

type Outcome<'a> = Pin<Box<dyn Future<Output = Result<(), Status>> + 'a>>;

/// Every RPC with these ids, by a caller of these roles.
#[expect(clippy::too_many_lines, reason = "a table: a call of each method")]
fn calls<'a>(
    bench: &'a Bench,
    roles: &'a [&'a str],
    (member, thing, program): (&'a str, &'a str, &'a str),
) -> Vec<(&'static str, Outcome<'a>)> {
    let members = move || bench.members_as(roles);
    let programs = move || bench.programs_as(roles);
    let accruals = move || bench.accruals_as(roles);
    let holds = move || bench.holds_as(roles);
    let verifications = move || bench.verifications_as(roles);
    let (customer_id, program_id) = (member.to_owned(), program.to_owned());
    let mut spend = spending(bench, bench.clock.new_id(), 1);
    spend
        .redemption
        .as_mut()
        .unwrap()
        .customer_id
        .clone_from(&customer_id);
    let get = api::GetMemberRequest {
        customer_id: customer_id.clone(),
    };
    let entries = api::ListLedgerEntriesRequest {
        customer_id: customer_id.clone(),
        ..api::ListLedgerEntriesRequest::default()
    };
    let lots = api::ListLotsRequest {
        customer_id: customer_id.clone(),
        ..api::ListLotsRequest::default()
    };
    let redemption = api::GetRedemptionRequest {
        customer_id: customer_id.clone(),
        redemption_id: thing.to_owned(),
    };
    let mut credit = crediting(bench, bench.clock.new_id(), 1);
    let mut place = holding(bench, bench.clock.new_id(), 1);
    credit
        .accrual
        .as_mut()
        .unwrap()
        .customer_id
        .clone_from(&customer_id);
    place
        .hold
        .as_mut()
        .unwrap()
        .customer_id
        .clone_from(&customer_id);
    let accrual = api::GetAccrualRequest {
        customer_id: customer_id.clone(),
        accrual_id: thing.to_owned(),
    };
    let hold = api::GetHoldRequest {
        customer_id: customer_id.clone(),
        hold_id: thing.to_owned(),
    };
    let list = api::ListHoldsRequest {
        customer_id: customer_id.clone(),
        ..api::ListHoldsRequest::default()
    };
    let confirm = api::ConfirmHoldRequest {
        customer_id: customer_id.clone(),
        hold_id: thing.to_owned(),
        request_id: bench.clock.new_id().to_string(),
        ..api::ConfirmHoldRequest::default()
    };
    let release = api::ReleaseHoldRequest {
        customer_id,
        hold_id: thing.to_owned(),
        request_id: bench.clock.new_id().to_string(),
    };
    let verified = api::GetVerificationRequest {
        verification_id: thing.to_owned(),
    };
    let read = api::GetProgramRequest { program_id };
    vec![
        (
            "GetMember",
            Box::pin(async move { members().get_member(get).await.map(drop) }),
        ),
        (
            "ListLedgerEntries",
            Box::pin(async move { members().list_ledger_entries(entries).await.map(drop) }),
        ),
        (
            "ListLots",
            Box::pin(async move { members().list_lots(lots).await.map(drop) }),
        ),
        (
            "CreateRedemption",
            Box::pin(async move { members().create_redemption(spend).await.map(drop) }),
        ),
        (
            "GetRedemption",
            Box::pin(async move { members().get_redemption(redemption).await.map(drop) }),
        ),
        (
            "GetProgram",
            Box::pin(async move { programs().get_program(read).await.map(drop) }),
        ),
        (
            "CreateAccrual",
            Box::pin(async move { accruals().create_accrual(credit).await.map(drop) }),
        ),
        (
            "GetAccrual",
            Box::pin(async move { accruals().get_accrual(accrual).await.map(drop) }),
        ),
        (
            "CreateHold",
            Box::pin(async move { holds().create_hold(place).await.map(drop) }),
        ),
        (
            "GetHold",
            Box::pin(async move { holds().get_hold(hold).await.map(drop) }),
        ),
        (
            "ListHolds",
            Box::pin(async move { holds().list_holds(list).await.map(drop) }),
        ),
        (
            "ConfirmHold",
            Box::pin(async move { holds().confirm_hold(confirm).await.map(drop) }),
        ),
        (
            "ReleaseHold",
            Box::pin(async move { holds().release_hold(release).await.map(drop) }),
        ),
        (
            "GetVerification",
            Box::pin(async move { verifications().get_verification(verified).await.map(drop) }),
        ),
    ]
}

async fn outcomes(
    bench: &Bench,
    roles: &[&str],
    ids: (&str, &str, &str),
) -> Vec<(&'static str, Code, String)> {
    let mut outcomes = Vec::new();
    for (name, call) in calls(bench, roles, ids) {
        let status = call.await.expect_err(name);
        outcomes.push((name, status.code(), reason(&status)));
    }
    outcomes
}

#[tokio::test]
async fn what_is_not_there_is_not_found_by_name() {
    let bench = Bench::start().await;
    let nobody = bench.clock.new_id().to_string();
    let not_found = outcomes(&bench, &["operator"], (&nobody, &nobody, "nothing")).await;
    let member = |name| (name, Code::NotFound, "MEMBER_NOT_FOUND".to_owned());
    let program = |name| (name, Code::NotFound, "PROGRAM_NOT_FOUND".to_owned());
    assert_eq!(
        not_found,
        [
            member("GetMember"),
            member("ListLedgerEntries"),
            member("ListLots"),
            member("CreateRedemption"),
            member("GetRedemption"),
            program("GetProgram"),
            member("CreateAccrual"),
            member("GetAccrual"),
            member("CreateHold"),
            member("GetHold"),
            member("ListHolds"),
            member("ConfirmHold"),
            member("ReleaseHold"),
            (
                "GetVerification",
                Code::NotFound,
                "VERIFICATION_NOT_FOUND".to_owned(),
            ),
        ]
    );

    let somebody = bench.member(1).await.to_string();
    let request = api::GetRedemptionRequest {
        customer_id: somebody,
        redemption_id: nobody,
    };
    let status = bench.members().get_redemption(request).await.unwrap_err();
    assert_eq!(
        (status.code(), reason(&status).as_str()),
        (Code::NotFound, "REDEMPTION_NOT_FOUND")
    );
}

#[tokio::test]
async fn nonsense_strangers_and_those_without_permission_are_turned_away_by_every_method() {
    let bench = Bench::start().await;
    for (name, code, reason) in outcomes(&bench, &["operator"], ("x", "x", "No Program")).await {
        assert_eq!(
            (code, reason.as_str()),
            (Code::InvalidArgument, "INVALID_ARGUMENT"),
            "{name}"
        );
    }
    let id = bench.clock.new_id().to_string();
    for (name, code, reason) in outcomes(&bench, &[], (&id, &id, "default")).await {
        assert_eq!(
            (code, reason.as_str()),
            (Code::Unauthenticated, "UNAUTHENTICATED"),
            "{name}"
        );
    }
    for (name, code, reason) in outcomes(&bench, &["nobody"], (&id, &id, "default")).await {
        assert_eq!(
            (code, reason.as_str()),
            (Code::PermissionDenied, "PERMISSION_DENIED"),
            "{name}"
        );
    }
}

#[tokio::test]
async fn the_default_program_gives_a_point_for_each_whole_unit() {
    let bench = Bench::start_at(Clock::system(), |_| {}).await;
    let request = api::GetProgramRequest {
        program_id: "default".to_owned(),
    };
    let program = bench
        .programs()
        .get_program(request)
        .await
        .unwrap()
        .into_inner();
    let program = api::Program {
        create_time: None,
        ..program
    };
    assert_eq!(
        program,
        api::Program {
            program_id: "default".to_owned(),
            display_name: "Patron".to_owned(),
            version: 1,
            point_currency: "POINTS".to_owned(),
            decimals: 0,
            time_zone: "Asia/Shanghai".to_owned(),
            points_per_currency_unit: 1,
            rounding: api::program::Rounding::Floor.into(),
            minimum_redemption: 1_000,
            creator: "patron".to_owned(),
            ..api::Program::default()
        }
    );
}
