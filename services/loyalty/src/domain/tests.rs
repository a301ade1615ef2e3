//! Every decision against a model that is too simple to be wrong: it moves one point at a time.

use proptest::prelude::*;

use super::testing::{Story, audit, day};
use super::*;

#[derive(Clone, Debug)]
enum Act {
    Buy {
        order: u8,
        day: i64,
        minor: i64,
    },
    GiveBack {
        id: u8,
        order: u8,
        percent: i64,
        all: bool,
    },
    Spend {
        points: i64,
    },
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => (0..40_u8, 0..300_i64, 0..20_000_i64)
            .prop_map(|(order, day, minor)| Act::Buy { order, day, minor }),
        3 => (0..60_u8, 0..40_u8, 0..=100_i64, prop::bool::weighted(0.2))
            .prop_map(|(id, order, percent, all)| Act::GiveBack { id, order, percent, all }),
        3 => (1..300_i64).prop_map(|points| Act::Spend { points }),
    ]
}

/// A purchase in the model: what is left of its money, its points and its lot.
#[derive(Clone, Debug)]
struct Bought {
    order: String,
    day: i64,
    left_minor: i64,
    earned: i64,
    taken: i64,
    lot: i64,
}

#[derive(Default)]
struct Model {
    bought: Vec<Bought>,
    returned: Vec<String>,
    debt: i64,
}

impl Model {
    fn buy(&mut self, order: &str, day: i64, minor: i64) {
        if self.bought.iter().any(|bought| bought.order == order) {
            return;
        }
        let mut lot = minor / 100;
        while lot > 0 && self.debt > 0 {
            lot -= 1;
            self.debt -= 1;
        }
        let order = order.to_owned();
        let earned = minor / 100;
        self.bought.push(Bought {
            order,
            day,
            left_minor: minor,
            earned,
            taken: 0,
            lot,
        });
        self.bought.sort_by_key(|bought| bought.day); // stable: equal days stay as they came
    }

    fn give_back(&mut self, id: &str, order: &str, minor: i64, all: bool) {
        if self.returned.iter().any(|seen| seen == id) {
            return;
        }
        self.returned.push(id.to_owned());
        let place = self.bought.iter().position(|bought| bought.order == order);
        let Some(own) = place else { return };
        let sale = &mut self.bought[own];
        sale.left_minor = if all { 0 } else { sale.left_minor - minor };
        while self.bought[own].earned - self.bought[own].taken > self.bought[own].left_minor / 100 {
            self.bought[own].taken += 1;
            let others = self.bought.iter().position(|bought| bought.lot > 0);
            match Some(own).filter(|own| self.bought[*own].lot > 0).or(others) {
                Some(lot) => self.bought[lot].lot -= 1,
                None => self.debt += 1,
            }
        }
    }

    fn spend(&mut self, points: i64) -> bool {
        if self.available() < points {
            return false;
        }
        for _ in 0..points {
            self.bought
                .iter_mut()
                .find(|bought| bought.lot > 0)
                .unwrap()
                .lot -= 1;
        }
        true
    }

    fn available(&self) -> i64 {
        self.bought.iter().map(|bought| bought.lot).sum()
    }

    /// What the percentage of what is left of a sale is.
    fn share(&self, order: &str, percent: i64) -> i64 {
        let sale = self.bought.iter().find(|bought| bought.order == order);
        sale.map_or(0, |sale| sale.left_minor * percent / 100)
    }
}

fn perform(act: &Act, story: &mut Story, model: &mut Model) {
    match act {
        Act::Buy {
            order,
            day: number,
            minor,
        } => {
            let order = format!("o-{order}");
            story.buy(&order, day(*number), *minor);
            model.buy(&order, *number, *minor);
        }
        Act::GiveBack {
            id,
            order,
            percent,
            all,
        } => {
            let (id, order) = (format!("r-{id}"), format!("o-{order}"));
            let minor = model.share(&order, *percent);
            story.give_back(&id, &order, minor, *all);
            model.give_back(&id, &order, minor, *all);
        }
        Act::Spend { points } => {
            assert_eq!(
                story.spend(*points),
                model.spend(*points),
                "spending {points}"
            );
        }
    }
}

fn assert_alike(story: &Story, model: &Model) {
    let lots = model.bought.iter().filter(|bought| bought.lot > 0);
    let lots = lots
        .map(|bought| (bought.order.clone(), bought.lot))
        .collect();
    assert_eq!(story.lots(), lots);
    assert_eq!(story.wallet.balances.available.get(), model.available());
    assert_eq!(story.wallet.balances.owed().unwrap().get(), model.debt);
    let kept: i64 = model
        .bought
        .iter()
        .map(|bought| bought.earned - bought.taken)
        .sum();
    assert_eq!(story.wallet.lifetime_earned.get(), kept);
}

proptest! {
    // 400 stories of 40 to 80 acts: about 24,000 operations.
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn balances_and_lots_equal_the_naive_model_after_each_act(
        acts in prop::collection::vec(act(), 40..80),
    ) {
        let (mut story, mut model) = (Story::new(), Model::default());
        for act in &acts {
            perform(act, &mut story, &mut model);
            assert_alike(&story, &model);
        }
        prop_assert_eq!(audit(story.recorded(), &story.operations), None);
    }
}

