//! Traits.

use contract::patron::profile::v1 as proto;

use super::{money, time};
use crate::app::traits::Computed;
use crate::domain::habits::Favourite;
use crate::domain::money::Currency;
use crate::domain::traits::Spend;

pub(crate) fn encode(computed: Computed) -> proto::CustomerTraits {
    let Computed {
        customer,
        traits,
        habits,
    } = computed;
    proto::CustomerTraits {
        customer_id: customer.0.to_string(),
        order_count: traits.order_count,
        return_count: traits.return_count,
        spend: traits.spend.iter().map(encode_spend).collect(),
        first_order_time: traits.first_order_time.map(time::encode),
        last_order_time: traits.last_order_time.map(time::encode),
        last_activity_time: traits.last_activity_time.map(time::encode),
        favourite_categories: habits
            .categories
            .into_iter()
            .map(encode_favourite)
            .collect(),
        usual_hour: habits.hour.map(i32::from),
        usual_channel: habits.channel.unwrap_or_default(),
    }
}

fn encode_favourite(favourite: Favourite) -> proto::CategoryTrait {
    proto::CategoryTrait {
        category: favourite.category,
        order_count: favourite.order_count,
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
