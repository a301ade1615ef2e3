//! A program with what a test needs, on a database of its own, under a clock that it moves.

use std::sync::Arc;
use std::time::Duration;

use chassis::{Clock, Deadline, Secret};
use contract::grant::Grant as WireGrant;
use contract::patron::loyalty::v1 as contract;
use events::Outbox;
use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::ToSqlx as _;
use postgres::testing::TestDatabase;
use prometheus_client::metrics::gauge::Gauge;
use prost::Message as _;
use uuid::Uuid;

use crate::app::books::{Books, Need};
use crate::app::rewards::Crowd;
use crate::app::{Call, DEFAULT_PROGRAM, Loyalty, Programs, challenges, read, referrals};
use crate::domain::membership::CardPrefix;
use crate::domain::{Currency, Happened, SaleChange, SaleFigures};
use crate::program_file;
use crate::store::ledger::holders;
use crate::store::program::{self, Deed, Scheduling, Version};

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
        let clock = Clock::manual("2026-03-01T12:00:00Z".parse().unwrap());
        let loyalty = Loyalty {
            db: database.db().clone(),
            outbox: Outbox::new(crate::NAME, clock.clone()),
            programs: Programs::new(clock.clone()),
            crowd: Crowd::new(),
            clock,
            secret: Arc::new(Secret::new([7; 32])),
            card_prefix: CardPrefix::default(),
            imbalance: Gauge::default(),
        };
        let mut document = program_file::default_document();
        edit(&mut document);
        let world = Self {
            _database: database,
            loyalty,
        };
        world.activate(&document).await;
        world
    }

    async fn activate(&self, document: &contract::ProgramDocument) {
        let made = Deed {
            at: self.loyalty.now(),
            by: "test".to_owned(),
        };
        let scheduling = Scheduling {
            active_from: "2000-01-01T00:00:00Z".parse().unwrap(),
            scheduled: made.clone(),
            reason: String::new(),
            reverted: None,
            cancellation: None,
        };
        let version = Version {
            program_id: DEFAULT_PROGRAM.to_owned(),
            number: 1,
            document: document.encode_to_vec(),
            description: String::new(),
            edits: 1,
            created: made.clone(),
            updated: made.clone(),
            scheduling: None,
        };
        let mut tx = self.loyalty.db.begin().await.unwrap();
        let revision = self.loyalty.clock.new_id();
        assert!(
            program::insert_program(&mut *tx, DEFAULT_PROGRAM, revision, &made)
                .await
                .unwrap()
        );
        program::insert_document(&mut *tx, &version, &scheduling)
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }

    pub(crate) fn call() -> Call {
        Call {
            caller: "test".to_owned(),
            deadline: Deadline::after(Duration::from_mins(1)),
        }
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
            "INSERT INTO sales (customer_id, order_id, program_id, program_version, ordered_at,
                recorded_at, currency_code, total_minor, refunded_minor, wholly_returned, earned)
             VALUES ($1, $2, 'default', 1, $3, $3, 'CNY', $4, 0, false, 0)
             ON CONFLICT (customer_id, order_id) DO UPDATE SET refunded_minor = $5,
                wholly_returned = $6",
        )
        .bind(customer_id)
        .bind(order_id)
        .bind(ordered_at.to_sqlx())
        .bind(before.max(after))
        .bind((before - after).max(0))
        .bind(after == 0)
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
