//! Programs and their versions.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::PgExecutor;

use super::StoreError;
use super::numbers::Numbered as _;
use crate::domain::{Points, Program, Rounding};

/// A version as it is stored.
pub(super) struct ProgramRow {
    pub(super) program_id: String,
    pub(super) version: i64,
    pub(super) display_name: String,
    pub(super) point_currency: String,
    pub(super) decimals: i16,
    pub(super) time_zone: String,
    pub(super) points_per_currency_unit: i64,
    pub(super) rounding: i16,
    pub(super) minimum_redemption: i64,
}

impl TryFrom<ProgramRow> for Program {
    type Error = StoreError;

    fn try_from(row: ProgramRow) -> Result<Self, StoreError> {
        Ok(Self {
            program_id: row.program_id,
            version: row.version,
            display_name: row.display_name,
            point_currency: row.point_currency,
            decimals: row.decimals,
            time_zone: row.time_zone,
            points_per_currency_unit: row.points_per_currency_unit,
            rounding: Rounding::named(row.rounding)?,
            minimum_redemption: Points::new(row.minimum_redemption),
        })
    }
}

/// The version in force at an instant; before the first version, that one.
pub(crate) async fn in_force(
    db: impl PgExecutor<'_>,
    program_id: &str,
    at: Timestamp,
) -> Result<Option<Program>, StoreError> {
    let row = sqlx::query_as!(
        ProgramRow,
        r#"
        SELECT program_id, version, display_name, point_currency, decimals, time_zone,
            points_per_currency_unit, rounding, minimum_redemption
        FROM program_versions
        WHERE program_id = $1 AND (in_force_from <= $2 OR version = 1)
        ORDER BY version DESC
        LIMIT 1
        "#,
        program_id,
        at.to_sqlx(),
    )
    .fetch_optional(db)
    .await?;
    row.map(Program::try_from).transpose()
}

/// Number of the version in force at an instant; before the first version, that one.
pub(crate) async fn version_at(
    db: impl PgExecutor<'_>,
    program_id: &str,
    at: Timestamp,
) -> Result<Option<i64>, StoreError> {
    let version = sqlx::query_scalar!(
        "SELECT max(version) FROM program_versions
         WHERE program_id = $1 AND (in_force_from <= $2 OR version = 1)",
        program_id,
        at.to_sqlx() as _,
    )
    .fetch_one(db)
    .await?;
    Ok(version)
}

/// A version, and since when it is in force.
#[derive(Debug)]
pub(crate) struct Dated {
    /// Orders from here on earn by it; those before the first version earn by the first.
    pub(crate) in_force_from: Timestamp,
    /// The version.
    pub(crate) program: Program,
}

/// All versions of these programs.
pub(crate) async fn histories(
    db: impl PgExecutor<'_>,
    program_ids: &[&str],
) -> Result<Vec<Dated>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT * FROM program_versions WHERE program_id = ANY ($1::text[])"#,
        program_ids as _,
    )
    .fetch_all(db)
    .await?;
    let versions = rows.into_iter().map(|row| {
        let program = Program::try_from(ProgramRow {
            program_id: row.program_id,
            version: row.version,
            display_name: row.display_name,
            point_currency: row.point_currency,
            decimals: row.decimals,
            time_zone: row.time_zone,
            points_per_currency_unit: row.points_per_currency_unit,
            rounding: row.rounding,
            minimum_redemption: row.minimum_redemption,
        })?;
        let in_force_from = row.in_force_from.to_jiff();
        Ok(Dated {
            in_force_from,
            program,
        })
    });
    versions.collect()
}

/// Of these versions the one that an order of this instant earns by.
pub(crate) fn at<'a>(
    versions: &'a [Dated],
    program_id: &str,
    at: Timestamp,
) -> Option<&'a Program> {
    let of_program = versions
        .iter()
        .filter(|dated| dated.program.program_id == program_id);
    let in_force =
        of_program.filter(|dated| dated.in_force_from <= at || dated.program.version == 1);
    in_force
        .map(|dated| &dated.program)
        .max_by_key(|program| program.version)
}
