//! Programs over the API: drafted, previewed, scheduled, superseded, reverted; never changed once
//! they are scheduled.

use chassis::Clock;
use contract::patron::loyalty::v1 as api;
use contract::time::timestamp;
use jiff::{SignedDuration, Timestamp};
use testkit::{metadata, reason};
use tonic::{Code, Status};

use api::program_version::State;

use crate::all::support::Bench;

/// A service on a clock that stands still.
async fn bench() -> Bench {
    let now: Timestamp = "2026-03-05T08:00:00Z".parse().unwrap();
    Bench::start_at(Clock::manual(now), |_| {}).await
}

fn id(bench: &Bench) -> String {
    bench.clock.new_id().to_string()
}

async fn version(bench: &Bench, version: i64) -> Result<api::ProgramVersion, Status> {
    let request = api::GetProgramVersionRequest {
        program_id: "default".to_owned(),
        version,
    };
    let answer = bench.programs().get_program_version(request).await?;
    Ok(answer.into_inner())
}

async fn document(bench: &Bench) -> api::ProgramDocument {
    version(bench, 0).await.unwrap().document.unwrap()
}

async fn draft(
    bench: &Bench,
    edit: impl FnOnce(&mut api::ProgramDocument),
) -> Result<api::ProgramVersion, Status> {
    let mut document = document(bench).await;
    edit(&mut document);
    let request = api::CreateProgramVersionRequest {
        program_version: Some(api::ProgramVersion {
            program_id: "default".to_owned(),
            document: Some(document),
            ..api::ProgramVersion::default()
        }),
        request_id: id(bench),
        validate_only: false,
    };
    let answer = bench.programs().create_program_version(request).await?;
    Ok(answer.into_inner())
}

fn activation(
    bench: &Bench,
    version: i64,
    hours: Option<i64>,
) -> api::ActivateProgramVersionRequest {
    let at = hours.map(|hours| bench.clock.now() + SignedDuration::from_hours(hours));
    api::ActivateProgramVersionRequest {
        program_id: "default".to_owned(),
        version,
        active_time: at.map(timestamp),
        reason: "a test".to_owned(),
        request_id: id(bench),
        ..api::ActivateProgramVersionRequest::default()
    }
}

async fn activate(
    bench: &Bench,
    version: i64,
    hours: Option<i64>,
) -> Result<api::ProgramVersion, Status> {
    let request = activation(bench, version, hours);
    let answer = bench.programs().activate_program_version(request).await?;
    Ok(answer.into_inner())
}

fn refusal(status: &Status) -> (Code, String) {
    (status.code(), reason(status))
}

async fn program(bench: &Bench) -> api::Program {
    let request = api::GetProgramRequest {
        program_id: "default".to_owned(),
    };
    let answer = bench.programs().get_program(request).await.unwrap();
    answer.into_inner()
}

#[tokio::test]
async fn a_version_is_in_force_from_its_instant_on_and_not_before() {
    let bench = bench().await;
    let drafted = draft(&bench, |document| {
        document.wallets[0].redemption.as_mut().unwrap().minimum = 500;
    })
    .await
    .unwrap();
    assert_eq!((drafted.version, drafted.state()), (2, State::Draft));
    assert_eq!(drafted.creator, "user:somebody");

    let scheduled = activate(&bench, 2, Some(24)).await.unwrap();
    assert_eq!(scheduled.state(), State::Scheduled);
    let before = program(&bench).await;
    assert_eq!((before.version, before.minimum_redemption), (1, 1_000));
    assert_eq!(
        (before.next_version, before.next_active_time),
        (2, scheduled.active_time)
    );

    bench.clock.advance(SignedDuration::from_hours(24));
    let after = program(&bench).await;
    assert_eq!((after.version, after.minimum_redemption), (2, 500));
    assert_eq!(after.next_version, 0);
    let states = [1, 2].map(|number| version(&bench, number));
    let [first, second] = states;
    assert_eq!(first.await.unwrap().state(), State::Superseded);
    assert_eq!(second.await.unwrap().state(), State::Active);
}

