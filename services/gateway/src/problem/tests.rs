//! The statuses of HTTP are those that the documentation promises.

use super::*;

/// What clients are told; the table in it is the one that is compared here.
const DOCUMENTATION: &str = include_str!("../../../../docs/http.md");

/// All codes, by the names of `google/rpc/code.proto`.
const NAMES: [&str; 17] = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

/// The documented status of each code: the rows whose first cell is a name and whose second a number.
fn documented() -> Vec<(&'static str, u16)> {
    let row = |line: &'static str| {
        let mut cells = line.split('|').map(|cell| cell.trim().trim_matches('`'));
        let (name, status) = (cells.nth(1)?, cells.next()?.parse().ok()?);
        NAMES.contains(&name).then_some((name, status))
    };
    DOCUMENTATION.lines().filter_map(row).collect()
}

#[test]
fn each_code_has_the_documented_status() {
    let actual = NAMES.iter().zip(0..).map(|(name, code)| {
        let refusal = Refusal::new(Code::from_i32(code), ErrorReason::Internal, "why");
        (*name, http_status(&refusal).as_u16())
    });
    assert_eq!(documented(), actual.collect::<Vec<_>>());
}
