//! Rules as their users meet them.
#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking, also in its helpers"
)]

mod all {
    mod against_cel;
    mod explained;
    mod families;
    mod generated;
    mod hostile;
    mod refused;
    mod shop;
    mod speed;
    mod values;
}
