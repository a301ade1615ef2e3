//! What a refusal says.

use tonic::Status;
use tonic_types::{ErrorInfo, StatusExt as _};

/// The reason in the one `ErrorInfo` that there must be.
pub fn reason(status: &Status) -> String {
    info(status).reason
}

/// A value in the metadata of the `ErrorInfo`; empty when there is none.
pub fn metadata(status: &Status, key: &str) -> String {
    info(status).metadata.remove(key).unwrap_or_default()
}

fn info(status: &Status) -> ErrorInfo {
    let info = status.get_details_error_info();
    let info = info.unwrap_or_else(|| panic!("no ErrorInfo in {status:?}"));
    assert_eq!(info.domain, "patron", "of {status:?}");
    info
}

/// The fields that a `BadRequest` names.
pub fn fields(status: &Status) -> Vec<String> {
    let request = status.get_details_bad_request();
    let violations = request.map(|request| request.field_violations);
    violations
        .unwrap_or_default()
        .into_iter()
        .map(|violation| violation.field)
        .collect()
}
