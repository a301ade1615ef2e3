use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::{Access, SummaryForm};
use crate::customers::Mapping;

#[derive(Debug, Args)]
pub(crate) struct ImportCustomers {
    /// CSV or a JSON object on each line, plain or gzip.
    pub(crate) file: PathBuf,

    #[command(flatten)]
    pub(crate) access: Access,

    /// The channel whose word it is, for example `shop`.
    #[arg(long)]
    pub(crate) channel: String,

    /// What a column is: `Phone=identifiers.phone`. Give it for each column that matters; the others are passed
    /// over.
    #[arg(long, value_name = "COLUMN=FIELD", required = true)]
    pub(crate) map: Vec<Mapping>,

    /// What stands in every row: `brand=north`.
    #[arg(long, value_name = "FIELD=VALUE")]
    pub(crate) set: Vec<Mapping>,

    /// An identifier that the customers have proven is theirs: `identifiers.phone`.
    #[arg(long, value_name = "FIELD")]
    pub(crate) verified: Vec<String>,

    /// How the file is written. Default: as its name says, else CSV.
    #[arg(long, value_enum)]
    pub(crate) format: Option<FileFormat>,

    /// How its letters are written. Default: UTF-8 when all of it is, else GB 18030.
    #[arg(long, value_enum)]
    pub(crate) encoding: Option<FileEncoding>,

    /// What stands between columns. Default: a comma.
    #[arg(long)]
    pub(crate) delimiter: Option<String>,

    /// When the channel saw what the file says, RFC 3339. Default: now.
    #[arg(long, value_name = "TIME")]
    pub(crate) observe_time: Option<String>,

    /// So many rows may be wrong. Default: 10,000.
    #[arg(
        long,
        value_name = "ROWS",
        default_value = "0",
        hide_default_value = true
    )]
    pub(crate) max_failed: u32,

    /// What people call the import. Default: the name of the file. Under another name the same file is another
    /// import.
    #[arg(long)]
    pub(crate) name: Option<String>,

    /// Where to write the rows that were refused. Default: beside FILE.
    #[arg(long, value_name = "FILE")]
    pub(crate) errors: Option<PathBuf>,

    /// Check and count every row, but change nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// How the summary is printed.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) summary: SummaryForm,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Export {
    /// Customers, a row each, in the order in which they were created.
    Customers(ExportCustomers),
}

#[derive(Debug, Args)]
pub(crate) struct ExportCustomers {
    /// Where to write them. The same command again goes on where it was broken off.
    pub(crate) file: PathBuf,

    #[command(flatten)]
    pub(crate) access: Access,

    /// Only customers of this region.
    #[arg(long, value_name = "CODE")]
    pub(crate) region: Option<String>,

    /// How the file is written. Default: as its name says, else CSV.
    #[arg(long, value_enum)]
    pub(crate) format: Option<FileFormat>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FileFormat {
    Csv,
    Ndjson,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FileEncoding {
    #[value(name = "utf-8")]
    Utf8,
    #[value(name = "gb18030", alias = "gbk")]
    Gb18030,
}
