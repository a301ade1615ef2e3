//! Files of customers: read as they are written, gone on with after any interruption, and taken back.

use contract::google::api::HttpBody;
use contract::patron::profile::v1 as proto;
use proto::import::{Encoding, Format, State};
use proto::{
    Customer, GetCustomerRequest, GetImportRequest, Import, ImportColumn, ImportError,
    LookupCustomerRequest, UploadImportRequest,
};
use tonic::{Code, Request, Status};

use crate::attributes;
use crate::harness::{
    Profile, identifier, ingest, metadata, order, order_input, reason, request_id, until,
};
use crate::identities::{make, named, tell, with_identifiers};
use crate::{segments, tag_rules};

/// Names, and what they are: `phone` is the column of the same name, `=north` a constant.
pub(crate) fn columns(pairs: &[(&str, &str)]) -> Vec<ImportColumn> {
    let column = |(column, field): &(&str, &str)| ImportColumn {
        column: if column.starts_with('=') { "" } else { column }.to_owned(),
        constant: column.strip_prefix('=').unwrap_or_default().to_owned(),
        field: (*field).to_owned(),
        verified: false,
    };
    pairs.iter().map(column).collect()
}

pub(crate) fn shop(pairs: &[(&str, &str)]) -> Import {
    Import {
        channel: "shop".to_owned(),
        format: Format::Csv.into(),
        columns: columns(pairs),
        observe_time: Some(crate::harness::minute(0)),
        ..Import::default()
    }
}

const USUAL: [(&str, &str); 3] = [
    ("no", "source_key"),
    ("name", "display_name"),
    ("phone", "identifiers.app"),
];

pub(crate) async fn create(profile: &Profile, import: Import) -> Result<String, Status> {
    let request = proto::CreateImportRequest {
        import: Some(import),
        request_id: request_id(),
    };
    let made = profile.imports().create_import(request).await?;
    Ok(made.into_inner().import_id)
}

fn pieces(import_id: &str, offset: i64, file: &[u8], more: bool) -> Vec<UploadImportRequest> {
    let piece = |bytes: &[u8]| UploadImportRequest {
        import_id: import_id.to_owned(),
        offset,
        more,
        data: Some(HttpBody {
            data: bytes.to_vec().into(),
            ..HttpBody::default()
        }),
    };
    let mut pieces: Vec<_> = file.chunks(5).map(piece).collect();
    if pieces.is_empty() {
        pieces.push(piece(b""));
    }
    pieces
}

pub(crate) async fn upload(
    profile: &Profile,
    (import_id, offset): (&str, i64),
    file: &[u8],
    more: bool,
) -> Result<Import, Status> {
    let pieces = futures_util::stream::iter(pieces(import_id, offset, file, more));
    Ok(profile.imports().upload_import(pieces).await?.into_inner())
}

/// Takes in a whole file.
pub(crate) async fn take_in(profile: &Profile, import: Import, file: &[u8]) -> Import {
    let id = create(profile, import).await.unwrap();
    upload(profile, (&id, 0), file, false).await.unwrap()
}

async fn read(profile: &Profile, import_id: &str) -> Import {
    let import_id = import_id.to_owned();
    let request = GetImportRequest { import_id };
    profile
        .imports()
        .get_import(request)
        .await
        .unwrap()
        .into_inner()
}

pub(crate) async fn errors(profile: &Profile, import_id: &str, page_size: i32) -> Vec<ImportError> {
    let mut all = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = proto::ListImportErrorsRequest {
            import_id: import_id.to_owned(),
            page_size,
            page_token,
        };
        let page = profile.imports().list_import_errors(request).await.unwrap();
        let page = page.into_inner();
        all.extend(page.errors);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return all;
        }
    }
}

pub(crate) async fn find(profile: &Profile, kind: &str, value: &str) -> Result<Customer, Status> {
    let (kind, value) = (kind.to_owned(), value.to_owned());
    let request = LookupCustomerRequest { kind, value };
    Ok(profile
        .customers()
        .lookup_customer(request)
        .await?
        .into_inner())
}

async fn get(profile: &Profile, customer_id: &str) -> Result<Customer, Status> {
    let customer_id = customer_id.to_owned();
    let request = GetCustomerRequest { customer_id };
    Ok(profile
        .customers()
        .get_customer(request)
        .await?
        .into_inner())
}

