//! A row of `imports`.

use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use uuid::Uuid;

use crate::domain::ids::ImportId;
use crate::domain::imports::columns::{Column, From, Target};
use crate::domain::imports::records::{Place, Style};
use crate::domain::imports::{Counts, Encoding, Import, Plan, State};
use crate::store::{CorruptRow, StoreError};

pub(super) struct ImportRow {
    pub(super) import_id: Uuid,
    pub(super) display_name: String,
    pub(super) channel: String,
    pub(super) format: String,
    pub(super) encoding: String,
    pub(super) delimiter: String,
    pub(super) columns: Json<Vec<ColumnRow>>,
    pub(super) observe_time: jiff_sqlx::Timestamp,
    pub(super) size_bytes: i64,
    pub(super) max_failed_rows: i64,
    pub(super) dry_run: bool,
    pub(super) state: String,
    pub(super) header: Option<Json<Vec<String>>>,
    pub(super) next_offset: i64,
    pub(super) next_line: i64,
    pub(super) created_count: i64,
    pub(super) updated_count: i64,
    pub(super) unchanged_count: i64,
    pub(super) failed_count: i64,
    pub(super) undone_count: i64,
    pub(super) removed_count: i64,
    pub(super) created_by: String,
    pub(super) create_time: jiff_sqlx::Timestamp,
    pub(super) update_time: jiff_sqlx::Timestamp,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ColumnRow {
    column: Option<String>,
    constant: Option<String>,
    field: String,
    verified: bool,
}

impl ImportRow {
    pub(super) fn into_domain(self) -> Result<Import, StoreError> {
        let states = State::NAMES.iter().find(|(name, _)| *name == self.state);
        let (_, state) = states.copied().ok_or(corrupt("state"))?;
        let counts = self.counts();
        let columns = self.columns.0.into_iter().map(ColumnRow::into_domain);
        let plan = Plan {
            display_name: self.display_name,
            channel: self.channel,
            style: style_named(&self.format, &self.delimiter).ok_or(corrupt("format"))?,
            encoding: encoding_named(&self.encoding).ok_or(corrupt("encoding"))?,
            columns: columns.collect::<Result<_, _>>()?,
            observe_time: self.observe_time.to_jiff(),
            size_bytes: self.size_bytes,
            max_failed: self.max_failed_rows,
            dry_run: self.dry_run,
        };
        let next = Place {
            offset: self.next_offset,
            line: self.next_line,
        };
        Ok(Import {
            id: ImportId(self.import_id),
            plan,
            state,
            header: self.header.map(|it| it.0),
            next,
            counts,
            created_by: self.created_by,
            create_time: self.create_time.to_jiff(),
            update_time: self.update_time.to_jiff(),
        })
    }

    fn counts(&self) -> Counts {
        Counts {
            created: self.created_count,
            updated: self.updated_count,
            unchanged: self.unchanged_count,
            failed: self.failed_count,
            undone: self.undone_count,
            removed: self.removed_count,
        }
    }
}

impl ColumnRow {
    pub(super) fn all_of(columns: &[Column]) -> Json<Vec<Self>> {
        let row = |column: &Column| {
            let (name, constant) = match &column.from {
                From::Column(name) => (Some(name.clone()), None),
                From::Constant(text) => (None, Some(text.clone())),
            };
            Self {
                column: name,
                constant,
                field: column.target.path(),
                verified: column.verified,
            }
        };
        Json(columns.iter().map(row).collect())
    }

    fn into_domain(self) -> Result<Column, CorruptRow> {
        let from = match (self.column, self.constant) {
            (Some(name), None) => From::Column(name),
            (None, Some(text)) => From::Constant(text),
            _ => return Err(corrupt("columns")),
        };
        Ok(Column {
            from,
            target: Target::named(&self.field).ok_or(corrupt("columns"))?,
            verified: self.verified,
        })
    }
}

/// How a style is stored: its format, and its delimiter.
pub(super) fn style_names(style: Style) -> (&'static str, String) {
    match style {
        Style::Csv { delimiter } => ("csv", char::from(delimiter).to_string()),
        Style::Ndjson => ("ndjson", String::new()),
    }
}

fn style_named(format: &str, delimiter: &str) -> Option<Style> {
    match format {
        "csv" => {
            let delimiter = delimiter.bytes().next()?;
            Some(Style::Csv { delimiter })
        }
        "ndjson" => Some(Style::Ndjson),
        _ => None,
    }
}

/// How an encoding is stored.
pub(super) fn encoding_name(encoding: Encoding) -> &'static str {
    match encoding {
        Encoding::Utf8 => "utf8",
        Encoding::Gb18030 => "gb18030",
    }
}

fn encoding_named(name: &str) -> Option<Encoding> {
    match name {
        "utf8" => Some(Encoding::Utf8),
        "gb18030" => Some(Encoding::Gb18030),
        _ => None,
    }
}

fn corrupt(column: &'static str) -> CorruptRow {
    CorruptRow {
        table: "imports",
        column,
    }
}
