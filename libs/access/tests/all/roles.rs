//! The policies and the contract fit: nothing that can be asked for is nobody's, and what takes two
//! people takes two roles.

use std::collections::BTreeSet;

use access::{Caller, MethodRules, Roles};
use contract::exposure::{Class, Exposure, Seen};

/// What runs the system, changes other people's standing without a second pair of eyes, or decides on
/// what others ask for: the operator's alone.
const OPERATOR_ALONE: &[&str] = &[
    "events.cursors.write",
    "events.deadletters.write",
    "loyalty.adjustments.approve",
    "loyalty.endofdays.run",
    "loyalty.parked_ratings.retry",
    "loyalty.tiers.write",
    // Assigning decides who sees whom.
    "profile.account_managers.write",
    "profile.accounts.write",
    // Reading one customer is no right to read all, nor is changing one a right to change a million.
    "profile.customers.export",
    "profile.imports.write",
    "profile.match_policy.write",
];

/// What is answered there was written for services, and can't be masked.
const UNMASKABLE: &[&str] = &["events.feed.read", "events.deadletters.read"];

fn declared() -> BTreeSet<String> {
    let rules = MethodRules::from_pool(contract::pool()).unwrap();
    let named = rules.methods().map(|method| method.permission.clone());
    named.filter(|permission| !permission.is_empty()).collect()
}

/// Somebody of a role, in a region, who may do what the role may.
fn caller(role: &str) -> Caller {
    Caller {
        subject: "user:ann".to_owned(),
        roles: vec![role.to_owned()],
        regions: vec!["GB".to_owned()],
        ..Caller::service("any")
    }
}

fn allows(role: &str, permission: &str) -> bool {
    Roles::default().allows(&caller(role), permission)
}

fn others() -> Vec<String> {
    let roles = Roles::default();
    let others = roles.names().filter(|role| *role != "operator");
    others.map(str::to_owned).collect()
}

#[test]
fn the_roles_are_these() {
    let roles = Roles::default();
    let names: Vec<_> = roles.names().collect();
    assert_eq!(
        names,
        [
            "account-manager",
            "agent",
            "analyst",
            "auditor",
            "machine",
            "marketing",
            "operator",
            "privacy-officer",
            "sales",
            "service"
        ]
    );
    assert!(roles.can_be_given("sales") && !roles.can_be_given("service"));
}

#[test]
fn every_permission_of_the_contract_is_some_roles_or_the_operators_alone() {
    let others = others();
    let nobodys = declared().into_iter().filter(|permission| {
        assert!(allows("operator", permission), "{permission}");
        !others.iter().any(|role| allows(role, permission))
    });
    let nobodys: Vec<_> = nobodys.collect();
    assert_eq!(nobodys, OPERATOR_ALONE);
}

#[test]
fn who_asks_for_a_correction_of_points_can_not_approve_it() {
    assert!(allows("agent", "loyalty.adjustments.write"));
    for role in others() {
        assert!(!allows(&role, "loyalty.adjustments.approve"), "{role}");
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
    for role in others() {
        let may = |permissions: &[&str]| permissions.iter().any(|one| allows(&role, one));
        assert!(!(may(plans) && may(moves)), "{role}");
    }
    assert!(plans.iter().all(|plan| allows("marketing", plan)));
}

#[test]
fn auditors_and_services_read_all_that_can_be_read_and_masked() {
    let reads = declared()
        .into_iter()
        .filter(|name| name.strip_suffix(".read").is_some());
    for read in reads {
        assert!(allows("service", &read), "{read}");
        let is_audited = !UNMASKABLE.contains(&read.as_str());
        assert_eq!(allows("auditor", &read), is_audited, "{read}");
    }
}

#[test]
fn what_can_not_be_masked_is_read_by_those_alone_who_see_everything() {
    let roles = Roles::default();
    for role in roles.names() {
        let reads = UNMASKABLE.iter().any(|read| allows(role, read));
        let exposure = roles.exposure(&caller(role));
        assert!(!reads || exposure == Exposure::ALL, "{role}");
    }
}

#[test]
fn agents_see_no_contact_in_clear_and_marketing_and_analysts_see_none() {
    let seen = |role: &str, class| Roles::default().exposure(&caller(role)).of(class);
    assert_eq!(seen("agent", Class::Contact), Seen::Masked);
    for role in ["marketing", "analyst"] {
        for class in [Class::Contact, Class::Personal, Class::Sensitive] {
            assert_eq!(seen(role, class), Seen::Hidden, "{role}");
        }
    }
}

#[test]
fn whoever_has_no_role_or_an_unknown_one_sees_nothing() {
    let roles = Roles::default();
    assert_eq!(roles.exposure(&caller("root")), Exposure::NONE);
    let nobody = Caller {
        roles: Vec::new(),
        ..caller("any")
    };
    assert_eq!(roles.exposure(&nobody), Exposure::NONE);
}

#[test]
fn only_privacy_officers_and_operators_erase_people_or_hold_them_back() {
    let acts = [
        "profile.access_files.export",
        "profile.erasures.write",
        "profile.legal_holds.write",
        "profile.restrictions.write",
        "profile.retention.write",
        "profile.suppressions.write",
    ];
    for role in Roles::default().names() {
        let may = acts.iter().any(|act| allows(role, act));
        assert_eq!(
            may,
            ["operator", "privacy-officer"].contains(&role),
            "{role}"
        );
    }
}
