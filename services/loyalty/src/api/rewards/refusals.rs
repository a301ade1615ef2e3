use chassis::Refusal;
use contract::patron::loyalty::v1::ErrorReason;
use contract::patron::r#type::v1::ErrorReason as Common;
use jiff::Timestamp;
use tonic::Code;

use crate::app::rewards::RewardsError;
use crate::domain::rewards::{DeductionError, PartError, QuoteError, StateForbids};
use crate::domain::stock::StockError;

impl From<RewardsError> for Refusal {
    fn from(error: RewardsError) -> Self {
        let message = error.to_string();
        let failed = |reason| Self::new(Code::FailedPrecondition, reason, message.clone());
        let missing = |reason| Self::new(Code::NotFound, reason, message.clone());
        let at = |instant: Option<Timestamp>| instant.map(|at| at.to_string()).unwrap_or_default();
        match error {
            RewardsError::NotFound { .. } => missing(ErrorReason::RewardNotFound),
            RewardsError::OrderNotFound => missing(ErrorReason::RewardOrderNotFound),
            RewardsError::NotStarted { start } => {
                failed(ErrorReason::RewardNotOnOffer).metadata("start_time", at(start))
            }
            RewardsError::Ended { end } => {
                failed(ErrorReason::RewardNotOnOffer).metadata("end_time", at(end))
            }
            RewardsError::NotEligible => failed(ErrorReason::RewardNotEligible),
            RewardsError::Limit { limit, left } => failed(ErrorReason::RewardLimitReached)
                .metadata("limit", limit.to_string())
                .metadata("left", left.to_string()),
            RewardsError::Stock(error) => stock(error),
            RewardsError::State(error) => state(error),
            RewardsError::Part(error) => part(error),
            RewardsError::Quote(error) => quote(error),
            RewardsError::Deduction(error) => deduction(error),
            RewardsError::BasketMissing => invalid("basket", "is required for a cash deduction"),
            RewardsError::TooMany => Self::new(
                Code::OutOfRange,
                ErrorReason::AmountOutOfRange,
                message.clone(),
            ),
            RewardsError::NothingToHandOut => failed(ErrorReason::RewardOutOfStock),
            RewardsError::HandedOutUsed => failed(ErrorReason::CouponAlreadyUsed),
            RewardsError::EtagMismatch => {
                Self::new(Code::Aborted, Common::EtagMismatch, message.clone())
            }
        }
    }
}

fn stock(error: StockError) -> Refusal {
    let message = error.to_string();
    match error {
        StockError::Short { left, required } => {
            let reason = ErrorReason::RewardOutOfStock;
            Refusal::new(Code::FailedPrecondition, reason, message)
                .metadata("left", left.to_string())
                .metadata("required", required.to_string())
        }
        StockError::Unlimited => Refusal::new(
            Code::FailedPrecondition,
            Common::FailedPrecondition,
            message,
        ),
        StockError::Overflow => {
            Refusal::new(Code::OutOfRange, ErrorReason::AmountOutOfRange, message)
        }
    }
}

fn state(error: StateForbids) -> Refusal {
    let reason = ErrorReason::RewardOrderStateForbids;
    Refusal::new(Code::FailedPrecondition, reason, error.to_string())
        .metadata("state", error.state.name())
}

fn part(error: PartError) -> Refusal {
    match error {
        PartError::State(error) => state(error),
        PartError::Exceeds { left } => {
            let reason = ErrorReason::ReturnExceedsRewardOrder;
            Refusal::new(Code::FailedPrecondition, reason, error.to_string())
                .metadata("left", left.to_string())
        }
        PartError::Measure => invalid("part", "is no measure for this order"),
    }
}

fn quote(error: QuoteError) -> Refusal {
    let message = error.to_string();
    match error {
        QuoteError::Expired { at } => {
            Refusal::new(Code::FailedPrecondition, ErrorReason::QuoteExpired, message)
                .metadata("expire_time", at.to_string())
        }
        QuoteError::Foreign | QuoteError::Used | QuoteError::Missing => {
            Refusal::new(Code::InvalidArgument, ErrorReason::QuoteInvalid, message)
        }
    }
}

fn deduction(error: DeductionError) -> Refusal {
    let message = error.to_string();
    let refuse = |reason| Refusal::new(Code::FailedPrecondition, reason, message.clone());
    let why = |why: &str| refuse(ErrorReason::DeductionNotPossible).metadata("why", why);
    match error {
        DeductionError::NotADeduction => invalid("reward_id", "takes no money off"),
        DeductionError::Currency => why("CURRENCY"),
        DeductionError::BasketTooSmall => why("BASKET_TOO_SMALL"),
        DeductionError::BelowMinimum { minimum } => {
            why("BELOW_MINIMUM").metadata("minimum", minimum.to_string())
        }
        DeductionError::Insufficient {
            available,
            required,
        } => refuse(ErrorReason::InsufficientPoints)
            .metadata("available", available.to_string())
            .metadata("required", required.to_string()),
    }
}

fn invalid(field: &str, description: &str) -> Refusal {
    let message = "the request can't be carried out";
    Refusal::new(Code::InvalidArgument, Common::InvalidArgument, message).field(field, description)
}
