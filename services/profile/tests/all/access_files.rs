//! A person is told what is known of it, under all ids, and which services could not be asked.

use std::collections::BTreeSet;

use contract::patron::privacy::v1::{Origin, PersonalRecord};
use contract::patron::profile::v1::read_access_file_response::Part;
use contract::patron::profile::v1::{
    AccessFileEnd, AccessFileHead, Customer, ReadAccessFileRequest,
};
use prost_types::value::Kind;
use tonic::Status;

use crate::harness::{OTHERS, Profile, fields, order, reason};
use crate::identities::{link, make};
use crate::restrictions::restrict;
use crate::tags::{add, adding};

pub(crate) struct File {
    head: AccessFileHead,
    pub(crate) records: Vec<PersonalRecord>,
    end: AccessFileEnd,
}

pub(crate) async fn read(
    profile: &Profile,
    request: ReadAccessFileRequest,
) -> Result<File, Status> {
    let answer = profile.access_files().read_access_file(request).await?;
    let mut parts = answer.into_inner();
    let (mut head, mut records, mut end) = (None, Vec::new(), None);
    while let Some(part) = parts.message().await? {
        match part.part.unwrap() {
            Part::Head(it) => head = Some(it),
            Part::Record(it) => records.extend(it.record),
            Part::Section(_) => {}
            Part::End(it) => end = Some(it),
        }
    }
    Ok(File {
        head: head.unwrap(),
        records,
        end: end.unwrap(),
    })
}

pub(crate) fn about(customer_id: &str) -> ReadAccessFileRequest {
    ReadAccessFileRequest {
        customer_id: customer_id.to_owned(),
        ..ReadAccessFileRequest::default()
    }
}

pub(crate) fn texts(records: &[PersonalRecord], kind: &str, field: &str) -> BTreeSet<String> {
    let of_kind = records.iter().filter(|record| record.kind == kind);
    let text = |record: &PersonalRecord| match &record.data.as_ref()?.fields.get(field)?.kind {
        Some(Kind::StringValue(text)) => Some(text.clone()),
        _ => None,
    };
    of_kind.filter_map(text).collect()
}

#[tokio::test]
async fn a_person_is_told_everything_under_all_ids_and_who_could_not_be_asked() {
    let profile = Profile::start().await;
    let named = |display_name: &str| Customer {
        display_name: display_name.to_owned(),
        ..Customer::default()
    };
    let one = make(&profile, named("Ada")).await.customer_id;
    let other = make(&profile, named("Lady Lovelace")).await.customer_id;
    make(&profile, named("Grace")).await;
    link(&profile, &one, &other).await;
    // More than is read at once.
    for number in 0..101 {
        let id = if number % 2 == 0 { &one } else { &other };
        let order = order(id, &format!("o-{number}"), &[(1, 500)]);
        profile.record_order(order).await.unwrap();
    }
    add(&profile, adding(&other, "vip")).await.unwrap();
    restrict(&profile, &one).await;

    let file = read(&profile, about(&other)).await.unwrap();
    assert_eq!(file.head.customer_ids, [one.clone(), other.clone()]);
    assert_eq!(file.end.pending_services, OTHERS);
    assert!(!file.end.complete);
    assert_eq!(texts(&file.records, "orders", "orderId").len(), 101);
    // The record has the newer name; that the other was told stands with its source.
    let told = format!("{:?}", file.records);
    assert!(
        told.contains("Lady Lovelace") && told.contains("\"Ada\""),
        "{told}"
    );
    assert!(!told.contains("Grace"), "of others nothing is told");
    let tags = texts(&file.records, "tag_changes", "tag");
    assert_eq!(tags, BTreeSet::from(["vip".to_owned()]));
    let grounds = texts(&file.records, "restrictions", "ground");
    assert_eq!(
        grounds,
        BTreeSet::from(["GROUND_OBJECTION_PENDING".to_owned()])
    );
    assert!(file.records.iter().all(|it| !it.purpose.is_empty()));

    let provided = ReadAccessFileRequest {
        provided_only: true,
        services: vec!["profile".to_owned()],
        ..about(&one)
    };
    let file = read(&profile, provided).await.unwrap();
    assert!(file.end.complete);
    assert_eq!(file.head.services, ["profile"]);
    assert!(
        file.records
            .iter()
            .all(|it| it.origin() == Origin::Provided)
    );
    assert_eq!(texts(&file.records, "orders", "orderId").len(), 101);
    assert!(texts(&file.records, "tag_changes", "tag").is_empty());
}

#[tokio::test]
async fn a_service_that_there_is_not_is_refused_by_its_place() {
    let profile = Profile::start().await;
    let one = make(&profile, Customer::default()).await.customer_id;
    let request = ReadAccessFileRequest {
        services: vec!["profile".to_owned(), "payroll".to_owned()],
        ..about(&one)
    };
    let refused = read(&profile, request).await.err().unwrap();
    assert_eq!(reason(&refused), "INVALID_ARGUMENT");
    assert_eq!(fields(&refused), ["services[1]"]);
}
