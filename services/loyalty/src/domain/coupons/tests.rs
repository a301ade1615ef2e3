use calendar::Zone;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::domain::program::{CouponTemplate, CouponValue, OnReturn, TemplateId, TimeWindow};
use crate::domain::{Currency, Money};

fn template(value: CouponValue) -> CouponTemplate {
    CouponTemplate {
        template_id: TemplateId::new("off"),
        display_name: String::new(),
        value,
        minimum_basket: None,
        valid_days: None,
        window: TimeWindow::default(),
        condition: None,
        exclusive_group: None,
        code_length: 12,
        issue_limit: None,
        on_return: OnReturn::Reusable,
    }
}

fn yuan(minor: i64) -> Money {
    let currency = Currency::parse("CNY").unwrap();
    Money { currency, minor }
}

fn basket(lines: &[i64]) -> Basket {
    let line = |(place, minor): (usize, &i64)| BasketLine {
        line_id: place.to_string(),
        amount: yuan(*minor),
    };
    Basket::of(lines.iter().enumerate().map(line).collect()).unwrap()
}

fn code(seed: u8) -> Code {
    let mut bytes = (0..=255_u8).cycle().skip(usize::from(seed));
    Code::from_random(12, &mut bytes).unwrap()
}

fn applied<'a>(code: &'a Code, template: &'a CouponTemplate) -> Applied<'a> {
    Applied {
        code,
        template,
        condition_holds: true,
    }
}

fn second(second: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(second)
}

fn coupon(until: Option<i64>) -> Coupon {
    Coupon {
        coupon_id: Uuid::from_u128(1),
        code: code(0),
        batch_id: None,
        customer_id: None,
        program_id: "default".to_owned(),
        program_version: 1,
        template_id: "off".to_owned(),
        validity: Validity {
            from: second(0),
            until: until.map(second),
        },
        issued_at: second(0),
        state: CouponState::Available,
        batch_voided_at: None,
    }
}

#[test]
fn a_code_is_read_as_people_write_it() {
    let plain = code(3);
    let text = plain.as_str().to_lowercase();
    let written = format!(" {}-{} {}", &text[..4], &text[4..8], &text[8..]);
    assert_eq!(Code::parse(&written), Ok(plain));
    assert_eq!(Code::parse("short"), Err(CodeError::Length));
    assert_eq!(Code::parse("O23456789ABCD"), Err(CodeError::Character));
    assert_eq!(
        format!("{:?}", code(3)).chars().count(),
        4,
        "a log shows no whole code"
    );
}

