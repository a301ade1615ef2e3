//! Quotes as their holders see them: sealed texts, bound to the member and the reward. Nothing is
//! stored for a quote that nobody uses.

use chassis::Refusal;
use chassis::paging::{PageTokens, Scope};
use uuid::Uuid;

use crate::app::AppError;
use crate::app::rewards::RewardsError;
use crate::domain::rewards::{Quote, QuoteError};

const METHOD: &str = "patron.loyalty.v1.RewardService/QuoteReward";

/// The text of a quote.
pub(super) fn seal(
    tokens: &PageTokens,
    customer_id: Uuid,
    reward_id: &str,
    quote: &Quote,
) -> Result<String, Refusal> {
    let filters = [&*customer_id.to_string(), reward_id];
    let scope = Scope {
        method: METHOD,
        filters: &filters,
    };
    tokens.encode(scope, quote)
}

/// The quote of a text; `None` for an empty one.
pub(super) fn open(
    tokens: &PageTokens,
    customer_id: Uuid,
    reward_id: &str,
    text: &str,
) -> Result<Option<Quote>, Refusal> {
    let filters = [&*customer_id.to_string(), reward_id];
    let scope = Scope {
        method: METHOD,
        filters: &filters,
    };
    let foreign = |_| AppError::from(RewardsError::Quote(QuoteError::Foreign));
    Ok(tokens.decode(scope, text).map_err(foreign)?)
}
