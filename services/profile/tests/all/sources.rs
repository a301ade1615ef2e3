//! What channels say of people: whose it is, what record follows from it, and who may be the same.

use contract::patron::profile::v1 as proto;
use proto::{Customer, CustomerUpdated, ListSourcesRequest};
use tonic::Code;

use crate::harness::{Profile, at_once, identifier, ingest, reason};
use crate::identities::{link, make, named, origin_of, proven, tell, unmerge, with_identifiers};

#[tokio::test]
async fn what_channels_say_makes_one_record_that_names_its_sources() {
    let profile = Profile::start().await;
    let phone = || vec![proven("phone", "+441632960001")];
    let new = Customer {
        brand: "north".to_owned(),
        ..with_identifiers(phone())
    };
    let first = tell(&profile, "", ("app", "77"), 5, new).await.unwrap();
    let id = first.customer.unwrap().customer_id;
    // The shop knows the same phone, so it is the same person; what it saw is older.
    let shop = Customer {
        brand: "south".to_owned(),
        occupation: "baker".to_owned(),
        ..with_identifiers(phone())
    };
    let second = tell(&profile, "", ("shop", "9"), 4, shop).await.unwrap();
    let customer = second.customer.unwrap();
    assert_eq!(customer.customer_id, id);
    let values = (customer.brand.as_str(), customer.occupation.as_str());
    assert_eq!(values, ("north", "baker"));
    let from = ["brand", "occupation", "identifiers[0]"].map(|it| origin_of(&customer, it));
    assert_eq!(from, ["app", "shop", "app"]);
    // The app is known by its own id now, also when it tells no identifier.
    let third = tell(&profile, "", ("app", "77"), 6, named("Ada")).await;
    let third = third.unwrap();
    assert_eq!(third.customer.unwrap().customer_id, id);
    let said = third.source.unwrap();
    assert_eq!(said.details.unwrap().brand, "north");
    let request = ListSourcesRequest {
        customer_id: id.clone(),
        page_size: 1,
        ..Default::default()
    };
    let page = profile.identities().list_sources(request.clone()).await;
    let page = page.unwrap().into_inner();
    assert_eq!(page.sources[0].channel, "app");
    let request = ListSourcesRequest {
        page_token: page.next_page_token,
        ..request
    };
    let page = profile.identities().list_sources(request).await.unwrap();
    assert_eq!(page.get_ref().sources[0].channel, "shop");
    assert_eq!(page.get_ref().next_page_token, "");
    let updates: Vec<CustomerUpdated> = profile.payloads(&id).await;
    assert_eq!(updates.len(), 2);
}

#[tokio::test]
async fn a_source_that_would_mix_people_up_is_refused_by_name() {
    let profile = Profile::start().await;
    let card = |value| with_identifiers(vec![identifier("member_card", value)]);
    let anna = make(&profile, card("a-1")).await.customer_id;
    let phone = || with_identifiers(vec![identifier("phone", "+441632960002")]);
    let boris = make(&profile, phone()).await.customer_id;
    tell(&profile, &anna, ("app", "1"), 1, named("Anna"))
        .await
        .unwrap();
    let refused = [
        (
            tell(&profile, &boris, ("app", "1"), 2, named("B")).await,
            "SOURCE_OF_ANOTHER_CUSTOMER",
        ),
        (
            tell(&profile, &anna, ("app", "1"), 2, card("a-2")).await,
            "SECOND_VALUE",
        ),
        (
            tell(&profile, &anna, ("crm", "1"), 2, named("A")).await,
            "INVALID_ARGUMENT",
        ),
    ];
    for (answer, why) in refused {
        assert_eq!(reason(&answer.unwrap_err()), why);
    }
    // A browser may be an office's: it joins nobody, and keeps nobody out.
    let cookie = || with_identifiers(vec![identifier("cookie", "office")]);
    let one = tell(&profile, "", ("web", "1"), 1, cookie()).await.unwrap();
    let other = tell(&profile, "", ("web", "2"), 1, cookie()).await.unwrap();
    let ids = [one, other].map(|it| it.customer.unwrap().customer_id);
    assert_ne!(ids[0], ids[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn channels_that_meet_the_same_newcomer_at_once_make_one_customer() {
    let profile = Profile::start().await;
    let calls = (0..16).map(|nth: usize| {
        let mut client = profile.identities();
        let phone = with_identifiers(vec![identifier("phone", "+441632960002")]);
        // Half of them are the same record, told again.
        let request = ingest("", ("app", &format!("{}", nth / 2)), 1, phone);
        // Whoever waits too long for the others is told to try again, and does.
        async move {
            let mut told = client.ingest_source(request.clone()).await;
            for _ in 0..5 {
                if !told
                    .as_ref()
                    .is_err_and(|it| it.code() == Code::Unavailable)
                {
                    break;
                }
                told = client.ingest_source(request.clone()).await;
            }
            told.map(drop)
        }
    });
    let answers = at_once(calls.collect::<Vec<_>>()).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    let people = "SELECT count(*) FROM customers WHERE profile_id = customer_id";
    assert_eq!(profile.count(people).await, 1);
    assert_eq!(profile.count("SELECT count(*) FROM sources").await, 8);
}

#[tokio::test]
async fn customers_who_may_be_the_same_person_are_found_with_what_speaks_for_it() {
    let profile = Profile::start().await;
    let anna = Customer {
        identifiers: vec![
            identifier("phone", "+44 1632 960001"),
            proven("national_id", "a"),
        ],
        ..named("Anna Smith")
    };
    let anna = make(&profile, anna).await.customer_id;
    let twin = Customer {
        identifiers: vec![identifier("phone", "01632 960001")],
        ..named("Smith, Anna")
    };
    let twin = make(&profile, twin).await.customer_id;
    let flatmate = Customer {
        identifiers: vec![
            identifier("phone", "(01632) 960001"),
            proven("national_id", "b"),
        ],
        ..named("Boris")
    };
    let flatmate = make(&profile, flatmate).await.customer_id;
    let found = async |customer_id: &str, min_score_permille| {
        let request = proto::FindMatchesRequest {
            customer_id: customer_id.to_owned(),
            min_score_permille,
        };
        let found = profile.identities().find_matches(request).await.unwrap();
        let found = found.into_inner().matches.into_iter();
        let figures = found.map(|it| (it.customer_id, it.score_permille, it.refusal));
        figures.collect::<Vec<_>>()
    };
    let likely = (twin.clone(), 760, String::new());
    let unlikely = (flatmate.clone(), 600, "SECOND_VALUE".to_owned());
    assert_eq!(found(&anna, 0).await, [likely.clone(), unlikely.clone()]);
    assert_eq!(found(&anna, 700).await, [likely]);
    // Who is one person is not found twice, nor as somebody who may be the same.
    let link_id = link(&profile, &anna, &twin).await;
    assert_eq!(found(&twin, 0).await, [unlikely]);
    assert_eq!(found(&flatmate, 0).await.len(), 1);
    unmerge(&profile, &anna, &link_id).await.unwrap();
    assert_eq!(found(&flatmate, 0).await.len(), 2);
}
