//! A large ledger, made by the same decisions and hashes as a real one, and its verification.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use chassis::Clock;
use contract::patron::loyalty::v1::verification::State;
use contract::patron::loyalty::v1::verification_service_client::VerificationServiceClient;
use contract::patron::loyalty::v1::{
    CreateVerificationRequest, GetVerificationRequest, Verification,
};
use loyalty::domain::chain::{Fact, GENESIS, Hash, Opening, Text, link, pack, seal};
use loyalty::domain::ledger::{
    Cause, Earning, Kind, LotTerms, Occasion, Points, Policies, Posting, Redemption, Wallet,
    WalletId, earn, redeem,
};
use sqlx::postgres::PgConnection;
use sqlx::{ConnectOptions as _, Connection as _, Executor as _};
use tonic::Request;
use tonic::transport::Endpoint;
use uuid::Uuid;

use crate::cpu;
use crate::processes::Cluster;
use crate::report::{Figure, Report};

/// Operations of one holder: credits and redemptions in turn.
const OPERATIONS: usize = 48;
/// Operations of one link.
const LINK: usize = 64;
/// Chains that get the links.
const CHAINS: usize = 4;
/// Rows that are sent at once.
const CHUNK: usize = 4 * 1024 * 1024;
const DATABASE: &str = "loyalty_large";
const BOUND: Duration = Duration::from_mins(20);

/// Makes a ledger of about so many entries, and measures its verification.
pub(super) async fn measure(
    cluster: &Cluster,
    entries: usize,
    report: &mut Report,
) -> anyhow::Result<()> {
    cluster.new_database("loyalty", DATABASE).await?;
    let mut db = cluster.superuser(DATABASE).connect().await?;
    Ledger::default().fill(&mut db, entries).await?;
    db.execute("VACUUM ANALYZE").await?;
    db.close().await?;

    let service = cluster.serve_on("loyalty", DATABASE).await?;
    let postgres = cluster.postgres_pid().await?;
    let (of_service, of_postgres) = (
        cpu::seconds(service.pid())?,
        cpu::seconds_of_family(postgres)?,
    );
    let began = Instant::now();
    let verified = verify(cluster, &service.address).await?;
    let seconds = began.elapsed().as_secs_f64();
    anyhow::ensure!(
        verified.state() == State::Sound,
        "{:?}",
        verified.differences
    );
    #[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52 entries")]
    let millions = verified.entry_count as f64 / 1e6;
    report.add(Figure::new("ledger/verify_entries", millions, "million"));
    let figure = Figure::new("ledger/verify_10_million", seconds * 10.0 / millions, "s");
    report.add(figure.aiming("< 120 s", |figure| figure.value < 120.0));
    let of_service = cpu::seconds(service.pid())? - of_service;
    let of_postgres = cpu::seconds_of_family(postgres)? - of_postgres;
    report.add(Figure::new("ledger/verify_service_cpu", of_service, "s"));
    report.add(Figure::new("ledger/verify_postgres_cpu", of_postgres, "s"));
    let memory = cpu::peak_memory_mib(service.pid())?;
    report.add(Figure::new("ledger/verify_peak_memory", memory, "MiB"));
    Ok(())
}

