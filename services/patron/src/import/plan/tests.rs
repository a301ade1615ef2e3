use serde_json::{Value, json};

use super::*;
use crate::import::testing::line;

fn invoice(lines: Vec<Line>) -> Invoice {
    let mut lines = lines.into_iter();
    Invoice {
        first: lines.next().unwrap(),
        more: lines.collect(),
    }
}

fn planner() -> Planner {
    Planner::new("GBP".to_owned(), 2)
}

fn json(item: &Item) -> Value {
    serde_json::from_str(&item.json).unwrap()
}

#[test]
fn an_invoice_of_a_customer_is_an_order_with_its_repeats_and_its_postage() {
    let postage = Line {
        product: "POST".into(),
        price: "18".parse().unwrap(),
        ..line()
    };
    let planned = planner().plan(&invoice(vec![line(), line(), postage]));
    let [order] = &planned.items[..] else {
        panic!("{planned:?}")
    };
    assert_eq!(
        (order.kind, order.lines, order.amount_minor),
        (Kind::Order, 3, 2 * 1530 + 6 * 1800)
    );
    let sent = json(order);
    assert_eq!(
        sent["identifier"],
        json!({"kind": "retail_account", "value": "17850"})
    );
    assert_eq!(sent["regionCode"], "GB");
    assert_eq!(sent["order"]["lines"][1]["lineId"], "2");
    assert_eq!(sent["order"]["lines"][2]["category"], "service/postage");
    assert_eq!(
        sent["order"]["lines"][0]["amount"],
        json!({"currencyCode": "GBP", "amountMinor": 1530})
    );
}

#[test]
fn without_a_customer_it_is_a_basket_of_goods_and_stock_movements_are_set_aside() {
    let nobody = || Line {
        customer: String::new(),
        ..line()
    };
    let free = Line {
        product: "LOST".into(),
        price: "0".parse().unwrap(),
        ..nobody()
    };
    let postage = Line {
        product: "DOT".into(),
        ..nobody()
    };
    let planned = planner().plan(&invoice(vec![nobody(), free, nobody(), postage]));
    let [basket] = &planned.items[..] else {
        panic!("{planned:?}")
    };
    let goods = json!([{"productId": "85123A", "productName": "HEART"}]);
    assert_eq!(json(basket)["items"], goods);
    assert_eq!(planned.set_aside_lines, 2);
}

#[test]
fn a_cancellation_is_spread_over_earlier_orders_and_the_rest_is_reported() {
    let mut books = planner();
    for order in ["1", "2"] {
        books.plan(&invoice(vec![Line {
            invoice: order.into(),
            ..line()
        }]));
    }
    let back = Line {
        invoice: "C3".into(),
        quantity: -15,
        number: 9,
        ..line()
    };
    let planned = books.plan(&invoice(vec![back]));
    let ids = planned
        .items
        .iter()
        .map(|item| json(item)["return"]["returnId"].clone());
    assert_eq!(ids.collect::<Vec<_>>(), ["C3:1", "C3:2"]);
    assert_eq!(
        json(&planned.items[0])["return"]["lines"],
        json!([{"lineId": "1", "quantity": 6}])
    );
    let [problem] = &planned.problems[..] else {
        panic!("{planned:?}")
    };
    assert_eq!(
        problem.reason,
        Reason::NoEarlierPurchase {
            unmatched: 3,
            cancelled: 15
        }
    );
    assert_eq!((problem.line, problem.field), (9, QUANTITY));
}

#[test]
fn what_can_not_be_matched_or_recorded_is_reported_and_does_not_hold_up_the_rest() {
    let back = || Line {
        invoice: "C9".into(),
        quantity: -1,
        ..line()
    };
    let discount = Line {
        product: "D".into(),
        ..back()
    };
    let positive = Line {
        quantity: 1,
        ..back()
    };
    let stranger = Line {
        customer: "1".into(),
        ..back()
    };
    let planned = planner().plan(&invoice(vec![discount, positive, stranger]));
    let codes = planned.problems.iter().map(|problem| problem.reason.code());
    assert_eq!(
        codes.collect::<std::collections::BTreeSet<_>>(),
        [
            "DIFFERS_WITHIN_INVOICE",
            "DISCOUNT_WITHOUT_PURCHASE",
            "POSITIVE_ON_CANCELLATION"
        ]
        .into()
    );
    let nobody = Line {
        customer: String::new(),
        ..back()
    };
    let planned = planner().plan(&invoice(vec![nobody]));
    assert_eq!(
        planned.problems[0].reason,
        Reason::CancellationWithoutCustomer
    );
}
