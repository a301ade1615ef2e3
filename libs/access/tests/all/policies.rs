//! Policies that are no good are refused where they stand, and good ones are quick to decide by.

use std::time::Instant;

use access::{Caller, Decision, PolicyError, PolicyFile, Reach, Roles};
use contract::exposure::Exposure;

fn read(text: &str) -> Result<Roles, PolicyError> {
    Roles::read(&[PolicyFile {
        name: "own.cedar".to_owned(),
        text: text.to_owned(),
    }])
}

fn refused(text: &str) -> String {
    read(text).unwrap_err().to_string()
}

fn caller(role: &str, regions: &[&str]) -> Caller {
    Caller {
        subject: "user:ann".to_owned(),
        roles: vec![role.to_owned()],
        regions: regions.iter().map(|&region| region.to_owned()).collect(),
        ..Caller::service("any")
    }
}

#[test]
fn what_does_not_parse_is_told_by_file_and_line() {
    let message = refused("// one\n// two\npermit (principal, action resource);");
    assert!(message.starts_with("own.cedar:3: "), "{message}");
}

#[test]
fn a_permission_that_no_method_asks_for_is_told_by_file_and_line() {
    let message = refused(
        "permit (principal in Role::\"clerk\", action in [\n  Action::\"profile.*.read\",\n  Action::\"profile.costumers.read\"\n], resource);",
    );
    assert!(message.starts_with("own.cedar:3: "), "{message}");
    assert!(message.contains("profile.costumers.read"), "{message}");
}

#[test]
fn an_attribute_a_class_and_a_type_that_are_none_are_refused() {
    for text in [
        "permit (principal, action, resource is Record) when { resource.colour == \"red\" };",
        "permit (principal, action == Action::\"see\", resource == Class::\"SECRET\");",
        "permit (principal in Group::\"clerks\", action, resource);",
        "permit (principal == ?principal, action, resource);",
        "permit (principal, action, resource is Record) when { resource.region like \"CN-*\" };",
    ] {
        assert!(refused(text).starts_with("own.cedar:1: "), "{text}");
    }
}

#[test]
fn a_folder_of_policies_stands_in_place_of_those_that_are_compiled_in() {
    let folder = tempfile::tempdir().unwrap();
    let empty = PolicyFile::in_folder(folder.path()).unwrap_err();
    assert!(matches!(empty, PolicyError::None { .. }), "{empty}");
    let clerk = "permit (principal in Role::\"clerk\", action == Action::\"loyalty.members.read\", resource);";
    std::fs::write(folder.path().join("clerk.cedar"), clerk).unwrap();
    std::fs::write(folder.path().join("notes.txt"), "no policy").unwrap();
    let files = PolicyFile::in_folder(folder.path()).unwrap();
    let roles = Roles::read(&files).unwrap();
    assert!(roles.allows(&caller("clerk", &[]), "loyalty.members.read"));
    assert!(!roles.allows(&caller("operator", &[]), "loyalty.members.read"));
    assert!(roles.can_be_given("clerk") && !roles.can_be_given("operator"));
}

#[test]
fn what_policies_say_of_regions_by_name_is_what_is_left_of_them() {
    let roles = read(
        "permit (principal in Role::\"clerk\", action, resource is Record)
         when { [\"GB\", \"IE\"].contains(resource.region) };
         forbid (principal, action, resource is Record) when { resource.brand == \"secret\" };",
    )
    .unwrap();
    let Decision::Allowed { reach, .. } =
        roles.authorise(&caller("clerk", &[]), "loyalty.members.read")
    else {
        panic!("denied")
    };
    assert_eq!(reach.regions().unwrap(), ["GB", "IE"]);
    assert!(reach.covers("IE", "") && !reach.covers("IE", "secret"));
    assert!(!reach.covers("FR", ""));
}

#[test]
fn what_is_granted_to_the_manager_or_to_a_region_is_cut_down_to_what_lists_can_be_filtered_by() {
    let either = read(
        "permit (principal in Role::\"clerk\", action, resource is Record)
         when { resource.own || resource.region == \"GB\" };",
    )
    .unwrap();
    let Decision::Allowed { reach, .. } =
        either.authorise(&caller("clerk", &[]), "loyalty.members.read")
    else {
        panic!("denied")
    };
    assert_eq!(
        (reach.regions().unwrap(), reach.manager()),
        (&["GB".to_owned()][..], None)
    );
    // Nothing is left that holds for whoever looks after nobody: so it is the manager's alone.
    let strangers = read(
        "permit (principal in Role::\"clerk\", action, resource is Record)
         when { resource.own != (resource.region == \"GB\") };",
    )
    .unwrap();
    let Decision::Allowed { reach, .. } =
        strangers.authorise(&caller("clerk", &["GB", "DE"]), "loyalty.members.read")
    else {
        panic!("denied")
    };
    assert!(!reach.covers_of("GB", "", Some("ann")) && !reach.covers_of("DE", "", None));
    assert!(reach.covers_of("DE", "", Some("ann")));
}

/// A decision is a look into a map, once it was made; a bound that a busy machine keeps by far.
#[test]
fn a_decision_takes_less_than_thirty_microseconds() {
    let roles = Roles::default();
    let callers =
        ["agent", "sales", "machine", "account-manager"].map(|role| caller(role, &["GB", "IE"]));
    let decide = |caller: &Caller| {
        let exposure = roles.exposure(caller);
        roles.allows(caller, "profile.customers.read") && exposure != Exposure::NONE
    };
    assert!(callers.iter().all(decide));
    let mut best = f64::MAX;
    for _ in 0..20 {
        let begun = Instant::now();
        for _ in 0..100 {
            assert!(callers.iter().all(decide));
        }
        best = best.min(begun.elapsed().as_secs_f64() * 1e6 / 400.0);
    }
    assert!(best < 30.0, "{best} µs");
}

#[test]
fn a_reach_of_all_is_no_condition() {
    assert!(Reach::ALL.is_all() && Reach::ALL.covers("", ""));
}