proptest! {
    #[test]
    fn partial_returns_that_end_in_a_full_one_leave_the_member_as_if_it_had_never_bought(
        others in prop::collection::vec((0..300_i64, 0..20_000_i64), 0..5),
        debt in 0..300_i64,
        minor in 0..100_000_i64,
        cuts in prop::collection::vec(0..=100_i64, 0..8),
        fee in prop::bool::ANY,
    ) {
        let mut never = Story::new();
        owe(&mut never, debt);
        for (number, (at, minor)) in others.iter().enumerate() {
            never.buy(&format!("other-{number}"), day(*at), *minor);
        }
        let mut bought = Story::new();
        owe(&mut bought, debt);
        bought.buy("o", day(7), minor);
        let mut left = minor;
        for (number, percent) in cuts.iter().enumerate() {
            let refund = left * percent / 100;
            bought.give_back(&format!("r-{number}"), "o", refund, false);
            left -= refund;
        }
        bought.give_back("r-last", "o", if fee { left / 2 } else { left }, true);
        for (number, (at, minor)) in others.iter().enumerate() {
            bought.buy(&format!("other-{number}"), day(*at), *minor);
        }

        prop_assert_eq!(bought.wallet.balances, never.wallet.balances);
        prop_assert_eq!(bought.wallet.lifetime_earned, never.wallet.lifetime_earned);
        prop_assert_eq!(bought.lots(), never.lots());
    }
}

/// Makes a debt: earns, spends all of it, and returns what it was earned with.
fn owe(story: &mut Story, points: i64) {
    if points > 0 {
        story.buy("spent", day(0), points * 100);
        assert!(story.spend(points));
        story.give_back("r-spent", "spent", points * 100, true);
        assert_eq!(story.wallet.balances.debt.get(), -points);
    }
}

#[test]
fn what_lapses_soonest_is_spent_first_and_what_has_lapsed_never() {
    let mut story = Story::new();
    for (order, bought_on) in [
        ("never", 0),
        ("late", 1),
        ("soon", 2),
        ("lapsed", 3),
        ("first", 4),
    ] {
        story.buy(order, day(bought_on), 1_000);
    }
    for lot in story.wallet.lots.values_mut() {
        (lot.expires_at, lot.priority) = match lot.reference.as_str() {
            "late" => (Some(day(900)), 0),
            "soon" => (Some(day(600)), 0),
            // `Story` decides on day 500: at that very instant it is over.
            "lapsed" => (Some(day(500)), 0),
            "first" => (None, -1),
            _ => (None, 0),
        };
    }
    assert!(
        !story.spend(41),
        "the lapsed lot is ignored, though no job has taken it out yet"
    );
    assert!(story.spend(35));
    let left = [("lapsed".to_owned(), 10), ("never".to_owned(), 5)];
    assert_eq!(story.lots(), left.into());

    let spend = story.operations.last().unwrap();
    let touched: Vec<i64> = spend
        .entries
        .iter()
        .map(|entry| entry.amount.get())
        .collect();
    assert_eq!(
        touched,
        [-10, -10, -10, -5, 35],
        "one entry for each lot, and the other side"
    );
}

#[test]
fn refusals_tell_why_and_change_nothing() {
    let mut story = Story::new();
    story.buy("o", day(0), 10_000);
    let occasion = Occasion {
        now: day(1),
        new_id: &|| uuid::Uuid::from_u128(7),
    };
    let attempt = |state, minimum, points| {
        let wallet = Wallet {
            state,
            ..story.wallet.clone()
        };
        let minimum_redemption = Points::new(minimum);
        let program = Program {
            minimum_redemption,
            ..testing::program()
        };
        let redemption = Redemption {
            redemption_id: uuid::Uuid::from_u128(8),
            points: Points::new(points),
        };
        redeem(wallet, &program, redemption, occasion).unwrap_err()
    };
    assert_eq!(attempt(State::Suspended, 1, 1), RedeemError::NotActive);
    assert_eq!(attempt(State::Closed, 1, 1), RedeemError::NotActive);
    let minimum = Points::new(50);
    assert_eq!(
        attempt(State::Active, 50, 49),
        RedeemError::BelowMinimum { minimum }
    );
    let (available, required) = (Points::new(100), Points::new(101));
    assert_eq!(
        attempt(State::Active, 1, 101),
        RedeemError::Insufficient {
            available,
            required
        }
    );
}

#[test]
fn a_refund_in_another_currency_is_not_of_this_sale() {
    let mut story = Story::new();
    story.buy("o", day(0), 10_000);
    let refund = Money {
        currency: Currency::parse("JPY").unwrap(),
        minor: 1,
    };
    let back = Return {
        customer_id: testing::CUSTOMER,
        return_id: "r".to_owned(),
        order_id: "o".to_owned(),
        returned_at: day(1),
        refund,
        leaves_nothing: false,
    };
    let error = story.sales["o"]
        .after(&back, &testing::program())
        .unwrap_err();
    assert_eq!(error.to_string(), "amounts in JPY and GBP do not add up");
}
