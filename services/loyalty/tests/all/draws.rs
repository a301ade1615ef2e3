//! Draws over the API: taken part in, closed, and proven.

use contract::patron::loyalty::v1 as api;
use contract::patron::loyalty::v1::draw_service_client::DrawServiceClient;
use jiff::SignedDuration;
use prost::Name as _;
use prost_reflect::DynamicMessage;
use testkit::{Bearer, Caller, reason, until};
use tonic::Code;

use api::prize_draw::State;

use crate::all::shop::Shop;

fn draws(shop: &Shop) -> DrawServiceClient<Caller> {
    DrawServiceClient::with_interceptor(shop.bench.channel(), Bearer::of(&["operator"]))
}

/// A draw in which half of the tickets win.
async fn shop() -> Shop {
    let time = |text: &str| {
        let instant: jiff::Timestamp = text.parse().unwrap();
        Some(contract::time::timestamp(instant))
    };
    Shop::open(|document| {
        document.draws = vec![api::Draw {
            draw_id: "spring".to_owned(),
            mode: api::draw::Mode::Instant.into(),
            start_time: time("2026-03-05T00:00:00Z"),
            end_time: time("2026-03-06T00:00:00Z"),
            free_entries: 3,
            prizes: vec![api::Prize {
                prize_id: "mug".to_owned(),
                odds_per_million: 500_000,
                stock: 10,
                grants: vec![api::Grant {
                    grant: Some(api::grant::Grant::BadgeId("lucky".to_owned())),
                }],
                ..api::Prize::default()
            }],
            ..api::Draw::default()
        }];
    })
    .await
}

async fn draw_that_is(shop: &Shop, state: State) -> api::PrizeDraw {
    let what = format!("the draw is {state:?}");
    until(&what, async || {
        let request = api::GetDrawRequest {
            program_id: "default".to_owned(),
            draw_id: "spring".to_owned(),
        };
        match draws(shop).get_draw(request).await {
            Ok(draw) => Some(draw.into_inner()).filter(|draw| draw.state() == state),
            Err(status) => {
                assert_eq!(reason(&status), "DRAW_NOT_FOUND");
                None
            }
        }
    })
    .await
}

#[tokio::test]
async fn whoever_takes_part_can_check_the_ticket_from_a_file_once_the_draw_is_closed() {
    let shop = shop().await;
    let member = shop.bench.member(10).await;
    let opened = draw_that_is(&shop, State::Open).await;
    let request = api::EnterDrawRequest {
        customer_id: member.to_string(),
        draw_id: "spring".to_owned(),
        request_id: shop.id(),
        client_seed: "my luck".to_owned(),
    };
    let first = draws(&shop)
        .enter_draw(request.clone())
        .await
        .unwrap()
        .into_inner();
    let again = draws(&shop).enter_draw(request).await.unwrap().into_inner();
    assert_eq!(first, again);
    assert_eq!(first.commitment, opened.commitment);

    shop.bench.clock.advance(SignedDuration::from_hours(24));
    let closed = draw_that_is(&shop, State::Closed).await;
    assert_eq!(
        (closed.ticket_count, closed.commitment),
        (1, opened.commitment)
    );
    let asked = api::GetDrawProofRequest {
        customer_id: member.to_string(),
        draw_id: "spring".to_owned(),
        number: 1,
    };
    let proof = draws(&shop)
        .get_draw_proof(asked)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(proof.root, closed.root);
    let descriptor = contract::pool().get_message_by_name(&api::DrawProof::full_name());
    let mut message = DynamicMessage::new(descriptor.unwrap());
    message.transcode_from(&proof).unwrap();
    let file = serde_json::to_vec(&message).unwrap();
    let verified = loyalty::draw_file::proof(&file).unwrap().verify().unwrap();
    assert!(verified.is_included);
    let won = first.state() == api::member_ticket::State::Won;
    assert_eq!(verified.outcome.won().is_some(), won);

    let stranger = shop.bench.member(10).await;
    let asked = api::GetDrawProofRequest {
        customer_id: stranger.to_string(),
        draw_id: "spring".to_owned(),
        number: 1,
    };
    let status = draws(&shop).get_draw_proof(asked).await.unwrap_err();
    assert_eq!(
        (status.code(), reason(&status).as_str()),
        (Code::NotFound, "DRAW_TICKET_NOT_FOUND")
    );
}
