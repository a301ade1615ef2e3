//! A channel speaks of somebody by an identifier that a person has: it is that person, until somebody says that it is not.

use contract::patron::profile::v1 as proto;
use proto::activity_result::Outcome;
use proto::link::Kind;
use proto::{
    Customer, Identifier, Link, ListLinksRequest, ListSourcesRequest, MatchPair, MatchReview,
};

use crate::batch::{error, record};
use crate::harness::{Profile, identifier, metadata, order, order_input, reason};
use crate::identities::{get, link, make, named, proven, tell, unmerge, with_identifiers};
use crate::imports::{find, shop, take_in, undo};
use crate::matches::{reviews, waiting};
use crate::privacy::erased;

const PHONE: &str = "+441632960001";

fn phone() -> Identifier {
    identifier("phone", PHONE)
}

pub(crate) async fn links(profile: &Profile, customer_id: &str) -> Vec<Link> {
    let request = ListLinksRequest {
        customer_id: customer_id.to_owned(),
        ..Default::default()
    };
    let listed = profile.identities().list_links(request).await.unwrap();
    listed.into_inner().links
}

fn pairs(reviews: Vec<MatchReview>) -> Vec<MatchPair> {
    let pairs = reviews.into_iter().filter_map(|it| it.pair);
    pairs.collect()
}

async fn channels(profile: &Profile, customer_id: &str) -> Vec<String> {
    let request = ListSourcesRequest {
        customer_id: customer_id.to_owned(),
        ..Default::default()
    };
    let listed = profile.identities().list_sources(request).await.unwrap();
    let sources = listed.into_inner().sources.into_iter();
    sources.map(|it| it.channel).collect()
}

/// Tells of somebody whom the channel does not say to be any customer; answers who it is.
async fn told(profile: &Profile, name: (&str, &str), details: Customer) -> Customer {
    let told = tell(profile, "", name, 5, details).await.unwrap();
    told.customer.unwrap()
}

#[tokio::test]
async fn whoever_is_recognised_is_joined_by_a_link_and_parted_by_taking_it_back() {
    let profile = Profile::start().await;
    let anna = Customer {
        identifiers: vec![proven("phone", PHONE)],
        ..named("Anna")
    };
    let anna = told(&profile, ("app", "77"), anna).await;
    let shopper = Customer {
        identifiers: vec![
            proven("phone", PHONE),
            identifier("email", "ann@example.com"),
        ],
        occupation: "baker".to_owned(),
        ..named("Ann")
    };
    let joint = told(&profile, ("shop", "9"), shopper).await;
    assert_eq!(joint.customer_id, anna.customer_id);
    assert_eq!(joint.identifiers.len(), 2);
    let [joining] = links(&profile, &anna.customer_id).await.try_into().unwrap();
    assert_eq!(
        (
            joining.kind(),
            joining.score_permille,
            joining.reason.as_str()
        ),
        (Kind::VerifiedIdentifier, 1000, "the same phone")
    );
    assert!(!joining.made_by.is_empty());

    let left = unmerge(&profile, &anna.customer_id, &joining.link_id).await;
    let shopper = left.unwrap().parted_customer.unwrap();
    assert_eq!(
        (shopper.display_name.as_str(), shopper.identifiers.len()),
        ("Ann", 2)
    );
    let anna = get(&profile, &anna.customer_id).await;
    assert_eq!((anna.occupation.as_str(), anna.identifiers.len()), ("", 1));
    assert_eq!(channels(&profile, &anna.customer_id).await, ["app"]);
    assert_eq!(channels(&profile, &shopper.customer_id).await, ["shop"]);
    // Each has what only its own channel knows; what both name is whose it was first.
    let who = async |kind, value| find(&profile, kind, value).await.unwrap().customer_id;
    assert_eq!(who("phone", PHONE).await, anna.customer_id);
    assert_eq!(who("email", "ann@example.com").await, shopper.customer_id);
    // Whoever was parted is not joined again by what the same channel says later.
    let again = with_identifiers(vec![proven("phone", PHONE)]);
    let again = tell(&profile, "", ("shop", "9"), 6, again).await.unwrap();
    assert_eq!(again.customer.unwrap().customer_id, shopper.customer_id);
    // And to a third channel the number tells no more which of the two it is.
    let third = told(&profile, ("till", "3"), with_identifiers(vec![phone()])).await;
    assert!(![&anna.customer_id, &shopper.customer_id].contains(&&third.customer_id));
}

