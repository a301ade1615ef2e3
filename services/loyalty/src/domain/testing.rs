//! What the tests of decisions share: a program, ids that count up, and one member's whole story.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use uuid::Uuid;

use super::{
    Cause, ClawBack, Currency, Earning, LotTerms, Money, Occasion, Points, Posting, Program,
    Purchase, Redemption, Return, Rounding, Sale, Wallet, WalletId, claw_back, earn, redeem,
};

pub(crate) const CUSTOMER: Uuid = Uuid::from_u128(1);

/// The default program.
pub(crate) fn program() -> Program {
    Program {
        program_id: "default".to_owned(),
        version: 1,
        display_name: "Points".to_owned(),
        point_currency: "POINTS".to_owned(),
        decimals: 0,
        time_zone: "UTC".to_owned(),
        points_per_currency_unit: 1,
        rounding: Rounding::Floor,
        minimum_redemption: Points::new(1),
    }
}

/// An instant, by days since the beginning of 2025.
pub(crate) fn day(number: i64) -> Timestamp {
    Timestamp::from_second(1_735_689_600 + number * 86_400).unwrap()
}

/// When the service decides about everything.
fn occasion(new_id: &dyn Fn() -> Uuid) -> Occasion<'_> {
    Occasion {
        now: day(500),
        new_id,
    }
}

pub(crate) fn pounds(minor: i64) -> Money {
    Money {
        currency: Currency::parse("GBP").unwrap(),
        minor,
    }
}

/// One member, driven as the service drives it: duplicates are known by their keys, and what a
/// decision returns is all that is kept.
pub(crate) struct Story {
    pub(crate) wallet: Wallet,
    pub(crate) sales: BTreeMap<String, Sale>,
    seen: BTreeSet<String>,
    ids: Cell<u128>,
}

impl Story {
    pub(crate) fn new() -> Self {
        Self {
            wallet: Wallet::empty(WalletId::POINTS),
            sales: BTreeMap::new(),
            seen: BTreeSet::new(),
            ids: Cell::new(1_000),
        }
    }

    pub(crate) fn buy(&mut self, order_id: &str, ordered_at: Timestamp, minor: i64) {
        if !self.seen.insert(format!("order {order_id}")) {
            return;
        }
        let order_id = order_id.to_owned();
        let purchase = Purchase {
            customer_id: CUSTOMER,
            order_id,
            ordered_at,
            total: pounds(minor),
        };
        let mut sale = Sale::of(&purchase, &program()).unwrap();
        let cause = Cause {
            reference: &purchase.order_id,
            effective_at: ordered_at,
        };
        let earning = Earning {
            points: sale.earned,
            terms: LotTerms {
                active_at: Some(ordered_at),
                ..LotTerms::default()
            },
            cause,
        };
        let (policies, new_id) = (program().policies(), || self.id());
        let earned = earn(&self.wallet, earning, &policies, occasion(&new_id)).unwrap();
        if let Some(earned) = earned {
            sale.lot_id = Some(earned.lot_id);
            self.keep(&earned.posting);
        }
        self.sales.insert(purchase.order_id, sale);
    }

    pub(crate) fn give_back(&mut self, return_id: &str, order_id: &str, minor: i64, all: bool) {
        if !self.seen.insert(format!("return {return_id}")) {
            return;
        }
        let Some(sale) = self.sales.get(order_id).cloned() else {
            return;
        };
        let back = Return {
            customer_id: CUSTOMER,
            return_id: return_id.to_owned(),
            order_id: order_id.to_owned(),
            returned_at: day(400),
            refund: pounds(minor),
            leaves_nothing: all,
        };
        let after = sale.after(&back, &program()).unwrap();
        let claw = ClawBack {
            points: after.clawed_back.minus(sale.clawed_back).unwrap(),
            own_lots: sale.lot_id.as_slice(),
            cause: Cause {
                reference: return_id,
                effective_at: back.returned_at,
            },
        };
        let (policies, new_id) = (program().policies(), || self.id());
        let taken = claw_back(&self.wallet, claw, &policies, occasion(&new_id)).unwrap();
        if let Some(taken) = taken {
            self.keep(&taken.posting);
        }
        self.sales.insert(order_id.to_owned(), after);
    }

    /// Spends, and tells whether that was possible.
    pub(crate) fn spend(&mut self, points: i64) -> bool {
        let redemption_id = self.id();
        let points = Points::new(points);
        let cause = Cause {
            reference: &redemption_id.to_string(),
            effective_at: day(500),
        };
        let (redemption, policies) = (Redemption { points, cause }, program().policies());
        let new_id = || self.id();
        let decision = redeem(&self.wallet, redemption, &policies, occasion(&new_id));
        let Ok(redeemed) = decision else { return false };
        self.keep(&redeemed.posting);
        true
    }

    /// What is left in the lots that hold anything, by what they were earned with.
    pub(crate) fn lots(&self) -> BTreeMap<String, i64> {
        let lots = self
            .wallet
            .lots()
            .iter()
            .filter(|lot| lot.parts.available > Points::ZERO);
        lots.map(|lot| (lot.reference.clone(), lot.parts.available.get()))
            .collect()
    }

    fn id(&self) -> Uuid {
        self.ids.set(self.ids.get() + 1);
        Uuid::from_u128(self.ids.get())
    }

    fn keep(&mut self, posting: &Posting) {
        self.wallet.apply(posting).unwrap();
    }
}
