use chassis::Refusal;
use contract::patron::loyalty::v1::{CheckCouponsResponse, ErrorReason};
use contract::patron::r#type::v1::ErrorReason as Common;
use tonic::{Code, Response, Status};

use crate::app::coupons::CouponsError;
use crate::domain::coupons::{Code as CouponCode, CouponError, NotApplicable};

impl From<CouponsError> for Refusal {
    #[track_caller]
    fn from(error: CouponsError) -> Self {
        let message = error.to_string();
        let failed = |reason| Self::new(Code::FailedPrecondition, reason, message.clone());
        match error {
            CouponsError::NotFound { resource } => {
                Self::new(Code::NotFound, ErrorReason::CouponNotFound, message)
                    .metadata("resource", resource)
            }
            CouponsError::TemplateNotFound { .. } => {
                Self::new(Code::NotFound, ErrorReason::CouponTemplateNotFound, message)
            }
            CouponsError::IssueLimit { left } => {
                failed(ErrorReason::CouponIssueLimit).metadata("left", left.to_string())
            }
            CouponsError::IssueToWhom => invalid("count", &message),
            CouponsError::MemberTwice => invalid("customer_ids", &message),
            CouponsError::Term => invalid("hold_seconds", &message),
            CouponsError::Basket(error) => invalid("basket", &error.to_string()),
            CouponsError::Coupon { code, error } => coupon(&code, &error),
            CouponsError::Inapplicable(error) => failed(ErrorReason::CouponNotApplicable)
                .metadata("code", error.code.as_str())
                .metadata("why", why(&error.why))
                .metadata("detail", error.why.to_string()),
            CouponsError::Ended(error) => {
                failed(ErrorReason::CouponReservationEnded).metadata("state", error.state)
            }
            CouponsError::Condition(_) | CouponsError::Random(_) | CouponsError::NoFreeCodes => {
                Self::internal(error)
            }
        }
    }
}

fn coupon(code: &CouponCode, error: &CouponError) -> Refusal {
    let refuse = |reason| {
        Refusal::new(Code::FailedPrecondition, reason, error.to_string())
            .metadata("code", code.as_str())
    };
    match error {
        CouponError::AlreadyUsed => refuse(ErrorReason::CouponAlreadyUsed),
        CouponError::Voided => refuse(ErrorReason::CouponVoided),
        CouponError::Expired { at } => {
            refuse(ErrorReason::CouponExpired).metadata("expire_time", at.to_string())
        }
        CouponError::Reserved { until } => {
            refuse(ErrorReason::CouponReserved).metadata("until", until.to_string())
        }
        CouponError::NotReserved => {
            refuse(ErrorReason::CouponReservationEnded).metadata("state", "EXPIRED")
        }
    }
}

fn why(why: &NotApplicable) -> &'static str {
    match why {
        NotApplicable::NotYetValid { .. } => "NOT_YET_VALID",
        NotApplicable::OtherMember => "OTHER_MEMBER",
        NotApplicable::Currency { .. } => "CURRENCY",
        NotApplicable::MinimumBasket { .. } => "MINIMUM_BASKET",
        NotApplicable::Condition => "CONDITION",
        NotApplicable::Exclusive { .. } => "EXCLUSIVE",
        NotApplicable::Twice => "TWICE",
    }
}

fn invalid(field: &str, description: &str) -> Refusal {
    let message = "the request can't be carried out";
    Refusal::new(Code::InvalidArgument, Common::InvalidArgument, message).field(field, description)
}

/// A look at coupons is answered with the reason for which they can't be used; what is wrong with the
/// call itself is refused.
pub(super) fn told(refusal: Refusal) -> Result<Response<CheckCouponsResponse>, Status> {
    let is_about_coupons = refusal.reason().starts_with("COUPON_");
    if !is_about_coupons {
        return Err(refusal.into());
    }
    Ok(Response::new(CheckCouponsResponse {
        problem: refusal.reason().to_owned(),
        problem_code: refusal.value("code").unwrap_or_default().to_owned(),
        problem_detail: refusal.message().to_owned(),
        ..Default::default()
    }))
}
