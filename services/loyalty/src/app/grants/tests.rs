//! What is given is given once, and taken back as far as it can be; used coupons come back when their
//! purchase is returned.

use std::time::Duration;

use chassis::Deadline;
use contract::patron::loyalty::v1 as contract;
use jiff::Timestamp;
use postgres::testing::TestDatabase;
use sqlx::PgTransaction;
use uuid::Uuid;

use super::{give, revoke};
use crate::app::books::{Books, Need};
use crate::app::redeem::Redeem;
use crate::app::writer::Command as _;
use crate::app::{AppError, Call, Loyalty, coupons, programs, read, testing};
use crate::domain::Currency;
use crate::domain::coupons::Standing;
use crate::domain::grants::{CauseKind, Given, GrantCause};
use crate::domain::happened::{Happened, SaleChange, SaleFigures};
use crate::domain::ledger::{Points, WalletId};
use crate::domain::program::{BadgeId, Grant, TemplateId};
use crate::store::ledger::holders;
use crate::{program_file, store};

const CUSTOMER: Uuid = Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001);

struct Bench {
    _database: TestDatabase,
    loyalty: Loyalty,
}

impl Bench {
    async fn new(on_return: contract::coupon_template::OnReturn) -> Self {
        let database = TestDatabase::create(&crate::migrations()).await;
        let loyalty = testing::loyalty(
            &database,
            "2026-03-05T08:00:00Z",
            program_file::default_document(),
        );
        let bench = Self {
            _database: database,
            loyalty,
        };
        bench.publish(on_return).await;
        let mut tx = bench.loyalty.db.begin().await.unwrap();
        let now = bench.loyalty.now();
        holders::enrol_all(&mut tx, &[CUSTOMER], "default", now)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        bench
    }

    /// The default program with a coupon, and any amount to be spent.
    async fn publish(&self, on_return: contract::coupon_template::OnReturn) {
        let version = programs::read::version(&self.loyalty, "default", 0)
            .await
            .unwrap();
        let mut document = version.document.unwrap();
        document.wallets[0].redemption = None;
        document.coupon_templates = vec![contract::CouponTemplate {
            template_id: "gift".to_owned(),
            value: Some(contract::coupon_template::Value::FreeDelivery(true)),
            issue_limit: 3,
            on_return: on_return.into(),
            ..contract::CouponTemplate::default()
        }];
        let call = call();
        let draft = contract::CreateProgramVersionRequest {
            program_version: Some(contract::ProgramVersion {
                program_id: "default".to_owned(),
                document: Some(document),
                ..contract::ProgramVersion::default()
            }),
            request_id: self.id(),
            validate_only: false,
        };
        programs::draft::create(&self.loyalty, &call, draft)
            .await
            .unwrap();
        let activation = contract::ActivateProgramVersionRequest {
            program_id: "default".to_owned(),
            version: 2,
            request_id: self.id(),
            ..contract::ActivateProgramVersionRequest::default()
        };
        programs::activate::activate(&self.loyalty, &call, activation, None)
            .await
            .unwrap();
    }

    fn id(&self) -> String {
        self.loyalty.clock.new_id().to_string()
    }

    async fn give(&self, grants: &[Grant]) -> Vec<Given> {
        let (mut tx, mut books) = self.open(0).await;
        let now = books.now();
        let given = give(
            &self.loyalty,
            &mut tx,
            &mut books,
            CUSTOMER,
            grants,
            &cause(),
            now,
        )
        .await;
        self.close(tx, books).await;
        given.unwrap()
    }

    async fn revoke(&self) -> Vec<Given> {
        let (mut tx, mut books) = self.open(0).await;
        let now = books.now();
        let revoked = revoke(&self.loyalty, &mut tx, &mut books, CUSTOMER, &cause(), now).await;
        self.close(tx, books).await;
        revoked.unwrap()
    }

