//! The use cases on a database of their own, under a clock that stands still until it is moved.

use std::sync::Arc;
use std::time::Duration;

use chassis::{Clock, Deadline, Secret};
use contract::patron::loyalty::v1 as contract;
use events::Outbox;
use jiff::Timestamp;
use jiff::civil::Date;
use postgres::testing::TestDatabase;
use prometheus_client::metrics::gauge::Gauge;
use uuid::Uuid;

use super::books::{Books, Need, Posted};
use super::end_of_day::{EndOfDayMetrics, catch_up, sweep};
use super::rewards::Crowd;
use super::{Call, DEFAULT_PROGRAM, Loyalty, Programs, packages, read, tiers};
use crate::domain::Currency;
use crate::domain::happened::{Happened, SaleChange, SaleFigures};
use crate::domain::ledger::{Balances, Cause, Earning, LotTerms, Points, WalletId, earn};
use crate::domain::membership::CardPrefix;
use crate::program_file::ProgramFile;
use crate::store::end_of_day::approve;
use crate::store::ledger::holders;

/// The use cases on that database, at that instant, with such a default program since 2000.
pub(crate) fn loyalty(
    database: &TestDatabase,
    now: &str,
    program: contract::ProgramDocument,
) -> Loyalty {
    let clock = Clock::manual(now.parse().unwrap());
    Loyalty {
        db: database.db().clone(),
        outbox: Outbox::new(crate::NAME, clock.clone()),
        programs: Programs::new(clock.clone(), program),
        crowd: Crowd::new(),
        clock,
        parked: Gauge::default(),
        secret: Arc::new(Secret::new([7; 32])),
        card_prefix: CardPrefix::default(),
        imbalance: Gauge::default(),
    }
}

/// A call by somebody.
pub(crate) fn call(caller: &str) -> Call {
    Call {
        caller: caller.to_owned(),
        deadline: Deadline::after(Duration::from_mins(1)),
    }
}

/// A program, its members, and the time.
pub(crate) struct World {
    pub(crate) database: TestDatabase,
    pub(crate) loyalty: Loyalty,
    pub(crate) metrics: EndOfDayMetrics,
}

impl World {
    /// With a program as the file describes it, in force since 2000.
    pub(crate) async fn new(program: &str, now: &str) -> Self {
        let file = ProgramFile::read(program).expect("the program can be read");
        assert!(file.problems().is_empty(), "{:?}", file.problems());
        let database = TestDatabase::create(&crate::migrations()).await;
        let loyalty = loyalty(&database, now, file.document);
        // The first who asks for the program writes it.
        let mut db = loyalty.db.pool().acquire().await.unwrap();
        let program = loyalty.programs.at(&mut db, DEFAULT_PROGRAM, loyalty.now());
        program.await.unwrap();
        drop(db);
        Self {
            database,
            loyalty,
            metrics: EndOfDayMetrics::default(),
        }
    }

    /// Another instant, and whatever follows by itself from its having come.
    pub(crate) async fn at(&self, now: &str) {
        self.loyalty.clock.set(now.parse().unwrap());
        self.settle().await;
    }

    /// What the background does until there is nothing left to do.
    pub(crate) async fn settle(&self) {
        let stop = tokio_util::sync::CancellationToken::new();
        while sweep(&self.loyalty).await.unwrap() {}
        while catch_up(&self.loyalty, &self.metrics, &stop).await.unwrap() {}
        packages::celebrate(&self.loyalty).await.unwrap();
    }

    /// Today in the program's zone, which is Shanghai's in all tests.
    pub(crate) fn today(&self) -> Date {
        calendar::Zone::parse("Asia/Shanghai")
            .unwrap()
            .date_of(self.loyalty.now())
    }