#[tokio::test]
async fn what_is_not_proven_by_both_joins_by_rule_and_as_surely_as_the_records_are_alike() {
    let profile = Profile::start().await;
    let anna = Customer {
        identifiers: vec![proven("phone", PHONE), identifier("wechat", "o-1")],
        ..named("Anna Smith")
    };
    let anna = make(&profile, anna).await;
    let smith = Customer {
        identifiers: vec![phone()],
        ..named("Smith, Anna")
    };
    let by_phone = told(&profile, ("shop", "9"), smith).await;
    // Of a kind that the company has added.
    let other = with_identifiers(vec![identifier("wechat", "o-1")]);
    let by_other = told(&profile, ("chat", "1"), other).await;
    assert_eq!(
        [&by_phone.customer_id, &by_other.customer_id],
        [&anna.customer_id; 2]
    );
    let joined = links(&profile, &anna.customer_id).await;
    let how = joined
        .iter()
        .map(|it| (it.kind(), it.score_permille, it.reason.as_str()));
    let expected = [
        (Kind::Rule, 700, "the same wechat"),
        (Kind::Rule, 760, "the same phone"),
    ];
    assert!(how.eq(expected), "{joined:?}");
}

#[tokio::test]
async fn two_verified_people_with_one_phone_stay_two_and_the_pair_waits_with_the_reason() {
    let profile = Profile::start().await;
    let anna = vec![proven("national_id", "a"), proven("phone", PHONE)];
    let anna = make(&profile, with_identifiers(anna)).await;
    let boris = vec![proven("national_id", "b"), proven("phone", PHONE)];
    let boris = told(&profile, ("shop", "9"), with_identifiers(boris)).await;
    assert_ne!(boris.customer_id, anna.customer_id);
    assert_eq!(
        boris.identifiers.len(),
        2,
        "nothing of what was said is lost"
    );
    // From the same transaction: nobody has to follow any event for it.
    let [pair] = pairs(reviews(&profile).await).try_into().unwrap();
    assert_eq!(
        (
            pair.customer_id,
            pair.matched_customer_id,
            pair.refusal.as_str()
        ),
        (
            anna.customer_id.clone(),
            boris.customer_id.clone(),
            "SECOND_VALUE"
        )
    );
    // An order by that phone is still somebody's: it was Anna's first.
    let found = find(&profile, "phone", PHONE).await.unwrap();
    assert_eq!(found.customer_id, anna.customer_id);
}

#[tokio::test]
async fn an_identifier_that_a_known_record_comes_to_name_joins_nobody_and_is_asked_about() {
    let profile = Profile::start().await;
    let anna = make(&profile, with_identifiers(vec![phone()])).await;
    told(&profile, ("shop", "9"), named("Boris")).await;
    let told = tell(
        &profile,
        "",
        ("shop", "9"),
        6,
        with_identifiers(vec![phone()]),
    )
    .await;
    let boris = told.unwrap().customer.unwrap();
    assert_ne!(boris.customer_id, anna.customer_id);
    assert_eq!(boris.identifiers, [phone()]);
    let [pair] = pairs(waiting(&profile, 1).await).try_into().unwrap();
    assert_eq!(pair.refusal, "");
    // It is the other's once the first gives it up.
    assert_eq!(
        find(&profile, "phone", PHONE).await.unwrap().customer_id,
        anna.customer_id
    );
    erased(&profile, &anna.customer_id).await;
    assert_eq!(
        find(&profile, "phone", PHONE).await.unwrap().customer_id,
        boris.customer_id
    );
    // What was also another's is not kept out with the person who was erased.
    let late = tell(
        &profile,
        "",
        ("shop", "9"),
        7,
        with_identifiers(vec![phone()]),
    )
    .await;
    assert_eq!(late.unwrap().customer.unwrap().identifiers, [phone()]);
}

