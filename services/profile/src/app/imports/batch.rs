//! A batch of rows is taken in.

use std::collections::BTreeSet;
use std::time::Duration;

use chassis::{Deadline, Refusal};
use events::NewEvent;
use seal::Keyring;
use sqlx::{PgConnection, PgTransaction};

use super::attributes::{Written, values};
use super::erased::Erased;
use super::error::BatchError;
use super::joined::{join_all, met};
use super::line::{Before, Line, Stage};
use super::people;
use crate::app::attributes::announced;
use crate::app::identity::ingest::Statement;
use crate::app::identity::trust;
use crate::app::{App, announce};
use crate::domain::identifier::IdentifierKey;
use crate::domain::identity::kinds::kind_of;
use crate::domain::identity::link::LinkId;
use crate::domain::identity::source::SourceId;
use crate::domain::identity::tell::Told;
use crate::domain::ids::{CustomerId, ImportId};
use crate::domain::imports::attributes::{Said, Sheet};
use crate::domain::imports::crowd::{Changes, Crowd, Row};
use crate::domain::imports::records::Place;
use crate::domain::imports::register::Handed;
use crate::domain::imports::{Counts, Fault, Import, Outcome};
use crate::refusals::imports as refusals;
use crate::store::imports::errors::{self, FailedRow};
use crate::store::segments::evaluations;
use crate::store::{attributes, customers, identifiers, imports, source_keys, sources};

/// How often a batch is tried that others get in the way of.
const ATTEMPTS: u32 = 5;

/// Time for a batch: the stream that it comes with may have none of its own.
const TIME: Duration = Duration::from_secs(30);

/// How long a batch that is ready waits for the one before: shorter than that one waits for a lock, should it
/// need one that this one has.
const PATIENCE: Duration = Duration::from_secs(1);

/// Rows that follow each other.
#[derive(Clone, Debug)]
pub(super) struct Batch {
    pub(super) rows: Vec<ReadRow>,
    /// The number of the first row.
    pub(super) first: i64,
    pub(super) from: Place,
    pub(super) to: Place,
    /// The names in the first row, when this is the beginning.
    pub(super) header: Option<Vec<String>>,
    /// True: the file ends here.
    pub(super) ends: bool,
}

/// A row as it was read.
#[derive(Clone, Debug)]
pub(super) struct ReadRow {
    pub(super) line: i64,
    /// What it says, or what is wrong with it.
    pub(super) said: Result<Statement, Fault>,
    /// What it says of attributes.
    pub(super) attributes: Vec<Said>,
}

/// By what rows are decided on.
struct Bench<'a> {
    crowd: &'a mut Crowd,
    sheet: &'a mut Sheet,
    erased: &'a Erased,
}

impl App {
    /// Takes a batch in; answers how far the import is then. One that may is begun behind the batch before it, and finished
    /// after that one.
    pub(super) async fn take_in(
        &self,
        known: &Import,
        batch: &Batch,
        mut line: Line,
    ) -> Result<Import, Refusal> {
        if let Some(before) = line.before.take() {
            if let Ok(import) = self.take_in_behind(&before, known, batch, &line).await {
                return Ok(import);
            }
            line.stands(Stage::Alone);
            before.ended().await?;
        }
        let deadline = Deadline::after(TIME);
        let mut attempt = 1;
        loop {
            match self.take_in_alone(deadline, known, batch, &line).await {
                Err(error) if error.is_race() && attempt < ATTEMPTS => attempt += 1,
                done => return Ok(done?),
            }
            line.stands(Stage::Alone);
        }
    }

    async fn take_in_alone(
        &self,
        deadline: Deadline,
        known: &Import,
        batch: &Batch,
        line: &Line,
    ) -> Result<Import, BatchError> {
        let mut tx = self.db.begin_with_deadline(deadline.remaining()).await?;
        let import = next(&mut tx, known.id, batch).await?;
        let counts = self.follow(&mut tx, (known, batch), line).await?;
        self.end(tx, import, (batch, counts), line).await
    }

    /// The import itself is locked last: the batch before has it until it is done.
    async fn take_in_behind(
        &self,
        before: &Before,
        known: &Import,
        batch: &Batch,
        line: &Line,
    ) -> Result<Import, BatchError> {
        before.has_its_locks().await?;
        let mut tx = self.db.begin_with_deadline(TIME).await?;
        let counts = self.follow(&mut tx, (known, batch), line).await?;
        before.is_done(PATIENCE).await?;
        let import = next(&mut tx, known.id, batch).await?;
        self.end(tx, import, (batch, counts), line).await
    }