pub(crate) async fn undo(profile: &Profile, import_id: &str) -> Import {
    let request = proto::UndoImportRequest {
        import_id: import_id.to_owned(),
        request_id: request_id(),
    };
    profile.imports().undo_import(request).await.unwrap();
    until("the import is undone", async || {
        let import = read(profile, import_id).await;
        Some(import).filter(|import| import.state() == State::Undone)
    })
    .await
}

#[tokio::test]
async fn a_file_that_a_spreadsheet_wrote_is_read_and_wrong_rows_hold_up_nobody() {
    let profile = Profile::start().await;
    // 编号,姓名,手机 in GBK, with a quoted line end, and wrong rows among the right ones.
    let name = b"\xcd\xf5\xd0\xa1\xc3\xf7"; // 王小明
    let header = b"\xb1\xe0\xba\xc5,\xd0\xd5\xc3\xfb,\xca\xd6\xbb\xfa,sex,born\r\n";
    let rows: [&[u8]; 7] = [
        header,
        b"1,",
        name,
        b",13800000001,\xc5\xae,1990/5/17\r\n",
        b"2,\"two\r\nlines\",13800000002,,\r\n",
        b"3,x,13800000003,?,\r\n4,y,13800000001,,\r\n5,z,null,,\r\n\r\n",
        b"6,last,13800000006,M,19901317\r\n7,end,13800000007,,",
    ];
    let mut import = shop(&[
        ("编号", "source_key"),
        ("姓名", "display_name"),
        ("手机", "identifiers.phone"),
        ("sex", "gender"),
        ("born", "birth_date"),
        ("=north", "brand"),
    ]);
    import.encoding = Encoding::Gb18030.into();
    let done = take_in(&profile, import, &rows.concat()).await;
    assert_eq!(done.state(), State::Done);
    // The fourth has the phone of the first: it is the same person, of whom the first says more.
    let counts = (
        done.row_count,
        done.created_count,
        done.unchanged_count,
        done.failed_count,
    );
    assert_eq!(counts, (7, 3, 1, 3));
    let wang = find(&profile, "phone", "13800000001").await.unwrap();
    assert_eq!(
        (wang.display_name.as_str(), wang.gender()),
        ("王小明", proto::Gender::Female)
    );
    assert_eq!(wang.brand, "north");
    let two = find(&profile, "phone", "13800000002").await.unwrap();
    assert_eq!(two.display_name, "two\r\nlines");
    let listed = errors(&profile, &done.import_id, 2).await;
    let what: Vec<_> = listed
        .iter()
        .map(|it| (it.line, it.row, it.field.as_str()))
        .collect();
    assert_eq!(what, [(5, 3, "sex"), (7, 5, "手机"), (9, 6, "born")]);
    assert!(listed.iter().all(|it| it.reason == "INVALID_ARGUMENT"));
}

#[tokio::test]
async fn an_upload_goes_on_from_where_the_last_one_ended() {
    let profile = Profile::start().await;
    let file = b"\xef\xbb\xbfno,name,phone\n1,a,p1\n2,b,p2\n3,c,p3\n";
    let id = create(&profile, shop(&USUAL)).await.unwrap();
    let half = upload(&profile, (&id, 0), &file[..28], true).await.unwrap();
    assert_eq!(
        (half.state(), half.row_count, half.next_offset),
        (State::Open, 1, 24)
    );
    // A call that breaks off is no end of the file.
    let broken = pieces(&id, 24, &file[24..30], false).into_iter().map(Some);
    let broken = futures_util::stream::iter(broken.chain([None]));
    let broken = futures_util::StreamExt::filter_map(broken, |it| async move {
        match it {
            Some(piece) => Some(piece),
            None => std::future::pending().await,
        }
    });
    let mut request = Request::new(broken);
    request.set_timeout(std::time::Duration::from_millis(300));
    assert!(profile.imports().upload_import(request).await.is_err());
    assert_eq!(read(&profile, &id).await.state(), State::Open);
    let refused = upload(&profile, (&id, 30), &file[30..], false)
        .await
        .unwrap_err();
    assert_eq!(
        (refused.code(), reason(&refused)),
        (Code::Aborted, "IMPORT_OFFSET_MISMATCH".to_owned())
    );
    assert_eq!(
        metadata(&refused, "next_offset"),
        read(&profile, &id).await.next_offset.to_string()
    );
    // Whoever does not know how far it came sends all of it.
    let done = upload(&profile, (&id, 0), file, false).await.unwrap();
    assert_eq!((done.state(), done.created_count), (State::Done, 3));
    assert_eq!(done.next_offset, i64::try_from(file.len()).unwrap());
    let again = upload(&profile, (&id, 0), file, false).await.unwrap();
    assert_eq!(again, done);
    assert_eq!(profile.count("SELECT count(*) FROM customers").await, 3);
}

