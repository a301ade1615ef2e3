//! What is written about people in words is sealed. Words that a release before has written are told as ever, and sealed by
//! and by.

use std::collections::BTreeSet;

use chassis::Clock;
use contract::patron::profile::v1 as proto;
use proto::decide_match_review_request::Decision as Ruling;
use proto::{
    AddTagRequest, AssignAccountManagerRequest, CheckContactRequest, ConsentChange,
    CreateLegalHoldRequest, DecideMatchReviewRequest, GetAccountAssignmentRequest,
    GetCustomerTagsRequest, LiftRestrictionRequest, ListAccountAssignmentsRequest,
    ListConsentStatementsRequest, ListContactsRequest, ListLegalHoldsRequest, ListLinksRequest,
    ListRestrictionsRequest, ListTagChangesRequest, MergeCustomersRequest, ReleaseLegalHoldRequest,
    UnmergeCustomersRequest,
};
use testkit::places;
use tonic::{Code, Status};

use crate::access_files;
use crate::accounts::{self, asking, manager, put};
use crate::consents::{self, grant};
use crate::contacts::{ask, check};
use crate::harness::{Profile, keyring, request_id, silent, until};
use crate::identities::{make, named};
use crate::matches::{twins, waiting};
use crate::restrictions::restrict;
use crate::sealed::{MARK, mark};
use crate::tags::{add, adding};

/// Where words about people stand. In each place they name it.
const PLACES: &[(&str, &str)] = &[
    ("links", "reason"),
    ("links", "undone_reason"),
    ("match_candidates", "reason"),
    ("tag_changes", "reason"),
    ("legal_holds", "reason"),
    ("legal_holds", "release_reason"),
    ("restrictions", "lift_reason"),
    ("account_assignments", "reason"),
    ("account_assignment_changes", "reason"),
    ("consent_statements", "evidence"),
    ("contacts", "reference"),
];

/// Of what nobody is told.
const UNTOLD: &[&str] = &["match_candidates"];

fn words(table: &str, column: &str) -> String {
    // What is said of an assignment stands in its history, too.
    let table = match table {
        "account_assignment_changes" => "account_assignments",
        table => table,
    };
    mark(&format!("{table}.{column}"))
}

/// The places of which calls tell.
fn of_calls() -> impl Iterator<Item = (&'static str, &'static str)> {
    let places = PLACES.iter().copied();
    places.filter(|(table, _)| !UNTOLD.contains(table))
}

/// All that calls tell.
fn all() -> BTreeSet<String> {
    of_calls()
        .map(|(table, column)| words(table, column))
        .collect()
}

async fn join(profile: &Profile, [one, other]: &[String; 2], reason: String) -> String {
    let request = MergeCustomersRequest {
        customer_id: one.clone(),
        merged_customer_id: other.clone(),
        reason,
        request_id: request_id(),
        validate_only: false,
    };
    let merged = profile.identities().merge_customers(request).await.unwrap();
    merged.into_inner().link.unwrap().link_id
}

async fn part(profile: &Profile, customer_id: &str, link_id: String, reason: String) {
    let request = UnmergeCustomersRequest {
        customer_id: customer_id.to_owned(),
        link_id,
        reason,
        request_id: request_id(),
    };
    profile
        .identities()
        .unmerge_customers(request)
        .await
        .unwrap();
}

async fn decide(profile: &Profile, pair: [String; 2], decision: Ruling) {
    let [customer_id, matched_customer_id] = pair;
    let request = DecideMatchReviewRequest {
        customer_id,
        matched_customer_id,
        decision: decision.into(),
        reason: words("match_candidates", "reason"),
        request_id: request_id(),
    };
    let decided = profile.matches().decide_match_review(request).await;
    decided.unwrap();
}

