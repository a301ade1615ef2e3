use std::collections::HashMap;

use calendar::Zone;
use jiff::Timestamp;
use uuid::Uuid;

use super::{Cohort, Flows, LiabilityError, Line, Month, Movement, RollForward};
use crate::domain::{Account, Kind, LedgerError, Points};

/// The period of a report, by the time at which operations were recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// Its beginning; `None` is that of the ledger.
    pub start: Option<Timestamp>,
    /// Its end, which does not belong to it.
    pub end: Timestamp,
}

/// Of a lot, what a report needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LotFacts {
    /// The lot.
    pub lot_id: Uuid,
    /// When its points were earned.
    pub earned_at: Timestamp,
    /// Who pays for them; `None` is the program.
    pub funding_partner: Option<String>,
    /// Points that it was opened with.
    pub original: Points,
    /// What they cost, in minor units of money.
    pub cost_basis: Option<i64>,
    /// What is left, as it is recorded now.
    pub remaining: Points,
}

/// Of an entry, what a report needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntryFacts {
    /// The account.
    pub account: Account,
    /// Points in, or out when negative.
    pub amount: Points,
    /// The lot, for accounts that have lots.
    pub lot_id: Option<Uuid>,
}

/// Entries and what is recorded beside them do not agree.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Difference {
    /// A lot.
    #[error("the lot {lot_id} of {holder_id} holds {recorded}, its entries add up to {entered}")]
    Lot {
        /// Whose.
        holder_id: Uuid,
        /// Which.
        lot_id: Uuid,
        /// What is recorded.
        recorded: Points,
        /// The sum of its entries.
        entered: Points,
    },
    /// A lot that entries name and that is not there.
    #[error("the lot {lot_id} of {holder_id} is missing")]
    NoLot {
        /// Whose.
        holder_id: Uuid,
        /// Which.
        lot_id: Uuid,
    },
    /// What a holder owes.
    #[error("the debt of {holder_id} is {recorded}, its entries add up to {entered}")]
    Debt {
        /// Whose.
        holder_id: Uuid,
        /// What is recorded.
        recorded: Points,
        /// The sum of its entries.
        entered: Points,
    },
}

/// Folds the ledger of one point currency, holder by holder.
#[derive(Debug)]
pub struct Book {
    zone: Zone,
    period: Period,
    most: usize,
    lines: Vec<Line>,
    places: HashMap<Cohort, usize>,
    debt: RollForward,
    flows: Flows,
    holders: i64,
    entries: i64,
    difference: Option<Difference>,
}

/// What a book comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Everything together.
    pub total: RollForward,
    /// What members owe.
    pub debt: RollForward,
    /// Each cohort, the oldest first.
    pub lines: Vec<Line>,
    /// What became of the points of each month.
    pub flows: Flows,
    /// The month in which the period ends.
    pub end: Month,
    /// Holders that were added up.
    pub holders: i64,
    /// Entries that were added up.
    pub entries: i64,
    /// The first difference between entries and what is recorded beside them.
    pub difference: Option<Difference>,
}

impl Book {
    /// An empty book of at most so many cohorts. Months are those of the zone.
    pub fn new(zone: Zone, period: Period, most_cohorts: usize) -> Self {
        Self {
            zone,
            period,
            most: most_cohorts,
            lines: Vec::new(),
            places: HashMap::new(),
            debt: RollForward::default(),
            flows: Flows::default(),
            holders: 0,
            entries: 0,
            difference: None,
        }
    }

    /// Opens the next holder with all of its lots, those included that hold nothing any more.
    pub fn holder(
        &mut self,
        holder_id: Uuid,
        lots: impl IntoIterator<Item = LotFacts>,
    ) -> Result<HolderBook<'_>, LiabilityError> {
        let mut open = HashMap::new();
        for facts in lots {
            let place = self.place(&facts)?;
            open.insert(facts.lot_id, OpenLot::new(facts, place));
        }
        Ok(HolderBook {
            book: self,
            holder_id,
            lots: open,
            debt: Points::ZERO,
        })
    }

    /// Ends the fold.
    pub fn close(mut self) -> Result<Report, LiabilityError> {
        self.lines
            .sort_by(|one, other| one.cohort.cmp(&other.cohort));
        let mut total = self.debt;
        for line in &self.lines {
            total = total.plus(&line.movements)?;
        }
        Ok(Report {
            total,
            debt: self.debt,
            lines: self.lines,
            flows: self.flows,
            end: Month::of(self.period.end, &self.zone),
            holders: self.holders,
            entries: self.entries,
            difference: self.difference,
        })
    }

    fn place(&mut self, lot: &LotFacts) -> Result<usize, LiabilityError> {
        let cohort = Cohort {
            month: Month::of(lot.earned_at, &self.zone),
            funding_partner: lot.funding_partner.clone(),
        };
        if let Some(place) = self.places.get(&cohort) {
            return Ok(*place);
        }
        let place = self.lines.len();
        if place >= self.most {
            return Err(LiabilityError::TooManyCohorts { most: self.most });
        }
        self.lines.push(Line {
            cohort: cohort.clone(),
            movements: RollForward::default(),
            closing_cost_minor: 0,
        });
        self.places.insert(cohort, place);
        Ok(place)
    }

    fn differs(&mut self, difference: Difference) {
        self.difference.get_or_insert(difference);
    }
}

