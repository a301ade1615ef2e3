//! What one does with memberships, in few words.

use contract::patron::loyalty::v1 as api;
use contract::patron::loyalty::v1::membership_service_client::MembershipServiceClient;
use testkit::{Bearer, Caller};
use tonic::Status;
use uuid::Uuid;

use crate::all::support::{Bench, crediting, spending};

/// Why all of it is done.
pub(crate) const WHY: &str = "a test";

pub(crate) fn id(bench: &Bench) -> String {
    bench.clock.new_id().to_string()
}

pub(crate) fn memberships(bench: &Bench) -> MembershipServiceClient<Caller> {
    MembershipServiceClient::with_interceptor(bench.channel(), Bearer::of(&["operator"]))
}

/// A new member without points.
pub(crate) async fn enrol(bench: &Bench, program_id: &str) -> Uuid {
    let customer_id = bench.clock.new_id();
    let request = api::EnrolMemberRequest {
        customer_id: customer_id.to_string(),
        program_id: program_id.to_owned(),
        request_id: id(bench),
    };
    memberships(bench).enrol_member(request).await.unwrap();
    customer_id
}

/// A new member with points that nobody bought anything for.
pub(crate) async fn gifted(bench: &Bench, points: i64) -> Uuid {
    let customer_id = enrol(bench, "").await;
    if points > 0 {
        give(bench, customer_id, points).await;
    }
    customer_id
}

pub(crate) async fn give(bench: &Bench, customer_id: Uuid, points: i64) {
    let request = crediting(bench, customer_id, points);
    bench.accruals().create_accrual(request).await.unwrap();
}

pub(crate) async fn spend(
    bench: &Bench,
    customer_id: Uuid,
    points: i64,
) -> Result<api::Redemption, Status> {
    let request = spending(bench, customer_id, points);
    let spent = bench.members().create_redemption(request).await?;
    Ok(spent.into_inner())
}

pub(crate) async fn member(bench: &Bench, customer_id: Uuid) -> api::Member {
    let customer_id = customer_id.to_string();
    let request = api::GetMemberRequest { customer_id };
    let found = bench.members().get_member(request).await;
    found.unwrap().into_inner()
}

/// What a member has, and owes.
pub(crate) async fn has(bench: &Bench, customer_id: Uuid) -> (i64, i64) {
    let balance = bench.balance(customer_id).await.unwrap();
    (balance.available, balance.debt)
}

pub(crate) async fn suspend(bench: &Bench, customer_id: Uuid) -> Result<api::Member, Status> {
    let request = api::SuspendMemberRequest {
        customer_id: customer_id.to_string(),
        reason: WHY.to_owned(),
        request_id: id(bench),
    };
    let suspended = memberships(bench).suspend_member(request).await?;
    Ok(suspended.into_inner())
}

pub(crate) async fn close(
    bench: &Bench,
    customer_id: Uuid,
    forfeit_points: bool,
) -> Result<api::Member, Status> {
    let request = api::CloseMemberRequest {
        customer_id: customer_id.to_string(),
        reason: WHY.to_owned(),
        forfeit_points,
        request_id: id(bench),
    };
    let closed = memberships(bench).close_member(request).await?;
    Ok(closed.into_inner())
}

pub(crate) fn merging(bench: &Bench, from: Uuid, into: Uuid) -> api::MergeMembersRequest {
    api::MergeMembersRequest {
        customer_id: into.to_string(),
        merged_customer_id: from.to_string(),
        reason: WHY.to_owned(),
        request_id: id(bench),
    }
}

pub(crate) async fn merge(
    bench: &Bench,
    from: Uuid,
    into: Uuid,
) -> Result<api::MemberMerge, Status> {
    let request = merging(bench, from, into);
    Ok(memberships(bench)
        .merge_members(request)
        .await?
        .into_inner())
}

pub(crate) async fn unmerge(
    bench: &Bench,
    merge: &api::MemberMerge,
) -> Result<api::MemberMerge, Status> {
    let request = api::UnmergeMembersRequest {
        customer_id: merge.customer_id.clone(),
        merge_id: merge.merge_id.clone(),
        reason: WHY.to_owned(),
        request_id: id(bench),
    };
    let undone = memberships(bench).unmerge_members(request).await?;
    Ok(undone.into_inner())
}

/// Another program than the default one, in force, like it but for its name.
pub(crate) async fn open_program(bench: &Bench, program_id: &str) {
    let mut programs = bench.programs();
    let request = api::GetProgramVersionRequest {
        program_id: "default".to_owned(),
        version: 0,
    };
    let found = programs.get_program_version(request).await.unwrap();
    let request = api::CreateProgramRequest {
        program_id: program_id.to_owned(),
        document: found.into_inner().document,
        request_id: id(bench),
        ..api::CreateProgramRequest::default()
    };
    let created = programs.create_program(request).await.unwrap();
    let request = api::ActivateProgramVersionRequest {
        program_id: program_id.to_owned(),
        version: created.into_inner().version,
        reason: WHY.to_owned(),
        request_id: id(bench),
        ..api::ActivateProgramVersionRequest::default()
    };
    programs.activate_program_version(request).await.unwrap();
}
