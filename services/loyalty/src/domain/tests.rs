//! What sales make of the ledger: its own properties are proven where it is.

use proptest::prelude::*;

use super::testing::{Story, day};
use super::*;

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

        prop_assert_eq!(bought.wallet.balances(), never.wallet.balances());
        prop_assert_eq!(
            bought.wallet.figures().lifetime_earned,
            never.wallet.figures().lifetime_earned
        );
        prop_assert_eq!(bought.lots(), never.lots());
    }
}

/// Makes a debt: earns, spends all of it, and returns what it was earned with.
fn owe(story: &mut Story, points: i64) {
    if points > 0 {
        story.buy("spent", day(0), points * 100);
        assert!(story.spend(points));
        story.give_back("r-spent", "spent", points * 100, true);
        assert_eq!(story.wallet.balances().debt.get(), -points);
    }
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