#[tokio::test]
async fn what_is_scheduled_never_changes_and_can_be_cancelled_before_its_instant_alone() {
    let bench = bench().await;
    let drafted = draft(&bench, |_| {}).await.unwrap();
    activate(&bench, 2, Some(1)).await.unwrap();
    let update = |description: &str| api::UpdateProgramVersionRequest {
        program_version: Some(api::ProgramVersion {
            description: description.to_owned(),
            ..drafted.clone()
        }),
        update_mask: Some(prost_types::FieldMask {
            paths: vec!["description".to_owned()],
        }),
        request_id: id(&bench),
        validate_only: false,
    };
    let refused = bench.programs().update_program_version(update("x")).await;
    let refused = refused.unwrap_err();
    let not_draft = (
        Code::FailedPrecondition,
        "PROGRAM_VERSION_NOT_DRAFT".to_owned(),
    );
    assert_eq!(refusal(&refused), not_draft);
    assert_eq!(metadata(&refused, "state"), "SCHEDULED");
    let again = activate(&bench, 2, None).await.unwrap_err();
    assert_eq!(refusal(&again), not_draft);

    let cancel = |version| api::CancelProgramActivationRequest {
        program_id: "default".to_owned(),
        version,
        reason: "not yet".to_owned(),
        request_id: id(&bench),
    };
    let cancelled = bench.programs().cancel_program_activation(cancel(2)).await;
    let cancelled = cancelled.unwrap().into_inner();
    assert_eq!(cancelled.state(), State::Cancelled);
    assert_eq!(cancelled.cancel_reason, "not yet");
    bench.clock.advance(SignedDuration::from_hours(2));
    assert_eq!(program(&bench).await.version, 1);

    draft(&bench, |_| {}).await.unwrap();
    activate(&bench, 3, None).await.unwrap();
    let refused = bench.programs().cancel_program_activation(cancel(3)).await;
    let refused = refused.unwrap_err();
    let expected = "PROGRAM_VERSION_NOT_SCHEDULED".to_owned();
    assert_eq!(refusal(&refused), (Code::FailedPrecondition, expected));
    assert_eq!(metadata(&refused, "state"), "ACTIVE");
}

#[tokio::test]
async fn of_two_activations_that_race_one_wins_and_the_other_is_told_why() {
    let bench = bench().await;
    for _ in 0..2 {
        draft(&bench, |_| {}).await.unwrap();
    }
    // Two versions for one instant, then one version twice.
    let (one, other) = tokio::join!(activate(&bench, 2, Some(1)), activate(&bench, 3, Some(1)));
    let (winner, refused) = match (one, other) {
        (Ok(winner), Err(refused)) | (Err(refused), Ok(winner)) => (winner, refused),
        both => panic!("{both:?}"),
    };
    let taken = "PROGRAM_ACTIVATION_TAKEN".to_owned();
    assert_eq!(refusal(&refused), (Code::FailedPrecondition, taken));
    assert_eq!(metadata(&refused, "version"), winner.version.to_string());

    let left = 5 - winner.version;
    let (one, other) = tokio::join!(activate(&bench, left, None), activate(&bench, left, None));
    let refused = one.and(other).unwrap_err();
    assert_eq!(reason(&refused), "PROGRAM_VERSION_NOT_DRAFT");
    assert_eq!(version(&bench, left).await.unwrap().state(), State::Active);
}

#[tokio::test]
async fn a_repeated_activation_has_one_effect_and_one_answer() {
    let bench = bench().await;
    draft(&bench, |_| {}).await.unwrap();
    let request = activation(&bench, 2, Some(3));
    let call = || async {
        let answer = bench
            .programs()
            .activate_program_version(request.clone())
            .await;
        answer.unwrap()
    };
    let first = call().await;
    bench.clock.advance(SignedDuration::from_hours(5));
    let again = call().await;
    assert!(again.metadata().contains_key("patron-replayed"));
    assert_eq!(again.into_inner(), first.into_inner());
}

#[tokio::test]
async fn a_trial_tells_what_would_be_and_changes_nothing() {
    let bench = bench().await;
    draft(&bench, |_| {}).await.unwrap();
    let mut request = activation(&bench, 2, None);
    request.validate_only = true;
    let tried = bench.programs().activate_program_version(request).await;
    assert_eq!(tried.unwrap().into_inner().state(), State::Active);
    assert_eq!(version(&bench, 2).await.unwrap().state(), State::Draft);
    assert_eq!(program(&bench).await.version, 1);

    let past = activate(&bench, 2, Some(-1)).await.unwrap_err();
    let in_past = "PROGRAM_ACTIVATION_IN_PAST".to_owned();
    assert_eq!(refusal(&past), (Code::InvalidArgument, in_past));
}

#[tokio::test]
async fn an_older_document_comes_back_as_a_new_version() {
    let bench = bench().await;
    let original = document(&bench).await;
    draft(&bench, |document| {
        document.display_name = "Worse".to_owned();
    })
    .await
    .unwrap();
    activate(&bench, 2, None).await.unwrap();
    assert_eq!(program(&bench).await.display_name, "Worse");
    bench.clock.advance(SignedDuration::from_hours(1));
    let request = api::RevertProgramRequest {
        program_id: "default".to_owned(),
        version: 1,
        reason: "it was worse".to_owned(),
        request_id: id(&bench),
        ..api::RevertProgramRequest::default()
    };
    let back = bench.programs().revert_program(request).await;
    let back = back.unwrap().into_inner();
    assert_eq!((back.version, back.reverted_version), (3, 1));
    assert_eq!(document(&bench).await, original);
}

