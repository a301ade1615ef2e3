//! Who is who: sources are kept, customers are joined and parted in any order, and nothing is lost.

use contract::patron::profile::v1 as proto;
use proto::{
    Customer, GetCustomerRequest, Identifier, IngestSourceResponse, ListLinksRequest,
    ListTimelineRequest, MergeCustomersRequest, MergeCustomersResponse, ProfilesMerged,
    ProfilesUnmerged, UnmergeCustomersRequest, UnmergeCustomersResponse,
};
use tonic::{Code, Status};

use crate::harness::{
    Profile, at_once, create, gbp, give_back, identifier, ingest, metadata, order, reason,
    request_id,
};

pub(crate) fn named(name: &str) -> Customer {
    Customer {
        display_name: name.to_owned(),
        ..Customer::default()
    }
}

pub(crate) fn with_identifiers(identifiers: Vec<Identifier>) -> Customer {
    Customer {
        identifiers,
        ..Customer::default()
    }
}

pub(crate) fn proven(kind: &str, value: &str) -> Identifier {
    Identifier {
        verified: true,
        ..identifier(kind, value)
    }
}

pub(crate) async fn make(profile: &Profile, customer: Customer) -> Customer {
    let made = profile.customers().create_customer(create(customer)).await;
    made.unwrap().into_inner()
}

pub(crate) async fn get(profile: &Profile, customer_id: &str) -> Customer {
    let request = GetCustomerRequest {
        customer_id: customer_id.to_owned(),
    };
    let got = profile.customers().get_customer(request).await;
    got.unwrap().into_inner()
}

fn merging(one: &str, other: &str) -> MergeCustomersRequest {
    MergeCustomersRequest {
        customer_id: one.to_owned(),
        merged_customer_id: other.to_owned(),
        reason: "one household book".to_owned(),
        request_id: request_id(),
        validate_only: false,
    }
}

pub(crate) async fn merge(
    profile: &Profile,
    one: &str,
    other: &str,
) -> Result<MergeCustomersResponse, Status> {
    let request = merging(one, other);
    let merged = profile.identities().merge_customers(request).await?;
    Ok(merged.into_inner())
}

pub(crate) async fn link(profile: &Profile, one: &str, other: &str) -> String {
    let merged = merge(profile, one, other).await.unwrap();
    merged.link.unwrap().link_id
}

pub(crate) async fn unmerge(
    profile: &Profile,
    customer_id: &str,
    link_id: &str,
) -> Result<UnmergeCustomersResponse, Status> {
    let request = UnmergeCustomersRequest {
        customer_id: customer_id.to_owned(),
        link_id: link_id.to_owned(),
        reason: "two people".to_owned(),
        request_id: request_id(),
    };
    let left = profile.identities().unmerge_customers(request).await?;
    Ok(left.into_inner())
}

pub(crate) async fn tell(
    profile: &Profile,
    customer_id: &str,
    name: (&str, &str),
    at: i64,
    details: Customer,
) -> Result<IngestSourceResponse, Status> {
    let request = ingest(customer_id, name, at, details);
    let told = profile.identities().ingest_source(request).await?;
    Ok(told.into_inner())
}

pub(crate) fn origin_of(customer: &Customer, field: &str) -> String {
    let origin = customer.origins.iter().find(|it| it.field == field);
    origin.map(|it| it.channel.clone()).unwrap_or_default()
}

/// All but what counts changes.
fn content(customer: Customer) -> Customer {
    Customer {
        etag: String::new(),
        update_time: None,
        ..customer
    }
}

