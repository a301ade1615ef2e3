//! What the tests of the ledger's use cases share: the service's parts on a database of their own,
//! members with points, and a clock that stands still.

use contract::patron::loyalty::v1 as contract;
use jiff::SignedDuration;
use postgres::testing::TestDatabase;
use uuid::Uuid;

use super::accrue::Accrue;
use super::books::{Books, Need};
use super::redeem::Redeem;
use super::verify::{Quiet, verify};
use super::writer::{Command, Decision};
use super::{AppError, Call, Loyalty, testing};
use crate::domain::ledger::{Figures, Points, WalletId};
use crate::program_file;
use crate::store::ledger::{holders, wallets};

/// A loyalty service without its edges.
pub(crate) struct Desk {
    pub(crate) database: TestDatabase,
    pub(crate) loyalty: Loyalty,
}

impl Desk {
    /// With a program whose points can be spent one by one and never lapse.
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// With such a program, edited.
    pub(crate) async fn with(edit: impl FnOnce(&mut contract::ProgramDocument)) -> Self {
        let database = TestDatabase::create(&crate::migrations()).await;
        let mut document = program_file::default_document();
        for wallet in &mut document.wallets {
            (wallet.expiry, wallet.redemption) = (None, None);
        }
        edit(&mut document);
        let loyalty = testing::loyalty(&database, "2025-06-01T12:00:00.123456789Z", document);
        Self { database, loyalty }
    }

    /// A call by somebody.
    pub(crate) fn call(caller: &str) -> Call {
        testing::call(caller)
    }

    /// A key for a request.
    pub(crate) fn request_id(&self) -> String {
        self.loyalty.clock.new_id().to_string()
    }

    /// A member with a lot of so many points for each of these.
    pub(crate) async fn member(&self, lots: &[i64]) -> Uuid {
        let customer_id = self.loyalty.clock.new_id();
        let mut db = self.loyalty.db.begin().await.unwrap();
        let now = self.loyalty.now();
        let enrolled = holders::enrol_all(&mut db, &[customer_id], "default", now).await;
        assert_eq!(enrolled.unwrap(), [customer_id]);
        db.commit().await.unwrap();
        for points in lots {
            self.act(&accrue(customer_id, *points)).await.unwrap();
            self.loyalty.clock.advance(SignedDuration::from_secs(1));
        }
        customer_id
    }

    /// Carries a command out in a transaction of its own.
    pub(crate) async fn act<C: Command>(&self, command: &C) -> Result<C::Reply, AppError> {
        self.on_books(&[command.need()], |books| {
            let decision: Decision<C::Reply> = command.decide(books)?;
            decision.enter(books, "")
        })
        .await
    }

    /// Works on books in a transaction of its own.
    pub(crate) async fn on_books<T>(
        &self,
        needs: &[Need],
        work: impl FnOnce(&mut Books) -> Result<T, AppError>,
    ) -> Result<T, AppError> {
        let mut tx = self.loyalty.db.begin().await?;
        let mut books = Books::open(&self.loyalty, &mut tx, needs).await?;
        let done = work(&mut books)?;
        books.write(&mut tx).await?;
        tx.commit().await?;
        Ok(done)
    }

    /// The figures of a member's wallet.
    pub(crate) async fn figures(&self, customer_id: Uuid) -> Figures {
        let rows = wallets::of_holders(self.loyalty.db.pool(), &[customer_id]).await;
        rows.unwrap()[0].figures
    }

    pub(crate) async fn available(&self, customer_id: Uuid) -> i64 {
        self.figures(customer_id).await.balances.available.get()
    }

    /// Does something to the database that the service itself may not do.
    pub(crate) async fn arrange(&self, sql: &str) {
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned()))
            .execute(self.database.owner_pool())
            .await
            .unwrap();
    }

    /// What a verification finds, in words.
    pub(crate) async fn differences(&self) -> Vec<String> {
        let verified = verify(&self.loyalty, Vec::new(), &mut Quiet).await.unwrap();
        let differences = verified.findings.first.iter();
        differences.map(ToString::to_string).collect()
    }
}

/// A credit.
pub(crate) fn accrue(customer_id: Uuid, points: i64) -> Accrue {
    Accrue {
        customer_id,
        wallet_id: None,
        points: Points::new(points),
        reference: "gift".to_owned(),
        earned_at: None,
        funding_partner: None,
        cost: None,
        caller: "user:ann".to_owned(),
    }
}

/// A spend.
pub(crate) fn redeem(customer_id: Uuid, points: i64) -> Redeem {
    Redeem {
        customer_id,
        wallet_id: Some(WalletId::POINTS),
        points: Points::new(points),
        reference: "mug".to_owned(),
        reward_id: String::new(),
    }
}
