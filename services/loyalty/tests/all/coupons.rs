//! Coupons: each code is one of its kind, and each coupon is used once.

use std::collections::HashSet;

use contract::patron::loyalty::v1 as api;
use jiff::SignedDuration;
use testkit::{metadata, reason, until};
use tonic::Code;

use api::coupon::State;

use crate::all::shop::{Shop, basket, fiver, pounds};

async fn shop(edit: impl FnOnce(&mut api::CouponTemplate)) -> Shop {
    let mut template = fiver();
    edit(&mut template);
    Shop::open(|document| document.coupon_templates = vec![template]).await
}

#[tokio::test]
async fn a_large_batch_is_issued_in_the_background_each_code_once() {
    let shop = shop(|_| {}).await;
    let batch = shop
        .coupons()
        .issue_coupons(shop.issuing("fiver", 12_000))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(batch.state(), api::coupon_batch::State::Issuing);
    let read = api::GetCouponBatchRequest {
        batch_id: batch.batch_id.clone(),
    };
    until("all are issued", async || {
        let found = shop.coupons().get_coupon_batch(read.clone()).await;
        (found.unwrap().into_inner().issued_count == 12_000).then_some(())
    })
    .await;
    let mut codes = HashSet::new();
    let mut list = api::ListBatchCouponsRequest {
        batch_id: batch.batch_id,
        page_size: 500,
        page_token: String::new(),
    };
    loop {
        let page = shop
            .coupons()
            .list_batch_coupons(list.clone())
            .await
            .unwrap()
            .into_inner();
        codes.extend(page.coupons.into_iter().map(|coupon| coupon.code));
        list.page_token = page.next_page_token;
        if list.page_token.is_empty() {
            break;
        }
    }
    assert_eq!(codes.len(), 12_000);
    assert!(codes.iter().all(|code| code.len() == 13));
}

#[tokio::test]
async fn coupons_are_issued_to_members_and_belong_to_them() {
    let shop = shop(|_| {}).await;
    let (anna, boris) = (shop.bench.member(1).await, shop.bench.member(1).await);
    let to_anna = api::IssueCouponsRequest {
        customer_ids: vec![anna.to_string()],
        ..shop.issuing("fiver", 0)
    };
    shop.coupons().issue_coupons(to_anna).await.unwrap();
    let list = api::ListMemberCouponsRequest {
        customer_id: anna.to_string(),
        only_usable: true,
        ..Default::default()
    };
    let coupons = shop
        .coupons()
        .list_member_coupons(list.clone())
        .await
        .unwrap()
        .into_inner()
        .coupons;
    let code = coupons[0].code.clone();
    let refused = shop
        .reserve(shop.reserving(boris, &[&code], &[1_000]))
        .await
        .unwrap_err();
    assert_eq!(
        (reason(&refused), metadata(&refused, "why")),
        (
            "COUPON_NOT_APPLICABLE".to_owned(),
            "OTHER_MEMBER".to_owned()
        )
    );
    let reservation = shop
        .reserve(shop.reserving(anna, &[&code], &[1_000]))
        .await
        .unwrap();
    assert_eq!(reservation.total, Some(pounds(500)));
    let usable = shop
        .coupons()
        .list_member_coupons(list)
        .await
        .unwrap()
        .into_inner()
        .coupons;
    assert!(usable.is_empty());

    let both = api::IssueCouponsRequest {
        count: 1,
        customer_ids: vec![anna.to_string()],
        ..shop.issuing("fiver", 1)
    };
    assert_eq!(
        shop.coupons().issue_coupons(both).await.unwrap_err().code(),
        Code::InvalidArgument
    );
    let unknown = shop
        .coupons()
        .issue_coupons(shop.issuing("tenner", 1))
        .await
        .unwrap_err();
    assert_eq!(reason(&unknown), "COUPON_TEMPLATE_NOT_FOUND");
}

