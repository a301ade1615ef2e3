//! Documents that are sound can be used, and of those that are not every problem is told.

mod broken;
mod used;

use contract::checks::At;
use contract::patron::loyalty::v1::ProgramDocument;

use super::Problems;
use crate::domain::program::Document;
use crate::program_file::{self, ProgramFile};

/// A document with every part that there is.
const FULL: &str = include_str!("tests/full.yaml");

fn parsed(yaml: &str) -> ProgramDocument {
    let file = ProgramFile::read(yaml);
    file.unwrap_or_else(|problems| panic!("{problems:?}"))
        .document
}

fn read(document: &ProgramDocument) -> Result<Document, Problems> {
    super::document(document, &At::ROOT)
}

fn problems(yaml: &str) -> Vec<String> {
    let problems = read(&parsed(yaml)).err().unwrap_or_default();
    let told = problems
        .iter()
        .map(|it| format!("{}: {}", it.path, it.fault));
    told.collect()
}

#[test]
fn a_document_with_every_part_is_sound_and_survives_being_written() {
    assert_eq!(problems(FULL), [] as [&str; 0]);
    let document = parsed(FULL);
    for text in [
        program_file::to_yaml(&document),
        program_file::to_json(&document),
    ] {
        assert_eq!(parsed(&text), document, "{text}");
    }
}

#[test]
fn what_is_left_open_gets_its_meaning() {
    let document = read(&parsed(FULL)).unwrap();
    let [_, gold, diamond] = document.tier_ladders[0].tiers.as_slice() else {
        panic!("three tiers")
    };
    assert_eq!((gold.keep_threshold, diamond.keep_threshold), (4000, 9000));
    let fan = &document.tier_ladders[1].tiers[0];
    assert_eq!(fan.falls_to, None);
    let silver = gold.falls_to.as_ref().unwrap();
    assert_eq!(silver.as_str(), "silver");
    assert_eq!(
        document.rewards[0].wallet_id,
        document.main_wallet.wallet_id
    );
    assert_eq!(document.rewards[3].wallet_id.to_string(), "MILES");
    let reminders = &document.main_wallet.expiry.as_ref().unwrap().reminder_days;
    assert_eq!(reminders, &[30, 7]);
    assert_eq!(document.other_wallets[0].redemption.minimum.get(), 1);
    assert!(document.benefits[0].gates[0].admits(Some("gold")));
    assert!(!document.benefits[0].gates[0].admits(Some("silver")));
}

#[test]
fn many_problems_are_told_up_to_a_bound_and_the_others_counted() {
    let mut document = parsed(FULL);
    let rule = document.earning_rules[0].clone();
    document.earning_rules = vec![rule; 200];
    let problems = read(&document).unwrap_err();
    assert_eq!(problems.iter().count(), super::problems::MOST_PROBLEMS);
    assert_eq!(problems.omitted(), 99);
}
