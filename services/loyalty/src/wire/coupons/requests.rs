use chassis::Refusal;
use contract::coupon_basket::Line;
use contract::patron::loyalty::v1 as contract;
use jiff::Timestamp;
use uuid::Uuid;

use crate::app::AppError;
use crate::app::coupons::{CouponsError, Issue, Reserve, Wanted};
use crate::domain::coupons::{BasketLine, Code};
use crate::domain::rating;
use crate::wire::{id, invalid, money};

/// Reads a code. One that can't be any is answered like one that is not there: its caller mistyped.
pub(crate) fn code(text: &str) -> Result<Code, Refusal> {
    let resource = "coupon";
    let not_found = |_| AppError::from(CouponsError::NotFound { resource });
    Ok(Code::parse(text).map_err(not_found)?)
}

/// Coupons to be issued.
pub(crate) fn issue(request: &contract::IssueCouponsRequest) -> Result<Issue, Refusal> {
    let customer_ids = request
        .customer_ids
        .iter()
        .map(|text| id(text, "customer_ids"));
    Ok(Issue {
        program_id: request.program_id.clone(),
        template_id: request.template_id.clone(),
        count: request.count,
        customer_ids: customer_ids.collect::<Result<_, _>>()?,
        reference: request.reference.clone(),
    })
}

/// Coupons to be reserved.
pub(crate) fn reserve(request: &contract::ReserveCouponsRequest) -> Result<Reserve, Refusal> {
    let customer_id = id(&request.customer_id, "customer_id")?;
    let order_id = request
        .basket
        .as_ref()
        .map(|basket| basket.order_id.clone());
    Ok(Reserve {
        wanted: basket(customer_id, &request.codes, request.basket.as_ref())?,
        order_id: order_id.unwrap_or_default(),
        seconds: request.hold_seconds,
    })
}

/// Coupons that are to be applied to a basket.
pub(crate) fn basket(
    customer_id: Uuid,
    codes: &[String],
    basket: Option<&contract::CouponBasket>,
) -> Result<Wanted, Refusal> {
    let basket = basket.ok_or_else(|| invalid("basket", "is required"))?;
    let lines = basket
        .lines
        .iter()
        .map(line)
        .collect::<Result<Vec<_>, _>>()?;
    let first = lines.first();
    let first = first.ok_or_else(|| invalid("basket.lines", "has no items"))?;
    Ok(Wanted {
        customer_id,
        codes: codes
            .iter()
            .map(|text| code(text))
            .collect::<Result<_, _>>()?,
        purchase: rating::Basket {
            customer_id,
            order_id: basket.order_id.clone(),
            channel: basket.channel.clone(),
            store: basket.store.clone(),
            // Set when it is looked at.
            ordered_at: Timestamp::UNIX_EPOCH,
            currency: first.amount.currency,
            lines: basket.lines.iter().zip(&lines).map(purchased).collect(),
        },
        lines,
    })
}

fn purchased((line, priced): (&Line, &BasketLine)) -> rating::Line {
    rating::Line {
        line_id: line.line_id.clone(),
        product_id: line.product_id.clone(),
        category: line.category.clone(),
        quantity: line.quantity,
        kept_minor: priced.amount.minor,
    }
}

fn line(line: &Line) -> Result<BasketLine, Refusal> {
    let field = "basket.lines.amount";
    let amount = line
        .amount
        .as_ref()
        .ok_or_else(|| invalid(field, "is required"))?;
    Ok(BasketLine {
        line_id: line.line_id.clone(),
        amount: money(amount, field)?,
    })
}
