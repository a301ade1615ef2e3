//! Patron as its users meet it: the real binary, through the front door.
#![cfg(test)]

mod api_keys;
mod audit;
mod bad_input;
mod clients;
mod confined;
mod contract_rules;
mod crashes;
mod customer_files;
mod end_to_end;
mod erasure;
mod examples;
mod faults;
mod identities;
mod impatient;
mod import;
mod loyalty_reference;
mod owners;
mod programs;
mod queues;
mod readme;
mod retention;
mod support;