#[tokio::test]
async fn a_device_that_several_people_have_tells_of_nobody_who_it_is() {
    let profile = Profile::start().await;
    let cookie = || with_identifiers(vec![identifier("cookie", "office")]);
    let one = told(&profile, ("web", "1"), cookie()).await.customer_id;
    let by_cookie = async |id: &str| {
        let bought = proto::ActivityInput {
            identifier: Some(identifier("cookie", "office")),
            ..order_input(order("", id, &[(1, 500)]))
        };
        let [result] = record(&profile, vec![bought]).await.try_into().unwrap();
        result
    };
    let bought = by_cookie("o-1").await;
    assert_eq!(bought.error, None, "as long as it is one person's");
    let other = told(&profile, ("web", "2"), cookie()).await.customer_id;
    assert_ne!(one, other);
    let refused = error(&by_cookie("o-2").await);
    assert_eq!(
        (reason(&refused).as_str(), metadata(&refused, "kind")),
        ("IDENTIFIER_SHARED", "cookie".to_owned())
    );
    // What was recorded before is answered as before, and nothing else under its id.
    let again = by_cookie("o-1").await;
    assert_eq!(
        (again.error.clone(), again.outcome(), again.customer_id),
        (None, Outcome::AlreadyRecorded, one.clone())
    );
    let dearer = proto::ActivityInput {
        identifier: Some(identifier("cookie", "office")),
        ..order_input(order("", "o-1", &[(1, 501)]))
    };
    let [dearer] = record(&profile, vec![dearer]).await.try_into().unwrap();
    assert_eq!(reason(&error(&dearer)), "IDENTIFIER_SHARED");
    let found = find(&profile, "cookie", "office").await;
    assert_eq!(reason(&found.unwrap_err()), "IDENTIFIER_SHARED");
    // The two turn out to be one, and to be two.
    let link_id = link(&profile, &one, &other).await;
    assert_eq!(
        find(&profile, "cookie", "office")
            .await
            .unwrap()
            .customer_id,
        one
    );
    assert_eq!(by_cookie("o-2").await.error, None);
    unmerge(&profile, &one, &link_id).await.unwrap();
    assert!(find(&profile, "cookie", "office").await.is_err());
}

#[tokio::test]
async fn a_number_that_nobody_can_read_is_kept_out_with_whoever_was_erased() {
    let profile = Profile::start().await;
    let scrawl = || with_identifiers(vec![identifier("phone", "ask at the desk, 12")]);
    let anna = told(&profile, ("app", "1"), scrawl()).await;
    // It joins nobody meanwhile.
    let boris = told(&profile, ("app", "2"), with_identifiers(vec![phone()])).await;
    assert_ne!(anna.customer_id, boris.customer_id);
    erased(&profile, &anna.customer_id).await;
    let late = tell(&profile, "", ("shop", "1"), 9, scrawl())
        .await
        .unwrap_err();
    assert_eq!(reason(&late), "IDENTIFIER_SUPPRESSED");
}