async fn hold(profile: &Profile, customer_id: &str) {
    let request = CreateLegalHoldRequest {
        customer_id: customer_id.to_owned(),
        reason: words("legal_holds", "reason"),
        request_id: request_id(),
    };
    let hold = profile.privacy().create_legal_hold(request).await;
    let hold = hold.unwrap().into_inner();
    let request = ReleaseLegalHoldRequest {
        customer_id: hold.customer_id,
        legal_hold_id: hold.legal_hold_id,
        reason: words("legal_holds", "release_reason"),
        request_id: request_id(),
    };
    let released = profile.privacy().release_legal_hold(request).await;
    let released = released.unwrap().into_inner();
    assert_eq!(released.reason, words("legal_holds", "reason"));
}

async fn restrict_and_lift(profile: &Profile, customer_id: &str) {
    let request = LiftRestrictionRequest {
        customer_id: customer_id.to_owned(),
        restriction_id: restrict(profile, customer_id).await.restriction_id,
        reason: words("restrictions", "lift_reason"),
        request_id: request_id(),
    };
    let lifted = profile.restrictions().lift_restriction(request).await;
    lifted.unwrap();
}

async fn assign(profile: &Profile, customer_id: &str) {
    put(profile, manager("mia", &[], 9)).await;
    let request = AssignAccountManagerRequest {
        reason: words("account_assignments", "reason"),
        ..asking(customer_id, "mia")
    };
    accounts::assign(profile, request).await.unwrap();
}

/// Somebody of whom there are words in every place, and somebody who was joined with them and parted again.
async fn spoken_of(profile: &Profile, name: &str) -> [String; 2] {
    let pair = twins(profile, name).await;
    waiting(profile, 1).await;
    decide(profile, pair.clone(), Ruling::Reject).await;
    let link = join(profile, &pair, words("links", "reason")).await;
    part(profile, &pair[0], link, words("links", "undone_reason")).await;
    let one = &pair[0];
    let tag = AddTagRequest {
        reason: words("tag_changes", "reason"),
        ..adding(one, "vip")
    };
    add(profile, tag).await.unwrap();
    hold(profile, one).await;
    restrict_and_lift(profile, one).await;
    assign(profile, one).await;
    let granted = ConsentChange {
        evidence: words("consent_statements", "evidence"),
        ..grant("marketing", "email")
    };
    consents::decide(profile, one, vec![granted]).await.unwrap();
    let message = CheckContactRequest {
        reference: words("contacts", "reference"),
        ..ask(one, "service", "email")
    };
    let decision = check(profile, message).await;
    assert!(decision.contact.is_some(), "{decision:?}");
    pair
}

/// The words that calls tell of somebody: those of a table.
async fn tell(
    profile: &Profile,
    table: &str,
    customer_id: &str,
) -> Result<BTreeSet<String>, Status> {
    let customer_id = customer_id.to_owned();
    let mut told = BTreeSet::new();
    match table {
        "links" => {
            let request = ListLinksRequest {
                customer_id,
                ..Default::default()
            };
            let listed = profile.identities().list_links(request).await?;
            for link in listed.into_inner().links {
                told.extend([link.reason, link.undo_reason]);
            }
        }
        "tag_changes" => {
            let request = ListTagChangesRequest {
                customer_id: customer_id.clone(),
                ..Default::default()
            };
            let listed = profile.tags().list_tag_changes(request).await?;
            told.extend(listed.into_inner().changes.into_iter().map(|it| it.reason));
            let request = GetCustomerTagsRequest { customer_id };
            let tags = profile.tags().get_customer_tags(request).await?;
            let standing: Vec<_> = tags
                .into_inner()
                .tags
                .into_iter()
                .map(|it| it.reason)
                .collect();
            assert!(standing.iter().all(|it| told.contains(it)), "{standing:?}");
        }
        "legal_holds" => {
            let request = ListLegalHoldsRequest {
                customer_id,
                ..Default::default()
            };
            let listed = profile.privacy().list_legal_holds(request).await?;
            for hold in listed.into_inner().legal_holds {
                told.extend([hold.reason, hold.release_reason]);
            }
        }
        "restrictions" => {
            let request = ListRestrictionsRequest {
                customer_id,
                ..Default::default()
            };
            let listed = profile.restrictions().list_restrictions(request).await?;
            let listed = listed.into_inner().restrictions.into_iter();
            told.extend(listed.map(|it| it.lift_reason));
        }
        "account_assignments" => {
            let request = GetAccountAssignmentRequest { customer_id };
            let got = profile.accounts().get_account_assignment(request).await?;
            told.insert(got.into_inner().reason);
        }
        "account_assignment_changes" => {
            let request = ListAccountAssignmentsRequest {
                customer_id,
                ..Default::default()
            };
            let listed = profile.accounts().list_account_assignments(request).await?;
            let listed = listed.into_inner().assignments.into_iter();
            told.extend(listed.map(|it| it.reason));
        }
        _ => told = tell_of_contact(profile, table, customer_id).await?,
    }
    Ok(told)
}

