//! The roles and the contract fit: nothing that can be asked for is nobody's, and what takes two
//! people takes two roles.

use std::collections::BTreeSet;

use access::{Caller, MethodRules, Roles};

/// What runs the system, changes other people's standing without a second pair of eyes, or decides on
/// what others ask for: the operator's alone.
const OPERATOR_ALONE: &[&str] = &[
    "events.cursors.write",
    "events.deadletters.write",
    "loyalty.adjustments.approve",
    "loyalty.endofdays.run",
    "loyalty.parked_ratings.retry",
    "loyalty.tiers.write",
];
const OTHERS: &[&str] = &[
    "agent",
    "marketing",
    "analyst",
    "auditor",
    "privacy-officer",
    "machine",
    "service",
];

fn declared() -> BTreeSet<String> {
    let rules = MethodRules::from_pool(contract::pool()).unwrap();
    let named = rules.methods().map(|method| method.permission.clone());
    named.filter(|permission| !permission.is_empty()).collect()
}

fn allows(role: &str, permission: &str) -> bool {
    let caller = Caller {
        roles: vec![role.to_owned()],
        ..Caller::service("any")
    };
    Roles::default().allows(&caller, permission)
}

#[test]
fn every_permission_of_the_contract_is_some_roles_or_the_operators_alone() {
    let nobodys = declared().into_iter().filter(|permission| {
        assert!(allows("operator", permission), "{permission}");
        !OTHERS.iter().any(|role| allows(role, permission))
    });
    let nobodys: Vec<_> = nobodys.collect();
    assert_eq!(nobodys, OPERATOR_ALONE);
}

#[test]
fn who_asks_for_a_correction_of_points_can_not_approve_it() {
    assert!(allows("agent", "loyalty.adjustments.write"));
    for role in OTHERS {
        assert!(!allows(role, "loyalty.adjustments.approve"), "{role}");
    }
}

#[test]
fn those_who_plan_programs_move_no_points_and_those_who_move_points_change_no_program() {
    let plans: &[&str] = &["loyalty.programs.write", "loyalty.programs.activate"];
    let moves: &[&str] = &[
        "loyalty.accruals.write",
        "loyalty.adjustments.write",
        "loyalty.redemptions.write",
        "loyalty.transfers.write",
        "loyalty.draws.write",
        "loyalty.coupons.use",
    ];
    for role in OTHERS {
        let may = |permissions: &[&str]| permissions.iter().any(|one| allows(role, one));
        assert!(!(may(plans) && may(moves)), "{role}");
    }
    assert!(plans.iter().all(|plan| allows("marketing", plan)));
}

#[test]
fn auditors_and_services_read_all_that_can_be_read() {
    let reads = declared()
        .into_iter()
        .filter(|name| name.strip_suffix(".read").is_some());
    for read in reads {
        assert!(
            allows("auditor", &read) && allows("service", &read),
            "{read}"
        );
    }
}

#[test]
fn only_privacy_officers_and_operators_erase_people_or_hold_them_back() {
    let acts = [
        "profile.erasures.write",
        "profile.legal_holds.write",
        "profile.suppressions.write",
    ];
    for role in OTHERS {
        let may = acts.iter().any(|act| allows(role, act));
        assert_eq!(may, *role == "privacy-officer", "{role}");
    }
}
