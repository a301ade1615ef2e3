//! Referrals over the API.

use contract::patron::loyalty::v1 as api;
use contract::patron::loyalty::v1::referral_service_client::ReferralServiceClient;
use testkit::{Bearer, Caller, reason};
use tonic::Code;
use uuid::Uuid;

use crate::all::shop::Shop;

fn referrals(shop: &Shop) -> ReferralServiceClient<Caller> {
    ReferralServiceClient::with_interceptor(shop.bench.channel(), Bearer::of(&["operator"]))
}

async fn code(shop: &Shop, member: Uuid) -> String {
    let request = api::GetReferralCodeRequest {
        customer_id: member.to_string(),
    };
    referrals(shop)
        .get_referral_code(request)
        .await
        .unwrap()
        .into_inner()
        .code
}

#[tokio::test]
async fn a_member_is_brought_once_and_both_see_it() {
    let shop = Shop::open(|document| {
        document.referrals = Some(api::ReferralPolicy {
            minimum_order: Some(contract::patron::r#type::v1::Money {
                currency_code: "GBP".to_owned(),
                amount_minor: 5_000,
            }),
            referee_grants: vec![api::Grant {
                grant: Some(api::grant::Grant::BadgeId("guest".to_owned())),
            }],
            ..api::ReferralPolicy::default()
        });
    })
    .await;
    let [old, new] = [shop.bench.member(10).await, shop.bench.member(10).await];
    assert_eq!(code(&shop, old).await, code(&shop, old).await);
    let request = api::ClaimReferralRequest {
        customer_id: new.to_string(),
        code: code(&shop, old).await.to_lowercase(),
        request_id: shop.id(),
    };
    let claimed = referrals(&shop)
        .claim_referral(request.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(claimed.state(), api::referral::State::Claimed);
    let again = referrals(&shop)
        .claim_referral(request.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(again, claimed);
    let anew = api::ClaimReferralRequest {
        request_id: shop.id(),
        ..request
    };
    let status = referrals(&shop).claim_referral(anew).await.unwrap_err();
    assert_eq!(reason(&status), "REFERRAL_ALREADY_CLAIMED");

    for member in [old, new] {
        let request = api::ListReferralsRequest {
            customer_id: member.to_string(),
            ..api::ListReferralsRequest::default()
        };
        let listed = referrals(&shop)
            .list_referrals(request)
            .await
            .unwrap()
            .into_inner();
        assert_eq!(listed.referrals, std::slice::from_ref(&claimed));
    }
    let stranger = shop.bench.member(10).await;
    let request = api::GetReferralRequest {
        customer_id: stranger.to_string(),
        referral_id: claimed.referral_id,
    };
    let status = referrals(&shop).get_referral(request).await.unwrap_err();
    assert_eq!(
        (status.code(), reason(&status).as_str()),
        (Code::NotFound, "REFERRAL_NOT_FOUND")
    );
}
