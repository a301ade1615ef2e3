//! What Patron can do, as ratios to a limit that is measured in the same run.
//!
//! `make bench` runs everything, `make bench ONLY=foundation` one part. Figures are printed as a
//! table and written to `target/bench.json`.
#![expect(
    clippy::print_stdout,
    reason = "a table on standard output is what this program is for"
)]

mod cpu;
mod echo;
mod end_of_day;
mod foundation;
mod gateway;
mod http;
mod ledger;
mod load;
mod metrics;
mod processes;
mod profile;
mod reads;
mod report;

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Parser, Subcommand};

use crate::processes::Binary;
use crate::report::Report;

/// Measures Patron.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    helper: Option<Helper>,

    /// Only the part of this name, for example `foundation`.
    #[arg(long)]
    only: Option<String>,

    /// The release build of `patron`.
    #[arg(long, default_value = "target/release/patron")]
    patron: PathBuf,

    /// The demo's orders.
    #[arg(long, default_value = "demo/online-retail.csv.gz")]
    orders: PathBuf,

    /// Measure large things on a smaller scale, and say so.
    #[arg(long)]
    quick: bool,

    /// Where the figures are written.
    #[arg(long, default_value = "target/bench.json")]
    output: PathBuf,
}

/// Processes that a measurement starts from this same binary.
#[derive(Subcommand)]
enum Helper {
    /// The limit: a bare tonic server that answers a constant.
    Echo {
        /// The port on 127.0.0.1.
        #[arg(long)]
        port: u16,
    },
}

/// That of `patron`, so that callers and the bare server have no other one.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    if let Some(Helper::Echo { port }) = arguments.helper {
        return echo::serve(port).await;
    }
    let patron = Binary::new(&arguments.patron)?;
    let mut report = Report::default();
    let measured = measure(&arguments, &patron, &mut report).await;
    // What was measured before something failed is worth seeing.
    println!("{report}");
    measured?;
    anyhow::ensure!(!report.is_empty(), "there is no part {:?}", arguments.only);
    report
        .write(&arguments.output)
        .with_context(|| format!("can't write {}", arguments.output.display()))
}

async fn measure(
    arguments: &Arguments,
    patron: &Binary,
    report: &mut Report,
) -> anyhow::Result<()> {
    let wanted = |part: &str| arguments.only.as_deref().is_none_or(|only| only == part);
    if wanted("foundation") {
        foundation::measure(patron, &arguments.orders, report).await?;
    }
    if wanted("ledger") {
        ledger::measure(patron, arguments.quick, report).await?;
    }
    if wanted("reads") {
        reads::measure(patron, report).await?;
    }
    if wanted("profile") {
        profile::measure(patron, arguments.quick, report).await?;
    }
    if wanted("gateway") {
        gateway::measure(patron, report).await?;
    }
    if wanted("end-of-day") {
        end_of_day::measure(patron, arguments.quick, report).await?;
    }
    Ok(())
}
