//! Attributes in files of customers: typed as they are defined, refused row by row, and taken back.

use contract::patron::access::v1::Sensitivity;
use contract::patron::profile::v1 as proto;
use proto::import::{Format, State};
use proto::{Attribute, AttributeType, AttributeValue, CustomerAttributes, Import};
use tonic::Code;

use crate::attributes::{archive, attribute, change, clear, define, got, set, setting};
use crate::harness::{Profile, reason};
use crate::identities::{link, make, named, unmerge};
use crate::imports::{create, errors, find, shop, take_in, undo, upload};

const COLUMNS: [(&str, &str); 5] = [
    ("no", "source_key"),
    ("phone", "identifiers.app"),
    ("tea", "attribute.tea"),
    ("cups", "attribute.cups"),
    ("since", "attribute.since"),
];

async fn define_all(profile: &Profile) {
    let tea = Attribute {
        choices: ["green", "black"].map(str::to_owned).to_vec(),
        ..attribute("tea", AttributeType::Choice)
    };
    let since = attribute("since", AttributeType::Date);
    for attribute in [tea, attribute("cups", AttributeType::Integer), since] {
        define(profile, attribute).await.unwrap();
    }
}

fn texts(attributes: &CustomerAttributes) -> Vec<String> {
    let values = attributes.attributes.iter();
    let texts = values.map(|it| {
        let value = it.value.as_ref().unwrap();
        format!(
            "{}={}{}",
            value.attribute_id, value.value, value.contact_value
        )
    });
    texts.collect()
}

/// What somebody has who is found by the phone of a file.
async fn had(profile: &Profile, phone: &str) -> Vec<String> {
    let customer = find(profile, "app", phone).await.unwrap();
    texts(&got(profile, "operator", &customer.customer_id).await)
}

async fn of(profile: &Profile, customer_id: &str) -> Vec<String> {
    texts(&got(profile, "operator", customer_id).await)
}

#[tokio::test]
async fn a_file_sets_attributes_by_their_types_and_wrong_values_hold_up_nobody() {
    let profile = Profile::start().await;
    define_all(&profile).await;
    let file = b"no,phone,tea,cups,since\n\
        1,p1,green, 042 ,2024-02-29\n\
        2,p2,,'-7,\n\
        3,p3,white,1,\n\
        4,p4,black,1.5,\n\
        5,p5,black,,29.2.2024\n\
        1,p1,black,,\n";
    let done = take_in(&profile, shop(&COLUMNS), file).await;
    let counts = (
        done.created_count,
        done.updated_count,
        done.unchanged_count,
        done.failed_count,
    );
    // The last row says of the first person nothing but another tea.
    assert_eq!(counts, (2, 1, 0, 3));
    assert_eq!(
        had(&profile, "p1").await,
        ["cups=42", "since=2024-02-29", "tea=black"]
    );
    assert_eq!(had(&profile, "p2").await, ["cups=-7"]);
    let listed = errors(&profile, &done.import_id, 0).await;
    let what: Vec<_> = listed
        .iter()
        .map(|it| (it.line, it.field.as_str(), it.reason.as_str()))
        .collect();
    let invalid = "ATTRIBUTE_VALUE_INVALID";
    assert_eq!(
        what,
        [
            (4, "tea", invalid),
            (5, "cups", invalid),
            (6, "since", invalid)
        ]
    );
    // A row that is refused is refused as a whole.
    assert_eq!(
        find(&profile, "app", "p3").await.unwrap_err().code(),
        Code::NotFound
    );
    let again = take_in(
        &profile,
        shop(&COLUMNS),
        b"no,phone,tea,cups,since\n2,p2,,-7,\n",
    )
    .await;
    assert_eq!(again.unchanged_count, 1);
}

#[tokio::test]
async fn a_dry_run_tells_the_same_and_sets_nothing() {
    let profile = Profile::start().await;
    define_all(&profile).await;
    take_in(&profile, shop(&COLUMNS[..2]), b"no,phone\n1,p1\n").await;
    let dry = Import {
        dry_run: true,
        ..shop(&COLUMNS)
    };
    let file = b"no,phone,tea,cups,since\n1,p1,green,,\n1,p1,,many,\n";
    let done = take_in(&profile, dry, file).await;
    assert_eq!((done.updated_count, done.failed_count), (1, 1));
    assert_eq!(had(&profile, "p1").await, Vec::<String>::new());
}

#[tokio::test]
async fn a_file_with_a_column_that_is_no_attribute_is_refused_until_it_is_one() {
    let profile = Profile::start().await;
    let import = || shop(&[("no", "source_key"), ("tea", "attribute.tea")]);
    let request = proto::CreateImportRequest {
        import: Some(import()),
        request_id: crate::harness::request_id(),
    };
    let mut imports = profile.imports();
    let refused = imports.create_import(request.clone()).await.unwrap_err();
    assert_eq!(reason(&refused), "ATTRIBUTE_NOT_FOUND");
    define(&profile, attribute("tea", AttributeType::Text))
        .await
        .unwrap();
    let id = imports.create_import(request).await.unwrap();
    let id = id.into_inner().import_id;
    archive(&profile, "tea").await;
    let refused = create(&profile, import()).await.unwrap_err();
    assert_eq!(reason(&refused), "ATTRIBUTE_ARCHIVED");
    // One that was begun before loses its rows, and says why.
    let done = upload(&profile, (&id, 0), b"no,tea\n1,green\n", false).await;
    assert_eq!(done.unwrap().failed_count, 1);
    let listed = errors(&profile, &id, 0).await;
    assert_eq!(
        (listed[0].field.as_str(), listed[0].reason.as_str()),
        ("tea", "ATTRIBUTE_ARCHIVED")
    );
}

