//! What holds for every caller that there can be, looked for among random ones.

use access::{Caller, Decision, MethodRules, Reach, Roles};
use contract::exposure::{Class, Exposure, Seen};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

const REGIONS: [&str; 5] = ["", "GB", "DE", "CN-31", "gb"];
const BRANDS: [&str; 3] = ["", "acme", "other"];

fn permissions() -> Vec<String> {
    let rules = MethodRules::from_pool(contract::pool()).unwrap();
    let named = rules.methods().map(|method| method.permission.clone());
    let mut named: Vec<_> = named.filter(|name| !name.is_empty()).collect();
    named.sort_unstable();
    named.dedup();
    named
}

fn role() -> impl Strategy<Value = String> {
    let names: Vec<_> = Roles::default().names().map(str::to_owned).collect();
    select(names)
}

fn some(values: &'static [&'static str]) -> impl Strategy<Value = Vec<String>> {
    vec(select(values).prop_map(str::to_owned), 0..3)
}

prop_compose! {
    fn caller()(
        roles in vec(role(), 0..3),
        regions in some(&REGIONS),
        brands in some(&BRANDS),
    ) -> Caller {
        Caller {
            subject: "user:ann".to_owned(),
            roles,
            regions,
            brands,
            ..Caller::service("any")
        }
    }
}

fn reach(caller: &Caller, permission: &str) -> Option<Reach> {
    match Roles::default().authorise(caller, permission) {
        Decision::Allowed { reach, .. } => Some(reach),
        _ => None,
    }
}

proptest! {
    #[test]
    fn nobody_reaches_beyond_the_regions_and_brands_of_the_token(
        caller in caller(),
        permission in select(permissions()),
        region in select(&REGIONS[..]),
        brand in select(&BRANDS[..]),
    ) {
        let Some(reach) = reach(&caller, &permission) else {
            return Ok(());
        };
        let theirs = reach.manager().map(str::to_owned);
        if !reach.covers_of(region, brand, theirs.as_deref()) {
            return Ok(());
        }
        let is_within = |own: &[String], value: &str| own.is_empty() || own.iter().any(|it| it == value);
        prop_assert!(is_within(&caller.regions, region), "{caller:?} {region}");
        prop_assert!(is_within(&caller.brands, brand), "{caller:?} {brand}");
        if caller.roles.iter().any(|role| role == "sales") {
            prop_assert!(caller.regions.iter().any(|it| it == region), "{caller:?}");
        }
    }

    #[test]
    fn account_managers_reach_nobody_but_whom_they_look_after_whatever_other_roles_they_have(
        mut caller in caller(),
        permission in select(permissions()),
        region in select(&REGIONS[..]),
        brand in select(&BRANDS[..]),
        manager in proptest::option::of(select(&["ann", "bob", ""][..])),
    ) {
        caller.roles.push("account-manager".to_owned());
        if let Some(reach) = reach(&caller, &permission) {
            prop_assert_eq!(reach.manager(), Some("ann"));
            let covers = reach.covers_of(region, brand, manager);
            prop_assert!(!covers || manager == Some("ann"), "{:?}", caller);
        }
        // Machines and services look after nobody.
        for subject in ["machine:ann", "service:ann", "user:"] {
            let other = Caller { subject: subject.to_owned(), ..caller.clone() };
            prop_assert_eq!(reach(&other, &permission), None);
        }
    }

    #[test]
    fn whoever_is_confined_by_nothing_but_a_region_reaches_all_of_it(
        role in role(),
        permission in select(permissions()),
        region in select(&REGIONS[..]),
        brand in select(&BRANDS[..]),
    ) {
        let caller = Caller {
            roles: vec![role],
            regions: vec![region.to_owned()],
            ..Caller::service("any")
        };
        if let Some(reach) = reach(&caller, &permission) {
            prop_assert!(reach.covers(region, brand), "{caller:?}");
        }
    }

    #[test]
    fn another_role_takes_no_sight_and_only_roles_that_confine_take_reach(one in caller(), more in role(), permission in select(permissions())) {
        let mut both = one.clone();
        both.roles.push(more.clone());
        let roles = Roles::default();
        let (before, after) = (roles.exposure(&one), roles.exposure(&both));
        for class in Class::ALL {
            prop_assert!(before.of(class) <= after.of(class), "{one:?} {more}");
        }
        if !["sales", "account-manager"].contains(&more.as_str()) && reach(&one, &permission).is_some() {
            prop_assert!(reach(&both, &permission).is_some(), "{one:?} {more}");
        }
    }

    #[test]
    fn an_agent_sees_no_contact_in_clear_wherever_it_is(regions in some(&REGIONS), brands in some(&BRANDS)) {
        let agent = Caller {
            roles: vec!["agent".to_owned()],
            regions,
            brands,
            ..Caller::service("any")
        };
        let exposure: Exposure = Roles::default().exposure(&agent);
        prop_assert_eq!(exposure.of(Class::Contact), Seen::Masked);
        prop_assert_eq!(exposure.of(Class::Sensitive), Seen::Hidden);
    }
}
