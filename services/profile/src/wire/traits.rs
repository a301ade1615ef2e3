//! Traits.

use contract::patron::profile::v1 as proto;

use super::{money, time};
use crate::domain::ids::CustomerId;
use crate::domain::money::Currency;
use crate::domain::traits::{Spend, Traits};

pub(crate) fn encode(customer: CustomerId, traits: &Traits) -> proto::CustomerTraits {
    proto::CustomerTraits {
        customer_id: customer.0.to_string(),
        order_count: traits.order_count,
        return_count: traits.return_count,
        spend: traits.spend.iter().map(encode_spend).collect(),
        first_order_time: traits.first_order_time.map(time::encode),
        last_order_time: traits.last_order_time.map(time::encode),
        last_activity_time: traits.last_activity_time.map(time::encode),
    }
}

fn encode_spend((currency, spend): (&Currency, &Spend)) -> proto::SpendTrait {
    let money = |minor| Some(money::encode(*currency, minor));
    proto::SpendTrait {
        gross: money(spend.gross),
        refunded: money(spend.refunded),
        net: money(spend.net()),
        order_count: spend.order_count,
        average_basket: money(spend.average_basket()),
    }
}