#[tokio::test]
async fn what_was_exported_is_read_back_unchanged_and_masks_are_refused() {
    let profile = Profile::start().await;
    let handle = Attribute {
        sensitivity: Sensitivity::Contact.into(),
        ..attribute("handle", AttributeType::Text)
    };
    define(&profile, handle).await.unwrap();
    define(&profile, attribute("note", AttributeType::Text))
        .await
        .unwrap();
    let id = make(&profile, named("Ada")).await.customer_id;
    set(&profile, &id, "note", " =1+1\n ").await.unwrap();
    let handle = AttributeValue {
        attribute_id: "handle".to_owned(),
        contact_value: "@ada_l".to_owned(),
        ..AttributeValue::default()
    };
    change(&profile, setting(&id, vec![handle])).await.unwrap();
    let before = got(&profile, "operator", &id).await;

    let columns = [
        ("customer_id", "customer_id"),
        ("attribute.note", "attribute.note"),
        ("attribute.handle", "attribute.handle"),
    ];
    let file = format!(
        "customer_id,attribute.note,attribute.handle\n\
         {id},\" =1+1\n \",'@ada_l\n{id},,@a****_l\n"
    );
    let done = take_in(&profile, shop(&columns), file.as_bytes()).await;
    assert_eq!((done.unchanged_count, done.failed_count), (1, 1));
    let listed = errors(&profile, &done.import_id, 0).await;
    assert_eq!(
        (listed[0].field.as_str(), listed[0].reason.as_str()),
        ("attribute.handle", "MASKED_VALUE")
    );
    let lines = Import {
        format: Format::Ndjson.into(),
        ..shop(&columns)
    };
    let line = format!(
        "{}\n",
        serde_json::json!({
            "customer_id": id, "attribute.note": " =1+1\n ", "attribute.handle": "@ada_l"
        })
    );
    let done = take_in(&profile, lines, line.as_bytes()).await;
    assert_eq!(done.unchanged_count, 1);
    assert_eq!(got(&profile, "operator", &id).await, before);
}

#[tokio::test]
async fn an_import_takes_its_values_back_and_leaves_those_that_were_changed_since() {
    let profile = Profile::start().await;
    define_all(&profile).await;
    let [kept, touched] = [
        make(&profile, named("Ada")).await.customer_id,
        make(&profile, named("Grace")).await.customer_id,
    ];
    set(&profile, &kept, "tea", "green").await.unwrap();
    let columns = [
        ("id", "customer_id"),
        ("no", "source_key"),
        ("tea", "attribute.tea"),
        ("cups", "attribute.cups"),
    ];
    let file = |row: &str| format!("id,no,tea,cups\n{row}").into_bytes();
    let first = format!("{kept},1,black,1\n{touched},2,black,1\n,3,green,3\n");
    let first = take_in(&profile, shop(&columns), &file(&first)).await;
    assert_eq!((first.updated_count, first.created_count), (2, 1));
    let second = take_in(&profile, shop(&columns), &file(&format!("{kept},1,,2\n"))).await;
    set(&profile, &touched, "cups", "5").await.unwrap();
    assert_eq!(of(&profile, &kept).await, ["cups=2", "tea=black"]);

    // In any order: the second stands over the first, which is taken back before it.
    let undone = undo(&profile, &first.import_id).await;
    assert_eq!(undone.removed_count, 1);
    assert_eq!(of(&profile, &kept).await, ["cups=2", "tea=green"]);
    assert_eq!(of(&profile, &touched).await, ["cups=5"]);
    let undone = undo(&profile, &second.import_id).await;
    assert_eq!(undone.state(), State::Undone);
    assert_eq!(of(&profile, &kept).await, ["tea=green"]);
}

#[tokio::test]
async fn what_was_cleared_for_another_id_stays_so_when_an_import_is_taken_back() {
    let profile = Profile::start().await;
    define_all(&profile).await;
    let [anna, ann] = [
        make(&profile, named("Ada")).await.customer_id,
        make(&profile, named("Grace")).await.customer_id,
    ];
    set(&profile, &ann, "tea", "green").await.unwrap();
    let link = link(&profile, &anna, &ann).await;
    clear(&profile, &anna, "tea").await;
    assert_eq!(of(&profile, &ann).await, [""; 0]);
    let columns = [
        ("id", "customer_id"),
        ("no", "source_key"),
        ("tea", "attribute.tea"),
    ];
    let file = format!("id,no,tea\n{ann},1,black\n").into_bytes();
    let import = take_in(&profile, shop(&columns), &file).await;
    assert_eq!(of(&profile, &anna).await, ["tea=black"], "said since");
    undo(&profile, &import.import_id).await;
    assert_eq!(of(&profile, &anna).await, [""; 0], "as it was");
    unmerge(&profile, &anna, &link).await.unwrap();
    assert_eq!(of(&profile, &anna).await, [""; 0]);
    assert_eq!(of(&profile, &ann).await, ["tea=green"]);
}
