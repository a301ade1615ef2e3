//! Whether a document may become one of a program.

use std::collections::BTreeMap;

use ::contract::checks::At;
use contract::patron::loyalty::v1 as contract;
use prost::Message as _;
use sqlx::PgConnection;

use super::ProgramsError;
use crate::app::{AppError, Loyalty};
use crate::domain::program::Document;
use crate::store;
use crate::wire::program::{self, Fault, Problems};

/// The most bytes of an encoded document.
const MOST_BYTES: usize = 1 << 20;

/// A document that is sound in itself. `path` is where it stands in the request.
pub(crate) fn alone(
    document: Option<&contract::ProgramDocument>,
    path: &'static [&'static str],
) -> Result<Document, ProgramsError> {
    at(path, |at| {
        let Some(document) = document else {
            return Err(missing(path));
        };
        let bytes = document.encoded_len();
        if bytes > MOST_BYTES {
            let limit = MOST_BYTES;
            let path = path.last().copied().unwrap_or_default();
            return Err(ProgramsError::TooLarge { bytes, limit, path });
        }
        program::document(document, at).map_err(|problems| ProgramsError::Invalid { problems })
    })
}

/// That there is no document where one must be.
pub(super) fn missing(path: &'static [&'static str]) -> ProgramsError {
    let mut problems = Problems::default();
    at(path, |at| problems.add(at, Fault::Missing));
    ProgramsError::Invalid { problems }
}

/// Whether a sound document fits what members of the program hold: a point currency that is held
/// stays, with its decimals.
pub(super) async fn in_program(
    loyalty: &Loyalty,
    db: &mut PgConnection,
    program_id: &str,
    document: &Document,
    path: &'static [&'static str],
) -> Result<(), AppError> {
    let decimals = decimals_in_use(loyalty, &mut *db, program_id).await?;
    let touched = decimals.into_iter().filter(|(wallet_id, decimals)| {
        let mut wallets = document.wallets();
        !wallets.any(|wallet| {
            wallet.wallet_id.to_string() == *wallet_id && wallet.decimals == *decimals
        })
    });
    let touched: BTreeMap<String, u8> = touched.collect();
    if touched.is_empty() {
        return Ok(());
    }
    let wallet_ids: Vec<String> = touched.keys().cloned().collect();
    let held = store::program::held_wallets(db, program_id, &wallet_ids).await?;
    let problems = at(path, |at| problems_with(document, &touched, &held, at));
    if problems.is_empty() {
        Ok(())
    } else {
        Err(ProgramsError::Invalid { problems }.into())
    }
}

/// The decimals of the point currencies of the version in force.
async fn decimals_in_use(
    loyalty: &Loyalty,
    db: &mut PgConnection,
    program_id: &str,
) -> Result<BTreeMap<String, u8>, AppError> {
    match loyalty.programs.at(db, program_id, loyalty.now()).await {
        Ok(program) => Ok(program
            .document
            .wallets()
            .map(|wallet| (wallet.wallet_id.to_string(), wallet.decimals))
            .collect()),
        // Nothing was in force yet, so nobody holds anything.
        Err(AppError::Programs(ProgramsError::NotFound { .. })) => Ok(BTreeMap::new()),
        Err(error) => Err(error),
    }
}

fn problems_with(
    document: &Document,
    touched: &BTreeMap<String, u8>,
    held: &[String],
    at: &At<'_>,
) -> Problems {
    let mut problems = Problems::default();
    let list = &at.field("wallets");
    for wallet_id in held {
        let mut wallets = document.wallets();
        let place = wallets.position(|wallet| wallet.wallet_id.to_string() == *wallet_id);
        if let (Some(place), Some(&held)) = (place, touched.get(wallet_id)) {
            let at = &list.index(place);
            problems.add(&at.field("decimals"), Fault::DecimalsChanged { held });
        } else {
            let wallet_id = wallet_id.clone();
            problems.add(list, Fault::WalletGivenUp { wallet_id });
        }
    }
    problems
}

/// The place of a path, which lives as long as it is used.
fn at<T>(path: &'static [&'static str], used: impl FnOnce(&At<'_>) -> T) -> T {
    match path {
        [] => used(&At::ROOT),
        [only] => used(&At::ROOT.field(only)),
        [first, second, ..] => used(&At::ROOT.field(first).field(second)),
    }
}