#[tokio::test]
async fn a_coupon_is_used_once_and_a_code_is_read_as_people_write_it() {
    let shop = shop(|_| {}).await;
    let customer_id = shop.bench.member(1).await;
    let code = shop.issue("fiver", 1).await[0].code.clone();
    let written = format!("{}-{}", code[..4].to_lowercase(), &code[4..]);
    let reservation = shop
        .reserve(shop.reserving(customer_id, &[&written], &[300, 400]))
        .await
        .unwrap();
    assert_eq!(reservation.total, Some(pounds(500)));
    let lines: Vec<_> = reservation.discounts[0]
        .lines
        .iter()
        .map(|line| line.amount_minor)
        .collect();
    assert_eq!(lines, [214, 286]);
    let used = shop.use_coupons(&reservation, "o-1").await.unwrap();
    assert_eq!(used.state(), api::coupon_reservation::State::Used);
    let again = shop.use_coupons(&reservation, "o-1").await.unwrap_err();
    assert_eq!(
        (reason(&again), metadata(&again, "state")),
        ("COUPON_RESERVATION_ENDED".to_owned(), "USED".to_owned())
    );
    let refused = shop
        .reserve(shop.reserving(customer_id, &[&code], &[1_000]))
        .await
        .unwrap_err();
    assert_eq!(
        (reason(&refused), metadata(&refused, "code")),
        ("COUPON_ALREADY_USED".to_owned(), code.clone())
    );
    assert_eq!(shop.coupon(&code).await.unwrap().order_id, "o-1");

    let mistyped = if code.starts_with('2') { "3" } else { "2" };
    let refused = shop
        .coupon(&format!("{mistyped}{}", &code[1..]))
        .await
        .unwrap_err();
    assert_eq!(
        (refused.code(), reason(&refused)),
        (Code::NotFound, "COUPON_NOT_FOUND".to_owned())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_baskets_that_want_one_coupon_one_gets_it() {
    let shop = shop(|_| {}).await;
    let customer_id = shop.bench.member(1).await;
    let code = shop.issue("fiver", 1).await[0].code.clone();
    let calls = (0..16).map(|_| shop.reserve(shop.reserving(customer_id, &[&code], &[1_000])));
    let outcomes = futures_util::future::join_all(calls).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    for status in outcomes.iter().filter_map(|outcome| outcome.as_ref().err()) {
        assert_eq!(reason(status), "COUPON_RESERVED", "{status:?}");
    }
}

#[tokio::test]
async fn a_reservation_whose_time_is_over_leaves_its_coupons_to_others() {
    let shop = shop(|_| {}).await;
    let customer_id = shop.bench.member(1).await;
    let code = shop.issue("fiver", 1).await[0].code.clone();
    let short = api::ReserveCouponsRequest {
        hold_seconds: 60,
        ..shop.reserving(customer_id, &[&code], &[1_000])
    };
    let first = shop.reserve(short).await.unwrap();
    shop.bench.clock.advance(SignedDuration::from_secs(59));
    let refused = shop
        .reserve(shop.reserving(customer_id, &[&code], &[1_000]))
        .await
        .unwrap_err();
    assert_eq!(reason(&refused), "COUPON_RESERVED");
    shop.bench.clock.advance(SignedDuration::from_secs(1));
    let second = shop
        .reserve(shop.reserving(customer_id, &[&code], &[1_000]))
        .await
        .unwrap();
    let late = shop.use_coupons(&first, "o-1").await.unwrap_err();
    assert_eq!(metadata(&late, "state"), "EXPIRED");

    let release = api::ReleaseCouponsRequest {
        customer_id: customer_id.to_string(),
        reservation_id: second.reservation_id.clone(),
        request_id: shop.id(),
    };
    shop.coupons().release_coupons(release).await.unwrap();
    assert_eq!(shop.coupon(&code).await.unwrap().state(), State::Available);
    let ended = shop.use_coupons(&second, "o-1").await.unwrap_err();
    assert_eq!(metadata(&ended, "state"), "RELEASED");
}

#[tokio::test]
async fn conditions_groups_and_minimums_decide_and_a_look_tells_why() {
    let rich = api::CouponTemplate {
        template_id: "rich".to_owned(),
        condition: "order.total_minor >= 5000 && channel == 'app' && member.tenure_days >= 0"
            .to_owned(),
        exclusive_group: "sale".to_owned(),
        minimum_basket: Some(pounds(1_000)),
        ..fiver()
    };
    let other = api::CouponTemplate {
        template_id: "other".to_owned(),
        exclusive_group: "sale".to_owned(),
        ..fiver()
    };
    let templates = vec![rich, other, fiver()];
    let shop = Shop::open(|document| document.coupon_templates = templates).await;
    let customer_id = shop.bench.member(1).await;
    let mut codes = Vec::new();
    for template in ["rich", "other", "fiver"] {
        codes.push(shop.issue(template, 1).await[0].code.clone());
    }
    let look = async |codes: &[&String], lines: &[i64]| {
        let request = api::CheckCouponsRequest {
            customer_id: customer_id.to_string(),
            codes: codes.iter().map(ToString::to_string).collect(),
            basket: Some(basket(lines)),
        };
        shop.coupons()
            .check_coupons(request)
            .await
            .unwrap()
            .into_inner()
    };
    let fine = look(&[&codes[0], &codes[2]], &[6_000]).await;
    assert_eq!(
        (fine.problem.as_str(), fine.total),
        ("", Some(pounds(1_000)))
    );
    for (asked, lines) in [
        (vec![&codes[0]], 4_999),
        (vec![&codes[0]], 999),
        (vec![&codes[0], &codes[1]], 6_000),
        (vec![&codes[2], &codes[2]], 6_000),
    ] {
        let told = look(&asked, &[lines]).await;
        assert_eq!(told.problem, "COUPON_NOT_APPLICABLE");
        assert_eq!(told.problem_code, **asked.last().unwrap());
    }
    // A look changes nothing.
    assert_eq!(
        shop.coupon(&codes[0]).await.unwrap().state(),
        State::Available
    );
}

#[tokio::test]
async fn voided_coupons_and_batches_can_t_be_used_and_used_ones_not_be_voided() {
    let shop = shop(|_| {}).await;
    let customer_id = shop.bench.member(1).await;
    let coupons = shop.issue("fiver", 3).await;
    let code = |place: usize| coupons[place].code.as_str();
    let reservation = shop
        .reserve(shop.reserving(customer_id, &[code(0)], &[1_000]))
        .await
        .unwrap();
    shop.use_coupons(&reservation, "o-1").await.unwrap();
    let void = |code: &str| api::VoidCouponRequest {
        code: code.to_owned(),
        reason: "leaked".to_owned(),
        request_id: shop.id(),
    };
    let refused = shop.coupons().void_coupon(void(code(0))).await.unwrap_err();
    assert_eq!(reason(&refused), "COUPON_ALREADY_USED");
    let voided = shop
        .coupons()
        .void_coupon(void(code(1)))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(voided.state(), State::Voided);

    // Held when its batch is voided: the use is refused.
    let held = shop
        .reserve(shop.reserving(customer_id, &[code(2)], &[1_000]))
        .await
        .unwrap();
    let batch = api::VoidCouponBatchRequest {
        batch_id: coupons[0].batch_id.clone(),
        reason: "leaked".to_owned(),
        request_id: shop.id(),
    };
    shop.coupons().void_coupon_batch(batch).await.unwrap();
    assert_eq!(
        reason(&shop.use_coupons(&held, "o-2").await.unwrap_err()),
        "COUPON_VOIDED"
    );
    assert_eq!(shop.coupon(code(0)).await.unwrap().state(), State::Used);
    let refused = shop
        .reserve(shop.reserving(customer_id, &[code(2)], &[1_000]))
        .await
        .unwrap_err();
    assert_eq!(reason(&refused), "COUPON_VOIDED");
}

#[tokio::test]
async fn a_coupon_is_over_at_the_end_of_its_last_local_day() {
    let shop = shop(|template| template.valid_days = 1).await;
    let customer_id = shop.bench.member(1).await;
    let code = shop.issue("fiver", 1).await[0].code.clone();
    // Issued on 5 March at 16:00 in Shanghai: valid to the end of the 6th there.
    shop.bench
        .clock
        .set("2026-03-06T15:59:59.999999Z".parse().unwrap());
    let reservation = shop
        .reserve(shop.reserving(customer_id, &[&code], &[1_000]))
        .await
        .unwrap();
    shop.bench
        .clock
        .set("2026-03-06T16:00:00Z".parse().unwrap());
    let refused = shop
        .reserve(shop.reserving(customer_id, &[&code], &[1_000]))
        .await
        .unwrap_err();
    assert_eq!(reason(&refused), "COUPON_EXPIRED");
    // The basket was priced with it in time.
    assert!(shop.use_coupons(&reservation, "o-1").await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_coupons_are_issued_than_the_template_allows() {
    let shop = shop(|template| template.issue_limit = 10).await;
    let calls = (0..8).map(|_| {
        let request = shop.issuing("fiver", 3);
        let mut coupons = shop.coupons();
        async move { coupons.issue_coupons(request).await }
    });
    let outcomes = futures_util::future::join_all(calls).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 3);
    for status in outcomes.iter().filter_map(|outcome| outcome.as_ref().err()) {
        assert_eq!(
            (reason(status), metadata(status, "left")),
            ("COUPON_ISSUE_LIMIT".to_owned(), "1".to_owned())
        );
    }
}