#[tokio::test]
async fn a_draft_is_changed_by_whoever_has_seen_its_last_change_and_can_be_thrown_away() {
    let bench = bench().await;
    let drafted = draft(&bench, |_| {}).await.unwrap();
    let update = |name: &str, etag: &str| {
        let mut changed = drafted.clone();
        changed.document.as_mut().unwrap().display_name = name.to_owned();
        changed.etag = etag.to_owned();
        api::UpdateProgramVersionRequest {
            program_version: Some(changed),
            update_mask: Some(prost_types::FieldMask {
                paths: vec!["document".to_owned()],
            }),
            request_id: id(&bench),
            validate_only: false,
        }
    };
    let mut programs = bench.programs();
    let changed = programs.update_program_version(update("One", &drafted.etag));
    let changed = changed.await.unwrap().into_inner();
    assert_ne!(changed.etag, drafted.etag);
    let late = programs.update_program_version(update("Two", &drafted.etag));
    let mismatch = (Code::Aborted, "ETAG_MISMATCH".to_owned());
    assert_eq!(refusal(&late.await.unwrap_err()), mismatch);

    let delete = || api::DeleteProgramVersionRequest {
        program_id: "default".to_owned(),
        version: 2,
        etag: String::new(),
        request_id: id(&bench),
    };
    programs.delete_program_version(delete()).await.unwrap();
    let gone = (Code::NotFound, "PROGRAM_VERSION_NOT_FOUND".to_owned());
    let again = programs.delete_program_version(delete()).await.unwrap_err();
    assert_eq!(refusal(&again), gone);
    // Its number is not given out again.
    assert_eq!(draft(&bench, |_| {}).await.unwrap().version, 3);
}

#[tokio::test]
async fn a_document_that_is_not_sound_is_refused_with_every_problem_at_its_path() {
    let bench = bench().await;
    let broken = |document: &mut api::ProgramDocument| {
        document.time_zone = "Mars/Olympus".to_owned();
        document.tier_ladders[0].tiers[0].tier_id = "NOT AN ID".to_owned();
        document.campaigns[0].rules[0].condition = "order.price > 1".to_owned();
    };
    let refused = draft(&bench, broken).await.unwrap_err();
    let invalid = (Code::InvalidArgument, "PROGRAM_INVALID".to_owned());
    assert_eq!(refusal(&refused), invalid);
    let details = tonic_types::StatusExt::get_details_bad_request(&refused).unwrap();
    let fields: Vec<&str> = details
        .field_violations
        .iter()
        .map(|violation| violation.field.as_str())
        .collect();
    let at = |path: &str| format!("program_version.document.{path}");
    assert_eq!(
        fields,
        [
            at("tier_ladders[0].tiers[0].tier_id"),
            at("time_zone"),
            at("campaigns[0].rules[0].condition"),
        ]
    );

    let mut document = document(&bench).await;
    broken(&mut document);
    let request = api::ValidateProgramDocumentRequest {
        document: Some(document),
        program_id: "default".to_owned(),
    };
    let answer = bench.programs().validate_program_document(request).await;
    let problems = answer.unwrap().into_inner().problems;
    assert_eq!(problems[1].field, "document.time_zone");
    assert_eq!(problems.len(), 3);
}

#[tokio::test]
async fn a_preview_tells_each_place_that_would_change() {
    let bench = bench().await;
    draft(&bench, |document| {
        document.tier_ladders[0].tiers[1].threshold = 1_200_000;
        document.packages.remove(0);
        document.wallets[0].redemption.as_mut().unwrap().minimum = 2_000;
        let bonus = document.earning_rules[0].clone();
        let fixed = Some(api::earning_rule::Award::FixedPoints(5));
        document.earning_rules.insert(
            0,
            api::EarningRule {
                rule_id: "gift".to_owned(),
                award: fixed,
                ..bonus
            },
        );
    })
    .await
    .unwrap();
    let request = api::PreviewProgramVersionRequest {
        program_id: "default".to_owned(),
        version: 2,
    };
    let answer = bench.programs().preview_program_version(request).await;
    let preview = answer.unwrap().into_inner();
    let changes: Vec<_> = preview
        .changes
        .iter()
        .map(|change| {
            (
                change.path.as_str(),
                change.kind().as_str_name(),
                change.after.as_str(),
            )
        })
        .collect();
    let gift = r#"{"ruleId":"gift","displayName":"Purchases","order":{},"fixedPoints":"5"}"#;
    assert_eq!(
        changes,
        [
            ("wallets[POINTS].redemption.minimum", "KIND_CHANGED", "2000"),
            ("earning_rules[gift]", "KIND_ADDED", gift),
            (
                "tier_ladders[status].tiers[gold].threshold",
                "KIND_CHANGED",
                "1200000"
            ),
            ("packages[welcome]", "KIND_REMOVED", ""),
        ]
    );
    assert_eq!((preview.base_version, preview.problems.len()), (1, 0));
    assert_eq!(preview.warnings.len(), 2, "{:?}", preview.warnings);
}

