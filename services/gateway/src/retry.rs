//! When a failed call may be sent again.
//!
//! Only what the contract declares to be idempotent, only when the service was not available, a few
//! times with growing pauses, and never so much that retries make up a large part of the load: they
//! would keep a struggling service down.

use std::time::Duration;

use thiserror::Error;
use tokio::time::Sleep;
use tonic::Code;
use tower::retry::backoff::{
    Backoff as _, ExponentialBackoff, ExponentialBackoffMaker, InvalidBackoff, MakeBackoff as _,
};
use tower::retry::budget::{Budget as _, TpsBudget};
use tower::util::rng::HasherRng;

/// At most this part of all calls is sent again …
const BUDGET_SHARE: f32 = 0.2;
/// … but always this many a second …
const BUDGET_MINIMUM_PER_SECOND: u32 = 5;
/// … counted over this time.
const BUDGET_WINDOW: Duration = Duration::from_secs(10);
/// Each pause is up to this part longer or shorter.
const JITTER: f64 = 0.5;

/// How often and how fast.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RetryPolicy {
    /// Retries after the first attempt.
    pub(crate) max_retries: u32,
    /// The first pause; it doubles each time.
    pub(crate) first_pause: Duration,
    /// The longest pause.
    pub(crate) max_pause: Duration,
}

/// Pauses that cannot be.
#[derive(Debug, Error)]
#[error("client.retry_initial_ms must be more than 0 and at most client.retry_max_ms")]
pub struct RetryPolicyError(#[from] InvalidBackoff);

/// The policy with the budget that all calls share.
#[derive(Debug)]
pub(crate) struct Retries {
    per_call: u32,
    backoff: ExponentialBackoff,
    budget: TpsBudget,
}

/// The retries of one call.
pub(crate) struct CallRetries<'r> {
    budget: &'r TpsBudget,
    backoff: ExponentialBackoff,
    left: u32,
}

impl Retries {
    /// Begins with the minimal budget.
    pub(crate) fn new(policy: RetryPolicy) -> Result<Self, RetryPolicyError> {
        let RetryPolicy {
            max_retries,
            first_pause,
            max_pause,
        } = policy;
        let mut maker =
            ExponentialBackoffMaker::new(first_pause, max_pause, JITTER, HasherRng::new())?;
        let budget = TpsBudget::new(BUDGET_WINDOW, BUDGET_MINIMUM_PER_SECOND, BUDGET_SHARE);
        Ok(Self {
            per_call: max_retries,
            backoff: maker.make_backoff(),
            budget,
        })
    }

    /// Begins a call, which pays into the budget.
    pub(crate) fn begin(&self, idempotent: bool) -> CallRetries<'_> {
        self.budget.deposit();
        let left = if idempotent { self.per_call } else { 0 };
        CallRetries {
            budget: &self.budget,
            backoff: self.backoff.clone(),
            left,
        }
    }
}

impl CallRetries<'_> {
    /// The pause before another attempt, when one is allowed after an attempt that ended with
    /// `code`.
    pub(crate) fn pause_before_another(&mut self, code: Code) -> Option<Sleep> {
        if code != Code::Unavailable {
            return None;
        }
        self.left = self.left.checked_sub(1)?;
        self.budget.withdraw().then(|| self.backoff.next_backoff())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn retries() -> Retries {
        let (first_pause, max_pause) = (Duration::from_millis(1), Duration::from_millis(4));
        Retries::new(RetryPolicy {
            max_retries: 3,
            first_pause,
            max_pause,
        })
        .unwrap()
    }

    async fn attempts(mut call: CallRetries<'_>, code: Code) -> u32 {
        let mut count = 1;
        while let Some(pause) = call.pause_before_another(code) {
            pause.await;
            count += 1;
        }
        count
    }

    #[tokio::test]
    async fn only_idempotent_calls_are_retried_and_only_when_the_service_was_unavailable() {
        let retries = retries();
        assert_eq!(attempts(retries.begin(true), Code::Unavailable).await, 4);
        assert_eq!(attempts(retries.begin(false), Code::Unavailable).await, 1);
        assert_eq!(attempts(retries.begin(true), Code::Internal).await, 1);
    }

    #[tokio::test]
    async fn an_outage_is_not_answered_with_a_flood_of_retries() {
        let retries = retries();
        let mut sent = 0;
        for _ in 0..1000 {
            sent += attempts(retries.begin(true), Code::Unavailable).await;
        }
        assert!(sent < 1300, "{sent} attempts for 1000 calls");
    }
}
