//! Of how many customers a condition would hold.

use chassis::{Deadline, Refusal};
use contract::patron::profile::v1 as proto;
use seal::Keyring;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Author, SegmentError};
use crate::app::App;
use crate::domain::segment::condition::Condition;
use crate::domain::segment::sample::estimate;
use crate::store::customers;
use crate::store::segments::facts::{self, Scope};

/// Customers whose facts are in memory at once.
const AT_ONCE: usize = 250;
/// Examples of customers of whom it holds.
const EXAMPLES: usize = 10;

/// What is asked: a condition, and how many customers to look at.
#[derive(Clone, Debug)]
pub(crate) struct Preview {
    pub(crate) condition: String,
    pub(crate) sample_size: u16,
}

#[derive(Default)]
struct Tally {
    hits: u32,
    undecided: u32,
    examples: Vec<String>,
}

impl App {
    /// Looks at a sample, and estimates.
    pub(crate) async fn preview_segment(
        &self,
        deadline: Deadline,
        preview: &Preview,
    ) -> Result<proto::SegmentPreview, Refusal> {
        let mut tx = self.snapshot(deadline).await?;
        let author = Author::of_segments(&mut tx).await?;
        let condition = author.compile("condition", &preview.condition)?;
        let (ids, count) = customers::sample(&mut tx, preview.sample_size.into()).await?;
        let scope = super::scope(&mut tx, condition.reach(), self.now()).await?;
        let mut tally = Tally::default();
        for some in ids.chunks(AT_ONCE) {
            look(
                &mut tx,
                &self.keyring,
                &condition,
                (some, &scope),
                &mut tally,
            )
            .await?;
        }
        Ok(answer(tally, ids.len(), count))
    }
}

async fn look(
    connection: &mut PgConnection,
    keyring: &Keyring,
    condition: &Condition,
    (ids, scope): (&[Uuid], &Scope),
    tally: &mut Tally,
) -> Result<(), SegmentError> {
    let people = customers::people(connection, keyring, ids).await?;
    for (id, facts) in facts::of(connection, keyring, people, scope).await? {
        match condition.evaluate(&facts, scope.now).holds {
            Ok(false) => {}
            Ok(true) => {
                tally.hits = tally.hits.saturating_add(1);
                if tally.examples.len() < EXAMPLES {
                    tally.examples.push(id.0.to_string());
                }
            }
            Err(_) => tally.undecided = tally.undecided.saturating_add(1),
        }
    }
    Ok(())
}

fn answer(tally: Tally, looked_at: usize, count: i64) -> proto::SegmentPreview {
    let looked_at = u32::try_from(looked_at).unwrap_or(u32::MAX);
    let all = u64::try_from(count).unwrap_or_default();
    let estimate = estimate(tally.hits, looked_at, all);
    let signed = |size: u64| i64::try_from(size).unwrap_or(i64::MAX);
    proto::SegmentPreview {
        customer_count: count,
        sample_count: looked_at.into(),
        match_count: tally.hits.into(),
        failure_count: tally.undecided.into(),
        estimated_size: signed(estimate.likely),
        estimated_size_low: signed(estimate.least),
        estimated_size_high: signed(estimate.most),
        example_customer_ids: tally.examples,
    }
}