#[tokio::test]
async fn a_point_currency_that_members_hold_is_neither_given_up_nor_counted_otherwise() {
    let bench = Bench::start().await;
    let give_up = |document: &mut api::ProgramDocument| {
        document.wallets[0].wallet_id = "COINS".to_owned();
    };
    draft(&bench, give_up).await.unwrap();
    bench.member(100).await;
    let recount = |document: &mut api::ProgramDocument| document.wallets[0].decimals = 2;
    for edit in [give_up, recount] {
        let refused = draft(&bench, edit).await.unwrap_err();
        assert_eq!(reason(&refused), "PROGRAM_INVALID");
    }
    // Drafted when nobody held any; by now it is too late.
    let refused = activate(&bench, 2, None).await.unwrap_err();
    assert_eq!(reason(&refused), "PROGRAM_INVALID");
}

#[tokio::test]
async fn a_program_of_its_own_is_created_drafted_and_listed() {
    let bench = bench().await;
    let create =
        |program_id: &str, document: Option<api::ProgramDocument>| api::CreateProgramRequest {
            program_id: program_id.to_owned(),
            document,
            request_id: id(&bench),
            ..api::CreateProgramRequest::default()
        };
    let document = document(&bench).await;
    let mut programs = bench.programs();
    let created = programs.create_program(create("staff", Some(document.clone())));
    let created = created.await.unwrap().into_inner();
    assert_eq!((created.version, created.state()), (1, State::Draft));
    for (program_id, expected) in [
        ("staff", "PROGRAM_ALREADY_EXISTS"),
        ("default", "PROGRAM_ALREADY_EXISTS"),
    ] {
        let refused = programs.create_program(create(program_id, Some(document.clone())));
        assert_eq!(reason(&refused.await.unwrap_err()), expected);
    }
    let refused = programs.create_program(create("other", None)).await;
    assert_eq!(reason(&refused.unwrap_err()), "PROGRAM_INVALID");

    let request = api::ListProgramsRequest {
        page_size: 1,
        page_token: String::new(),
    };
    let page = programs
        .list_programs(request.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(page.programs[0].program_id, "default");
    let rest = api::ListProgramsRequest {
        page_token: page.next_page_token,
        ..request
    };
    let rest = programs.list_programs(rest).await.unwrap().into_inner();
    assert_eq!(rest.programs[0].program_id, "staff");
    assert_eq!(
        (rest.programs[0].version, rest.next_page_token.as_str()),
        (0, "")
    );
}

#[tokio::test]
async fn versions_are_listed_latest_first_page_by_page() {
    let bench = bench().await;
    for _ in 0..2 {
        draft(&bench, |_| {}).await.unwrap();
    }
    activate(&bench, 2, None).await.unwrap();
    let mut request = api::ListProgramVersionsRequest {
        program_id: "default".to_owned(),
        page_size: 2,
        page_token: String::new(),
    };
    let mut versions = Vec::new();
    loop {
        let page = bench
            .programs()
            .list_program_versions(request.clone())
            .await;
        let page = page.unwrap().into_inner();
        assert!(
            page.program_versions
                .iter()
                .all(|version| version.document.is_none())
        );
        versions.extend(page.program_versions.into_iter().map(|it| it.version));
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    assert_eq!(versions, [3, 2, 1]);
}

#[tokio::test]
async fn it_is_announced_once_that_a_version_has_come_into_force() {
    let bench = bench().await;
    draft(&bench, |_| {}).await.unwrap();
    activate(&bench, 2, Some(1)).await.unwrap();
    let types = async |count: usize| bench.announced_of_programs(count).await;
    let expected = ["ProgramVersionActivated", "ProgramVersionScheduled"];
    assert_eq!(types(2).await, expected);
    bench.clock.advance(SignedDuration::from_hours(1));
    let expected = [
        "ProgramVersionActivated",
        "ProgramVersionScheduled",
        "ProgramVersionActivated",
    ];
    assert_eq!(types(3).await, expected);
}
