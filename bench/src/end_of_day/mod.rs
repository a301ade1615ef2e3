//! The end of a day of a large program: finding what is due among many members, and doing it.

use std::time::{Duration, Instant};

use sqlx::{ConnectOptions as _, PgConnection};

use crate::cpu;
use crate::processes::{Binary, Cluster};
use crate::report::{Figure, Report};

/// Members of the program.
const MEMBERS: i64 = 1_000_000;
const QUICK_MEMBERS: i64 = 100_000;
/// What a million members may take.
const BOUND_SECONDS: f64 = 300.0;
/// How often is looked whether it is done.
const LOOK_AGAIN: Duration = Duration::from_millis(200);
/// The longest wait.
const PATIENCE: Duration = Duration::from_mins(30);

/// Measures on one cluster.
pub(crate) async fn measure(
    binary: &Binary,
    quick: bool,
    report: &mut Report,
) -> anyhow::Result<()> {
    let members = if quick { QUICK_MEMBERS } else { MEMBERS };
    let cluster = Cluster::start(binary).await?;
    let mut db = cluster.superuser("loyalty").connect().await?;
    // The day is over before there are members: it is begun at once, and finds nothing.
    let first = cluster.serve("loyalty").await?;
    wait_until_ended(&mut db).await?;
    drop(first);
    sqlx::query(include_str!("members.sql"))
        .bind(members)
        .execute(&mut db)
        .await?;
    for statement in ["VACUUM ANALYZE", "CHECKPOINT", "DELETE FROM end_of_days"] {
        sqlx::query(statement).execute(&mut db).await?;
    }

    let service = cluster.serve("loyalty").await?;
    let postgres = cluster.postgres_pid().await?;
    let before = cpu::seconds_of_family(postgres)?;
    let begun = Instant::now();
    wait_until_ended(&mut db).await?;
    let seconds = begun.elapsed().as_secs_f64();
    let postgres = cpu::seconds_of_family(postgres)? - before;
    let service = cpu::seconds(service.pid())?;
    let due = done(&mut db).await?;
    tell(report, members, due, [seconds, postgres, service]);
    Ok(())
}

#[expect(
    clippy::cast_precision_loss,
    reason = "figures for people, of far fewer members than would be rounded"
)]
fn tell(report: &mut Report, members: i64, due: i64, [seconds, postgres, service]: [f64; 3]) {
    let (members, due) = (members as f64, due as f64);
    let per_million = seconds * 1e6 / members;
    let figure = Figure::new("end-of-day/million_members", per_million, "s");
    report.add(figure.aiming("< 300", |figure| figure.value < BOUND_SECONDS));
    report.add(Figure::new("end-of-day/members", members, "members"));
    report.add(Figure::new(
        "end-of-day/with_something_due",
        due * 100.0 / members,
        "%",
    ));
    report.add(Figure::new("end-of-day/rate", due / seconds, "members/s"));
    report.add(Figure::new(
        "end-of-day/postgres_cpu",
        postgres * 1e6 / due,
        "µs/member due",
    ));
    report.add(Figure::new(
        "end-of-day/service_cpu",
        service * 1e6 / due,
        "µs/member due",
    ));
}

async fn wait_until_ended(db: &mut PgConnection) -> anyhow::Result<()> {
    let give_up = Instant::now() + PATIENCE;
    while Instant::now() < give_up {
        let ended: i64 =
            sqlx::query_scalar("SELECT count(*) FROM end_of_days WHERE finished_at IS NOT NULL")
                .fetch_one(&mut *db)
                .await?;
        if ended > 0 {
            return Ok(());
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
    anyhow::bail!("the day is not ended after {} s", PATIENCE.as_secs())
}

/// How many holders something was due for.
async fn done(db: &mut PgConnection) -> anyhow::Result<i64> {
    let due: Option<i64> = sqlx::query_scalar(
        "SELECT sum(step.due)::bigint FROM end_of_days e, unnest(e.due) AS step (due)",
    )
    .fetch_one(db)
    .await?;
    Ok(due.unwrap_or_default())
}
