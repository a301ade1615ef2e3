//! The service as its callers see it: over a socket, with real tokens and a real database.
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test fails by panicking, also in its helpers"
)]

#[path = "all/access_files.rs"]
mod access_files;
#[path = "all/accounts.rs"]
mod accounts;
#[path = "all/attributes.rs"]
mod attributes;
#[path = "all/authors.rs"]
mod authors;
#[path = "all/batch.rs"]
mod batch;
#[path = "all/confined.rs"]
mod confined;
#[path = "all/consents.rs"]
mod consents;
#[path = "all/contact_caps.rs"]
mod contact_caps;
#[path = "all/contacts.rs"]
mod contacts;
#[path = "all/contract_rules.rs"]
mod contract_rules;
#[path = "all/customers.rs"]
mod customers;
#[path = "all/exports.rs"]
mod exports;
#[path = "all/exposure.rs"]
mod exposure;
#[path = "all/habits.rs"]
mod habits;
#[path = "all/harness.rs"]
mod harness;
#[path = "all/health.rs"]
mod health;
#[path = "all/identities.rs"]
mod identities;
#[path = "all/import_attributes.rs"]
mod import_attributes;
#[path = "all/imports.rs"]
mod imports;
#[path = "all/interactions.rs"]
mod interactions;
#[path = "all/joined_contacts.rs"]
mod joined_contacts;
#[path = "all/lists.rs"]
mod lists;
#[path = "all/matches.rs"]
mod matches;
#[path = "all/moments.rs"]
mod moments;
#[path = "all/orders.rs"]
mod orders;
#[path = "all/overview.rs"]
mod overview;
#[path = "all/owned.rs"]
mod owned;
#[path = "all/places.rs"]
mod places;
#[path = "all/privacy.rs"]
mod privacy;
#[path = "all/quality.rs"]
mod quality;
#[path = "all/races.rs"]
mod races;
#[path = "all/ratings.rs"]
mod ratings;
#[path = "all/recognised.rs"]
mod recognised;
#[path = "all/remarks.rs"]
mod remarks;
#[path = "all/restrictions.rs"]
mod restrictions;
#[path = "all/retention.rs"]
mod retention;
#[path = "all/returns.rs"]
mod returns;
#[path = "all/rotation.rs"]
mod rotation;
#[path = "all/sealed.rs"]
mod sealed;
#[path = "all/search.rs"]
mod search;
#[path = "all/segments.rs"]
mod segments;
#[path = "all/sources.rs"]
mod sources;
#[path = "all/tag_rules.rs"]
mod tag_rules;
#[path = "all/tags.rs"]
mod tags;
#[path = "all/throughput.rs"]
mod throughput;
