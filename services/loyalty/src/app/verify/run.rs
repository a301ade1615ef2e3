//! One verification: everything is read once, in one state of the database, and recomputed.

use std::collections::{BTreeMap, HashMap};
use std::pin::pin;

use futures_util::TryStreamExt as _;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::app::{AppError, Loyalty};
use crate::domain::audit::{
    ChainAudit, Difference, Findings, Head, HolderAudit, Quantity, Share, Subject, Totals,
};
use crate::store::audit::{self, Range};
use crate::store::ledger::restorations;
use crate::store::verifications::Counts;

/// Holders that are looked at together.
const HOLDERS: i64 = 1_000;
/// Lots that are held in memory, some hundred bytes each. A holder who has more is looked at several
/// times, each time with a share of them.
const LOTS: i64 = 100_000;

/// What was looked at, and what was found.
#[derive(Debug, Default)]
pub(crate) struct Verified {
    pub(super) counts: Counts,
    pub(crate) findings: Findings,
    pub(super) totals: Totals,
    pub(super) heads: Vec<Head>,
}

impl Verified {
    /// How much was looked at so far, with what was found.
    pub(super) fn counts(&self) -> Counts {
        let differences = i64::try_from(self.findings.count).unwrap_or(i64::MAX);
        Counts {
            differences,
            ..self.counts
        }
    }
}

/// Hears from time to time how far a verification is; an error ends it.
pub(crate) trait Watch {
    /// So much was looked at.
    async fn heard(&mut self, counts: Counts) -> Result<(), AppError>;
}

/// Verifies the ledger, beside live traffic. `reported` are ends of chains that were reported
/// before.
pub(crate) async fn verify(
    loyalty: &Loyalty,
    reported: Vec<Head>,
    watch: &mut impl Watch,
) -> Result<Verified, AppError> {
    let mut tx = loyalty.snapshot().await?;
    audit::take_time(&mut tx).await?;
    let mut verified = Verified {
        heads: audit::heads(&mut tx).await?,
        ..Verified::default()
    };
    let mut after = Uuid::nil();
    loop {
        let page = audit::page(&mut tx, after, HOLDERS).await?;
        let Some((last, _)) = page.last() else { break };
        for piece in pieces(after, &page) {
            verify_piece(&mut tx, &piece, &mut verified).await?;
            watch.heard(verified.counts()).await?;
        }
        after = *last;
    }
    verify_chains(&mut tx, reported, &mut verified, watch).await?;
    for (table, holder_id) in audit::orphans(&mut tx).await? {
        verified.findings.add(|| Difference {
            holder_id: Some(holder_id),
            subject: Subject::Holder(holder_id),
            quantity: Quantity::Presence,
            recorded: "missing".to_owned(),
            recomputed: format!("a holder, who has {table}"),
        });
    }
    let Verified {
        totals, findings, ..
    } = &mut verified;
    totals.check(findings);
    tx.rollback().await?;
    Ok(verified)
}

/// Holders who are looked at together, once for each share of their lots.
#[derive(Debug, PartialEq, Eq)]
struct Piece {
    after: Uuid,
    holders: Vec<Uuid>,
    shares: u8,
}

/// Divides a page so that the lots of each piece fit.
fn pieces(after: Uuid, page: &[(Uuid, i64)]) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let (mut before, mut room) = (after, 0);
    for (holder_id, lots) in page {
        if let Some(piece) = pieces.last_mut().filter(|_| *lots <= room) {
            piece.holders.push(*holder_id);
        } else {
            room = LOTS;
            pieces.push(Piece {
                after: before,
                holders: vec![*holder_id],
                // Never more than a byte can tell apart: then a share is larger.
                shares: u8::try_from(lots / LOTS + 1).unwrap_or(u8::MAX),
            });
        }
        room -= lots;
        before = *holder_id;
    }
    pieces
}

async fn verify_piece(
    db: &mut PgConnection,
    piece: &Piece,
    verified: &mut Verified,
) -> Result<(), AppError> {
    let last = piece.holders.last().copied().unwrap_or_default();
    let range = Range {
        after: piece.after,
        last,
    };
    let mut named = (0, 0);
    for number in 0..piece.shares {
        let of = piece.shares;
        let share = Share { number, of };
        let hits = verify_share(db, (piece, range), share, verified).await?;
        named = (hits.0, named.1 + hits.1);
    }
    if piece.shares > 1 && named.0 != named.1 {
        verified.findings.add(|| Difference {
            holder_id: Some(last),
            subject: Subject::Holder(last),
            quantity: Quantity::LotOfEntry,
            recorded: format!("named by {} entries", named.0),
            recomputed: format!("there for {}", named.1),
        });
    }
    Ok(())
}

