//! Attacks on Patron, and what becomes of those who behave meanwhile.
//!
//! `make attack` starts the real binary with all roles and a PostgreSQL of its own, attacks its front door in
//! every way that is known to have brought down gateways, and calls all methods that it must not be able to
//! call. While a flood runs, callers who behave call all the time: at least nine tenths of their calls must be
//! answered, and memory must stay within its bound. Figures are printed as a table and written to
//! `target/attack.json`, with the requirement of OWASP ASVS 5.0 that each is about. It fails when one is not met.
#![expect(
    clippy::print_stdout,
    reason = "a table on standard output is what this program is for"
)]

mod callers;
mod floods;
mod probes;
mod report;
mod slow;
mod victim;
mod walk;
mod wire;

use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use tokio_util::sync::CancellationToken;

use crate::callers::Callers;
use crate::report::{Report, Row};
use crate::victim::{Memory, Victim};

/// Attacks Patron.
#[derive(Parser)]
struct Arguments {
    /// The build of `patron` to attack.
    #[arg(long, default_value = "target/debug/patron")]
    patron: PathBuf,

    /// Only attacks whose name begins so.
    #[arg(long, default_value = "")]
    only: String,

    /// How long each flood lasts, in seconds.
    #[arg(long, default_value_t = 5)]
    seconds: u64,

    /// Where the figures are written.
    #[arg(long, default_value = "target/attack.json")]
    output: PathBuf,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let victim = Victim::start(&arguments.patron).await?;
    let mut report = Report::default();
    let duration = Duration::from_secs(arguments.seconds);
    // What there is without an attack, so that nobody takes a slow machine for one.
    report.add(flood(&victim, &floods::NONE, duration).await?);
    for attack in floods::ALL.iter().chain(slow::ALL) {
        if attack.name.starts_with(&arguments.only) {
            report.add(flood(&victim, attack, duration).await?);
        }
    }
    for probe in probes::ALL {
        if probe.name.starts_with(&arguments.only) {
            report.add(probes::run(&victim, probe).await?);
        }
    }
    if walk::NAME.starts_with(&arguments.only) {
        report.add(walk::run(&victim).await?);
    }
    println!("{report}");
    report.write(&arguments.output)?;
    anyhow::ensure!(report.is_good(), "not all attacks were withstood");
    Ok(())
}

/// Floods the victim while others call.
async fn flood(victim: &Victim, attack: &floods::Flood, duration: Duration) -> anyhow::Result<Row> {
    let stop = CancellationToken::new();
    let memory = Memory::watch(victim.pid(), stop.clone());
    let attackers = floods::begin(victim, attack, &stop);
    let goodput = Callers::of(victim).call_for(duration).await;
    stop.cancel();
    let did = attackers.ended().await;
    Ok(Row::of_flood(attack, did, goodput, memory.growth().await?))
}
