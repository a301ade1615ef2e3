//! What the customers of pairs have in points, beside the pairs.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use contract::patron::loyalty::v1::Balance;
use contract::patron::profile::v1::MatchPreview;
use contract::patron::profile::v1::match_preview::PointBalance;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use tonic::Status;
use uuid::Uuid;

use crate::balances::Balances;

/// Time for all answers together: a preview without balances is worth more than none.
const WITHIN: Duration = Duration::from_secs(2);
/// Customers who are asked for at once.
const AT_ONCE: usize = 8;

/// Adds what both of each pair have, where the two can be merged; false when nobody could tell.
pub(super) async fn tell_balances(
    balances: Option<&dyn Balances>,
    pairs: &mut [MatchPreview],
) -> bool {
    let wanted = pairs.iter().flat_map(mergeable);
    let wanted: BTreeSet<Uuid> = wanted.filter_map(|id| Uuid::try_parse(&id).ok()).collect();
    if wanted.is_empty() {
        return true;
    }
    let known = match balances {
        Some(balances) => in_time(WITHIN, ask(balances, wanted)).await,
        None => Err(Status::unavailable("nobody tells balances")),
    };
    let known = match known {
        Ok(known) => known,
        Err(status) => {
            tracing::warn!(code = ?status.code(), "balances could not be asked for");
            return false;
        }
    };
    for pair in pairs {
        let told = mergeable(pair).into_iter().flat_map(|id| {
            let balances = known.get(&id).into_iter().flatten();
            balances.map(move |it| told(&id, it)).collect::<Vec<_>>()
        });
        pair.balances = told.collect();
    }
    true
}

async fn in_time<T>(
    within: Duration,
    answers: impl Future<Output = Result<T, Status>>,
) -> Result<T, Status> {
    let in_time = tokio::time::timeout(within, answers).await;
    in_time.unwrap_or_else(|_| Err(Status::deadline_exceeded("balances were told too slowly")))
}

async fn ask(
    balances: &dyn Balances,
    wanted: BTreeSet<Uuid>,
) -> Result<HashMap<String, Vec<Balance>>, Status> {
    let answers = wanted.into_iter().map(|id| async move {
        let told = balances.of(id, WITHIN).await?;
        Ok::<_, Status>((id.to_string(), told))
    });
    stream::iter(answers)
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await
}

/// The two of a pair; nobody when they can't be merged.
fn mergeable(preview: &MatchPreview) -> Vec<String> {
    let pair = preview.pair.as_ref().filter(|it| it.refusal.is_empty());
    let ids = pair.map(|it| vec![it.customer_id.clone(), it.matched_customer_id.clone()]);
    ids.unwrap_or_default()
}

fn told(customer_id: &str, balance: &Balance) -> PointBalance {
    PointBalance {
        customer_id: customer_id.to_owned(),
        point_currency: balance.point_currency.clone(),
        decimals: balance.decimals,
        available: balance.available,
        pending: balance.pending,
        held: balance.held,
        debt: balance.debt,
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use async_trait::async_trait;

    use super::*;

    /// Holds to no time.
    #[derive(Debug)]
    struct Silent;

    #[async_trait]
    impl Balances for Silent {
        async fn of(&self, _: Uuid, _: Duration) -> Result<Vec<Balance>, Status> {
            pending().await
        }
    }

    #[tokio::test]
    async fn nobody_is_waited_for_longer_than_for_all_answers_together() {
        let wanted = (1..=100).map(Uuid::from_u128).collect();
        let answered = in_time(Duration::from_millis(10), ask(&Silent, wanted));
        let answered = tokio::time::timeout(Duration::from_secs(30), answered).await;
        let told = answered.expect("it is not waited for for ever");
        assert_eq!(told.unwrap_err().code(), tonic::Code::DeadlineExceeded);
    }
}
