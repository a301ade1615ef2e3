//! The walks that the build has written, over messages of the contract.

use tonic_types::StatusExt as _;

use super::*;
use crate::patron::complaints::v1 as complaints;
use crate::patron::profile::v1 as profile;

fn customer() -> profile::Customer {
    profile::Customer {
        customer_id: "c".to_owned(),
        display_name: "Lucy Wang".to_owned(),
        income_band: "50-80k".to_owned(),
        region_code: "GB".to_owned(),
        gender: 1,
        identifiers: vec![profile::Identifier {
            kind: "phone".to_owned(),
            value: "13812345678".to_owned(),
            verified: true,
            problem: 0,
        }],
        birth_date: Some(Date {
            year: 1985,
            month: 4,
            day: 1,
        }),
        ..profile::Customer::default()
    }
}

fn covered(exposure: Exposure) -> profile::Customer {
    let mut page = profile::ListCustomersResponse {
        customers: vec![customer()],
        next_page_token: String::new(),
    };
    page.cover(exposure);
    page.customers.remove(0)
}

#[test]
fn whoever_sees_all_gets_all_and_whoever_sees_nothing_what_is_not_personal() {
    assert_eq!(covered(Exposure::ALL), customer());
    let bare = profile::Customer {
        display_name: String::new(),
        income_band: String::new(),
        gender: 0,
        birth_date: None,
        identifiers: vec![profile::Identifier {
            kind: "phone".to_owned(),
            value: String::new(),
            verified: true,
            problem: 0,
        }],
        ..customer()
    };
    assert_eq!(covered(Exposure::NONE), bare);
}

#[test]
fn each_class_is_shown_as_it_is_exposed() {
    let exposure = Exposure::NONE
        .with(Class::Contact, Seen::Masked)
        .with(Class::Personal, Seen::Clear);
    let seen = covered(exposure);
    assert_eq!(seen.identifiers[0].value, "138****5678");
    assert_eq!(seen.display_name, "Lucy Wang");
    assert_eq!(seen.income_band, "");
}

#[test]
fn what_stands_in_a_oneof_of_a_list_is_covered_too() {
    let entry = |resolution: &str| complaints::CaseLogEntry {
        change: Some(complaints::case_log_entry::Change::Resolved(
            complaints::case_log_entry::Resolved {
                resolution: resolution.to_owned(),
            },
        )),
        ..complaints::CaseLogEntry::default()
    };
    let mut log = complaints::ListCaseLogResponse {
        entries: vec![entry("Called 13812345678.")],
        ..complaints::ListCaseLogResponse::default()
    };
    log.cover(Exposure::NONE.with(Class::FreeText, Seen::Masked));
    assert_eq!(log.entries, [entry("Called ****")]);
}

#[test]
fn an_answer_that_was_covered_can_not_be_asked_for_again() {
    let exposure = Exposure::ALL.with(Class::Contact, Seen::Masked);
    let mut request = profile::UpdateCustomerRequest {
        customer: Some(covered(exposure)),
        ..profile::UpdateCustomerRequest::default()
    };
    assert!(request.admit(Exposure::ALL).is_ok());
    let refused = request.admit(exposure).unwrap_err();
    let named = refused.get_details_bad_request().unwrap().field_violations;
    let named: Vec<_> = named.into_iter().map(|it| it.field).collect();
    assert_eq!(named, ["customer.identifiers[0].value"]);
}

#[test]
fn nobody_is_looked_up_by_what_is_hidden() {
    let mut request = profile::LookupCustomerRequest {
        kind: "phone".to_owned(),
        value: "13812345678".to_owned(),
    };
    let refused = request.admit(Exposure::NONE).unwrap_err();
    let info = refused.get_details_error_info().unwrap();
    assert_eq!(info.reason, "FIELD_NOT_EXPOSED");
    let masked = Exposure::NONE.with(Class::Contact, Seen::Masked);
    assert!(request.admit(masked).is_ok());
}

#[test]
fn the_exposure_of_a_call_is_its_own() {
    assert_eq!(Exposure::current(), Exposure::ALL);
    let inside = within_sync(Exposure::NONE, Exposure::current);
    assert_eq!(inside, Exposure::NONE);
    assert_eq!(Exposure::current(), Exposure::ALL);
}

#[test]
fn conditions_read_what_is_seen_in_clear_and_what_is_granted_besides() {
    let masked = Exposure::NONE.with(Class::Personal, Seen::Masked);
    assert!(!masked.may_use(Class::Personal));
    let granted = masked.with_use(Class::Personal);
    assert!(granted.may_use(Class::Personal) && !granted.may_use(Class::Sensitive));
    assert_eq!(granted.of(Class::Personal), Seen::Masked);
    assert!(!granted.is_all());
    assert!(Class::ALL.into_iter().all(|it| Exposure::ALL.may_use(it)));
}
