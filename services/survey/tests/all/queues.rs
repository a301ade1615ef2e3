//! Invitations of all customers, for whoever is confined to regions: all of these, and nothing of others.

use contract::patron::profile::v1::{Order, OrderRecorded};
use contract::patron::survey::v1 as api;
use testkit::reason;
use tonic::{Code, Response};
use uuid::Uuid;

use crate::all::invitations::invitations;
use crate::all::support::{Bench, Client};

/// Somebody in a region who was invited.
async fn invited(bench: &Bench, region: &str) -> Uuid {
    let customer = bench.clock.new_id();
    bench.place(customer, region, 1).await;
    let order = Order {
        order_id: format!("of-{customer}"),
        ..Order::default()
    };
    let order = OrderRecorded { order: Some(order) };
    bench.profile_says(customer, &order).await;
    invitations(bench, customer, 1).await;
    customer
}

/// Whose invitations there are, by pages.
async fn pages(client: &mut Client, page_size: i32) -> Vec<Vec<String>> {
    let (mut pages, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = api::ListInvitationsRequest {
            page_size,
            page_token,
            ..api::ListInvitationsRequest::default()
        };
        let page = client.list_invitations(request).await.unwrap().into_inner();
        let customers = page.invitations.into_iter().map(|it| it.customer_id);
        pages.push(customers.collect());
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return pages;
        }
    }
}

#[tokio::test]
async fn invitations_of_a_region_are_listed_by_full_pages_and_follow_who_moves() {
    let bench = Bench::start().await;
    let mut british = Vec::new();
    for region in ["GB", "DE", "GB", "", "GB"] {
        let customer = invited(&bench, region).await;
        if region == "GB" {
            british.push(customer.to_string());
        }
    }
    british.reverse();
    let mut agent = bench.client_within("agent", "GB");
    let expected: Vec<_> = british.chunks(2).map(<[String]>::to_vec).collect();
    assert_eq!(pages(&mut agent, 2).await, expected);
    let moves = british.remove(1);
    bench.place(moves.parse().unwrap(), "DE", 2).await;
    assert_eq!(pages(&mut agent, 2).await, [british.clone()]);
    // Has left, which was not told yet.
    bench.regions.put(&british[0], "DE");
    assert_eq!(pages(&mut agent, 50).await, [&british[1..]]);
    let mut german = bench.client_within("agent", "DE");
    assert_eq!(pages(&mut german, 50).await.concat().len(), 2);
    assert_eq!(pages(&mut bench.client(), 50).await.concat().len(), 5);
}

#[tokio::test]
async fn invitations_of_a_customer_elsewhere_are_not_found() {
    let bench = Bench::start().await;
    let customer = invited(&bench, "DE").await;
    let request = api::ListInvitationsRequest {
        customer_id: customer.to_string(),
        ..api::ListInvitationsRequest::default()
    };
    let mut agent = bench.client_within("agent", "GB");
    let refused = agent.list_invitations(request).await.unwrap_err();
    assert_eq!(refused.code(), Code::NotFound);
    assert_eq!(reason(&refused), "CUSTOMER_NOT_FOUND");
}

#[tokio::test]
async fn an_invitation_of_the_region_is_read_and_another_is_not_found_like_nobodys() {
    let bench = Bench::start().await;
    let mut agent = bench.client_within("agent", "GB");
    let mut read = async |customer: Option<Uuid>| {
        let invitation_id = match customer {
            Some(customer) => invitations(&bench, customer, 1).await[0]
                .invitation_id
                .clone(),
            None => bench.new_id(),
        };
        let request = api::GetInvitationRequest { invitation_id };
        agent
            .get_invitation(request)
            .await
            .map(Response::into_inner)
    };
    let (british, german) = (invited(&bench, "GB").await, invited(&bench, "DE").await);
    let own = read(Some(british)).await.unwrap();
    assert_eq!(own.customer_id, british.to_string());
    let (other, nobodys) = (read(Some(german)).await, read(None).await);
    let (other, nobodys) = (other.unwrap_err(), nobodys.unwrap_err());
    assert_eq!(reason(&other), "INVITATION_NOT_FOUND");
    assert_eq!(other.message(), nobodys.message());
    assert_eq!(other.details(), nobodys.details());
}
