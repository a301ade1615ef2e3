//! The command line.

mod audit;
mod customers;
mod keys;
mod program;

use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub(crate) use audit::Audit;
pub(crate) use customers::{Export, ExportCustomers, FileEncoding, FileFormat, ImportCustomers};
pub(crate) use keys::{Keys, NewKey};
pub(crate) use program::{Form, Numbered, Program, Turn, Version};

/// Customer-relationship and loyalty backend: every role, and the tools around them.
#[derive(Debug, Parser)]
#[command(name = "patron", version)]
pub(crate) struct Cli {
    /// A configuration file (TOML). Over it: variables PATRON__SECTION__KEY. See `patron config`.
    #[arg(long, global = true, env = "PATRON_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run everything in this process, on a PostgreSQL of its own, and load the demo.
    Up(Up),
    /// Run one role.
    Serve {
        /// Which.
        role: Role,
    },
    /// Bring the database of a service, or of all, to this release.
    Migrate(Migrate),
    /// Show the configuration in effect, without secrets.
    Config {
        /// Show the defaults instead, with a comment on each setting.
        #[arg(long)]
        defaults: bool,
    },
    /// Show the OpenAPI document of the REST API.
    Openapi,
    /// Import files through the API.
    #[command(subcommand)]
    Import(Import),
    /// Fetch data in bulk through the API.
    #[command(subcommand)]
    Export(Export),
    /// Look after what services tell each other.
    #[command(subcommand)]
    Events(Events),
    /// Look after the points ledger.
    #[command(subcommand)]
    Loyalty(Loyalty),
    /// Look after the record of who did and saw what.
    #[command(subcommand)]
    Audit(Audit),
    /// Look after who may call.
    #[command(subcommand)]
    Access(Keys),
    /// Ask whether a role can serve; fail when it can't.
    Healthcheck {
        /// What to ask: `/ready` of an admin port, or any address that answers when all is well.
        #[arg(long, default_value = "http://127.0.0.1:9090/ready")]
        url: String,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Role {
    Gateway,
    Profile,
    Loyalty,
    Complaints,
    Survey,
    Recommendation,
}

#[derive(Debug, Args)]
pub(crate) struct Up {
    /// Do not load the demo.
    #[arg(long)]
    pub(crate) no_demo: bool,

    /// The demo's orders.
    #[arg(long, value_name = "FILE", default_value = "demo/online-retail.csv.gz")]
    pub(crate) demo: PathBuf,

    /// The gateway's port on 127.0.0.1; 0 takes any free one.
    #[arg(long, default_value_t = 8080)]
    pub(crate) port: u16,

    /// Where everything is kept: databases, keys, tokens.
    #[arg(long, value_name = "FOLDER", default_value = ".patron")]
    pub(crate) data_dir: PathBuf,

    /// Stop when the standard input ends, so that whoever started this can't leave it behind.
    #[arg(long)]
    pub(crate) stop_with_stdin: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Migrate {
    /// A service, or `all`.
    #[arg(value_enum)]
    pub(crate) service: Target,

    /// The role that the service runs as, to which its rights are granted. Default:
    /// `patron_<service>_app`.
    #[arg(long)]
    pub(crate) application_role: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Target {
    All,
    Profile,
    Loyalty,
    Complaints,
    Survey,
    Recommendation,
}

/// How the API is reached.
#[derive(Clone, Debug, Args)]
pub(crate) struct Access {
    /// The gateway. Default: that of `.patron/dev.env`.
    #[arg(long, env = "PATRON_URL")]
    pub(crate) url: Option<String>,

    /// A bearer token. Default: that of `.patron/dev.env`.
    #[arg(long, env = "PATRON_TOKEN", hide_env_values = true)]
    pub(crate) token: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Import {
    /// Orders, cancellations and baskets, in the columns of the UCI Online Retail data.
    Orders(ImportOrders),
    /// Customers, a row each, as what a channel says of them. The same file again goes on where it was broken off.
    Customers(ImportCustomers),
    /// Take an import of customers back.
    Undo {
        /// Its id, as the import tells it.
        import: String,

        #[command(flatten)]
        access: Access,
    },
}

#[derive(Debug, Args)]
pub(crate) struct ImportOrders {
    /// CSV, plain or gzip.
    pub(crate) file: PathBuf,

    #[command(flatten)]
    pub(crate) access: Access,

    /// Most orders, returns or baskets in one call, 1 to 500.
    #[arg(long, default_value = "200", value_parser = batch)]
    pub(crate) batch: NonZeroUsize,

    /// Most orders, returns and baskets in a second, so that those who follow by events keep up.
    /// Default: as fast as they are taken.
    #[arg(long, value_name = "ITEMS")]
    pub(crate) rate: Option<NonZeroU32>,

    /// ISO 4217 code of the prices.
    #[arg(long, default_value = "GBP")]
    pub(crate) currency: String,

    /// IANA zone of the times.
    #[arg(long, default_value = "Europe/London")]
    pub(crate) time_zone: String,

    /// Move all times by the same number of weeks, so that the last one lies within the last seven
    /// days. The number is kept in the resume file: whoever goes on or repeats uses the same.
    #[arg(long)]
    pub(crate) shift_to_recent: bool,

    /// Where to note how far the import is, so that it can go on. Default: beside FILE.
    #[arg(long, value_name = "FILE")]
    pub(crate) resume_file: Option<PathBuf>,

    /// Where to write what could not be imported, line by line. Default: beside FILE.
    #[arg(long, value_name = "FILE")]
    pub(crate) errors: Option<PathBuf>,

    /// Read and report, but send nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// How the summary is printed.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) summary: SummaryForm,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SummaryForm {
    Text,
    Json,
}

fn batch(text: &str) -> Result<NonZeroUsize, String> {
    let number = text
        .parse()
        .ok()
        .filter(|number| (1..=500).contains(number));
    number
        .and_then(NonZeroUsize::new)
        .ok_or_else(|| "must be 1 to 500".to_owned())
}

#[derive(Debug, Subcommand)]
pub(crate) enum Events {
    /// List the events that a service could not apply, and those that wait behind them.
    ListDead {
        #[command(flatten)]
        consumer: Consumer,
        /// Only those of this customer or subject.
        #[arg(long)]
        key: Option<String>,
    },
    /// Apply the parked events of one customer or subject again, in order.
    Replay {
        #[command(flatten)]
        consumer: Consumer,
        /// The customer or subject.
        #[arg(long)]
        key: String,
    },
    /// Give up one parked event for good.
    Skip {
        #[command(flatten)]
        consumer: Consumer,
        /// The event.
        #[arg(long)]
        event: String,
        /// Why, for the record.
        #[arg(long)]
        reason: String,
    },
    /// Show where a service stands in the feeds that it consumes.
    Cursors {
        #[command(flatten)]
        consumer: Consumer,
    },
    /// Send a service back to an earlier time of a feed.
    Rewind {
        #[command(flatten)]
        consumer: Consumer,
        /// The service whose feed it is.
        #[arg(long)]
        source: String,
        /// From when on to read again, RFC 3339.
        #[arg(long)]
        since: String,
    },
}

/// The service that consumes.
#[derive(Debug, Args)]
pub(crate) struct Consumer {
    /// The service that consumes, for example `loyalty`.
    pub(crate) service: String,

    #[command(flatten)]
    pub(crate) access: Access,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Loyalty {
    /// Recompute the whole ledger beside live traffic; fail when it does not add up.
    Verify {
        /// Where to write the signed report.
        #[arg(long, value_name = "FILE")]
        report: Option<PathBuf>,

        #[command(flatten)]
        access: Access,
    },
    /// Check that a draw went as it was committed to: one ticket from the file of its proof, without
    /// a server; or all tickets of a draw.
    VerifyDraw(VerifyDraw),
    /// Work with loyalty programs.
    #[command(subcommand)]
    Program(Program),
    /// Look after purchases and acts that can't be rated.
    #[command(subcommand)]
    Parked(Parked),
    /// Check the signature of a report, without any server, and tell what it says.
    VerifyReport {
        /// The report.
        file: PathBuf,

        /// The key that signs reports, in PEM; the public half will do.
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Parked {
    /// List them, the oldest first, each with what is wrong.
    List {
        #[command(flatten)]
        access: Access,
    },
    /// Rate one again; fail when it still can't be.
    Retry {
        /// The customer.
        customer: String,

        /// The order.
        #[arg(
            long,
            conflicts_with = "activity",
            required_unless_present = "activity"
        )]
        order: Option<String>,

        /// The act.
        #[arg(long, value_name = "TYPE/ID")]
        activity: Option<String>,

        #[command(flatten)]
        access: Access,
    },
}

/// What to check.
#[derive(Debug, Args)]
pub(crate) struct VerifyDraw {
    /// A file with a proof, as GetDrawProof answers it in JSON; otherwise the id of a draw.
    #[arg(value_name = "FILE|DRAW")]
    pub(crate) draw: String,

    /// The program, with the id of a draw.
    #[arg(long, default_value = "default")]
    pub(crate) program: String,

    /// The commitment, as it was noted when the draw was opened.
    #[arg(long, value_name = "HEX")]
    pub(crate) commitment: Option<String>,

    /// The root, as it was noted when the draw was closed.
    #[arg(long, value_name = "HEX")]
    pub(crate) root: Option<String>,

    #[command(flatten)]
    pub(crate) access: Access,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_batch_is_within_what_the_api_takes() {
        assert!(batch("500").is_ok() && batch("1").is_ok());
        assert!(
            ["0", "501", "-1", "x"]
                .iter()
                .all(|text| batch(text).is_err())
        );
    }
}