/// The same of consents and contacts.
async fn tell_of_contact(
    profile: &Profile,
    table: &str,
    customer_id: String,
) -> Result<BTreeSet<String>, Status> {
    let mut told = BTreeSet::new();
    match table {
        "consent_statements" => {
            let request = ListConsentStatementsRequest {
                customer_id,
                ..Default::default()
            };
            let listed = profile.consents().list_consent_statements(request).await?;
            let listed = listed.into_inner().statements.into_iter();
            told.extend(listed.map(|it| it.evidence));
        }
        "contacts" => {
            let request = ListContactsRequest {
                customer_id,
                ..Default::default()
            };
            let listed = profile.contacts().list_contacts(request).await?;
            let listed = listed.into_inner().contacts.into_iter();
            told.extend(listed.map(|it| it.reference));
        }
        _ => {}
    }
    Ok(told)
}

/// Those of all tables.
async fn told(profile: &Profile, customer_id: &str) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for (table, _) in of_calls() {
        all.extend(tell(profile, table, customer_id).await.unwrap());
    }
    all
}

/// The same of the access file.
async fn disclosed(profile: &Profile, customer_id: &str) -> BTreeSet<String> {
    let about = access_files::about(customer_id);
    let records = access_files::read(profile, about).await.unwrap().records;
    let texts = PLACES
        .iter()
        .flat_map(|(table, column)| access_files::texts(&records, table, &camel(column)));
    texts.collect()
}

/// As the contract's JSON form writes names.
fn camel(column: &str) -> String {
    let mut parts = column.split('_');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |name, part| {
        name + &part[..1].to_uppercase() + &part[1..]
    })
}

/// What a release before would have left: every text in clear.
async fn write_in_clear(profile: &Profile) {
    for (table, column) in PLACES {
        let words = words(table, column);
        let clear = format!(
            "UPDATE {table} SET {column} = '{words}', sealed_{column} = NULL
             WHERE sealed_{column} IS NOT NULL"
        );
        profile.change(&clear).await;
    }
}

const LEFT: &str = "SELECT count(*) FROM remarks_in_clear";

#[tokio::test]
async fn no_word_about_a_person_stands_in_the_database_and_all_are_told() {
    let profile = Profile::start().await;
    let [one, _] = spoken_of(&profile, "ada").await;
    assert_eq!(places(&profile.database, MARK).await, Vec::<String>::new());
    assert_eq!(told(&profile, &one).await, all());
    assert_eq!(disclosed(&profile, &one).await, all());
}