    /// Writes how far the import is.
    async fn end(
        &self,
        mut tx: PgTransaction<'static>,
        mut import: Import,
        (batch, counts): (&Batch, Counts),
        line: &Line,
    ) -> Result<Import, BatchError> {
        import.counts.add(counts);
        import.header = import.header.or_else(|| batch.header.clone());
        import.advance(batch.to, batch.ends, self.now());
        imports::update(&mut tx, &import).await?;
        tx.commit().await?;
        self.outbox.committed();
        line.stands(Stage::Done);
        Ok(import)
    }

    /// Decides on the rows of a batch, and writes what follows.
    async fn follow(
        &self,
        tx: &mut PgTransaction<'_>,
        (import, batch): (&Import, &Batch),
        line: &Line,
    ) -> Result<Counts, BatchError> {
        let statements = batch.rows.iter().filter_map(|row| row.said.as_ref().ok());
        let channel = &import.plan.channel;
        let erased = Erased::among(self, tx, channel, statements.clone()).await?;
        let mut crowd = people::crowd(tx, &self.keyring, channel, statements).await?;
        let mut sheet = self.sheet(tx, &import.plan, &crowd).await?;
        line.stands(Stage::Locked);
        let bench = Bench {
            crowd: &mut crowd,
            sheet: &mut sheet,
            erased: &erased,
        };
        let (counts, failed) = self.decide_rows(bench, import, batch);
        if !failed.is_empty() {
            errors::insert(tx, import.id, &failed).await?;
        }
        if !import.plan.dry_run {
            let set = self.set_by(import, sheet.steps());
            let persons = persons(&crowd, &set);
            let changes = crowd.changes();
            let effect = Effect {
                changes,
                set,
                persons,
                others: Vec::new(),
            };
            self.write(tx, import, effect).await?;
        }
        Ok(counts)
    }

    fn decide_rows(
        &self,
        mut bench: Bench<'_>,
        import: &Import,
        batch: &Batch,
    ) -> (Counts, Vec<FailedRow>) {
        let now = self.now();
        let mut counts = Counts::default();
        let mut failed = Vec::new();
        for (row, read) in (batch.first..).zip(&batch.rows) {
            match self.decide_row(&mut bench, import, read, now) {
                Ok(outcome) => counts.count(outcome),
                Err(fault) => {
                    counts.failed = counts.failed.saturating_add(1);
                    let line = read.line;
                    failed.push(FailedRow { row, line, fault });
                }
            }
        }
        (counts, failed)
    }

    fn decide_row(
        &self,
        bench: &mut Bench<'_>,
        import: &Import,
        read: &ReadRow,
        now: jiff::Timestamp,
    ) -> Result<Outcome, Fault> {
        let said = read.said.as_ref().map_err(Fault::clone)?;
        bench.erased.refuse(said)?;
        let values = values(bench.sheet, &read.attributes)?;
        let taken = bench.crowd.take_in(self.row(import, said, now), &trust());
        let outcome = taken.map_err(|refused| refusals::fault(&refused))?;
        let is_set = match bench.crowd.home_of(&said.key) {
            Some(place) => bench.sheet.set(place, values),
            None => false,
        };
        Ok(match outcome {
            Outcome::Unchanged if is_set => Outcome::Updated,
            outcome => outcome,
        })
    }

    fn row<'a>(&self, import: &'a Import, said: &'a Statement, now: jiff::Timestamp) -> Row<'a> {
        Row {
            channel: &said.channel,
            key: &said.key,
            customer: said.customer,
            told: Told {
                fields: &said.fields,
                details: &said.details,
                observed_at: said.observed_at,
            },
            import: import.id,
            actor: &import.created_by,
            ids: (
                CustomerId(self.clock.new_id()),
                SourceId(self.clock.new_id()),
            ),
            link: LinkId(self.clock.new_id()),
            now,
        }
    }