proptest! {
    #[test]
    fn every_wrong_character_and_every_exchange_of_two_within_30_places_shows(
        bytes in prop::collection::vec(0_u8..248, 40),
        length in 8_u8..=32,
        place in 0_usize..33,
        distance in 0_usize..30,
        letter in 0_usize..31,
    ) {
        let code = Code::from_random(length, &mut bytes.into_iter()).unwrap();
        prop_assert_eq!(code.as_str().len(), usize::from(length) + 1);
        prop_assert_eq!(Code::parse(code.as_str()), Ok(code.clone()));

        let plain = code.as_str().as_bytes();
        let place = place % plain.len();
        let other = (place + distance).min(plain.len() - 1);
        let mut wrong = plain.to_vec();
        wrong[place] = ALPHABET[letter];
        let mut exchanged = plain.to_vec();
        exchanged.swap(place, other);
        for changed in [wrong, exchanged] {
            let text = String::from_utf8(changed.clone()).unwrap();
            prop_assert_eq!(Code::parse(&text).is_ok(), changed == plain);
        }
    }

    #[test]
    fn discounts_add_up_over_lines_and_never_exceed_them(
        lines in prop::collection::vec(0_i64..10_000, 1..8),
        values in prop::collection::vec((any::<bool>(), 1_i64..=10_000), 1..5),
    ) {
        let basket = basket(&lines);
        let templates: Vec<_> = values.into_iter().map(|(is_share, figure)| template(if is_share {
            CouponValue::ShareOff { basis_points: u16::try_from(figure).unwrap(), maximum: Some(yuan(3_000)) }
        } else {
            CouponValue::AmountOff(yuan(figure))
        })).collect();
        let codes: Vec<_> = (0..templates.len()).map(|seed| code(u8::try_from(seed).unwrap())).collect();
        let coupons: Vec<_> = codes.iter().zip(&templates).map(|(code, template)| applied(code, template)).collect();
        let discounts = discounts(&basket, &coupons).unwrap();

        let mut left = basket.total_minor();
        for (discount, template) in discounts.iter().zip(&templates) {
            prop_assert_eq!(discount.lines.iter().map(|(_, share)| share).sum::<i64>(), discount.amount_minor);
            let wanted = match &template.value {
                CouponValue::ShareOff { basis_points, .. } => (left * i64::from(*basis_points) / 10_000).min(3_000),
                CouponValue::AmountOff(money) => money.minor.min(left),
                _ => 0,
            };
            prop_assert_eq!(discount.amount_minor, wanted);
            left -= discount.amount_minor;
        }
        for (place, amount) in lines.iter().enumerate() {
            let id = place.to_string();
            let off: i64 = discounts.iter().flat_map(|discount| &discount.lines)
                .filter(|(line, _)| *line == id).map(|(_, share)| share).sum();
            prop_assert!(off <= *amount);
        }
    }

    #[test]
    fn a_coupon_is_used_once_whatever_is_tried_in_whatever_order(
        acts in prop::collection::vec((0_u8..5, 0_u128..3, 1_i64..40), 1..40),
    ) {
        let mut coupon = coupon(Some(60));
        let (mut now, mut used_by) = (0, None::<Uuid>);
        for (act, who, pause) in acts {
            now += pause / 10;
            let (who, at) = (Uuid::from_u128(who), second(now));
            let free_before = coupon.check_free(at).is_ok();
            match act {
                0 => if let Ok(state) = coupon.reserve(who, second(now + pause), at) {
                    prop_assert!(free_before && used_by.is_none());
                    coupon.state = state;
                },
                1 => if let Ok(state) = coupon.use_for(who, "order", at) {
                    prop_assert_eq!(used_by, None);
                    prop_assert_eq!(coupon.standing(second(0).max(at)) == Standing::Expired
                        || coupon.standing(at) == Standing::Reserved, true);
                    used_by = Some(who);
                    coupon.state = state;
                },
                2 => if let Some(state) = coupon.release(who) {
                    let was_reserved = matches!(coupon.state, CouponState::Reserved { .. });
                    prop_assert!(was_reserved);
                    coupon.state = state;
                },
                3 => if let Some(state) = coupon.give_back(who, true, at) {
                    prop_assert_eq!(used_by.take(), Some(who));
                    coupon.state = state;
                },
                _ => if now > 30 && let Ok(state) = coupon.void("test", at) {
                    prop_assert_eq!(used_by, None);
                    coupon.state = state;
                },
            }
            prop_assert_eq!(used_by.is_some(), matches!(coupon.state, CouponState::Used { .. }));
        }
    }
}

#[test]
fn the_end_of_a_coupon_is_the_first_instant_at_which_it_is_not_valid() {
    let coupon = coupon(Some(10));
    let just_before = second(10) - SignedDuration::from_micros(1);
    assert_eq!(coupon.check_free(just_before), Ok(()));
    assert_eq!(
        coupon.check_free(second(10)),
        Err(CouponError::Expired { at: second(10) })
    );
}