#[tokio::test]
async fn undo_takes_back_what_the_file_said_and_nothing_that_others_said() {
    let profile = Profile::start().await;
    let said = Customer {
        occupation: "baker".to_owned(),
        ..with_identifiers(vec![identifier("app", "p1")])
    };
    let known = tell(&profile, "", ("shop", "1"), -10, said).await.unwrap();
    let known = known.customer.unwrap();
    let mut pairs = USUAL.to_vec();
    pairs.push(("job", "occupation"));
    let file = b"no,name,phone,job\n1,Ada,p1b,smith\n2,Bob,p2,\n3,Cid,p3,\n4,Dee,p4,\n";
    let done = take_in(&profile, shop(&pairs), file).await;
    assert_eq!((done.created_count, done.updated_count), (3, 1));
    let ada = get(&profile, &known.customer_id).await.unwrap();
    assert_eq!(
        (ada.display_name.as_str(), ada.occupation.as_str()),
        ("Ada", "smith")
    );
    assert_eq!(
        ada.identifiers,
        [identifier("app", "p1b")],
        "the file replaced it"
    );
    // Bob buys, the app speaks of Cid, somebody takes the phone that Ada has given up.
    let bob = find(&profile, "app", "p2").await.unwrap().customer_id;
    profile
        .record_order(order(&bob, "o-1", &[(1, 100)]))
        .await
        .unwrap();
    let cid = find(&profile, "app", "p3").await.unwrap().customer_id;
    tell(&profile, &cid, ("app", "c"), 5, named("Cid C."))
        .await
        .unwrap();
    let eve = make(&profile, with_identifiers(vec![identifier("app", "p1")])).await;
    let dee = find(&profile, "app", "p4").await.unwrap().customer_id;

    let undone = undo(&profile, &done.import_id).await;
    assert_eq!((undone.undone_count, undone.removed_count), (4, 1));
    let ada = get(&profile, &known.customer_id).await.unwrap();
    assert_eq!(
        (ada.display_name.as_str(), ada.occupation.as_str()),
        ("", "baker")
    );
    assert_eq!(ada.identifiers, [identifier("app", "p1")]);
    assert_eq!(
        find(&profile, "app", "p1").await.unwrap().customer_id,
        eve.customer_id,
        "it stays whose it is by now"
    );
    let bob = get(&profile, &bob).await.unwrap();
    assert_eq!((bob.display_name.as_str(), bob.identifiers.len()), ("", 0));
    let cid = get(&profile, &cid).await.unwrap();
    assert_eq!(
        (cid.display_name.as_str(), cid.identifiers.len()),
        ("Cid C.", 0)
    );
    assert_eq!(
        get(&profile, &dee).await.unwrap_err().code(),
        Code::NotFound
    );
    assert_eq!(
        profile.event_types(&dee).await,
        ["CustomerCreated", "CustomerRemoved"]
    );
    for phone in ["p1b", "p2", "p3", "p4"] {
        assert!(find(&profile, "app", phone).await.is_err(), "{phone}");
    }
    buys_nothing(&profile, &dee).await;
    let refused = upload(&profile, (&done.import_id, 0), file, false).await;
    assert_eq!(reason(&refused.unwrap_err()), "IMPORT_NOT_OPEN");
}

#[tokio::test]
async fn undo_keeps_whom_an_attribute_was_told_of_and_no_one_for_a_tag_of_a_rule() {
    let profile = Profile::start().await;
    let everybody = "customer.days_known >= 0";
    segments::define(&profile, "any", everybody).await.unwrap();
    let rule = tag_rules::rule("new", "new", everybody);
    tag_rules::define(&profile, rule).await.unwrap();
    let cups = attributes::attribute("cups", proto::AttributeType::Integer);
    attributes::define(&profile, cups).await.unwrap();
    let done = take_in(
        &profile,
        shop(&USUAL),
        b"no,name,phone\n1,Ada,p1\n2,Bob,p2\n",
    )
    .await;
    let ada = find(&profile, "app", "p1").await.unwrap().customer_id;
    let bob = find(&profile, "app", "p2").await.unwrap().customer_id;
    assert_eq!(tag_rules::names(&profile, &ada).await, ["new"]);
    attributes::set(&profile, &bob, "cups", "7").await.unwrap();
    assert_eq!(undo(&profile, &done.import_id).await.removed_count, 1);
    assert!(get(&profile, &ada).await.is_err());
    assert!(get(&profile, &bob).await.is_ok());
}

