//! `patron loyalty program`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use jiff::Timestamp;

use super::Access;

/// Work with loyalty programs: documents in versions.
#[derive(Debug, Subcommand)]
pub(crate) enum Program {
    /// Check a file and tell everything that is wrong with it, by line. Needs no server.
    Validate {
        /// YAML or JSON; `-` is the standard input.
        file: PathBuf,
    },
    /// Show the document of a version: the export of a program.
    Show {
        #[command(flatten)]
        version: Version,
        /// How it is written.
        #[arg(short, long, value_enum, default_value = "yaml")]
        output: Form,
    },
    /// List the programs, or the versions of one.
    List {
        /// The program.
        program: Option<String>,
        #[command(flatten)]
        access: Access,
    },
    /// Tell what a file, or a version, would change against the version in force.
    Diff {
        #[command(flatten)]
        version: Version,
        /// YAML or JSON; `-` is the standard input. Instead of a version.
        #[arg(long, conflicts_with = "version")]
        file: Option<PathBuf>,
    },
    /// Put a file in force, unless what it says is in force already.
    Apply {
        /// YAML or JSON; `-` is the standard input.
        file: PathBuf,
        /// The program. One that is not there is created.
        #[arg(long, default_value = "default")]
        program: String,
        /// Only draft it; `activate` puts it in force.
        #[arg(long)]
        draft: bool,
        /// Tell what would change, but change nothing.
        #[arg(long, conflicts_with = "draft")]
        dry_run: bool,
        #[command(flatten)]
        turn: Turn,
        #[command(flatten)]
        access: Access,
    },
    /// Put a draft in force.
    Activate {
        #[command(flatten)]
        numbered: Numbered,
        #[command(flatten)]
        turn: Turn,
    },
    /// Put the document of an older version in force again.
    Revert {
        #[command(flatten)]
        numbered: Numbered,
        #[command(flatten)]
        turn: Turn,
    },
    /// Take back an activation before its instant.
    Cancel {
        #[command(flatten)]
        numbered: Numbered,
        /// Why, for the record.
        #[arg(long, default_value = "cancelled on the command line")]
        reason: String,
    },
}

/// A version, by default the one in force.
#[derive(Debug, Args)]
pub(crate) struct Version {
    /// The program.
    #[arg(default_value = "default")]
    pub(crate) program: String,
    /// The version. Default: the one in force.
    #[arg(long)]
    pub(crate) version: Option<i64>,
    #[command(flatten)]
    pub(crate) access: Access,
}

/// One version.
#[derive(Debug, Args)]
pub(crate) struct Numbered {
    /// The program.
    pub(crate) program: String,
    /// The version.
    pub(crate) version: i64,
    #[command(flatten)]
    pub(crate) access: Access,
}

/// From when on, and why.
#[derive(Debug, Args)]
pub(crate) struct Turn {
    /// From when on it is in force, RFC 3339. Default: at once.
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<Timestamp>,
    /// Why, for the record.
    #[arg(long, default_value = "applied on the command line")]
    pub(crate) reason: String,
}

/// How a document is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    Yaml,
    Json,
}
