//! All that happened, read anew for every question: without links, of one id; with them, of several.

mod consents;
mod record;
mod words;

use std::cmp::Reverse;
use std::rc::Rc;

use super::step::Step;
use crate::domain::customer::Details;
use crate::domain::field::Field;
use crate::domain::identifier::IdentifierKey;

/// Ids that are one person's: a bit for each.
pub(super) type Person = u8;

pub(super) fn has(person: Person, home: usize) -> bool {
    person & (1 << home) != 0
}

/// What was said of one field: under which id, through which channel.
struct Fact {
    home: usize,
    channel: usize,
    field: Field,
    details: Rc<Details>,
    minute: i64,
}

/// That what another source says is wrong.
struct Withdrawn {
    by: usize,
    of: (usize, usize),
    key: IdentifierKey,
    minute: i64,
}

struct Consent {
    home: usize,
    covers: Person,
    topic: usize,
    kind: usize,
    decided: i64,
    lasts: Option<i64>,
    proof: Option<usize>,
}

/// What was put on or set, until when, or (`None`) taken off or cleared: then of all ids of the person.
struct Mark<T> {
    by: usize,
    covers: Person,
    name: usize,
    value: Option<T>,
}

/// See the module.
#[derive(Default)]
pub(super) struct Naive {
    facts: Vec<Fact>,
    withdrawn: Vec<Withdrawn>,
    consents: Vec<Consent>,
    /// When each ends.
    tags: Vec<Mark<i64>>,
    values: Vec<Mark<usize>>,
    pub(super) bought: Vec<Bought>,
}

pub(super) struct Bought {
    pub(super) home: usize,
    pub(super) minute: i64,
    pub(super) amount: i64,
    pub(super) refunded: i64,
    pub(super) returns: i64,
    /// When the last return came.
    pub(super) returned: i64,
}

/// How much is allowed, from nothing to all, and until when.
pub(super) type Allowed = (u8, i64);

impl Naive {
    /// Takes over what was accepted of a person.
    pub(super) fn step(&mut self, step: &Step, person: Person, now: i64) {
        match step {
            Step::Ingest(of, channel, fields, details, minute) => {
                self.say((*of, *channel), fields, details, *minute);
            }
            Step::Amend(of, fields, details, minute) => {
                self.amend(*of, person, (fields, details), *minute);
            }
            Step::Consent {
                home,
                topic,
                kind,
                decided,
                lasts,
                proof,
            } => {
                self.consents.push(Consent {
                    home: *home,
                    covers: person,
                    topic: *topic,
                    kind: *kind,
                    decided: *decided,
                    lasts: *lasts,
                    proof: *proof,
                });
            }
            Step::Tag(..) | Step::Untag(..) | Step::Set(..) | Step::Clear(..) => {
                self.mark(step, person, now);
            }
            Step::Buy(home, amount, late) => self.bought.push(Bought {
                home: *home,
                minute: now - late,
                amount: *amount,
                refunded: 0,
                returns: 0,
                returned: i64::MIN,
            }),
            Step::PayBack(_, nth, permille) => {
                let place = self.bought.len() - 1 - nth;
                let bought = &mut self.bought[place];
                bought.refunded += (bought.amount - bought.refunded) * permille / 1_000;
                bought.returns += 1;
                bought.returned = now;
            }
            Step::Merge(..) | Step::Unmerge(_) => {}
        }
    }

    /// What a person bought, the latest first.
    pub(super) fn orders(&self, person: Person) -> Vec<&Bought> {
        let mut orders: Vec<_> = self.bought.iter().enumerate().collect();
        orders.retain(|(_, it)| has(person, it.home));
        orders.sort_by_key(|(nth, it)| Reverse((it.minute, *nth)));
        orders.into_iter().map(|(_, it)| it).collect()
    }
}
