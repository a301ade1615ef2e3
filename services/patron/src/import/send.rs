//! Sending items to the API, in the order of each customer, some batches at a time.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::num::{NonZeroU32, NonZeroUsize};
use std::time::Duration;

use bytes::Bytes;
use serde::Deserialize;
use tokio::task::JoinSet;

use super::pace::Pace;
use super::plan::{Item, Kind};
use crate::client::{ApiError, Client, ClientError, Patience};

/// Customers are divided among this many lanes. Within a lane one batch follows the other, so what
/// one customer did arrives in its order; the lanes run side by side.
const LANES: u64 = 4;

/// JSON in one batch: far below the largest message that servers take, which is 4 MiB.
const MAX_BATCH_BYTES: usize = 1 << 20;

/// How long a server that is busy, restarting or unreachable is waited for.
const PATIENCE: Duration = Duration::from_mins(2);

/// What became of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Recorded now.
    Recorded,
    /// It was there already.
    Known,
    /// Refused for good.
    Refused { code: String, message: String },
}

/// Sends items. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Sender {
    client: Client,
    batch: NonZeroUsize,
    pace: Option<Pace>,
}

impl Sender {
    /// Sends at most `batch` items at once, and at most `rate` in a second.
    pub(crate) fn new(client: Client, batch: NonZeroUsize, rate: Option<NonZeroU32>) -> Self {
        let pace = rate.map(Pace::new);
        Self {
            client,
            batch,
            pace,
        }
    }

    /// Sends the items and tells what became of each, in their order. Fails when the server can't be
    /// reached for long, or refuses the calls as such; then some of the items may have been
    /// recorded, and sending all of them again is safe.
    pub(crate) async fn send(
        &self,
        items: &[Item],
        mut done: impl FnMut(usize),
    ) -> Result<Vec<Outcome>, ClientError> {
        let mut lanes = JoinSet::new();
        for lane in lanes_of(items) {
            lanes.spawn(self.clone().send_lane(lane));
        }
        let mut outcomes = vec![None; items.len()];
        while let Some(lane) = lanes.join_next().await {
            let sent = lane.unwrap_or_else(|_| Ok(Vec::new()))?;
            done(sent.len());
            for (place, outcome) in sent {
                if let Some(slot) = outcomes.get_mut(place) {
                    *slot = Some(outcome);
                }
            }
        }
        outcomes
            .into_iter()
            .collect::<Option<_>>()
            .ok_or(ClientError::Incomplete)
    }