#[tokio::test]
async fn a_merged_customer_is_read_by_every_id_and_both_are_as_before_once_parted() {
    let profile = Profile::start().await;
    let anna = Customer {
        identifiers: vec![
            identifier("phone", "+441632960001"),
            identifier("app", "anna"),
        ],
        ..named("Anna")
    };
    let anna = make(&profile, anna).await;
    let ann = Customer {
        identifiers: vec![identifier("email", "ann@example.com")],
        occupation: "baker".to_owned(),
        ..named("Ann")
    };
    let ann = make(&profile, ann).await;
    let (older, newer) = (&anna.customer_id, &ann.customer_id);
    profile
        .record_order(order(older, "o-1", &[(1, 500)]))
        .await
        .unwrap();
    profile
        .record_order(order(newer, "o-2", &[(2, 300)]))
        .await
        .unwrap();
    // The newer is named first; the older survives all the same.
    let merged = merge(&profile, newer, older).await.unwrap();
    let link_id = merged.link.unwrap().link_id;
    let whole = merged.customer.unwrap();
    assert_eq!(
        (&whole.customer_id, &whole.merged_customer_ids),
        (older, &vec![newer.clone()])
    );
    assert_eq!(whole.identifiers.len(), 3);
    assert_eq!(
        (whole.display_name.as_str(), whole.occupation.as_str()),
        ("Ann", "baker")
    );
    assert_eq!(get(&profile, newer).await, whole);
    let traits = profile.traits(newer).await;
    assert_eq!((&traits.customer_id, traits.order_count), (older, 2));
    assert_eq!(traits.spend[0].gross, Some(gbp(800)));
    // Given back under one id what was bought under the other; bought again by the merged id.
    let back = profile
        .record_return(give_back(older, ("r-1", "o-2"), &[("1", 1)]))
        .await;
    assert_eq!(&back.unwrap().customer_id, newer);
    profile
        .record_order(order(newer, "o-3", &[(1, 50)]))
        .await
        .unwrap();
    let request = ListTimelineRequest {
        customer_id: newer.clone(),
        ..Default::default()
    };
    let timeline = profile.activities().list_timeline(request).await.unwrap();
    assert_eq!(timeline.into_inner().entries.len(), 4);
    let left = unmerge(&profile, older, &link_id).await.unwrap();
    let (stays, parted) = (left.customer.unwrap(), left.parted_customer.unwrap());
    assert_eq!(
        (get(&profile, older).await, get(&profile, newer).await),
        (stays.clone(), parted.clone())
    );
    assert_eq!(
        (content(stays), content(parted)),
        (content(anna.clone()), content(ann.clone()))
    );
    let (own, other) = (profile.traits(older).await, profile.traits(newer).await);
    assert_eq!(
        (own.order_count, other.order_count, other.return_count),
        (1, 2, 1)
    );
}

#[tokio::test]
async fn a_list_of_customers_shows_a_person_once() {
    let profile = Profile::start().await;
    let of_region = |name| Customer {
        region_code: "GB".to_owned(),
        ..named(name)
    };
    let older = make(&profile, of_region("Anna")).await.customer_id;
    let newer = make(&profile, of_region("Ann")).await.customer_id;
    let listed = async |region_code: &str| {
        let request = proto::ListCustomersRequest {
            region_code: region_code.to_owned(),
            ..Default::default()
        };
        let page = profile.customers().list_customers(request).await.unwrap();
        let customers = page.into_inner().customers.into_iter();
        customers.map(|it| it.customer_id).collect::<Vec<_>>()
    };
    let link_id = link(&profile, &older, &newer).await;
    for region_code in ["", "GB"] {
        assert_eq!(listed(region_code).await, std::slice::from_ref(&older));
    }
    unmerge(&profile, &older, &link_id).await.unwrap();
    for region_code in ["", "GB"] {
        assert_eq!(listed(region_code).await, [newer.clone(), older.clone()]);
    }
}

