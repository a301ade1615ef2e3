//! What the contract declares is what is asked for, and what declares nothing is found out.

use std::collections::BTreeSet;
use std::path::Path;

use access::{Method, MethodRules, RulesError};
use prost_reflect::DescriptorPool;
use prost_types::{
    DescriptorProto, FileDescriptorProto, MethodDescriptorProto, ServiceDescriptorProto,
};

#[test]
fn the_contracts_own_declarations_are_read() {
    let rules = MethodRules::from_pool(contract::pool()).unwrap();
    let list = rules
        .get("/patron.events.v1.EventAdminService/ListDeadLetters")
        .unwrap();
    assert_eq!(list.permission, "events.deadletters.read");
    assert!(list.idempotent && !list.anonymous && !list.streaming);
    let replay = rules
        .get("/patron.events.v1.EventAdminService/ReplayDeadLetters")
        .unwrap();
    assert!(!replay.idempotent);
    assert!(
        rules
            .get("/patron.events.v1.EventFeedService/Follow")
            .unwrap()
            .streaming
    );
    assert!(
        rules
            .get("/patron.events.v1.EventFeedService/Nothing")
            .is_none()
    );
}

#[test]
fn every_method_of_the_contract_is_declared() {
    let rules = MethodRules::from_pool(contract::pool()).unwrap();
    let services: Vec<_> = contract::pool()
        .services()
        .map(|service| service.full_name().to_owned())
        .collect();
    rules
        .require_all(services.iter().map(String::as_str))
        .unwrap();
}

/// Begins and ends the list of sensitive acts in docs/access.md.
const SENSITIVE: (&str, &str) = ("<!-- sensitive acts -->", "<!-- end -->");

#[test]
fn whoever_changes_a_policy_or_puts_a_program_in_force_has_proven_enough() {
    let rules = MethodRules::from_pool(contract::pool()).unwrap();
    let ends = ["_policy.write", "policies.write", "programs.activate"];
    let changes = |method: &&Method| ends.iter().any(|end| method.permission.ends_with(end));
    let (strong, weak): (Vec<_>, Vec<_>) = rules
        .methods()
        .filter(changes)
        .partition(|method| method.step_up.is_some());
    let weak: Vec<_> = weak.iter().map(|method| &method.name).collect();
    assert!(weak.is_empty(), "without `step_up`: {weak:?}");
    assert!(strong.len() >= 7, "{strong:?}");
}

/// What a pipeline does with an API key, and where a person is asked for a strong proof all the same.
#[test]
fn machines_put_programs_in_force_and_do_nothing_else_that_is_sensitive() {
    let rules = MethodRules::from_pool(contract::pool()).unwrap();
    let by_key = rules
        .methods()
        .filter(|method| method.step_up.is_some_and(|step_up| step_up.api_keys));
    let names: BTreeSet<_> = by_key.map(|method| method.name.as_str()).collect();
    let programs = [
        "ActivateProgramVersion",
        "CancelProgramActivation",
        "RevertProgram",
    ];
    assert_eq!(names, programs.into());
}

#[test]
fn the_documentation_lists_the_acts_that_take_a_strong_proof() {
    let rules = MethodRules::from_pool(contract::pool()).unwrap();
    let declared: BTreeSet<_> = rules
        .methods()
        .filter(|method| method.step_up.is_some())
        .map(|method| method.name.clone())
        .collect();
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/access.md");
    let guide = std::fs::read_to_string(guide).unwrap();
    let (_, list) = guide.split_once(SENSITIVE.0).unwrap();
    let (list, _) = list.split_once(SENSITIVE.1).unwrap();
    let listed: BTreeSet<_> = list
        .split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect();
    assert_eq!(listed, declared);
}

#[test]
fn an_undeclared_method_is_named_and_so_is_an_unknown_service() {
    let method = MethodDescriptorProto {
        name: Some("Forgotten".to_owned()),
        input_type: Some(".careless.Empty".to_owned()),
        output_type: Some(".careless.Empty".to_owned()),
        ..Default::default()
    };
    let file = FileDescriptorProto {
        name: Some("careless.proto".to_owned()),
        package: Some("careless".to_owned()),
        message_type: vec![DescriptorProto {
            name: Some("Empty".to_owned()),
            ..Default::default()
        }],
        service: vec![ServiceDescriptorProto {
            name: Some("Service".to_owned()),
            method: vec![method],
            ..Default::default()
        }],
        ..Default::default()
    };
    let mut pool: DescriptorPool = contract::pool().clone();
    pool.add_file_descriptor_proto(file).unwrap();
    let rules = MethodRules::from_pool(&pool).unwrap();
    let refused = |service| rules.require_all([service]).unwrap_err().path;
    assert_eq!(refused("careless.Service"), "/careless.Service/Forgotten");
    assert_eq!(refused("nobody.knows.It"), "nobody.knows.It");
}

#[test]
fn without_the_option_itself_nothing_can_be_declared() {
    let error = MethodRules::from_pool(&DescriptorPool::new()).unwrap_err();
    assert_eq!(error, RulesError::NoOption);
}

#[test]
fn a_server_knows_its_own_services_alone() {
    let rules = MethodRules::from_pool(contract::pool()).unwrap();
    let own = rules.only(&["patron.events.v1.EventFeedService"]);
    assert_eq!(own.methods().count(), 1);
    assert!(
        own.get("/patron.events.v1.EventAdminService/ListDeadLetters")
            .is_none()
    );
}
