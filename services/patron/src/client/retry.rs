use std::time::Duration;

use super::ClientError;

const FIRST_DELAY: Duration = Duration::from_millis(100);
const LONGEST_DELAY: Duration = Duration::from_secs(5);

/// How long to go on trying. Doubles the wait between attempts, and gives up when the waits come
/// to more than the bound.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    delay: Duration,
    left: Duration,
}

impl Patience {
    /// Waits for at most `bound` in all.
    pub(crate) fn new(bound: Duration) -> Self {
        Self {
            delay: FIRST_DELAY,
            left: bound,
        }
    }

    /// How long to wait before the next attempt; `None` when the error would come again, or no
    /// patience is left.
    pub(crate) fn after(&mut self, error: &ClientError) -> Option<Duration> {
        if !error.is_transient() {
            return None;
        }
        let wait = error
            .retry_after()
            .unwrap_or_default()
            .clamp(self.delay, LONGEST_DELAY);
        self.left = self.left.checked_sub(wait)?;
        self.delay = (self.delay * 2).min(LONGEST_DELAY);
        Some(wait)
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;

    fn refused(status: StatusCode, seconds: Option<u64>) -> ClientError {
        let retry_after = seconds.map(Duration::from_secs);
        ClientError::Refused {
            status,
            retry_after,
            error: super::super::ApiError::default(),
        }
    }

    #[test]
    fn waits_grow_heed_the_server_and_end() {
        let mut patience = Patience::new(Duration::from_secs(20));
        let busy = refused(StatusCode::SERVICE_UNAVAILABLE, None);
        assert_eq!(patience.after(&busy), Some(FIRST_DELAY));
        assert_eq!(patience.after(&busy), Some(FIRST_DELAY * 2));
        let asked = refused(StatusCode::TOO_MANY_REQUESTS, Some(2));
        assert_eq!(patience.after(&asked), Some(Duration::from_secs(2)));
        let far = refused(StatusCode::TOO_MANY_REQUESTS, Some(3600));
        assert_eq!(patience.after(&far), Some(LONGEST_DELAY));
        assert!(
            std::iter::repeat_with(|| patience.after(&busy))
                .take(20)
                .any(|wait| wait.is_none())
        );
    }

    #[test]
    fn what_would_fail_again_is_not_tried_again() {
        let mut patience = Patience::new(Duration::from_secs(20));
        assert_eq!(
            patience.after(&refused(StatusCode::FORBIDDEN, Some(1))),
            None
        );
    }
}
