use std::collections::BTreeMap;
use std::fmt::Write as _;

use ::contract::patron::audit::v1::audit_finding::Problem as WireProblem;
use ::contract::patron::audit::v1::{
    AuditChainHead, AuditFinding, VerifyAuditEntriesRequest, VerifyAuditEntriesResponse,
};
use chassis::Refusal;
use chassis::paging::Scope;
use seal::Keyring;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Inner, invalid, refuse};
use crate::chain::{Finding, Findings, Hash, Head, Problem, Verifier};
use crate::store;

const METHOD: &str = "patron.audit.v1.AuditService/VerifyAuditEntries";
/// Entries that one call looks at.
const PART: i64 = 20_000;
/// Batches that are read at once.
const READ: i64 = 100;
/// Chains that one call looks at: short ones cost a few statements each.
const MOST_CHAINS: usize = 200;

/// Where the next part goes on: after all of a chain, or within it.
type Cursor = (Uuid, Option<(i64, Hash)>);

/// Looks at the next part of the record, in one snapshot.
pub(super) async fn part(
    server: &Inner,
    request: &VerifyAuditEntriesRequest,
) -> Result<VerifyAuditEntriesResponse, Refusal> {
    let scope = Scope {
        method: METHOD,
        filters: &[],
    };
    let cursor: Option<Cursor> = server.tokens.decode(scope, &request.page_token)?;
    let mut part = Part {
        known: known(&request.known_heads)?,
        left: PART,
        findings: Findings::default(),
        heads: Vec::new(),
    };
    let mut tx = server.db.snapshot().await.map_err(refuse)?;
    let next = part.look(&mut tx, &server.keyring, cursor).await?;
    if next.is_none() {
        part.look_for_known(&mut tx).await?;
    }
    tx.rollback().await.map_err(refuse)?;
    let token = next.map(|cursor| server.tokens.encode(scope, &cursor));
    Ok(VerifyAuditEntriesResponse {
        entry_count: PART - part.left,
        finding_count: part.findings.count,
        findings: part.findings.first.iter().map(finding).collect(),
        heads: part.heads,
        next_page_token: token.transpose()?.unwrap_or_default(),
    })
}

/// One part of a verification.
struct Part {
    known: BTreeMap<Uuid, Head>,
    /// Entries that may still be looked at.
    left: i64,
    findings: Findings,
    heads: Vec<AuditChainHead>,
}

impl Part {
    /// Looks at chain after chain. Answers where to go on, if there is more.
    async fn look(
        &mut self,
        db: &mut PgConnection,
        keyring: &Keyring,
        mut cursor: Option<Cursor>,
    ) -> Result<Option<Cursor>, Refusal> {
        for _ in 0..MOST_CHAINS {
            let Some((chain_id, last)) = place(db, cursor).await? else {
                return Ok(None);
            };
            let stopped = self.chain(db, keyring, (chain_id, last)).await?;
            cursor = Some((chain_id, stopped.map(|head| (head.sequence, head.hash))));
            if self.left <= 0 {
                break;
            }
        }
        Ok(cursor)
    }

    /// Looks at a chain from `last` on. Answers where it stopped, when there is more of it.
    async fn chain(
        &mut self,
        db: &mut PgConnection,
        keyring: &Keyring,
        (chain_id, last): (Uuid, Option<Head>),
    ) -> Result<Option<Head>, Refusal> {
        let (origin, head) = store::bounds(db, chain_id).await.map_err(refuse)?;
        let known = self.known.get(&chain_id).copied();
        let mut verifier = Verifier::new(chain_id, origin, last, known, &mut self.findings);
        loop {
            let after = verifier.last().map_or(0, |last| last.sequence);
            let batches = store::batches_after(db, keyring, (chain_id, after), READ).await;
            let batches = batches.map_err(refuse)?;
            for kept in &batches {
                let entries = i64::try_from(verifier.batch(kept)).unwrap_or(PART);
                // One that can't be read is looked at, too.
                self.left -= entries.max(1);
            }
            if i64::try_from(batches.len()).is_ok_and(|read| read < READ) {
                let end = verifier.finish(head);
                self.heads.extend(end.map(|end| wire_head(chain_id, end)));
                return Ok(None);
            }
            if self.left <= 0 {
                return Ok(verifier.last());
            }
        }
    }

    /// A chain that is gone as a whole can be missed by who has kept its head alone.
    async fn look_for_known(&mut self, db: &mut PgConnection) -> Result<(), Refusal> {
        let known: Vec<Uuid> = self.known.keys().copied().collect();
        for chain_id in store::without_head(db, &known).await.map_err(refuse)? {
            let known = self.known.get(&chain_id);
            self.findings.add(Finding {
                chain_id,
                sequence: 1,
                last: known.map_or(1, |head| head.sequence),
                problem: Problem::Truncated,
            });
        }
        Ok(())
    }
}

/// The chain to look at, and where in it: the one that was begun, else the next.
async fn place(
    db: &mut PgConnection,
    cursor: Option<Cursor>,
) -> Result<Option<(Uuid, Option<Head>)>, Refusal> {
    if let Some((chain_id, Some((sequence, hash)))) = cursor {
        return Ok(Some((chain_id, Some(Head { sequence, hash }))));
    }
    let after = cursor.map(|(chain_id, _)| chain_id);
    let next = store::next_chain(db, after).await.map_err(refuse)?;
    Ok(next.map(|chain_id| (chain_id, None)))
}

fn known(heads: &[AuditChainHead]) -> Result<BTreeMap<Uuid, Head>, Refusal> {
    let read = |head: &AuditChainHead| {
        let known = Head {
            sequence: head.sequence,
            hash: unhex(&head.hash)?,
        };
        Some((Uuid::try_parse(&head.chain_id).ok()?, known))
    };
    let all: Option<_> = heads.iter().map(read).collect();
    all.ok_or_else(|| invalid("known_heads", "must be heads that a verification has told"))
}

fn wire_head(chain_id: Uuid, head: Head) -> AuditChainHead {
    AuditChainHead {
        chain_id: chain_id.to_string(),
        sequence: head.sequence,
        hash: hex(&head.hash),
    }
}

fn hex(hash: &Hash) -> String {
    hash.iter()
        .fold(String::with_capacity(64), |mut digits, byte| {
            // Writing to a string can't fail.
            let _ = write!(digits, "{byte:02x}");
            digits
        })
}

fn unhex(digits: &str) -> Option<Hash> {
    let (pairs, rest) = digits.as_bytes().as_chunks::<2>();
    let byte = |pair: &[u8; 2]| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok();
    let bytes: Option<Vec<u8>> = pairs.iter().map(byte).collect();
    let bytes = bytes.filter(|_| rest.is_empty())?;
    bytes.try_into().ok()
}

fn finding(finding: &Finding) -> AuditFinding {
    let problem = match finding.problem {
        Problem::Missing => WireProblem::Missing,
        Problem::Changed => WireProblem::Changed,
        Problem::HeadChanged => WireProblem::HeadChanged,
        Problem::Truncated => WireProblem::Truncated,
        Problem::Rewritten => WireProblem::Rewritten,
        Problem::Unreadable => WireProblem::Unreadable,
    };
    AuditFinding {
        chain_id: finding.chain_id.to_string(),
        sequence: finding.sequence,
        last_sequence: finding.last,
        problem: problem.into(),
    }
}
