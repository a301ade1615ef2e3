//! Lists over all members, for whoever is confined to regions: all of these, and nothing of others.

use access::Claims;
use contract::patron::loyalty::v1 as api;
use contract::patron::loyalty::v1::adjustment_service_client::AdjustmentServiceClient;
use contract::patron::loyalty::v1::sale_service_client::SaleServiceClient;
use testkit::{Bearer, metadata, until};
use tonic::Code;
use uuid::Uuid;

use crate::all::accounts::gifted;
use crate::all::adjustments::{ask, shop};
use crate::all::support::Bench;

/// The points of all corrections that wait, by pages.
async fn corrections(bench: &Bench, bearer: Bearer, page_size: i32) -> Vec<Vec<i64>> {
    let mut client = AdjustmentServiceClient::with_interceptor(bench.channel(), bearer);
    let (mut pages, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = api::ListAdjustmentsRequest {
            pending_only: true,
            page_size,
            page_token,
            ..api::ListAdjustmentsRequest::default()
        };
        let page = client.list_adjustments(request).await.unwrap().into_inner();
        pages.push(page.adjustments.iter().map(|it| it.points).collect());
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return pages;
        }
    }
}

fn of(region: &str) -> Bearer {
    Bearer::within("agent", &[region])
}

#[tokio::test]
async fn corrections_of_a_region_are_listed_by_full_pages_and_follow_who_moves() {
    let shop = shop().await;
    let bench = &shop.bench;
    let mut members = Vec::new();
    for (region, points) in [
        ("GB", 101),
        ("DE", 102),
        ("GB", 103),
        ("", 104),
        ("GB", 105),
    ] {
        let member = gifted(bench, 1).await;
        bench.place(member, region, 1).await;
        ask(bench, member, points).await.unwrap();
        members.push(member);
    }
    assert_eq!(
        corrections(bench, of("GB"), 2).await,
        [vec![105, 103], vec![101]]
    );
    assert_eq!(corrections(bench, of("DE"), 50).await, [[102]]);
    bench.place(members[2], "DE", 2).await;
    assert_eq!(corrections(bench, of("GB"), 2).await, [[105, 101]]);
    assert_eq!(corrections(bench, of("DE"), 50).await, [[103, 102]]);
    // Has left, which was not told yet.
    bench.regions.put(&members[0].to_string(), "DE");
    assert_eq!(corrections(bench, of("GB"), 50).await, [[105]]);
    let all = Bearer::of(&["operator"]);
    assert_eq!(corrections(bench, all, 50).await.concat().len(), 5);
    bench.erase(bench.clock.new_id(), members[4]).await;
    until("nothing is listed of who is erased", async || {
        let listed = corrections(bench, of("GB"), 50).await;
        (listed == [[0; 0]]).then_some(())
    })
    .await;
}

/// Something of a member that can't be rated.
async fn park(bench: &Bench, member: Uuid, minute: u32) {
    let sql = format!(
        "INSERT INTO parked_ratings VALUES ('{member}', 1, '', 'o-1', 3, '', '', 'default', 1,
            '2026-03-05T08:{minute:02}:00Z', 1)"
    );
    bench.arrange(&sql).await;
}

#[tokio::test]
async fn what_is_parked_is_listed_for_its_region_alone() {
    let bench = Bench::start().await;
    let mut british = Vec::new();
    for (minute, region) in (0..).zip(["GB", "DE", "GB", "DE", "GB"]) {
        let member = bench.clock.new_id();
        bench.place(member, region, 1).await;
        park(&bench, member, minute).await;
        if region == "GB" {
            british.push(member.to_string());
        }
    }
    park(&bench, bench.clock.new_id(), 9).await;
    let mut agent = SaleServiceClient::with_interceptor(bench.channel(), of("GB"));
    let (mut listed, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = api::ListParkedRatingsRequest {
            page_size: 2,
            page_token,
        };
        let page = agent
            .list_parked_ratings(request)
            .await
            .unwrap()
            .into_inner();
        let members = page.parked_ratings.into_iter().map(|it| it.customer_id);
        listed.push(members.collect::<Vec<_>>());
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    let expected: Vec<_> = british.chunks(2).map(<[String]>::to_vec).collect();
    assert_eq!(listed, expected);
    let anns = Bearer::claiming(&Claims {
        subject: "ann".to_owned(),
        roles: vec!["account-manager".to_owned()],
        ..Claims::default()
    });
    let mut ann = SaleServiceClient::with_interceptor(bench.channel(), anns);
    let refused = ann.list_parked_ratings(api::ListParkedRatingsRequest::default());
    let refused = refused.await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    assert_eq!(metadata(&refused, "limited_by"), "records");
}
