use ::contract::checks::At;
use contract::coupon_template::{OnReturn as WireOnReturn, Value};
use contract::patron::loyalty::v1 as contract;

use super::values::{limit, or, text, whole};
use super::{Fault, Reader};
use crate::domain::Money;
use crate::domain::program::{CouponTemplate, CouponValue, OnReturn, TemplateId, Vocabulary};

/// The fewest characters of a code: 32 letters to the power of 8 can't be guessed through an API.
const SHORTEST_CODE: i32 = 8;
const LONGEST_CODE: i32 = 32;

impl<'d> Reader<'d> {
    pub(super) fn coupon_template(
        &mut self,
        at: &At<'_>,
        template: &'d contract::CouponTemplate,
    ) -> Option<CouponTemplate> {
        let minimum_basket =
            self.optional_money(at, "minimum_basket", template.minimum_basket.as_ref(), 1);
        let value = self.coupon_value(at, template, minimum_basket.flatten());
        let (start, end) = (template.start_time.as_ref(), template.end_time.as_ref());
        let window = self.window(at, start, end);
        let condition = self.condition(at, "condition", (&template.condition, Vocabulary::Order));
        let length = template.code_length;
        if length != 0 && !(SHORTEST_CODE..=LONGEST_CODE).contains(&length) {
            let fault = Fault::OutOfRange {
                least: SHORTEST_CODE.into(),
                most: LONGEST_CODE.into(),
                found: length.into(),
            };
            self.problems.add(&at.field("code_length"), fault);
        }
        Some(CouponTemplate {
            template_id: TemplateId::new(&template.template_id),
            display_name: template.display_name.clone(),
            value: value?,
            minimum_basket: minimum_basket?,
            valid_days: limit(template.valid_days),
            window: window?,
            condition: condition?,
            exclusive_group: text(&template.exclusive_group),
            code_length: or(length, CouponTemplate::DEFAULT_CODE_LENGTH),
            issue_limit: limit(template.issue_limit),
            on_return: match template.on_return() {
                WireOnReturn::Unspecified | WireOnReturn::Reusable => OnReturn::Reusable,
                WireOnReturn::Void => OnReturn::Void,
            },
        })
    }

    fn coupon_value(
        &mut self,
        at: &At<'_>,
        template: &'d contract::CouponTemplate,
        minimum_basket: Option<Money>,
    ) -> Option<CouponValue> {
        let is_share = matches!(template.value, Some(Value::BasisPointsOff(_)));
        let is_stray = template.maximum_off.is_some() && !is_share;
        self.only_with(is_stray, at, "maximum_off", "basis_points_off");
        let of_basket = ("minimum_basket", minimum_basket);
        match template.value.as_ref() {
            Some(Value::AmountOff(amount)) => {
                let at = &at.field("amount_off");
                let amount = self.money(at, amount, 1)?;
                self.same_currency(at, Some(amount), of_basket);
                Some(CouponValue::AmountOff(amount))
            }
            Some(Value::BasisPointsOff(basis_points)) => {
                let maximum =
                    self.optional_money(at, "maximum_off", template.maximum_off.as_ref(), 1)?;
                self.same_currency(&at.field("maximum_off"), maximum, of_basket);
                Some(CouponValue::ShareOff {
                    basis_points: whole(*basis_points),
                    maximum,
                })
            }
            Some(Value::FreeDelivery(true)) => Some(CouponValue::FreeDelivery),
            Some(Value::FreeDelivery(false)) => self.must_be_true(at, "free_delivery"),
            Some(Value::GiftProductId(product_id)) if product_id.is_empty() => {
                self.missing(at, "gift_product_id")
            }
            Some(Value::GiftProductId(product_id)) => Some(CouponValue::Gift {
                product_id: product_id.clone(),
            }),
            None => {
                let values = "amount_off, basis_points_off, free_delivery, gift_product_id";
                self.problems.add(at, Fault::NoneOf(values));
                None
            }
        }
    }
}