    async fn send_lane(self, lane: Vec<Entry>) -> Result<Vec<(usize, Outcome)>, ClientError> {
        let mut sent = Vec::with_capacity(lane.len());
        // Batches that are refused as such are halved, until the item at fault stands alone.
        let mut batches: Vec<&[Entry]> = batches(&lane, self.batch.get());
        batches.reverse();
        while let Some(batch) = batches.pop() {
            match self.send_batch(batch).await {
                Ok(outcomes) => {
                    sent.extend(batch.iter().map(|entry| entry.place).zip(outcomes));
                }
                Err(error) if error.is_bad_request() && batch.len() > 1 => {
                    let (first, second) = batch.split_at(batch.len() / 2);
                    batches.extend([second, first]);
                }
                Err(ClientError::Refused { error, status, .. })
                    if status == 400 || status == 413 =>
                {
                    sent.extend(batch.iter().map(|entry| (entry.place, refused(&error))));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(sent)
    }

    async fn send_batch(&self, batch: &[Entry]) -> Result<Vec<Outcome>, ClientError> {
        let Some(first) = batch.first() else {
            return Ok(Vec::new());
        };
        let (path, list) = match first.kind {
            Kind::Order | Kind::Return => ("/v1/activities:batchRecord", "items"),
            Kind::Basket => ("/v1/baskets:batchRecord", "baskets"),
        };
        let body = body(list, batch);
        if let Some(pace) = &self.pace {
            pace.turn(batch.len()).await;
        }
        let mut patience = Patience::new(PATIENCE);
        let answer = loop {
            match self.client.post(path, body.clone()).await {
                Ok(answer) => break answer,
                Err(error) => match patience.after(&error) {
                    Some(wait) => tokio::time::sleep(wait).await,
                    None => return Err(error),
                },
            }
        };
        let answer: BatchAnswer = answer.parse()?;
        if answer.results.len() != batch.len() {
            return Err(ClientError::Incomplete);
        }
        Ok(answer.results.into_iter().map(Outcome::from).collect())
    }
}

/// An item of a lane, and its place among all.
struct Entry {
    place: usize,
    kind: Kind,
    json: String,
}

/// The lanes that are not empty: the first is that of the baskets, which have no customer.
fn lanes_of(items: &[Item]) -> Vec<Vec<Entry>> {
    let mut lanes = std::collections::BTreeMap::<u64, Vec<Entry>>::new();
    for (place, item) in items.iter().enumerate() {
        let lane = match item.kind {
            Kind::Basket => 0,
            Kind::Order | Kind::Return => 1 + digest(&item.customer) % LANES,
        };
        let entry = Entry {
            place,
            kind: item.kind,
            json: item.json.clone(),
        };
        lanes.entry(lane).or_default().push(entry);
    }
    lanes.into_values().collect()
}

fn digest(customer: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    customer.hash(&mut hasher);
    hasher.finish()
}

/// Cuts a lane where a batch has `most` items or [`MAX_BATCH_BYTES`]; none is empty.
fn batches(lane: &[Entry], most: usize) -> Vec<&[Entry]> {
    let mut batches = Vec::new();
    let mut rest = lane;
    while !rest.is_empty() {
        let mut bytes = 0;
        let fitting = rest.iter().take(most).take_while(|entry| {
            bytes += entry.json.len();
            bytes <= MAX_BATCH_BYTES
        });
        let (batch, others) = rest.split_at(fitting.count().max(1));
        batches.push(batch);
        rest = others;
    }
    batches
}

fn body(list: &str, batch: &[Entry]) -> Bytes {
    let items: Vec<&str> = batch.iter().map(|entry| entry.json.as_str()).collect();
    format!("{{\"{list}\":[{}]}}", items.join(",")).into()
}

/// What both methods answer.
#[derive(Deserialize)]
struct BatchAnswer {
    results: Vec<ItemResult>,
}

#[derive(Deserialize)]
struct ItemResult {
    /// Of an activity.
    #[serde(default)]
    outcome: String,
    /// Of a basket.
    #[serde(default)]
    recorded: bool,
    error: Option<ApiError>,
}

impl From<ItemResult> for Outcome {
    fn from(result: ItemResult) -> Self {
        if let Some(error) = result.error {
            return refused(&error);
        }
        match result.outcome.as_str() {
            "OUTCOME_RECORDED" | "OUTCOME_AWAITING_ORDER" => Self::Recorded,
            _ if result.recorded => Self::Recorded,
            _ => Self::Known,
        }
    }
}

fn refused(error: &ApiError) -> Outcome {
    Outcome::Refused {
        code: error.reason().to_owned(),
        message: error.message.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::Outcome::{Known, Recorded};
    use super::*;

    fn entries(sizes: &[usize]) -> Vec<Entry> {
        let entry = |(place, size): (usize, &usize)| Entry {
            place,
            kind: Kind::Order,
            json: "x".repeat(*size),
        };
        sizes.iter().enumerate().map(entry).collect()
    }

    #[test]
    fn batches_are_bounded_by_items_and_bytes_and_lose_nothing() {
        let lane = entries(&[1, 1, 1, MAX_BATCH_BYTES, 1, 2 * MAX_BATCH_BYTES, 1]);
        let sizes: Vec<usize> = batches(&lane, 2).iter().map(|batch| batch.len()).collect();
        assert_eq!(sizes, [2, 1, 1, 1, 1, 1]);
    }

    #[test]
    fn answers_of_both_kinds_are_understood() {
        let answer: BatchAnswer = serde_json::from_str(
            r#"{"results": [
                {"index": 0, "customerId": "x", "outcome": "OUTCOME_RECORDED"},
                {"index": 1, "outcome": "OUTCOME_ALREADY_RECORDED", "error": null},
                {"index": 2, "outcome": "OUTCOME_REFUSED", "error": {"code": 6, "message": "no",
                 "details": [{"@type": "x", "reason": "ORDER_CONFLICT"}]}},
                {"index": 3, "recorded": true},
                {"index": 4, "recorded": false}]}"#,
        )
        .unwrap();
        let outcomes: Vec<Outcome> = answer.results.into_iter().map(Outcome::from).collect();
        let refused = Outcome::Refused {
            code: "ORDER_CONFLICT".to_owned(),
            message: "no".to_owned(),
        };
        assert_eq!(outcomes, [Recorded, Known, refused, Recorded, Known]);
    }

    #[test]
    fn a_customer_stays_in_one_lane_in_order() {
        let item = |customer: u32| Item {
            kind: Kind::Order,
            customer: customer.to_string(),
            invoice: String::new(),
            line: 0,
            lines: 1,
            amount_minor: 0,
            json: String::new(),
        };
        let items: Vec<Item> = (0..100).map(|n| item(n % 10)).collect();
        let lanes = lanes_of(&items);
        for customer in 0..10 {
            let holds = |lane: &&Vec<Entry>| lane.iter().any(|entry| entry.place % 10 == customer);
            assert_eq!(lanes.iter().filter(holds).count(), 1);
        }
        assert!(
            lanes
                .iter()
                .all(|lane| lane.is_sorted_by_key(|entry| entry.place))
        );
    }
}