    async fn spend(&self, points: i64) {
        let (tx, mut books) = self.open(points).await;
        let redeem = Redeem {
            customer_id: CUSTOMER,
            wallet_id: None,
            points: Points::new(points),
            reference: "a mug".to_owned(),
            reward_id: String::new(),
        };
        redeem
            .decide(&books)
            .unwrap()
            .enter(&mut books, "")
            .unwrap();
        self.close(tx, books).await;
    }

    async fn open(&self, points: i64) -> (PgTransaction<'static>, Books) {
        let mut tx = self.loyalty.db.begin().await.unwrap();
        let need = Need::of(CUSTOMER).spending(Points::new(points));
        let books = Books::open(&self.loyalty, &mut tx, &[need]).await.unwrap();
        (tx, books)
    }

    async fn close(&self, mut tx: PgTransaction<'static>, books: Books) {
        books.write(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Available and owed.
    async fn points(&self) -> (i64, i64) {
        let member = read::member(&self.loyalty, CUSTOMER).await.unwrap();
        let balances = member.wallets[0].1.balances;
        (balances.available.get(), balances.owed().unwrap().get())
    }

    async fn use_coupon(&self, coupon_id: Uuid, order_id: &str) {
        let code = self.coupon(coupon_id).await.code.to_string();
        let line = contract::coupon_basket::Line {
            line_id: "1".to_owned(),
            quantity: 1,
            amount: Some(::contract::patron::r#type::v1::Money {
                currency_code: "GBP".to_owned(),
                amount_minor: 100,
            }),
            ..contract::coupon_basket::Line::default()
        };
        let reserve = contract::ReserveCouponsRequest {
            customer_id: CUSTOMER.to_string(),
            codes: vec![code],
            basket: Some(contract::CouponBasket {
                lines: vec![line],
                ..contract::CouponBasket::default()
            }),
            request_id: self.id(),
            ..contract::ReserveCouponsRequest::default()
        };
        let call = call();
        let reserved = coupons::reserve(&self.loyalty, &call, reserve)
            .await
            .unwrap();
        let used = contract::UseCouponsRequest {
            customer_id: CUSTOMER.to_string(),
            reservation_id: reserved.into_inner().reservation_id,
            order_id: order_id.to_owned(),
            request_id: self.id(),
        };
        coupons::use_for(&self.loyalty, &call, used).await.unwrap();
    }

    async fn coupon(&self, coupon_id: Uuid) -> crate::domain::coupons::Coupon {
        let found = store::coupons::by_ids(self.loyalty.db.pool(), &[coupon_id]).await;
        found.unwrap().remove(0)
    }

    /// The purchase is wholly returned.
    async fn follow_return(&self, order_id: &str) -> Result<(), AppError> {
        let counting = SaleFigures {
            counts: true,
            ..SaleFigures::NONE
        };
        let change = SaleChange {
            customer_id: CUSTOMER,
            order_id: order_id.to_owned(),
            ordered_at: Timestamp::UNIX_EPOCH,
            channel: String::new(),
            store: String::new(),
            currency: Currency::parse("GBP").unwrap(),
            before: counting,
            after: SaleFigures::NONE,
        };
        let (mut tx, mut books) = self.open(0).await;
        coupons::follow(
            &self.loyalty,
            &mut tx,
            &mut books,
            &[Happened::Sale(change)],
        )
        .await?;
        self.close(tx, books).await;
        Ok(())
    }
}

fn call() -> Call {
    Call {
        caller: "test".to_owned(),
        deadline: Deadline::after(Duration::from_secs(30)),
    }
}

fn cause() -> GrantCause {
    GrantCause::new(CauseKind::Package, "welcome")
}

fn points(points: i64) -> Grant {
    Grant::Points {
        wallet_id: WalletId::POINTS,
        points: Points::new(points),
    }
}

fn coupon() -> Grant {
    Grant::Coupon(TemplateId::new("gift"))
}

const REUSABLE: contract::coupon_template::OnReturn = contract::coupon_template::OnReturn::Reusable;

#[tokio::test]
async fn what_is_given_twice_is_given_once_and_lapses_as_all_points_do() {
    let bench = Bench::new(REUSABLE).await;
    let grants = [points(100), coupon(), Grant::Badge(BadgeId::new("new"))];
    let given = bench.give(&grants).await;
    assert_eq!(given.len(), 3);
    assert!(bench.give(&grants).await.is_empty());
    assert_eq!(bench.points().await, (100, 0));
    let pool = bench.loyalty.db.pool();
    let kind = store::grants::GrantKind::Badge;
    assert_eq!(
        store::grants::standing(pool, CUSTOMER, kind, "new")
            .await
            .unwrap(),
        1
    );
    let lots = read::lots(&bench.loyalty, CUSTOMER, None, 10)
        .await
        .unwrap()
        .rows;
    let end: Timestamp = "2027-03-31T16:00:00Z".parse().unwrap();
    assert_eq!(lots[0].lot.terms.expires_at, Some(end));
}

#[tokio::test]
async fn giving_and_taking_back_leaves_the_member_as_before_also_after_spending() {
    let bench = Bench::new(REUSABLE).await;
    let grants = [points(100), coupon()];
    let given = bench.give(&grants).await;
    bench.spend(60).await;
    let revoked = bench.revoke().await;
    assert!(
        revoked
            .iter()
            .all(|given| given.kept == 0 && given.revoked_at.is_some())
    );
    // What was spent is owed, and repaid when the cause gives again.
    assert_eq!(bench.points().await, (0, 60));
    let old = bench.coupon(given[1].result_id.unwrap()).await;
    assert_eq!(old.standing(bench.loyalty.now()), Standing::Voided);
    assert_eq!(bench.give(&grants).await.len(), 2);
    assert_eq!(bench.points().await, (40, 0));
    assert!(bench.revoke().await.len() == 2 && bench.revoke().await.is_empty());
}

#[tokio::test]
async fn a_used_coupon_is_kept_and_not_given_a_second_time() {
    let bench = Bench::new(REUSABLE).await;
    let first = bench.give(&[coupon()]).await[0].result_id;
    bench.use_coupon(first.unwrap(), "o-1").await;
    assert_eq!(bench.revoke().await[0].kept, 1);
    let again = bench.give(&[coupon()]).await;
    assert_eq!(again[0].result_id, first);
    assert_eq!(bench.revoke().await[0].kept, 1);
}

#[tokio::test]
async fn what_is_used_up_is_withheld_and_the_rest_is_given() {
    let bench = Bench::new(REUSABLE).await;
    let grants = [coupon(), coupon(), coupon(), coupon(), points(5)];
    let given = bench.give(&grants).await;
    let positions: Vec<_> = given.iter().map(|given| given.position).collect();
    assert_eq!(positions, [0, 1, 2, 4]);
}

#[tokio::test]
async fn a_coupon_comes_back_with_its_purchase_as_its_template_says() {
    for (on_return, standing) in [
        (REUSABLE, Standing::Available),
        (contract::coupon_template::OnReturn::Void, Standing::Voided),
    ] {
        let bench = Bench::new(on_return).await;
        let coupon_id = bench.give(&[coupon()]).await[0].result_id.unwrap();
        bench.use_coupon(coupon_id, "o-1").await;
        bench.follow_return("o-2").await.unwrap();
        let now = bench.loyalty.now();
        assert_eq!(bench.coupon(coupon_id).await.standing(now), Standing::Used);
        bench.follow_return("o-1").await.unwrap();
        assert_eq!(bench.coupon(coupon_id).await.standing(now), standing);
        // Told twice, it happens once.
        bench.follow_return("o-1").await.unwrap();
        assert_eq!(bench.coupon(coupon_id).await.standing(now), standing);
    }
}