/// Whoever is gone is nobody whose orders are taken in.
async fn buys_nothing(profile: &Profile, customer_id: &str) {
    let order = order_input(order(customer_id, "o-2", &[(1, 100)]));
    let request = proto::BatchRecordActivitiesRequest { items: vec![order] };
    let answer = profile.activities().batch_record_activities(request).await;
    let results = answer.unwrap().into_inner().results;
    assert!(results.iter().all(|result| result.error.is_some()));
}

#[tokio::test]
async fn imports_are_undone_in_any_order() {
    let profile = Profile::start().await;
    let file = |name: &str| format!("no,name,phone\n1,{name},p1\n");
    let at = |minute| Import {
        observe_time: Some(crate::harness::minute(minute)),
        ..shop(&USUAL)
    };
    let first = take_in(&profile, at(1), file("Ann").as_bytes()).await;
    let second = take_in(&profile, at(2), file("Anna").as_bytes()).await;
    let said = async || find(&profile, "app", "p1").await.map(|it| it.display_name);
    assert_eq!(said().await.unwrap(), "Anna");
    undo(&profile, &first.import_id).await;
    assert_eq!(said().await.unwrap(), "Anna");
    let undone = undo(&profile, &second.import_id).await;
    assert_eq!(undone.removed_count, 1);
    assert_eq!(reason(&said().await.unwrap_err()), "CUSTOMER_NOT_FOUND");
    assert_eq!(profile.count("SELECT count(*) FROM source_keys").await, 0);
    // A record of the channel is free again.
    tell(&profile, "", ("shop", "1"), 5, named("Zoe"))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_dry_run_counts_and_changes_nothing() {
    let profile = Profile::start().await;
    let import = Import {
        format: Format::Ndjson.into(),
        dry_run: true,
        ..shop(&USUAL)
    };
    let file =
        "{\"no\": 1, \"name\": \"Ada\", \"phone\": \"p1\"}\n[]\n{\"no\": 2, \"phone\": \"p2\"}";
    let done = take_in(&profile, import, file.as_bytes()).await;
    assert_eq!(
        (done.state(), done.created_count, done.failed_count),
        (State::Done, 2, 1)
    );
    let listed = errors(&profile, &done.import_id, 0).await;
    assert_eq!(
        (listed[0].line, listed[0].reason.as_str()),
        (2, "IMPORT_ROW_UNREADABLE")
    );
    for table in ["customers", "sources", "identifier_owners", "outbox"] {
        let count = match table {
            "customers" => profile.count("SELECT count(*) FROM customers").await,
            "sources" => profile.count("SELECT count(*) FROM sources").await,
            "outbox" => profile.count("SELECT count(*) FROM outbox").await,
            _ => {
                profile
                    .count("SELECT count(*) FROM identifier_owners")
                    .await
            }
        };
        assert_eq!(count, 0, "{table}");
    }
}

#[tokio::test]
async fn files_and_columns_that_make_no_sense_are_refused_by_name() {
    let profile = Profile::start().await;
    let bad = [
        shop(&[("a", "identifiers")]),
        shop(&[("a", "version")]),
        shop(&[("a", "brand"), ("b", "brand")]),
        shop(&[("", "brand")]),
        Import {
            channel: "crm".to_owned(),
            ..shop(&USUAL)
        },
        Import {
            delimiter: "x".to_owned(),
            ..shop(&USUAL)
        },
        Import {
            format: 0,
            ..shop(&USUAL)
        },
    ];
    for import in bad {
        let refused = create(&profile, import.clone()).await.unwrap_err();
        assert_eq!(reason(&refused), "INVALID_ARGUMENT", "{import:?}");
    }
    for (file, cause) in [
        (b"no,name\n1,a\n".as_slice(), "COLUMN_MISSING"),
        (b"no,name,phone,phone\n", "COLUMN_TWICE"),
        (b"\xff\xfen\0o\0", "UTF16"),
        (b"no,\xcd\xf5,phone\n", "HEADER"),
    ] {
        let id = create(&profile, shop(&USUAL)).await.unwrap();
        let refused = upload(&profile, (&id, 0), file, false).await.unwrap_err();
        assert_eq!(reason(&refused), "IMPORT_FILE_UNREADABLE");
        assert_eq!(metadata(&refused, "cause"), cause);
    }
    let few = Import {
        max_failed_rows: 2,
        ..shop(&USUAL)
    };
    let id = create(&profile, few).await.unwrap();
    let file = b"no,name,phone\n1,a,null\n2,b,null\n3,c,null\n4,d,p4\n";
    let refused = upload(&profile, (&id, 0), file, false).await.unwrap_err();
    assert_eq!(reason(&refused), "IMPORT_TOO_MANY_ERRORS");
    assert_eq!(read(&profile, &id).await.state(), State::Failed);
}

#[tokio::test]
async fn two_who_send_the_same_file_at_once_take_in_each_row_once() {
    let profile = Profile::start().await;
    let rows = (0..3_000).map(|it| format!("{it},n{it},p{it}\n"));
    let file = format!("no,name,phone\n{}", rows.collect::<String>());
    let id = create(&profile, shop(&USUAL)).await.unwrap();
    let one = upload(&profile, (&id, 0), file.as_bytes(), false);
    let other = upload(&profile, (&id, 0), file.as_bytes(), false);
    let (one, other) = tokio::join!(one, other);
    let refused = [one, other].into_iter().filter_map(Result::err);
    for status in refused {
        assert!(["IMPORT_OFFSET_MISMATCH", "IMPORT_NOT_OPEN"].contains(&reason(&status).as_str()));
    }
    let last = upload(&profile, (&id, 0), file.as_bytes(), false)
        .await
        .unwrap();
    assert_eq!((last.state(), last.created_count), (State::Done, 3_000));
    assert_eq!(profile.count("SELECT count(*) FROM customers").await, 3_000);
    let listed = profile
        .imports()
        .list_imports(proto::ListImportsRequest::default())
        .await;
    assert_eq!(listed.unwrap().into_inner().imports, [last]);
    // And what a row says is what a call would have said.
    let called = ingest("", ("shop", "7"), 5, named("Seven"));
    let told = profile
        .identities()
        .ingest_source(called)
        .await
        .unwrap()
        .into_inner();
    let seven = find(&profile, "app", "p7").await.unwrap();
    assert_eq!(told.customer.unwrap().customer_id, seven.customer_id);
}

/// Takes in a file of numbers, names, phones, addresses and regions, in pieces as they come over a network.
pub(crate) async fn take_in_usual(profile: &Profile, file: &[u8]) -> Import {
    let mut pairs = USUAL.to_vec();
    pairs.extend([("email", "identifiers.email"), ("region", "region_code")]);
    let id = create(profile, shop(&pairs)).await.unwrap();
    let piece = |bytes: &[u8]| UploadImportRequest {
        import_id: id.clone(),
        data: Some(HttpBody {
            data: bytes.to_vec().into(),
            ..HttpBody::default()
        }),
        ..UploadImportRequest::default()
    };
    let pieces: Vec<_> = file.chunks(16 * 1024).map(piece).collect();
    let pieces = futures_util::stream::iter(pieces);
    profile
        .imports()
        .upload_import(pieces)
        .await
        .unwrap()
        .into_inner()
}

#[tokio::test]
async fn an_address_comes_from_columns_of_its_own_and_goes_with_the_import() {
    let profile = Profile::start().await;
    let app = identifier("app", "p1");
    let before = Customer {
        postal_address: Some(proto::PostalAddress {
            locality: "Leeds".to_owned(),
            ..Default::default()
        }),
        ..with_identifiers(vec![app])
    };
    let before = make(&profile, before).await;
    let import = shop(&[
        ("no", "source_key"),
        ("phone", "identifiers.app"),
        ("street", "postal_address.address_lines"),
        ("flat", "postal_address.address_lines"),
        ("city", "postal_address.locality"),
        ("country", "postal_address.region_code"),
    ]);
    let file = b"no,phone,street,flat,city,country\n\
        1,p1,1 High St,Flat 2,York,GB\n2,p2,2 High St,,York,gb\n3,p3,3 High St,,,\n";
    let mut later = import;
    later.observe_time = Some(crate::harness::minute(1));
    let done = take_in(&profile, later, file).await;
    assert_eq!((done.row_count, done.failed_count), (3, 1));
    let wrong = errors(&profile, &done.import_id, 2).await;
    assert_eq!((wrong[0].line, wrong[0].field.as_str()), (3, "country"));
    let three = find(&profile, "app", "p3").await.unwrap();
    assert_eq!(three.postal_address.unwrap().address_lines, ["3 High St"]);
    undo(&profile, &done.import_id).await;
    let after = get(&profile, &before.customer_id).await.unwrap();
    assert_eq!(after.postal_address, before.postal_address);
}