#[tokio::test]
async fn merging_and_parting_are_announced_and_the_later_has_the_greater_revision() {
    let profile = Profile::start().await;
    let older = make(&profile, named("Anna")).await.customer_id;
    let newer = make(&profile, named("Ann")).await.customer_id;
    let link_id = link(&profile, &older, &newer).await;
    unmerge(&profile, &newer, &link_id).await.unwrap();
    let expected = [
        "CustomerCreated",
        "ProfilesMerged",
        "CustomerUpdated",
        "ProfilesUnmerged",
        "CustomerUpdated",
    ];
    assert_eq!(profile.event_types(&older).await, expected);
    let expected = ["CustomerCreated", "CustomerUpdated"];
    assert_eq!(profile.event_types(&newer).await, expected);
    let merged: Vec<ProfilesMerged> = profile.payloads(&older).await;
    assert_eq!(merged[0].merged_customer_ids, std::slice::from_ref(&newer));
    let unmerged: Vec<ProfilesUnmerged> = profile.payloads(&older).await;
    assert_eq!(unmerged[0].parted_customer_id, newer);
    assert!(unmerged[0].revision > merged[0].revision);
}

#[tokio::test]
async fn links_are_taken_back_in_any_order_and_a_second_one_holds() {
    let profile = Profile::start().await;
    let mut ids = Vec::new();
    for name in ["a", "b", "c", "d"] {
        ids.push(make(&profile, named(name)).await.customer_id);
    }
    let [a, b, c, d] = [&ids[0], &ids[1], &ids[2], &ids[3]];
    let of_bc = link(&profile, b, c).await;
    let of_ab = link(&profile, a, b).await;
    let of_cd = link(&profile, d, c).await;
    assert_eq!(get(&profile, d).await.merged_customer_ids, ids[1..]);
    let twice = merge(&profile, a, b).await.unwrap_err();
    assert_eq!(
        (reason(&twice).as_str(), metadata(&twice, "link_id")),
        ("ALREADY_LINKED", of_ab.clone())
    );
    // The first link goes first: d stays with c, which is one of its own.
    unmerge(&profile, a, &of_bc).await.unwrap();
    assert_eq!(get(&profile, b).await.customer_id, *a);
    assert_eq!(get(&profile, d).await.customer_id, *c);
    let gone = unmerge(&profile, a, &of_bc).await.unwrap_err();
    assert_eq!(
        (gone.code(), reason(&gone).as_str()),
        (Code::NotFound, "LINK_NOT_FOUND")
    );
    // Joined over another pair, then once more: taking one back parts nobody.
    let of_ad = link(&profile, a, d).await;
    let of_bd = link(&profile, b, d).await;
    let left = unmerge(&profile, d, &of_ad).await.unwrap();
    assert_eq!(left.parted_customer, None);
    for (id, link_id) in [(a, of_ab), (c, of_cd), (b, of_bd)] {
        unmerge(&profile, id, &link_id).await.unwrap();
    }
    for (id, name) in ids.iter().zip(["a", "b", "c", "d"]) {
        let customer = get(&profile, id).await;
        assert_eq!(
            (&customer.customer_id, customer.display_name.as_str()),
            (id, name)
        );
    }
    let request = ListLinksRequest {
        customer_id: d.clone(),
        ..Default::default()
    };
    let links = profile.identities().list_links(request).await.unwrap();
    let links = links.into_inner().links;
    assert_eq!(links.len(), 3, "those of d, newest first");
    assert!(
        links
            .iter()
            .all(|it| it.undo_time.is_some() && it.undone_by.ends_with("somebody"))
    );
}

