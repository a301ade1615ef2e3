//! Tokens and declarations, good and bad.
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking, also in its helpers"
)]

#[path = "all/api_keys.rs"]
mod api_keys;
#[path = "all/declarations.rs"]
mod declarations;
#[path = "all/identities.rs"]
mod identities;
#[path = "all/policies.rs"]
mod policies;
#[path = "all/properties.rs"]
mod properties;
#[path = "all/reach.rs"]
mod reach;
#[path = "all/roles.rs"]
mod roles;
#[path = "all/table.rs"]
mod table;
#[path = "all/tokens.rs"]
mod tokens;
