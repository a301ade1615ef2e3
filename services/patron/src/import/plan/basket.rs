use std::collections::BTreeMap;

use super::{Item, Kind, MAX_LINES, Planned, item};
use crate::import::codes::Service;
use crate::import::lines::Line;
use crate::import::problem::Reason;
use crate::import::wire::{Basket, BasketItem};

/// One basket of the goods that an invoice sold to somebody who is not known.
pub(super) fn plan(sold: &[&Line], planned: &mut Planned) {
    let is_goods = |line: &&&Line| Service::of(&line.product).is_none();
    let goods: Vec<&&Line> = sold.iter().filter(is_goods).collect();
    planned.set_aside_lines += (sold.len() - goods.len()) as u64;
    let mut products = BTreeMap::<&str, &str>::new();
    for line in &goods {
        let name = products.entry(&line.product).or_default();
        if name.is_empty() {
            *name = &line.name;
        }
    }
    let Some(first) = goods.first() else { return };
    if products.len() > MAX_LINES {
        let reason = Reason::TooManyLines {
            found: products.len(),
            most: MAX_LINES,
        };
        planned.report(first, "", reason);
        return;
    }
    let lines = products.len() as u64;
    let items = products.into_iter();
    let basket = Basket {
        id: &first.invoice,
        purchase_time: first.time,
        items: items
            .map(|(product_id, product_name)| BasketItem {
                product_id,
                product_name,
            })
            .collect(),
    };
    planned.items.push(Item {
        lines,
        ..item(Kind::Basket, first, &basket)
    });
}