    /// Writes what follows from a batch of an import, and announces it.
    pub(super) async fn write(
        &self,
        db: &mut PgTransaction<'_>,
        import: &Import,
        effect: Effect,
    ) -> Result<(), BatchError> {
        let Effect {
            changes,
            set,
            persons,
            others,
        } = effect;
        let channel = &import.plan.channel;
        hand_over(db, &self.keyring, &changes.handed).await?;
        if !changes.keys.is_empty()
            && !source_keys::claim(db, &self.keyring, channel, &changes.keys).await?
        {
            return Err(BatchError::Race);
        }
        let joined = &changes.joined;
        let newcomers = joined.iter().filter(|it| it.is_new).map(|it| &it.gone);
        let made: Vec<_> = changes.made.iter().chain(newcomers).collect();
        let written = made.iter().map(|it| it.id);
        let written = written.chain(changes.changed.iter().map(|(customer, _)| customer.id));
        let written = written.chain(changes.sources.iter().map(|source| source.home));
        let written = written.chain(set.changes.iter().map(|change| change.home));
        let written = written.chain(joined.iter().map(|it| it.link.ends.0));
        let keys = self.keys(db, written.collect::<Vec<_>>()).await?;
        if !made.is_empty() {
            customers::insert(db, &keys, made.iter().copied()).await?;
        }
        if !changes.changed.is_empty() {
            let changed = changes.changed.iter().map(|(customer, _)| customer);
            customers::update(db, &keys, changed).await?;
        }
        if !joined.is_empty() {
            join_all(db, &keys, &changes).await?;
        }
        if !changes.sources.is_empty() {
            sources::put(db, &keys, &changes.sources).await?;
        }
        if !set.changes.is_empty() {
            attributes::write_imported(db, &keys, &set.changes, import.id).await?;
        }
        if !set.again.is_empty() {
            attributes::stand_again(db, &set.again).await?;
        }
        let touched = made.iter().map(|customer| customer.id);
        let touched = touched.chain(changes.changed.iter().map(|(customer, _)| customer.id));
        let touched = touched.chain(persons);
        let touched: BTreeSet<CustomerId> = touched.collect();
        let touched: Vec<_> = touched.into_iter().collect();
        evaluations::mark(db, &touched, self.now()).await?;
        self.queue_all(db, &changes.apart).await?;
        let made = changes.made.iter().map(announce::created);
        let met = joined.iter().flat_map(met);
        let changed = changes.changed.iter();
        let changed = changed.flat_map(|(customer, fields)| announce::settled(customer, fields));
        let noted = announced(&set.changes);
        let events: Vec<_> = made
            .chain(met)
            .chain(changed)
            .chain(noted)
            .chain(others)
            .collect();
        self.outbox.append_all(db, &events).await?;
        Ok(())
    }
}

/// The import, locked, when this batch is the next one.
async fn next(db: &mut PgConnection, id: ImportId, batch: &Batch) -> Result<Import, BatchError> {
    let import = imports::lock(db, id).await?.ok_or(BatchError::NoImport)?;
    import.check_follows(batch.from)?;
    Ok(import)
}

/// What follows from a batch.
pub(super) struct Effect {
    pub(super) changes: Changes,
    /// What happens to attributes, and by which ids those are known to whom.
    pub(super) set: Written,
    pub(super) persons: BTreeSet<CustomerId>,
    /// What else is to be announced.
    pub(super) others: Vec<NewEvent>,
}

/// By which ids those are known to whose attributes something happens.
pub(super) fn persons(crowd: &Crowd, set: &Written) -> BTreeSet<CustomerId> {
    let homes = set.changes.iter().map(|change| change.home);
    homes.filter_map(|home| crowd.person_of(home)).collect()
}

/// Lets identifiers change hands. One that is not free any more, and tells who somebody is, is a race.
async fn hand_over(
    db: &mut PgTransaction<'_>,
    keyring: &Keyring,
    handed: &Handed,
) -> Result<(), BatchError> {
    if !handed.released.is_empty() {
        identifiers::release(db, keyring, &handed.released).await?;
    }
    if !handed.claimed.is_empty() {
        let got = identifiers::claim(db, keyring, &handed.claimed).await?;
        let is_lost = |key: &IdentifierKey| !got.contains(key) && kind_of(key).tells_who();
        if handed.claimed.iter().any(|(key, _)| is_lost(key)) {
            return Err(BatchError::Race);
        }
    }
    if !handed.noted.is_empty() {
        identifiers::note(db, keyring, &handed.noted).await?;
    }
    Ok(())
}
