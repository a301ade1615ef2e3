//! A program with what a test needs, on a database of its own, under a clock that it moves.

use contract::grant::Grant as WireGrant;
use contract::patron::loyalty::v1 as contract;
use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::ToSqlx as _;
use postgres::testing::TestDatabase;
use uuid::Uuid;

use crate::app::books::{Books, Need};
use crate::app::{Call, DEFAULT_PROGRAM, Loyalty, challenges, read, referrals, testing};
use crate::domain::{Currency, Happened, SaleChange, SaleFigures};
use crate::program_file;
use crate::store::ledger::holders;

pub(crate) struct World {
    _database: TestDatabase,
    pub(crate) loyalty: Loyalty,
}

/// Points as a grant.
pub(crate) fn points(points: i64) -> contract::Grant {
    let wallet_id = String::new();
    let grant = contract::PointGrant { wallet_id, points };
    contract::Grant {
        grant: Some(WireGrant::Points(grant)),
    }
}

impl World {
    /// With the default program, edited.
    pub(crate) async fn new(edit: impl FnOnce(&mut contract::ProgramDocument)) -> Self {
        let database = TestDatabase::create(&crate::migrations()).await;
        let mut document = program_file::default_document();
        edit(&mut document);
        let loyalty = testing::loyalty(&database, "2026-03-01T12:00:00Z", document);
        Self {
            _database: database,
            loyalty,
        }
    }

    pub(crate) fn call() -> Call {
        testing::call("test")
    }

    pub(crate) fn request_id(&self) -> String {
        self.loyalty.clock.new_id().to_string()
    }

    pub(crate) fn pass(&self, hours: i64) {
        self.loyalty
            .clock
            .advance(SignedDuration::from_hours(hours));
    }

    pub(crate) async fn member(&self) -> Uuid {
        let customer_id = self.loyalty.clock.new_id();
        let mut tx = self.loyalty.db.begin().await.unwrap();
        let (ids, now) = ([customer_id], self.loyalty.now());
        holders::enrol_all(&mut tx, &ids, DEFAULT_PROGRAM, now)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        customer_id
    }

    /// A purchase becomes known, or what is left of it.
    pub(crate) async fn bought(
        &self,
        customer_id: Uuid,
        order: (&str, Timestamp),
        (before, after): (i64, i64),
    ) {
        let (order_id, ordered_at) = order;
        let mut tx = self.loyalty.db.begin().await.unwrap();
        let needs = [Need::of(customer_id)];
        let mut books = Books::open(&self.loyalty, &mut tx, &needs).await.unwrap();
        sqlx::query(
            "INSERT INTO sales (customer_id, order_id, channel, store, ordered_at, recorded_at,
                currency_code, lines, net_minor, counts)
             VALUES ($1, $2, 'app', '', $3, $3, 'CNY', '[]', $4, $5)
             ON CONFLICT (customer_id, order_id) DO UPDATE SET net_minor = $4, counts = $5",
        )
        .bind(customer_id)
        .bind(order_id)
        .bind(ordered_at.to_sqlx())
        .bind(after)
        .bind(after > 0)
        .execute(&mut *tx)
        .await
        .unwrap();
        let figures = |net_minor: i64| SaleFigures {
            net_minor,
            counts: net_minor > 0,
            points: 0,
        };
        let happened = [Happened::Sale(SaleChange {
            customer_id,
            order_id: order_id.to_owned(),
            ordered_at,
            channel: "app".to_owned(),
            store: String::new(),
            currency: Currency::parse("CNY").unwrap(),
            before: figures(before),
            after: figures(after),
        })];
        let loyalty = &self.loyalty;
        challenges::follow(loyalty, &mut tx, &mut books, &happened)
            .await
            .unwrap();
        referrals::follow(loyalty, &mut tx, &mut books, &happened)
            .await
            .unwrap();
        books.write(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Points that the member can spend.
    pub(crate) async fn available(&self, customer_id: Uuid) -> i64 {
        let member = read::member(&self.loyalty, customer_id).await.unwrap();
        let wallets = member.wallets.iter();
        wallets
            .map(|(_, figures)| figures.balances.available.get())
            .sum()
    }
}