    /// A customer joins.
    pub(crate) async fn join(&self) -> Uuid {
        let customer_id = self.loyalty.clock.new_id();
        let mut tx = self.loyalty.db.begin().await.unwrap();
        let now = self.loyalty.now();
        holders::enrol_all(&mut tx, &[customer_id], DEFAULT_PROGRAM, now)
            .await
            .unwrap();
        let joined = Happened::Joined {
            customer_id,
            at: now,
        };
        let mut books = self.open(&mut tx, Need::of(customer_id)).await;
        tiers::follow(&self.loyalty, &mut tx, &mut books, &[joined])
            .await
            .unwrap();
        books.write(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        customer_id
    }

    pub(crate) async fn open(&self, tx: &mut sqlx::PgConnection, need: Need) -> Books {
        Books::open(&self.loyalty, tx, &[need]).await.unwrap()
    }

    /// A purchase of so many yuan becomes known, or what is left of it.
    pub(crate) async fn sale(&self, customer_id: Uuid, order: &Order, before: i64, after: i64) {
        let figures = |yuan: i64| SaleFigures {
            net_minor: yuan * 100,
            counts: yuan > 0,
            points: yuan,
        };
        let change = Happened::Sale(SaleChange {
            customer_id,
            order_id: order.order_id.clone(),
            ordered_at: order.ordered_at,
            channel: String::new(),
            store: String::new(),
            currency: Currency::parse("CNY").unwrap(),
            before: figures(before),
            after: figures(after),
        });
        let mut tx = self.loyalty.db.begin().await.unwrap();
        let mut books = self.open(&mut tx, Need::of(customer_id)).await;
        tiers::follow(&self.loyalty, &mut tx, &mut books, &[change])
            .await
            .unwrap();
        books.write(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// A purchase of so many yuan now.
    pub(crate) async fn buy(&self, customer_id: Uuid, yuan: i64) -> Order {
        let order = Order {
            order_id: self.loyalty.clock.new_id().to_string(),
            ordered_at: self.loyalty.now(),
        };
        self.sale(customer_id, &order, 0, yuan).await;
        order
    }

    /// Points are earned now, by the terms of the program's wallet.
    pub(crate) async fn earn(&self, customer_id: Uuid, wallet_id: WalletId, points: i64) {
        let mut tx = self.loyalty.db.begin().await.unwrap();
        let need = Need::of(customer_id).in_wallet(Some(wallet_id));
        let mut books = self.open(&mut tx, need).await;
        let program = &books.holder(customer_id).unwrap().program;
        let policy = program.document.wallet(wallet_id).unwrap();
        let zone = &program.document.zone;
        let now = books.now();
        let pending_days = policy.pending.as_ref().and_then(|pending| pending.days);
        let terms = LotTerms {
            active_at: Some(pending_days.map_or(now, |days| {
                now + jiff::SignedDuration::from_hours(24 * i64::from(days))
            })),
            expires_at: policy
                .expiry
                .as_ref()
                .map(|expiry| expiry.expires_at(now, zone)),
            ..LotTerms::default()
        };
        let wallet = books.wallet(customer_id, Some(wallet_id)).unwrap();
        let policies = books.policies(customer_id, wallet_id).unwrap();
        let earning = Earning {
            points: Points::new(points),
            terms,
            cause: Cause {
                reference: "test",
                effective_at: now,
            },
        };
        let earned = books.decide(|occasion| earn(wallet, earning, &policies, occasion));
        let posted = Posted::new(customer_id, earned.unwrap().unwrap().posting);
        books.post(posted).unwrap();
        books.write(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// The accounts of a wallet.
    pub(crate) async fn balances(&self, customer_id: Uuid, wallet_id: WalletId) -> Balances {
        let member = read::member(&self.loyalty, customer_id).await.unwrap();
        let wallet = member.wallets.iter().find(|(id, _)| *id == wallet_id);
        wallet
            .map(|(_, figures)| figures.balances)
            .unwrap_or_default()
    }

    /// The tier on the ladder `status`; `-` for none.
    pub(crate) async fn tier(&self, customer_id: Uuid) -> String {
        let mut db = self.loyalty.db.pool().acquire().await.unwrap();
        let standing = tiers::standing(&mut db, customer_id).await.unwrap();
        standing
            .get("status")
            .map_or("-".to_owned(), ToString::to_string)
    }

    /// The events of a type that were announced, in their order.
    pub(crate) async fn announced<P: prost::Message + Default + prost::Name>(&self) -> Vec<P> {
        let payloads: Vec<Vec<u8>> =
            sqlx::query_scalar("SELECT payload FROM outbox WHERE type = $1 ORDER BY position")
                .bind(P::full_name())
                .fetch_all(self.database.owner_pool())
                .await
                .unwrap();
        payloads
            .iter()
            .map(|payload| P::decode(payload.as_slice()).unwrap())
            .collect()
    }

    /// Somebody lets the program catch up to a day, however long that is.
    pub(crate) async fn approve_until(&self, day: &str) {
        let until = (DEFAULT_PROGRAM, day.parse().unwrap());
        let who = ("somebody", self.loyalty.now());
        approve(self.loyalty.db.pool(), until, who).await.unwrap();
    }

    /// Runs SQL as the owner of the database.
    pub(crate) async fn arrange(&self, sql: &str) {
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned()))
            .execute(self.database.owner_pool())
            .await
            .unwrap();
    }

    /// Whatever is added or changed of a member in this table fails from here on.
    pub(crate) async fn break_down(&self, table: &str, member: Uuid) {
        self.arrange(&format!(
            "CREATE FUNCTION break_down() RETURNS trigger LANGUAGE plpgsql AS $$
             BEGIN RAISE EXCEPTION 'broken'; END $$;
             CREATE TRIGGER break_down BEFORE INSERT OR UPDATE ON {table}
             FOR EACH ROW WHEN (NEW.customer_id = '{member}') EXECUTE FUNCTION break_down()"
        ))
        .await;
    }

    /// What was broken down works again.
    pub(crate) async fn repair(&self) {
        self.arrange("DROP FUNCTION break_down() CASCADE").await;
    }

    pub(crate) fn call() -> Call {
        call("somebody")
    }

    pub(crate) fn request_id(&self) -> String {
        self.loyalty.clock.new_id().to_string()
    }
}

/// A purchase.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    pub(crate) order_id: String,
    pub(crate) ordered_at: Timestamp,
}