#[test]
fn what_was_reserved_in_time_can_be_used_until_the_reservation_ends() {
    let mut coupon = coupon(Some(10));
    let reservation = Uuid::from_u128(5);
    coupon.state = coupon.reserve(reservation, second(20), second(9)).unwrap();
    assert!(coupon.use_for(reservation, "order", second(19)).is_ok());
    assert_eq!(
        coupon.use_for(reservation, "order", second(20)),
        Err(CouponError::NotReserved)
    );
}

#[test]
fn a_voided_batch_takes_all_but_what_was_used() {
    let mut free = coupon(None);
    free.batch_voided_at = Some(second(1));
    assert_eq!(free.check_free(second(2)), Err(CouponError::Voided));
    let reservation_id = Uuid::from_u128(5);
    let used = Coupon {
        state: CouponState::Used {
            reservation_id,
            order_id: "order".to_owned(),
            at: second(0),
        },
        ..free
    };
    assert_eq!(used.standing(second(2)), Standing::Used);
}

#[test]
fn a_coupon_is_valid_to_the_end_of_its_last_local_day_and_within_the_window() {
    let zone = Zone::parse("Asia/Shanghai").unwrap();
    let issued: Timestamp = "2026-01-30T20:00:00Z".parse().unwrap(); // 31 January there
    let mut template = template(CouponValue::FreeDelivery);
    template.valid_days = Some(1);
    let until = validity(&template, issued, &zone).until;
    assert_eq!(until, Some("2026-02-01T16:00:00Z".parse().unwrap()));

    let end: Timestamp = "2026-01-31T00:00:00Z".parse().unwrap();
    template.window.end = Some(end);
    assert_eq!(validity(&template, issued, &zone).until, Some(end));
    template.window.start = Some(end);
    assert!(validity(&template, issued, &zone).is_ahead(issued));
}

#[test]
fn coupons_of_one_group_exclude_each_other_and_the_others_stack() {
    let mut grouped = template(CouponValue::AmountOff(yuan(500)));
    grouped.exclusive_group = Some("sale".to_owned());
    let free = template(CouponValue::FreeDelivery);
    let (one, two, three) = (code(1), code(2), code(3));
    let basket = basket(&[2_000]);
    let both = discounts(&basket, &[applied(&one, &grouped), applied(&two, &free)]).unwrap();
    assert_eq!((both[0].amount_minor, both[1].free_delivery), (500, true));

    let refused = discounts(
        &basket,
        &[applied(&one, &grouped), applied(&three, &grouped)],
    );
    let group = "sale".to_owned();
    assert_eq!(
        refused.unwrap_err(),
        Inapplicable {
            code: three,
            why: NotApplicable::Exclusive { group }
        }
    );
    let twice = discounts(&basket, &[applied(&two, &free), applied(&two, &free)]);
    assert_eq!(twice.unwrap_err().why, NotApplicable::Twice);
}

#[test]
fn a_basket_that_is_worth_too_little_or_the_wrong_money_is_refused() {
    let mut off = template(CouponValue::AmountOff(yuan(500)));
    off.minimum_basket = Some(yuan(2_000));
    let one = code(1);
    let why = |basket: &Basket, coupon| discounts(basket, &[coupon]).unwrap_err().why;
    let minimum_minor = 2_000;
    assert_eq!(
        why(&basket(&[1_999]), applied(&one, &off)),
        NotApplicable::MinimumBasket { minimum_minor }
    );
    let unmet = Applied {
        condition_holds: false,
        ..applied(&one, &off)
    };
    assert_eq!(why(&basket(&[2_000]), unmet), NotApplicable::Condition);
    let (wanted, found) = (
        Currency::parse("CNY").unwrap(),
        Currency::parse("EUR").unwrap(),
    );
    let euro = Money {
        currency: found,
        minor: 9_999,
    };
    let line = BasketLine {
        line_id: "1".to_owned(),
        amount: euro,
    };
    let euros = Basket::of(vec![line]).unwrap();
    assert_eq!(
        why(&euros, applied(&one, &off)),
        NotApplicable::Currency { wanted, found }
    );
}