async fn verify(cluster: &Cluster, address: &str) -> anyhow::Result<Verification> {
    let channel = Endpoint::from_shared(address.to_owned())?.connect().await?;
    let mut client = VerificationServiceClient::new(channel);
    let bearer = cluster.bearer()?;
    let mut request = Request::new(CreateVerificationRequest::default());
    request
        .metadata_mut()
        .insert("authorization", bearer.clone());
    let begun = client.create_verification(request).await?.into_inner();
    let give_up = Instant::now() + BOUND;
    loop {
        let mut look = Request::new(GetVerificationRequest {
            verification_id: begun.verification_id.clone(),
        });
        look.metadata_mut().insert("authorization", bearer.clone());
        let found = client.get_verification(look).await?.into_inner();
        if !matches!(found.state(), State::Waiting | State::Running) {
            return Ok(found);
        }
        anyhow::ensure!(Instant::now() < give_up, "the verification does not end");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Rows that wait to be sent, in the text form of COPY.
#[derive(Default)]
struct Rows {
    holders: String,
    wallets: String,
    operations: String,
    lots: String,
    links: String,
}

impl Rows {
    fn size(&self) -> usize {
        self.operations.len()
    }

    async fn send(&mut self, db: &mut PgConnection) -> anyhow::Result<()> {
        for (columns, rows) in [
            (
                "holders (holder_id, kind, program_id, state, enrolled_at)",
                &mut self.holders,
            ),
            (
                "wallets (holder_id, wallet_id, available, lifetime_earned, entry_count,
                     last_operation_id)",
                &mut self.wallets,
            ),
            (
                "operations (holder_id, operation_id, wallet_id, kind, reference, effective_at,
                     recorded_at, first_entry, entries, details, hash, chain, link, ordinal)",
                &mut self.operations,
            ),
            (
                "lots (holder_id, lot_id, wallet_id, operation_id, origin_id, reference, priority,
                     earned_at, active_at, original, available, pending, held, lapsed)",
                &mut self.lots,
            ),
            ("chain_links", &mut self.links),
        ] {
            let copy = format!("COPY {columns} FROM STDIN");
            let mut copy = db.copy_in_raw(&copy).await?;
            copy.send(std::mem::take(rows).into_bytes()).await?;
            copy.finish().await?;
        }
        Ok(())
    }
}

/// A ledger in the making.
struct Ledger {
    clock: Clock,
    chains: [(i64, Hash); CHAINS],
    link: Vec<Hash>,
    links: usize,
    entries: usize,
    rows: Rows,
    buffer: Vec<u8>,
}

impl Default for Ledger {
    fn default() -> Self {
        Self {
            clock: Clock::system(),
            chains: [(0, GENESIS); CHAINS],
            link: Vec::new(),
            links: 0,
            entries: 0,
            rows: Rows::default(),
            buffer: Vec::new(),
        }
    }
}

impl Ledger {
    async fn fill(mut self, db: &mut PgConnection, entries: usize) -> anyhow::Result<()> {
        while self.entries < entries {
            self.holder()?;
            if self.rows.size() > CHUNK {
                self.rows.send(db).await?;
            }
        }
        self.close_link()?;
        self.rows.send(db).await?;
        for (chain, (link, hash)) in self.chains.iter().enumerate() {
            let chain = i16::try_from(chain)?;
            sqlx::query("UPDATE chain_heads SET link = $2, hash = $3 WHERE chain = $1")
                .bind(chain)
                .bind(link)
                .bind(hash.as_slice())
                .execute(&mut *db)
                .await?;
        }
        Ok(())
    }

    /// One holder with its history.
    fn holder(&mut self) -> anyhow::Result<()> {
        let holder_id = self.clock.new_id();
        let mut wallet = Wallet::empty(WalletId::POINTS);
        let mut last = Uuid::nil();
        for number in 0..OPERATIONS {
            let posting = self.decide(&wallet, number)?;
            wallet.apply(&posting)?;
            for operation in posting.operations() {
                last = operation.operation_id;
            }
            self.record(holder_id, &posting)?;
        }
        writeln!(self.rows.holders, "{holder_id}\t1\tdefault\t1\t2025-01-01Z")?;
        let figures = wallet.figures();
        let (available, earned) = (figures.balances.available, figures.lifetime_earned);
        let entry_count = figures.entry_count;
        writeln!(
            self.rows.wallets,
            "{holder_id}\tPOINTS\t{available}\t{earned}\t{entry_count}\t{last}"
        )?;
        for lot in wallet.lots().iter() {
            let (lot_id, operation_id, at) = (lot.lot_id, lot.operation_id, lot.earned_at);
            let (original, left) = (lot.original, lot.parts.available);
            writeln!(
                self.rows.lots,
                "{holder_id}\t{lot_id}\tPOINTS\t{operation_id}\t{lot_id}\t{reference}\t0\t{at}\t{at}\
                 \t{original}\t{left}\t0\t0\t0",
                reference = lot.reference,
            )?;
        }
        Ok(())
    }