#[tokio::test]
async fn words_of_a_release_before_are_told_as_ever_and_sealed_by_and_by() {
    let secrets = keyring();
    let profile = Profile::start_among(Clock::system(), &silent(), secrets.clone()).await;
    let [one, other] = spoken_of(&profile, "ada").await;
    write_in_clear(&profile).await;
    // More than are sealed at once, and one that can't be.
    let many = format!(
        "INSERT INTO links (older, newer, link_id, kind, score_permille, reason, actor, made_at, undone_at,
                            undone_by, undone_reason)
         SELECT '{one}', '{other}', lpad(nth::text, 32, '0')::uuid, 'by_hand', 1000, 'a slip', 'x', now(), now(),
                'x', 'not the same'
         FROM generate_series(1, 600) AS nth"
    );
    profile.change(&many).await;
    let stuck = make(&profile, named("Grace")).await.customer_id;
    let last = format!(
        "INSERT INTO match_candidates (older, newer, older_version, newer_version, score_permille, evidence, refusal,
                                       state, find_time, decided_by, decide_time, reason)
         VALUES ('{stuck}', 'ffffffff-ffff-7fff-bfff-ffffffffffff', 1, 1, 1000, '{{}}', '', 'rejected', now(), 'x',
                 now(), 'another')"
    );
    profile.change(&last).await;
    let broken = format!(
        "UPDATE subject_keys SET wrapped = set_byte(wrapped, 20, get_byte(wrapped, 20) # 1)
         WHERE customer_id = '{stuck}'"
    );
    profile.change(&broken).await;
    let in_clear = places(&profile.database, MARK).await;
    assert_eq!(in_clear.len(), PLACES.len(), "{in_clear:?}");
    assert!(told(&profile, &one).await.is_superset(&all()));
    assert!(disclosed(&profile, &one).await.is_superset(&all()));

    let profile = profile.restart_with(secrets).await;
    until("all but one is sealed", async || {
        (profile.count(LEFT).await == 1).then_some(())
    })
    .await;
    assert_eq!(places(&profile.database, MARK).await, Vec::<String>::new());
    assert!(told(&profile, &one).await.is_superset(&all()));
    assert!(disclosed(&profile, &one).await.is_superset(&all()));
    let sealed = "SELECT count(*) FROM links
                  WHERE sealed_reason IS NOT NULL AND sealed_undone_reason IS NOT NULL";
    assert_eq!(profile.count(sealed).await, 601);
}

#[tokio::test]
async fn words_that_were_moved_to_another_row_open_nowhere() {
    let profile = Profile::start().await;
    let [one, _] = spoken_of(&profile, "ada").await;
    let [two, _] = spoken_of(&profile, "grace").await;
    for (table, column) in of_calls() {
        let owner = if table == "links" {
            "older"
        } else {
            "customer_id"
        };
        let swap = format!(
            "UPDATE {table} AS kept SET sealed_{column} = its.sealed_{column} FROM {table} AS its
             WHERE kept.{owner} IN ('{one}', '{two}') AND its.{owner} IN ('{one}', '{two}')
               AND kept.{owner} <> its.{owner}
               AND kept.sealed_{column} IS NOT NULL AND its.sealed_{column} IS NOT NULL"
        );
        profile.change(&swap).await;
        for id in [&one, &two] {
            let refused = tell(&profile, table, id).await.unwrap_err();
            assert_eq!(refused.code(), Code::Internal, "{table}.{column}");
        }
        profile.change(&swap).await;
        let told = tell(&profile, table, &one).await.unwrap();
        assert!(told.contains(&words(table, column)), "{table}.{column}");
    }
}

#[tokio::test]
async fn words_are_told_of_whoever_has_the_id_for_which_they_were_written() {
    let profile = Profile::start().await;
    let two = make(&profile, named("Grace")).await.customer_id;
    let [one, _] = spoken_of(&profile, "ada").await;
    let pair = [two.clone(), one.clone()];
    let link = join(&profile, &pair, "the same".to_owned()).await;
    for id in &pair {
        assert!(told(&profile, id).await.is_superset(&all()));
        assert!(disclosed(&profile, id).await.is_superset(&all()));
    }
    part(&profile, &two, link, "not the same".to_owned()).await;
    assert!(told(&profile, &one).await.is_superset(&all()));
    assert!(told(&profile, &two).await.is_disjoint(&all()));
}
