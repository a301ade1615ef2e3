use ::contract::time::timestamp;
use contract::coupon_template::{OnReturn as WireOnReturn, Value};
use contract::patron::loyalty::v1 as contract;

use crate::domain::program::{Condition, CouponTemplate, CouponValue, OnReturn};
use crate::wire::amount as money;

/// A template, as programs write it.
pub(super) fn template(template: &CouponTemplate) -> contract::CouponTemplate {
    let (value, maximum_off) = match &template.value {
        CouponValue::AmountOff(amount) => (Value::AmountOff(money(*amount)), None),
        CouponValue::ShareOff {
            basis_points,
            maximum,
        } => (
            Value::BasisPointsOff(i32::from(*basis_points)),
            maximum.map(money),
        ),
        CouponValue::FreeDelivery => (Value::FreeDelivery(true), None),
        CouponValue::Gift { product_id } => (Value::GiftProductId(product_id.clone()), None),
    };
    let on_return = match template.on_return {
        OnReturn::Reusable => WireOnReturn::Reusable,
        OnReturn::Void => WireOnReturn::Void,
    };
    contract::CouponTemplate {
        template_id: template.template_id.to_string(),
        display_name: template.display_name.clone(),
        value: Some(value),
        maximum_off,
        minimum_basket: template.minimum_basket.map(money),
        valid_days: template.valid_days.map_or(0, i32::from),
        start_time: template.window.start.map(timestamp),
        end_time: template.window.end.map(timestamp),
        condition: template
            .condition
            .as_ref()
            .map_or("", Condition::source)
            .to_owned(),
        exclusive_group: template.exclusive_group.clone().unwrap_or_default(),
        code_length: i32::from(template.code_length),
        issue_limit: template
            .issue_limit
            .map_or(0, |limit| i64::try_from(limit).unwrap_or(i64::MAX)),
        on_return: on_return.into(),
    }
}
