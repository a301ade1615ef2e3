use std::collections::HashMap;

use contract::patron::r#type::v1::ErrorReason;
use tonic_types::{ErrorDetails, StatusExt as _};

use super::*;

fn refusal() -> Refusal {
    Refusal::new(
        Code::AlreadyExists,
        ErrorReason::RequestIdConflict,
        "used before",
    )
    .metadata("field", "points")
    .metadata("another", "value")
    .metadata("third", "value")
    .field("order.lines[0].quantity", "must be at least 1")
    .retry_after(Duration::from_millis(1500))
}

#[test]
fn a_status_carries_exactly_one_error_info_and_the_other_details() {
    let status = Status::from(refusal());
    assert_eq!(status.code(), Code::AlreadyExists);
    assert_eq!(status.message(), "used before");
    let details = status.get_error_details();
    let info = details.error_info().unwrap();
    assert_eq!(
        (info.reason.as_str(), info.domain.as_str()),
        ("REQUEST_ID_CONFLICT", "patron")
    );
    assert_eq!(info.metadata["field"], "points");
    let violation = &details.bad_request().unwrap().field_violations[0];
    assert_eq!(violation.field, "order.lines[0].quantity");
    assert_eq!(
        details.retry_info().unwrap().retry_delay,
        Some(Duration::from_millis(1500))
    );
    assert_eq!(status.get_error_details_vec().len(), 3);
}

#[test]
fn of_many_fields_as_many_are_told_as_a_header_holds_and_the_others_are_counted() {
    let fields = 0..1_000;
    let refusal = fields.fold(refusal(), |refusal, at| {
        refusal.field(format!("document.rules[{at}].condition"), "must be given")
    });
    let status = Status::from(refusal);
    assert!(
        status.details().len() < 10 * 1024,
        "{}",
        status.details().len()
    );
    let details = status.get_error_details();
    let told = details.bad_request().unwrap().field_violations.len();
    assert!(told > 100, "{told}");
    let more: usize = details.error_info().unwrap().metadata["more_fields"]
        .parse()
        .unwrap();
    assert_eq!(told + more, 1_001);
}

#[test]
fn a_stored_refusal_comes_back_whole_and_as_the_same_bytes() {
    let stored = refusal().to_stored();
    let restored = Refusal::from_stored(&stored).unwrap();
    assert_eq!(restored, refusal());
    assert_eq!(restored.to_stored(), stored);
    assert!(Refusal::from_stored(b"\xff").is_err());
}

#[test]
fn a_refusal_from_another_service_is_passed_on_with_details_of_every_kind() {
    let mut details = ErrorDetails::with_error_info("ORDER_NOT_FOUND", "patron", HashMap::new());
    details.set_localized_message("en", "no such order");
    let received = Status::with_error_details(Code::NotFound, "no order", details);
    let passed_on = Status::from(Refusal::from_status(&received));
    assert_eq!(
        passed_on.get_details_error_info().unwrap().reason,
        "ORDER_NOT_FOUND"
    );
    assert_eq!(
        passed_on.get_details_localized_message().unwrap().message,
        "no such order"
    );
}

#[test]
fn a_bare_status_is_given_the_reason_of_its_code() {
    let refusal = Refusal::from_status(&Status::unimplemented("nothing here"));
    assert!(refusal.is(ErrorReason::MethodNotFound));
    assert_eq!(refusal.message(), "nothing here");
    let foreign = ErrorDetails::with_error_info("QUOTA", "example.com", HashMap::new());
    let foreign = Status::with_error_details(Code::ResourceExhausted, "", foreign);
    assert!(Refusal::from_status(&foreign).is(ErrorReason::Overloaded));
}

#[test]
fn an_internal_refusal_says_nothing_of_its_cause() {
    let refusal = Refusal::internal(std::io::Error::other("password=hunter2"));
    assert_eq!(refusal.code(), Code::Internal);
    assert!(!format!("{refusal:?}").contains("hunter2"));
}