#[tokio::test]
async fn pairs_that_have_an_address_in_common_can_be_read() {
    let profile = Profile::start().await;
    let flat = |number: &str| Customer {
        identifiers: vec![identifier("phone", number)],
        postal_address: Some(proto::PostalAddress {
            region_code: "GB".to_owned(),
            postal_code: "E1 6AN".to_owned(),
            address_lines: vec!["1 Brick Lane".to_owned()],
            ..Default::default()
        }),
        ..Customer::default()
    };
    make(&profile, flat("+441632960001")).await;
    make(&profile, flat("01632 960001")).await;
    let [pair] = pairs(waiting(&profile, 1).await).try_into().unwrap();
    let kinds = pair.evidence.iter().map(|it| it.kind().as_str_name());
    assert!(
        kinds.eq(["KIND_SAME_PHONE", "KIND_SAME_ADDRESS"]),
        "{pair:?}"
    );
}

#[tokio::test]
async fn a_file_recognises_people_as_calls_do_and_parts_them_when_it_is_taken_back() {
    let profile = Profile::start().await;
    let columns = [
        ("no", "source_key"),
        ("name", "display_name"),
        ("phone", "identifiers.app"),
        ("id", "identifiers.national_id"),
    ];
    let ada = Customer {
        identifiers: vec![identifier("app", "p1"), proven("national_id", "a")],
        ..named("Ada")
    };
    let ada = make(&profile, ada).await.customer_id;
    // The first is Ada, the second is somebody new, who comes twice; the last names Ada's number and can't be her.
    let file = b"no,name,phone,id\n1,Ada L,p1,\n2,Bob,p2,\n3,Bobby,p2,\n4,Cid,p1,c\n";
    let done = take_in(&profile, shop(&columns), file).await;
    assert_eq!(
        (done.created_count, done.unchanged_count, done.failed_count),
        (2, 2, 0)
    );
    let [joining] = links(&profile, &ada).await.try_into().unwrap();
    assert_eq!(
        (joining.kind(), joining.reason.as_str()),
        (Kind::Rule, "the same app")
    );
    let bob = find(&profile, "app", "p2").await.unwrap().customer_id;
    assert_eq!(channels(&profile, &bob).await, ["shop", "shop"]);
    assert_eq!(links(&profile, &bob).await.len(), 1);
    let [pair] = pairs(reviews(&profile).await).try_into().unwrap();
    assert_eq!(
        (pair.customer_id.as_str(), pair.refusal.as_str()),
        (ada.as_str(), "SECOND_VALUE")
    );
    let moved = profile.event_types(&ada).await;
    assert!(moved.contains(&"ProfilesMerged".to_owned()), "{moved:?}");

    let undone = undo(&profile, &done.import_id).await;
    assert_eq!((undone.undone_count, undone.removed_count), (4, 2));
    assert_eq!(profile.count("SELECT count(*) FROM customers").await, 1);
    assert_eq!(links(&profile, &ada).await, []);
    assert_eq!(channels(&profile, &ada).await, ["crm"]);
    assert_eq!(get(&profile, &ada).await.display_name, "Ada");
    assert_eq!(
        profile
            .count("SELECT count(*) FROM identifier_claims")
            .await,
        0
    );
    let moved = profile.event_types(&ada).await;
    assert!(moved.contains(&"ProfilesUnmerged".to_owned()), "{moved:?}");
}

#[tokio::test]
async fn whoever_a_file_recognised_stays_when_others_speak_of_them_by_then() {
    let profile = Profile::start().await;
    let ada = make(&profile, with_identifiers(vec![identifier("app", "p1")])).await;
    let columns = [("no", "source_key"), ("phone", "identifiers.app")];
    let done = take_in(&profile, shop(&columns), b"no,phone\n1,p1\n").await;
    // The shop speaks of its record again, by a call.
    let again = tell(&profile, "", ("shop", "1"), 7, named("Ada L"))
        .await
        .unwrap();
    assert_eq!(again.customer.unwrap().customer_id, ada.customer_id);
    undo(&profile, &done.import_id).await;
    assert_eq!(get(&profile, &ada.customer_id).await.display_name, "Ada L");
    let [joining] = links(&profile, &ada.customer_id).await.try_into().unwrap();
    assert_eq!(joining.undo_time, None);
}
