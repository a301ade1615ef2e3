//! What customers do, recorded in bulk: interactions in streams, orders in batches.

use std::time::Instant;

use anyhow::Context as _;
use chassis::Clock;
use contract::patron::profile::v1 as proto;
use contract::patron::r#type::v1::Money;
use futures_util::StreamExt as _;
use futures_util::future::try_join_all;
use jiff::{SignedDuration, Timestamp};
use proto::activity_input::Activity;
use proto::activity_service_client::ActivityServiceClient;
use proto::interaction::Kind;
use proto::interaction_service_client::InteractionServiceClient;
use proto::{
    ActivityInput, BatchRecordActivitiesRequest, Identifier, Interaction, Order, OrderLine,
    RecordInteractionsRequest,
};

use super::people::{below, phone};
use super::{World, authorised};
use crate::report::{Figure, Report};

/// Those who send at once.
const SENDERS: u32 = 4;
const INTERACTIONS: u32 = 400_000;
const QUICK_INTERACTIONS: u32 = 100_000;
const ORDERS: u32 = 200_000;
const QUICK_ORDERS: u32 = 50_000;
/// Orders in one call.
const BATCH: u32 = 500;
/// In a second.
const AIM: f64 = 10_000.0;

pub(super) async fn measure(world: &World, quick: bool, report: &mut Report) -> anyhow::Result<()> {
    let count = if quick {
        QUICK_INTERACTIONS
    } else {
        INTERACTIONS
    };
    let (recorded, cost) = world.cost_of(interactions(world, count)).await?;
    anyhow::ensure!(
        recorded == i64::from(count),
        "recorded {recorded} of {count}"
    );
    let rate = cost.tell(report, "interactions", f64::from(count), "events/s");
    report.add(aiming(rate));

    let count = if quick { QUICK_ORDERS } else { ORDERS };
    let ((), cost) = world.cost_of(orders(world, count)).await?;
    let rate = cost.tell(report, "orders", f64::from(count), "events/s");
    report.add(aiming(rate));

    // Whoever searches next is not to wait for what follows from the orders.
    let began = Instant::now();
    world.settle().await?;
    let after = began.elapsed().as_secs_f64();
    report.add(Figure::new("profile/orders_settled_after", after, "s"));
    Ok(())
}

fn aiming(rate: Figure) -> Figure {
    rate.aiming("≥ 10,000 events/s", |it| it.value >= AIM)
}

/// Answers how many were recorded.
async fn interactions(world: &World, count: u32) -> anyhow::Result<i64> {
    let now = Clock::system().now();
    let streams = (0..SENDERS).map(|sender| async move {
        let people = world.people;
        let numbers = (sender..count).step_by(SENDERS as usize);
        let sent = numbers.map(move |number| interaction(number, people, now));
        let sent = futures_util::stream::iter(sent).boxed();
        let mut client = InteractionServiceClient::new(world.connect().await?);
        let answer = client.record_interactions(world.request(sent)).await?;
        anyhow::Ok(answer.into_inner().recorded_count)
    });
    Ok(try_join_all(streams).await?.into_iter().sum())
}

fn interaction(number: u32, people: u32, now: Timestamp) -> RecordInteractionsRequest {
    let ago = SignedDuration::from_secs(below(30 * 86_400, number, 11).into());
    let interaction = Interaction {
        source: "web".to_owned(),
        interaction_id: format!("view-{number}"),
        kind: Kind::PageView.into(),
        channel: "online".to_owned(),
        occur_time: Some(contract::time::timestamp(now - ago)),
        reference: format!("/products/{}", below(5_000, number, 12)),
        ..Interaction::default()
    };
    RecordInteractionsRequest {
        identifier: Some(known_as(below(people, number, 13))),
        interaction: Some(interaction),
        ..RecordInteractionsRequest::default()
    }
}

async fn orders(world: &World, count: u32) -> anyhow::Result<()> {
    let channel = world.connect().await?;
    let batches = (0..count).step_by(BATCH as usize);
    let calls = batches.map(|first| {
        let (channel, bearer) = (channel.clone(), world.bearer.clone());
        let people = world.people;
        async move {
            let items = (first..count.min(first + BATCH)).map(|number| {
                let id = format!("bulk-{number}");
                order(id, below(people, number, 14), number, Clock::system().now())
            });
            let items = items.collect();
            record(channel, &bearer, items).await.map(drop)
        }
    });
    let mut calls = futures_util::stream::iter(calls).buffer_unordered(SENDERS as usize);
    while let Some(done) = calls.next().await {
        done?;
    }
    Ok(())
}

/// Records orders; answers whose they are.
pub(super) async fn record(
    channel: tonic::transport::Channel,
    bearer: &tonic::metadata::MetadataValue<tonic::metadata::Ascii>,
    items: Vec<ActivityInput>,
) -> anyhow::Result<Vec<String>> {
    let mut client = ActivityServiceClient::new(channel);
    let request = authorised(BatchRecordActivitiesRequest { items }, bearer);
    let answer = client.batch_record_activities(request).await;
    let results = answer
        .context("orders were not recorded")?
        .into_inner()
        .results;
    let refused = results.iter().find_map(|it| it.error.as_ref());
    anyhow::ensure!(refused.is_none(), "an order was refused: {refused:?}");
    Ok(results.into_iter().map(|it| it.customer_id).collect())
}

/// An order of three things.
pub(super) fn order(order_id: String, person: u32, number: u32, time: Timestamp) -> ActivityInput {
    let line = |place: u32| OrderLine {
        line_id: place.to_string(),
        product_id: format!("product-{}", below(5_000, number, 20 + u64::from(place))),
        product_name: "Tea".to_owned(),
        category: "grocery/tea".to_owned(),
        quantity: 1 + i64::from(place),
        amount: Some(Money {
            currency_code: "GBP".to_owned(),
            amount_minor: 100 + i64::from(below(10_000, number, 30 + u64::from(place))),
        }),
        returned_quantity: 0,
    };
    let order = Order {
        order_id,
        channel: "online".to_owned(),
        order_time: Some(contract::time::timestamp(time)),
        lines: (0..3).map(line).collect(),
        ..Order::default()
    };
    ActivityInput {
        identifier: Some(known_as(person)),
        activity: Some(Activity::Order(order)),
        ..ActivityInput::default()
    }
}

fn known_as(person: u32) -> Identifier {
    Identifier {
        kind: "phone".to_owned(),
        value: phone(person),
        ..Identifier::default()
    }
}
