//! Between messages and what the service computes with.

use chassis::Refusal;
use contract::patron::recommendation::v1::{
    Association, Basket, BasketResult, BatchRecordBasketsResponse, ErrorReason,
    ListBoughtTogetherResponse, ListPopularProductsResponse, Popularity, Product,
};
use contract::patron::r#type::v1::ErrorReason as Common;
use contract::time::instant;
use jiff::{RoundMode, Timestamp, TimestampRound, Unit};
use tonic::Code;

use crate::app::Outcome;
use crate::domain::{self, Fact, Item, Items, ProductView, Together};

/// The sales in a request; those that can't be understood with the refusal.
pub(super) fn sales(baskets: Vec<Basket>) -> Vec<Result<Fact, Refusal>> {
    baskets
        .into_iter()
        .enumerate()
        .map(|(place, basket)| sale(place, basket))
        .collect()
}

fn sale(place: usize, basket: Basket) -> Result<Fact, Refusal> {
    let time = basket
        .purchase_time
        .as_ref()
        .and_then(instant)
        .and_then(stored);
    let purchase_time = time.ok_or_else(|| {
        Refusal::new(
            Code::InvalidArgument,
            Common::InvalidArgument,
            "the time is out of range",
        )
        .field(
            format!("baskets[{place}].purchase_time"),
            "must be in the years 1 to 9999",
        )
    })?;
    let items = basket.items.into_iter();
    let items = Items::new(items.map(|item| Item {
        product_id: item.product_id,
        name: item.product_name,
    }));
    Ok(Fact::sold(basket.basket_id, purchase_time, items))
}

/// The instant as the database keeps it, in whole microseconds.
fn stored(instant: Timestamp) -> Option<Timestamp> {
    let whole = TimestampRound::new()
        .smallest(Unit::Microsecond)
        .mode(RoundMode::Floor);
    let instant = instant.round(whole).ok()?;
    let year = instant.to_zoned(jiff::tz::TimeZone::UTC).year();
    (1..=9999).contains(&year).then_some(instant)
}

/// `outcomes` has one entry for each sale that could be understood.
pub(super) fn batch_answer(
    sales: Vec<Result<Fact, Refusal>>,
    outcomes: Vec<Outcome>,
) -> BatchRecordBasketsResponse {
    let mut outcomes = outcomes.into_iter();
    let results = (0..).zip(sales).map(|(index, sale)| {
        let outcome = sale.map(|_| outcomes.next().unwrap_or(Outcome::Known));
        let (recorded, refusal) = match outcome {
            Ok(Outcome::Recorded) => (true, None),
            Ok(Outcome::Known) => (false, None),
            Ok(Outcome::Conflict) => (false, Some(conflict(index))),
            Err(refusal) => (false, Some(refusal)),
        };
        // What a refusal stores is an encoded google.rpc.Status.
        let error = refusal.and_then(|refusal| prost::Message::decode(refusal.to_stored()).ok());
        BasketResult {
            index,
            recorded,
            error,
        }
    });
    BatchRecordBasketsResponse {
        results: results.collect(),
    }
}

fn conflict(index: i32) -> Refusal {
    Refusal::new(
        Code::AlreadyExists,
        ErrorReason::BasketConflict,
        "the basket id is recorded with other products",
    )
    .metadata("field", format!("baskets[{index}].items"))
}

pub(super) fn together(together: &Together<'_>) -> ListBoughtTogetherResponse {
    let associations = together.associations.iter().map(|association| Association {
        product: Some(product(&association.product)),
        basket_count: count(association.basket_count),
        support: association.support,
        confidence: association.confidence,
        confidence_lower: association.confidence_lower,
        lift: association.lift,
    });
    ListBoughtTogetherResponse {
        product: Some(product(&together.product)),
        basket_count: count(together.product.basket_count),
        associations: associations.collect(),
        total_basket_count: count(together.total_basket_count),
    }
}

pub(super) fn popular(popular: &domain::Popularity<'_>) -> ListPopularProductsResponse {
    let products = popular.products.iter().map(|sold| Popularity {
        product: Some(product(sold)),
        basket_count: count(sold.basket_count),
    });
    ListPopularProductsResponse {
        products: products.collect(),
        total_basket_count: count(popular.total_basket_count),
    }
}

fn product(product: &ProductView<'_>) -> Product {
    Product {
        product_id: product.id.to_owned(),
        display_name: product.name.to_owned(),
    }
}

fn count(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
