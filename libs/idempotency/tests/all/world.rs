//! A tiny service: redemptions are rows, and there are only so many of them.

use std::time::Duration;

use chassis::{Deadline, Refusal};
use contract::patron::loyalty::v1::{CreateRedemptionRequest, ErrorReason, Redemption};
use idempotency::{Claim, Keeping, Key};
use jiff::Timestamp;
use postgres::testing::{APP_ROLE, TestDatabase};
use postgres::{Database, Migrations};
use sqlx::{AssertSqlSafe, PgConnection, Row as _};
use tonic::{Code, Response, Status};

static MIGRATIONS: Migrations = Migrations::new("idempotency", &[&idempotency::MIGRATIONS]);

pub(crate) const METHOD: &str = "patron.loyalty.v1.MemberService/CreateRedemption";

pub(crate) struct World {
    pub(crate) test: TestDatabase,
    pub(crate) keeping: Keeping,
}

impl World {
    pub(crate) async fn with_funds(funds: i64) -> Self {
        let test = TestDatabase::create(&MIGRATIONS).await;
        let tables = format!(
            "CREATE TABLE account (available bigint NOT NULL);
             CREATE TABLE effect (points bigint NOT NULL);
             INSERT INTO account VALUES ({funds});
             GRANT ALL ON account, effect TO {APP_ROLE};"
        );
        sqlx::raw_sql(AssertSqlSafe(tables))
            .execute(test.owner_pool())
            .await
            .unwrap();
        Self {
            test,
            keeping: Keeping::Clear,
        }
    }

    pub(crate) fn db(&self) -> &Database {
        self.test.db()
    }

    pub(crate) async fn redeem(
        &self,
        request: &CreateRedemptionRequest,
    ) -> Result<Response<Redemption>, Status> {
        self.call(request, None).await
    }

    /// As a handler would; `trouble` comes up when the effect is written already.
    pub(crate) async fn call(
        &self,
        request: &CreateRedemptionRequest,
        trouble: Option<Refusal>,
    ) -> Result<Response<Redemption>, Status> {
        let key = Key::new("user:anna", METHOD, &request.request_id)?;
        match idempotency::claim(self.db(), &self.keeping, deadline(), key, request, now()).await? {
            Claim::Replayed(answer) => answer,
            Claim::Fresh(mut claimed) => {
                let outcome = spend(claimed.transaction(), request).await;
                claimed.finish(trouble.map_or(outcome, Err)).await
            }
        }
    }

    pub(crate) async fn count(&self, table: &'static str) -> i64 {
        let query = format!("SELECT count(*) FROM {table}");
        let row = sqlx::query(AssertSqlSafe(query))
            .fetch_one(self.test.owner_pool())
            .await;
        row.unwrap().get(0)
    }

    pub(crate) async fn set_funds(&self, funds: i64) {
        let query = sqlx::query("UPDATE account SET available = $1").bind(funds);
        query.execute(self.test.owner_pool()).await.unwrap();
    }
}

/// Writes first and looks then, so that a refusal has something to leave behind.
async fn spend(
    tx: &mut PgConnection,
    request: &CreateRedemptionRequest,
) -> Result<Redemption, Refusal> {
    let wanted = request.redemption.clone().unwrap();
    let insert = sqlx::query("INSERT INTO effect VALUES ($1)").bind(wanted.points);
    insert.execute(&mut *tx).await.unwrap();
    let update = "UPDATE account SET available = available - $1 RETURNING available";
    let row = sqlx::query(update)
        .bind(wanted.points)
        .fetch_one(&mut *tx)
        .await
        .unwrap();
    let available_after: i64 = row.get(0);
    if available_after < 0 {
        let message = "there are not enough points";
        return Err(Refusal::new(
            Code::FailedPrecondition,
            ErrorReason::InsufficientPoints,
            message,
        )
        .metadata("available", (available_after + wanted.points).to_string()));
    }
    Ok(Redemption {
        available_after,
        ..wanted
    })
}

pub(crate) fn request(number: u128, points: i64) -> CreateRedemptionRequest {
    CreateRedemptionRequest {
        redemption: Some(Redemption {
            customer_id: uuid::Uuid::from_u128(7).to_string(),
            points,
            reference: "an order".to_owned(),
            ..Redemption::default()
        }),
        request_id: uuid::Uuid::from_u128(number).to_string(),
        validate_only: false,
    }
}

pub(crate) fn deadline() -> Deadline {
    Deadline::after(Duration::from_secs(30))
}

pub(crate) fn now() -> Timestamp {
    "2025-03-09T10:00:00Z".parse().unwrap()
}

pub(crate) fn is_replayed(answer: &Result<Response<Redemption>, Status>) -> bool {
    let metadata = match answer {
        Ok(response) => response.metadata(),
        Err(status) => status.metadata(),
    };
    metadata
        .get(idempotency::REPLAYED)
        .is_some_and(|value| value == "true")
}