/// A holder's part of a [`Book`].
#[derive(Debug)]
pub struct HolderBook<'a> {
    book: &'a mut Book,
    holder_id: Uuid,
    lots: HashMap<Uuid, OpenLot>,
    debt: Points,
}

#[derive(Debug)]
struct OpenLot {
    facts: LotFacts,
    place: usize,
    /// All of its entries.
    entered: Points,
    /// Those up to the end of the period.
    closing: Points,
}

impl OpenLot {
    fn new(facts: LotFacts, place: usize) -> Self {
        Self {
            facts,
            place,
            entered: Points::ZERO,
            closing: Points::ZERO,
        }
    }

    /// The cost of what is left at the end of the period, rounded down.
    fn closing_cost_minor(&self) -> i64 {
        let Some(cost) = self.facts.cost_basis else {
            return 0;
        };
        let share = i128::from(cost) * i128::from(self.closing.get());
        let share = share.checked_div_euclid(i128::from(self.facts.original.get()));
        // No more than the whole lot's cost, because no more points than the whole lot's.
        share.and_then(|cost| i64::try_from(cost).ok()).unwrap_or(0)
    }
}

impl HolderBook<'_> {
    /// Adds an operation, the holder's accounts of it; in any order.
    pub fn operation(
        &mut self,
        kind: Kind,
        recorded_at: Timestamp,
        entries: impl IntoIterator<Item = EntryFacts>,
    ) -> Result<(), LiabilityError> {
        let movement = Movement::from(kind);
        let at = Month::of(recorded_at, &self.book.zone);
        for entry in entries {
            self.book.entries += 1;
            match entry.lot_id {
                Some(lot_id) => self.on_lot(lot_id, (movement, at, recorded_at), entry.amount)?,
                None if entry.account == Account::Debt => {
                    self.debt = self.debt.plus(entry.amount)?;
                    let period = self.book.period;
                    period.post(&mut self.book.debt, movement, recorded_at, entry.amount)?;
                }
                // The program's side, which is what all holders together come to.
                None => {}
            }
        }
        Ok(())
    }

    /// Ends the holder: compares with what is recorded.
    pub fn close(self, recorded_debt: Points) -> Result<(), LiabilityError> {
        let Self {
            book,
            holder_id,
            lots,
            debt,
        } = self;
        book.holders += 1;
        for (lot_id, lot) in lots {
            let (recorded, entered) = (lot.facts.remaining, lot.entered);
            if recorded != entered {
                book.differs(Difference::Lot {
                    holder_id,
                    lot_id,
                    recorded,
                    entered,
                });
            }
            if let Some(line) = book.lines.get_mut(lot.place) {
                line.closing_cost_minor = line
                    .closing_cost_minor
                    .checked_add(lot.closing_cost_minor())
                    .ok_or(LedgerError::Overflow)?;
            }
        }
        if recorded_debt != debt {
            book.differs(Difference::Debt {
                holder_id,
                recorded: recorded_debt,
                entered: debt,
            });
        }
        Ok(())
    }

    fn on_lot(
        &mut self,
        lot_id: Uuid,
        (movement, at, recorded_at): (Movement, Month, Timestamp),
        amount: Points,
    ) -> Result<(), LiabilityError> {
        let Some(lot) = self.lots.get_mut(&lot_id) else {
            let holder_id = self.holder_id;
            self.book.differs(Difference::NoLot { holder_id, lot_id });
            return Ok(());
        };
        lot.entered = lot.entered.plus(amount)?;
        let period = self.book.period;
        if recorded_at >= period.end {
            return Ok(());
        }
        lot.closing = lot.closing.plus(amount)?;
        if let Some(line) = self.book.lines.get_mut(lot.place) {
            let cohort = line.cohort.month;
            period.post(&mut line.movements, movement, recorded_at, amount)?;
            self.book.flows.post(cohort, at, movement, amount)?;
        }
        Ok(())
    }
}

impl Period {
    /// Adds a movement where it belongs: before the period to the opening, after it nowhere.
    fn post(
        self,
        sum: &mut RollForward,
        movement: Movement,
        recorded_at: Timestamp,
        amount: Points,
    ) -> Result<(), LedgerError> {
        if recorded_at >= self.end {
            Ok(())
        } else if self.start.is_some_and(|start| recorded_at < start) {
            sum.open(amount)
        } else {
            sum.post(movement, amount)
        }
    }
}
