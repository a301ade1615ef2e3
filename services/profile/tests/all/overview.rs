//! All that is known of somebody in one answer: each part as its own method answers it.

use contract::patron::profile::v1 as proto;
use contract::patron::profile::v1::overview_service_client::OverviewServiceClient;
use proto::{
    Customer, CustomerOverview, GetCustomerOverviewRequest, GetPreferencesRequest,
    ListTimelineRequest, RestrictCustomerRequest,
};
use tonic::{Code, Status};

use crate::harness::{Bearer, Profile, create, identifier, order, reason, request_id};
use crate::identities::{link, make, named};
use crate::tags;

async fn read(
    profile: &Profile,
    bearer: Bearer,
    (customer_id, timeline_size): (&str, i32),
) -> Result<CustomerOverview, Status> {
    let mut client = OverviewServiceClient::with_interceptor(profile.channel(), bearer);
    let request = GetCustomerOverviewRequest {
        customer_id: customer_id.to_owned(),
        timeline_size,
    };
    let read = client.get_customer_overview(request).await?;
    Ok(read.into_inner())
}

#[tokio::test]
async fn an_overview_is_what_each_method_answers_by_any_id_of_the_person() {
    let profile = Profile::start().await;
    let anna = make(&profile, named("Anna Smith")).await.customer_id;
    let ann = make(&profile, named("Ann")).await.customer_id;
    for (id, order_id) in [(&anna, "o-1"), (&ann, "o-2"), (&ann, "o-3")] {
        let bought = order(id, order_id, &[(1, 500)]);
        profile.record_order(bought).await.unwrap();
    }
    tags::add(&profile, tags::adding(&ann, "vip"))
        .await
        .unwrap();
    let restrict = RestrictCustomerRequest {
        customer_id: ann.clone(),
        ground: proto::restriction::Ground::AccuracyContested.into(),
        request_id: request_id(),
    };
    profile
        .restrictions()
        .restrict_customer(restrict)
        .await
        .unwrap();
    link(&profile, &anna, &ann).await;

    let all = read(&profile, profile.operator(), (&ann, 2)).await.unwrap();
    let customer = all.customer.unwrap();
    assert_eq!(
        (&customer.customer_id, &customer.merged_customer_ids),
        (&anna, &vec![ann.clone()])
    );
    assert_eq!(all.traits.unwrap(), profile.traits(&anna).await);
    let preferences = GetPreferencesRequest {
        customer_id: ann.clone(),
    };
    let preferences = profile.consents().get_preferences(preferences).await;
    assert_eq!(all.preferences.unwrap(), preferences.unwrap().into_inner());
    let tags = all.tags.unwrap().tags.into_iter().map(|it| it.tag);
    assert!(tags.eq(["vip"]));
    assert_eq!(all.restrictions.len(), 1);
    assert!(all.quality.is_some() && all.rating.is_some() && all.health.is_some());
    assert_eq!(all.account_assignment, None, "nobody looks after her");
    // The list goes on from where the overview ends.
    assert_eq!(all.timeline.len(), 2);
    let rest = ListTimelineRequest {
        customer_id: ann.clone(),
        page_size: 2,
        page_token: all.next_page_token,
    };
    let rest = profile.activities().list_timeline(rest).await.unwrap();
    let rest = rest.into_inner();
    assert_eq!((rest.entries.len(), rest.next_page_token.as_str()), (1, ""));
}

#[tokio::test]
async fn an_overview_shows_no_more_than_the_caller_may_see() {
    let profile = Profile::start().await;
    let lucy = create(Customer {
        identifiers: vec![identifier("phone", "13812345678")],
        region_code: "GB".to_owned(),
        ..named("Lucy Wang")
    });
    let lucy = profile.customers().create_customer(lucy).await.unwrap();
    let lucy = lucy.into_inner().customer_id;
    let agent = read(&profile, Bearer::of(&["agent"]), (&lucy, 0)).await;
    let seen = agent.unwrap().customer.unwrap();
    assert_eq!(seen.display_name, "L*** W***");
    assert!(!seen.identifiers[0].value.contains("1234567"));
    // Whoever sees groups and no people has no use for it.
    for role in ["marketing", "analyst"] {
        let refused = read(&profile, Bearer::of(&[role]), (&lucy, 0)).await;
        assert_eq!(
            refused.unwrap_err().code(),
            Code::PermissionDenied,
            "{role}"
        );
    }
    let nobody = "0190a000-0000-7000-8000-000000000000";
    let unknown = read(&profile, profile.operator(), (nobody, 0)).await;
    assert_eq!(reason(&unknown.unwrap_err()), "CUSTOMER_NOT_FOUND");
}