/// Looks at holders with a share of their lots. Tells how many entries name a lot, and how many of
/// them one of the share.
async fn verify_share(
    db: &mut PgConnection,
    (piece, range): (&Piece, Range),
    share: Share,
    verified: &mut Verified,
) -> Result<(u64, u64), AppError> {
    let mut audits = open_audits(db, piece, range, share).await?;
    {
        let mut operations = pin!(audit::operations(db, range));
        while let Some(operation) = operations.try_next().await? {
            // Whoever is no holder is told by `orphans`.
            if let Some(audit) = audits.get_mut(&operation.holder_id) {
                audit.operation(&operation, &mut verified.findings);
            }
        }
    }
    let mut named = (0, 0);
    for holder_id in &piece.holders {
        let Some(audit) = audits.remove(holder_id) else {
            continue;
        };
        let hits = audit.lot_entries();
        named = (named.0 + hits.0, named.1 + hits.1);
        let (operations, entries) = audit.finish(&mut verified.totals, &mut verified.findings);
        if share.number == 0 {
            let counts = &mut verified.counts;
            counts.holders += 1;
            counts.operations += i64::try_from(operations).unwrap_or(i64::MAX);
            counts.entries += i64::try_from(entries).unwrap_or(i64::MAX);
        }
    }
    Ok(named)
}

async fn open_audits(
    db: &mut PgConnection,
    piece: &Piece,
    range: Range,
    share: Share,
) -> Result<HashMap<Uuid, HolderAudit>, AppError> {
    let mut wallets = audit::wallets(db, range).await?;
    let mut holds = audit::holds(db, range).await?;
    let mut audits: HashMap<Uuid, HolderAudit> = HashMap::with_capacity(piece.holders.len());
    for holder_id in &piece.holders {
        let wallets = wallets.remove(holder_id).unwrap_or_default();
        let holds = holds.remove(holder_id).unwrap_or_default();
        audits.insert(
            *holder_id,
            HolderAudit::new(*holder_id, share, wallets, holds),
        );
    }
    for row in restorations::in_range(&mut *db, range.after, range.last).await? {
        if let Some(audit) = audits.get_mut(&row.holder_id) {
            audit.restored(row.redemption_id, row.restored);
        }
    }
    for (holder_id, lot) in audit::lots(db, range, share).await? {
        if let Some(audit) = audits.get_mut(&holder_id) {
            audit.lot(lot);
        }
    }
    Ok(audits)
}

/// Links between two hearings.
const LINKS: usize = 20_000;

async fn verify_chains(
    db: &mut PgConnection,
    reported: Vec<Head>,
    verified: &mut Verified,
    watch: &mut impl Watch,
) -> Result<(), AppError> {
    let mut chains = ChainAudit::new(reported);
    {
        let mut links = pin!(audit::links(db));
        let mut seen = 0;
        while let Some(link) = links.try_next().await? {
            chains.link(&link, &mut verified.findings);
            seen += 1;
            if seen % LINKS == 0 {
                watch.heard(verified.counts()).await?;
            }
        }
    }
    chains.finish(&verified.heads, &mut verified.findings);
    Ok(())
}

/// What the totals are, as they are reported.
pub(super) fn totals(totals: &Totals) -> BTreeMap<String, BTreeMap<&'static str, i64>> {
    let mut told: BTreeMap<String, BTreeMap<&'static str, i64>> = BTreeMap::new();
    for ((currency, account), balance) in &totals.0 {
        let balance = i64::try_from(*balance).unwrap_or(i64::MAX);
        told.entry(currency.clone())
            .or_default()
            .insert(account.name(), balance);
    }
    told
}

/// Nobody who wants to hear of it.
#[cfg(test)]
pub(crate) struct Quiet;

#[cfg(test)]
impl Watch for Quiet {
    async fn heard(&mut self, _: Counts) -> Result<(), AppError> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_divided_so_that_the_lots_of_each_piece_fit() {
        let id = Uuid::from_u128;
        let page = [
            (id(1), 60_000),
            (id(2), 40_000),
            (id(3), 1),
            (id(4), 250_000),
            (id(5), 7),
        ];
        let piece = |after, holders: &[u128], shares| Piece {
            after: id(after),
            holders: holders.iter().map(|holder| id(*holder)).collect(),
            shares,
        };
        assert_eq!(
            pieces(Uuid::nil(), &page),
            [
                piece(0, &[1, 2], 1),
                piece(2, &[3], 1),
                piece(3, &[4], 3),
                piece(4, &[5], 1)
            ]
        );
    }
}
