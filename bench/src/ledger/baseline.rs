//! The limit: pgbench with the smallest correct earning in one transaction, prepared statements.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use anyhow::Context as _;
use postgres::embedded::Binaries;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _};
use tempfile::TempDir;
use tokio::process::Command;

use crate::processes::Cluster;

const DATABASE: &str = "baseline";
const CLIENTS: &str = "32";

const TABLES: &str = "
    CREATE TABLE keys (
        caller text NOT NULL, method text NOT NULL, request_id uuid NOT NULL,
        request_digest bytea NOT NULL, reply bytea NOT NULL, created_at timestamptz NOT NULL,
        PRIMARY KEY (caller, method, request_id)
    );
    CREATE TABLE balances (customer_id bigint PRIMARY KEY, available bigint NOT NULL)
        WITH (fillfactor = 80);
    CREATE TABLE outbox (
        position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, event_id uuid NOT NULL,
        customer_id bigint NOT NULL, type text NOT NULL, payload bytea NOT NULL,
        occurred_at timestamptz NOT NULL
    );";

const EARN: &str = "
    BEGIN;
    INSERT INTO keys VALUES ('machine', 'patron.loyalty.v1.AccrualService/CreateAccrual',
        gen_random_uuid(), sha256('a request'), sha256('a reply'), now());
    UPDATE balances SET available = available + 100 WHERE customer_id = :customer;
    INSERT INTO outbox (event_id, customer_id, type, payload, occurred_at)
        VALUES (gen_random_uuid(), :customer, 'patron.loyalty.v1.PointsEarned',
            sha256('a payload'), now());
    COMMIT;
";

/// Whose balance is raised.
#[derive(Debug, Clone, Copy)]
pub(super) enum Rows {
    /// Anybody's.
    All,
    /// One.
    One,
}

pub(super) struct Baseline {
    pgbench: PathBuf,
    socket: PathBuf,
    scripts: TempDir,
}

impl Baseline {
    pub(super) async fn create(cluster: &Cluster, rows: usize) -> anyhow::Result<Self> {
        let mut admin = cluster.superuser("postgres").connect().await?;
        admin.execute("CREATE DATABASE baseline").await?;
        admin.close().await?;
        let mut own = cluster.superuser(DATABASE).connect().await?;
        own.execute(TABLES).await?;
        let fill = format!("INSERT INTO balances SELECT n, 0 FROM generate_series(1, {rows}) AS n");
        own.execute(AssertSqlSafe(fill)).await?;
        own.execute("VACUUM ANALYZE").await?;
        own.close().await?;
        let scripts = tempfile::tempdir()?;
        let all = format!("\\set customer random(1, {rows})\n{EARN}");
        std::fs::write(scripts.path().join("all.sql"), all)?;
        std::fs::write(
            scripts.path().join("one.sql"),
            format!("\\set customer 1\n{EARN}"),
        )?;
        Ok(Self {
            pgbench: Binaries::find()?.tool("pgbench"),
            socket: cluster.socket().to_owned(),
            scripts,
        })
    }

    /// Runs for so long; tells how many transactions were committed.
    pub(super) async fn run(&self, rows: Rows, duration: Duration) -> anyhow::Result<f64> {
        let script = match rows {
            Rows::All => "all.sql",
            Rows::One => "one.sql",
        };
        let output = Command::new(&self.pgbench)
            .args([
                "--no-vacuum",
                "--protocol=prepared",
                "--jobs=2",
                "--client",
                CLIENTS,
            ])
            .args(["--time", &duration.as_secs().to_string(), "--file"])
            .arg(self.scripts.path().join(script))
            .arg("--host")
            .arg(&self.socket)
            .args(["--username", postgres::embedded::SUPERUSER, DATABASE])
            .stdin(Stdio::null())
            .output()
            .await
            .with_context(|| format!("can't run {}", self.pgbench.display()))?;
        let told = String::from_utf8_lossy(&output.stdout);
        let done = told
            .lines()
            .find_map(|line| line.strip_prefix("number of transactions actually processed: "))
            .and_then(|rest| rest.split('/').next()?.trim().parse().ok());
        done.with_context(|| format!("pgbench: {told}{}", String::from_utf8_lossy(&output.stderr)))
    }
}