#[tokio::test]
async fn two_verified_people_are_never_joined() {
    let profile = Profile::start().await;
    let id = |value| with_identifiers(vec![proven("national_id", value)]);
    let (anna, boris) = (make(&profile, id("a")).await, make(&profile, id("b")).await);
    let card = with_identifiers(vec![proven("member_card", "c")]);
    let carla = make(&profile, card).await;
    let [anna, boris, carla] = [anna, boris, carla].map(|it| it.customer_id);
    let refused = merge(&profile, &anna, &boris).await.unwrap_err();
    assert_eq!(
        (
            reason(&refused).as_str(),
            metadata(&refused, "kind").as_str()
        ),
        ("SECOND_VALUE", "national_id")
    );
    let refused = merge(&profile, &anna, &carla).await.unwrap_err();
    assert_eq!(reason(&refused), "TWO_VERIFIED_PEOPLE");
    let refused = merge(&profile, &anna, &anna).await.unwrap_err();
    assert_eq!(reason(&refused), "INVALID_ARGUMENT");
    let dry = MergeCustomersRequest {
        validate_only: true,
        ..merging(&anna, &make(&profile, named("Ann")).await.customer_id)
    };
    let preview = profile
        .identities()
        .merge_customers(dry)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(preview.customer.unwrap().display_name, "Ann");
    assert_eq!(get(&profile, &anna).await.display_name, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_that_arrive_while_two_are_joined_and_parted_are_all_counted_once() {
    let profile = Profile::start().await;
    let ids = [profile.customer().await, profile.customer().await];
    let recording = (0..60).map(|nth: usize| {
        let mut client = profile.activities();
        let order = order(&ids[nth % 2], &format!("o-{nth}"), &[(1, 5)]);
        let request = proto::RecordOrderRequest { order: Some(order) };
        async move { client.record_order(request).await.map(drop) }
    });
    let recording = at_once(recording.collect::<Vec<_>>());
    let joining = async {
        for _ in 0..10 {
            let link_id = link(&profile, &ids[0], &ids[1]).await;
            unmerge(&profile, &ids[1], &link_id).await.unwrap();
        }
    };
    let (recorded, ()) = tokio::join!(recording, joining);
    assert!(recorded.iter().all(Result::is_ok), "{recorded:?}");
    for id in &ids {
        assert_eq!(profile.traits(id).await.order_count, 30);
    }
    link(&profile, &ids[0], &ids[1]).await;
    assert_eq!(profile.traits(&ids[1]).await.order_count, 60);
}

#[tokio::test]
async fn an_identifier_withdrawn_of_a_merged_customer_is_back_once_the_two_are_parted() {
    let profile = Profile::start().await;
    let phone = |value| with_identifiers(vec![identifier("phone", value)]);
    let anna = make(&profile, phone("+441632960001")).await.customer_id;
    let ann = make(&profile, phone("+441632960999")).await.customer_id;
    let request = merging(&anna, &ann);
    let merged = profile.identities().merge_customers(request.clone()).await;
    let merged = merged.unwrap().into_inner();
    let again = profile.identities().merge_customers(request).await.unwrap();
    assert_eq!(again.into_inner(), merged, "repeated, it is the same merge");
    let request = proto::UpdateCustomerRequest {
        customer: Some(Customer {
            customer_id: anna.clone(),
            etag: merged.customer.unwrap().etag,
            ..phone("+441632960001")
        }),
        update_mask: Some(prost_types::FieldMask {
            paths: vec!["identifiers".to_owned()],
        }),
        request_id: request_id(),
        validate_only: false,
    };
    let updated = profile.customers().update_customer(request).await.unwrap();
    assert_eq!(
        updated.get_ref().identifiers,
        [identifier("phone", "+441632960001")]
    );
    let whose = async |value: &str| {
        let request = proto::LookupCustomerRequest {
            kind: "phone".to_owned(),
            value: value.to_owned(),
        };
        let found = profile.customers().lookup_customer(request).await;
        found.map(|it| it.into_inner().customer_id)
    };
    assert_eq!(whose("+441632960001").await.unwrap(), anna);
    assert_eq!(
        reason(&whose("+441632960999").await.unwrap_err()),
        "CUSTOMER_NOT_FOUND"
    );
    // Nobody else gets it meanwhile.
    let mut customers = profile.customers();
    let eve = customers
        .create_customer(create(phone("+441632960999")))
        .await;
    assert_eq!(reason(&eve.unwrap_err()), "IDENTIFIER_TAKEN");
    let link_id = merged.link.unwrap().link_id;
    unmerge(&profile, &anna, &link_id).await.unwrap();
    assert_eq!(whose("+441632960999").await.unwrap(), ann);
}
