//! Whose records a caller may be told about, as the policies leave it to be filtered by.

use access::{Caller, Decision, Reach, Roles};

const READ: &str = "profile.customers.read";

fn reach(roles: &[&str], regions: &[&str], brands: &[&str]) -> Option<Reach> {
    let owned = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
    let caller = Caller {
        subject: "user:ann".to_owned(),
        roles: owned(roles),
        regions: owned(regions),
        brands: owned(brands),
        ..Caller::service("any")
    };
    match Roles::default().authorise(&caller, READ) {
        Decision::Allowed { reach, .. } => Some(reach),
        _ => None,
    }
}

#[test]
fn a_token_without_regions_confines_nobody_but_sales() {
    assert_eq!(reach(&["agent"], &[], &[]), Some(Reach::ALL));
    assert_eq!(reach(&["sales"], &[], &[]), None);
}

#[test]
fn a_token_with_regions_confines_every_role_to_them() {
    for role in ["agent", "sales", "operator", "machine", "auditor"] {
        let reach = reach(&[role], &["GB", "CN-31"], &[]).unwrap();
        assert_eq!(reach.regions().unwrap(), ["CN-31", "GB"], "{role}");
        assert!(reach.covers("GB", "") && reach.covers("CN-31", "acme"));
        assert!(!reach.covers("DE", "") && !reach.covers("", ""), "{role}");
        assert!(!reach.covers("gb", ""), "a region's case is its own");
    }
}

#[test]
fn a_token_with_brands_confines_to_them_within_its_regions() {
    let reach = reach(&["agent"], &["GB"], &["acme"]).unwrap();
    assert!(reach.covers("GB", "acme"));
    assert!(!reach.covers("GB", "other") && !reach.covers("DE", "acme"));
}

#[test]
fn account_managers_reach_those_whom_they_look_after_within_the_regions_of_their_token() {
    let own = reach(&["account-manager", "agent"], &[], &[]).unwrap();
    assert_eq!((own.regions(), own.brands()), (None, None));
    assert_eq!(own.manager(), Some("ann"));
    assert!(own.covers_of("DE", "", Some("ann")) && own.covers_of("", "acme", Some("ann")));
    assert!(!own.covers_of("DE", "", Some("bob")) && !own.covers("DE", ""));
    let british = reach(&["account-manager", "sales"], &["GB"], &[]).unwrap();
    assert!(british.covers_of("GB", "", Some("ann")));
    assert!(!british.covers_of("DE", "", Some("ann")));
}

#[test]
fn another_role_does_not_free_sales_of_its_regions() {
    let both = reach(&["sales", "operator"], &["GB"], &[]).unwrap();
    assert_eq!(both.regions().unwrap(), ["GB"]);
    assert_eq!(reach(&["sales", "operator"], &[], &[]), None);
}