    fn decide(&self, wallet: &Wallet, number: usize) -> anyhow::Result<Posting> {
        let now = self.clock.now();
        let now = now.round(jiff::Unit::Microsecond)?;
        let new_id = || self.clock.new_id();
        let occasion = Occasion {
            now,
            new_id: &new_id,
        };
        let cause = Cause {
            reference: "order-20250601-1234",
            effective_at: now,
        };
        let policies = Policies::default();
        if number.is_multiple_of(2) {
            let earning = Earning {
                points: Points::new(100),
                terms: LotTerms {
                    active_at: Some(now),
                    ..LotTerms::default()
                },
                cause,
            };
            let earned = earn(wallet, earning, &policies, occasion)?;
            return Ok(earned.context("100 points are some")?.posting);
        }
        let redemption = Redemption {
            points: Points::new(90),
            cause,
        };
        Ok(redeem(wallet, redemption, &policies, occasion)?.posting)
    }

    fn record(&mut self, holder_id: Uuid, posting: &Posting) -> anyhow::Result<()> {
        for operation in posting.operations() {
            let entries = pack(&operation.entries);
            self.entries += operation.entries.len();
            let first = operation
                .entries
                .first()
                .map_or(0, |entry| entry.entry_number);
            let kind = if operation.kind == Kind::Earn { 1 } else { 2 };
            let fact = Fact {
                holder_id,
                operation_id: operation.operation_id,
                wallet_id: "POINTS",
                kind,
                reference: Text::Kept(operation.reference.as_bytes()),
                subject_id: None,
                effective_at: operation.effective_at,
                recorded_at: operation.recorded_at,
                first_entry: first,
                entries: &entries,
                details: Text::Kept(b""),
            };
            let opened = posting.opened().iter().map(|lot| Opening {
                wallet_id: "POINTS",
                lot,
                erased_reference: None,
            });
            let hash = seal(&fact, opened, &mut self.buffer);
            self.link.push(hash);
            let chain = self.links % CHAINS;
            let (before, _) = self.chains.get(chain).context("a chain")?;
            writeln!(
                self.rows.operations,
                "{holder_id}\t{id}\tPOINTS\t{kind}\t{reference}\t{at}\t{at}\t{first}\t{entries}\t\
                 \\\\x\t{hash}\t{chain}\t{link}\t{ordinal}",
                id = operation.operation_id,
                reference = operation.reference,
                at = operation.recorded_at,
                entries = hex(&entries),
                hash = hex(&hash),
                link = before + 1,
                ordinal = self.link.len(),
            )?;
            if self.link.len() == LINK {
                self.close_link()?;
            }
        }
        Ok(())
    }

    fn close_link(&mut self) -> anyhow::Result<()> {
        if self.link.is_empty() {
            return Ok(());
        }
        let chain = self.links % CHAINS;
        let (number, hash) = self.chains.get_mut(chain).context("a chain")?;
        *number += 1;
        *hash = link(hash, &self.link);
        let (operations, hash) = (self.link.len(), hex(hash));
        writeln!(self.rows.links, "{chain}\t{number}\t{operations}\t{hash}")?;
        self.link.clear();
        self.links += 1;
        Ok(())
    }
}

/// Bytes in the text form of COPY.
fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(3 + bytes.len() * 2);
    text.push_str("\\\\x");
    for byte in bytes {
        for digit in [byte >> 4, byte & 15] {
            text.push(char::from_digit(digit.into(), 16).unwrap_or('0'));
        }
    }
    text
}
