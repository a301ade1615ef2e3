//! What has to be rated: what changed, and what came after it and looks back.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use uuid::Uuid;

use super::cause::Cause;
use super::entry::{Before, Changed, Entry, Outcome, Runs};
use super::shelf::Shelf;
use super::{Desk, MOST_AT_ONCE};
use crate::app::AppError;
use crate::domain::happened::SaleFigures;
use crate::domain::program::Program;
use crate::domain::rating::{Done, MemberThen, Moment, Orders, Snapshot, Source};
use crate::domain::sales::{Earnings, Sale};
use crate::store::rating::ratings::{self, Rated};
use crate::store::rating::{Key, Keys, activities, birthdays, sales, segments};
use crate::store::tiers::standings::standings;

impl Desk<'_, '_> {
    pub(super) async fn runs<'a>(
        &mut self,
        changed: Vec<Changed<'a>>,
    ) -> Result<Runs<'a>, AppError> {
        let (mut runs, mut shelf) = (Runs::default(), Shelf::default());
        if changed.is_empty() {
            return Ok(runs);
        }
        let firsts = firsts(&changed);
        let moments = changed
            .iter()
            .map(|one| (one.customer_id, one.done.moment()));
        let moments: Vec<(Uuid, Moment)> = moments.collect();
        let keys = Keys::of(moments.iter().map(|(id, moment)| (*id, moment)));
        let mut known = ratings::of_keys(&mut **self.tx, &keys).await?;
        let mut snapshots = self.snapshots(&changed, &known).await?;
        for one in changed {
            let key = key(one.customer_id, &one.done);
            let entry = if let Some(rated) = known.remove(&key) {
                self.known_entry(one, rated).await?
            } else {
                let snapshot = snapshots.take(&key);
                self.new_entry(&mut shelf, one, snapshot).await?
            };
            runs.members.entry(key.customer_id).or_default().push(entry);
        }
        self.add_later(&mut runs, &firsts).await?;
        for run in runs.members.values_mut() {
            run.sort_by(|one, other| one.moment.cmp(&other.moment));
        }
        Ok(runs)
    }

    async fn known_entry<'a>(
        &mut self,
        one: Changed<'a>,
        rated: Rated,
    ) -> Result<Entry<'a>, AppError> {
        let earnings = rated.earnings;
        let program = self.version_of(&earnings).await?;
        let main = program.document.main_wallet.wallet_id;
        let points = earnings.points_of(main).get();
        let before = one.before.as_ref().or(one.sale.as_ref());
        Ok(Entry {
            moment: rated.moment,
            member: self.member(one.customer_id, &earnings)?,
            done: one.done,
            program,
            before: Before {
                figures: before.map_or(SaleFigures::NONE, |sale| sale.figures(points)),
                earnings: Some(earnings.clone()),
            },
            sale: one.sale,
            earnings,
            outcome: Outcome::NotRated,
            cause: one.cause,
            trace: one.trace,
        })
    }

    async fn new_entry<'a>(
        &mut self,
        shelf: &mut Shelf,
        one: Changed<'a>,
        snapshot: Snapshot,
    ) -> Result<Entry<'a>, AppError> {
        let moment = one.done.moment();
        let member = &self.books.holder(one.customer_id)?.program;
        let program_id = member.program_id.clone();
        let program = shelf
            .at(self.loyalty, self.tx, program_id.as_str(), moment.at)
            .await?;
        let earnings = Earnings::none(program_id, program.version, snapshot);
        Ok(Entry {
            moment,
            member: self.member(one.customer_id, &earnings)?,
            done: one.done,
            sale: one.sale,
            earnings,
            program,
            before: Before {
                earnings: None,
                figures: SaleFigures::NONE,
            },
            outcome: Outcome::NotRated,
            cause: one.cause,
            trace: one.trace,
        })
    }

    /// Adds what came later and looks back. Usually that is nothing: facts come in their order.
    pub(super) async fn add_later(
        &mut self,
        runs: &mut Runs<'_>,
        firsts: &BTreeMap<Uuid, (Moment, String)>,
    ) -> Result<(), AppError> {
        let keys = Keys::of(firsts.iter().map(|(id, (moment, _))| (*id, moment)));
        let limit = i64::try_from(MOST_AT_ONCE).unwrap_or(i64::MAX) + 1;
        let mut later = ratings::looking_back(self.tx, &keys, limit).await?;
        later.retain(|rated| {
            let run = runs.members.get(&rated.customer_id);
            run.is_none_or(|run| run.iter().all(|entry| entry.moment != rated.moment))
        });
        if later.is_empty() {
            return Ok(());
        }
        let mut done = self.facts_of(&later).await?;
        for rated in later {
            let customer_id = rated.customer_id;
            let run = runs.members.entry(customer_id).or_default();
            if run.len() > MOST_AT_ONCE {
                continue;
            }
            if run.len() == MOST_AT_ONCE {
                runs.rest.push((customer_id, rated.moment));
                continue;
            }
            let reference = firsts
                .get(&customer_id)
                .map(|(_, reference)| reference.clone());
            let cause = Cause::Other {
                reference: reference.unwrap_or_default(),
            };
            let Some((done, sale)) = done.remove(&(customer_id, rated.moment.source.clone()))
            else {
                continue;
            };
            let changed = Changed {
                customer_id,
                done,
                sale,
                before: None,
                cause,
                trace: "",
            };
            let entry = self.known_entry(changed, rated).await?;
            runs.members.entry(customer_id).or_default().push(entry);
        }
        Ok(())
    }

    async fn facts_of(
        &mut self,
        rated: &[Rated],
    ) -> Result<HashMap<(Uuid, Source), (Done, Option<Sale>)>, AppError> {
        let orders = rated.iter().filter_map(|one| match &one.moment.source {
            Source::Order(order_id) => Some((one.customer_id, order_id.as_str())),
            Source::Act(..) => None,
        });
        let acts = rated.iter().filter_map(|one| match &one.moment.source {
            Source::Act(activity_type, id) => {
                Some((one.customer_id, activity_type.as_str(), id.as_str()))
            }
            Source::Order(_) => None,
        });
        let sales = sales::of_orders(self.tx, orders).await?.into_values();
        let acts = activities::of_ids(self.tx, acts).await?.into_values();
        let sales = sales.map(|sale| (Done::Basket(sale.basket()), Some(sale)));
        let acts = acts.map(|act| (Done::act(act), None));
        let all = sales.chain(acts).map(|(done, sale)| {
            let key = (done.customer_id(), done.moment().source);
            (key, (done, sale))
        });
        Ok(all.collect())
    }

    /// The member as it was, short of what it had bought before.
    pub(super) fn member(
        &self,
        customer_id: Uuid,
        earnings: &Earnings,
    ) -> Result<MemberThen, AppError> {
        Ok(MemberThen {
            joined_at: self.books.holder(customer_id)?.enrolled_at,
            snapshot: earnings.snapshot.clone(),
            orders: Orders::default(),
        })
    }

    async fn version_of(&mut self, earnings: &Earnings) -> Result<Arc<Program>, AppError> {
        let Earnings {
            program_id,
            program_version,
            ..
        } = earnings;
        let programs = &self.loyalty.programs;
        programs
            .version(self.tx, program_id.as_str(), *program_version)
            .await
    }

    /// The members of new purchases and acts as they are now, which is kept with them.
    async fn snapshots(
        &mut self,
        changed: &[Changed<'_>],
        known: &HashMap<Key, Rated>,
    ) -> Result<Snapshots, AppError> {
        let new = changed
            .iter()
            .filter(|one| !known.contains_key(&key(one.customer_id, &one.done)));
        let mut ids: Vec<Uuid> = new.clone().map(|one| one.customer_id).collect();
        ids.sort_unstable();
        ids.dedup();
        if ids.is_empty() {
            return Ok(Snapshots::default());
        }
        let tiers = standings(&mut **self.tx, &ids).await?;
        let segments = segments::of_members(&mut **self.tx, &ids).await?;
        let birthdays = birthdays::of_members(&mut **self.tx, &ids).await?;
        let mut snapshots = Snapshots::default();
        for one in new {
            let customer_id = one.customer_id;
            let moment = one.done.moment();
            let zone = &self.books.holder(customer_id)?.program.document.zone;
            let day = zone.date_of(moment.at);
            let birthday = birthdays.get(&customer_id);
            let of_member = segments.get(&customer_id).into_iter().flatten();
            let snapshot = Snapshot {
                tiers: tiers.get(&customer_id).cloned().unwrap_or_default(),
                // A segment that was entered later says nothing about a purchase that came late.
                segments: of_member
                    .filter(|(_, since)| *since <= moment.at.max(self.books.now()))
                    .map(|(segment_id, _)| segment_id.clone())
                    .collect(),
                is_birthday: birthday.is_some_and(|birthday| birthday.falls_on(day)),
                is_birthday_month: birthday.is_some_and(|birthday| birthday.month() == day.month()),
            };
            let key = Key {
                customer_id,
                source: moment.source,
            };
            snapshots.0.insert(key, snapshot);
        }
        Ok(snapshots)
    }
}

#[derive(Default)]
struct Snapshots(HashMap<Key, Snapshot>);

impl Snapshots {
    fn take(&mut self, key: &Key) -> Snapshot {
        self.0.remove(key).unwrap_or_default()
    }
}

fn key(customer_id: Uuid, done: &Done) -> Key {
    Key {
        customer_id,
        source: done.moment().source,
    }
}

/// Of each member the first moment that has changed, and what changed it.
fn firsts(changed: &[Changed<'_>]) -> BTreeMap<Uuid, (Moment, String)> {
    let mut firsts: BTreeMap<Uuid, (Moment, String)> = BTreeMap::new();
    for one in changed {
        let moment = one.done.moment();
        let own = match &moment.source {
            Source::Order(order_id) => order_id,
            Source::Act(_, activity_id) => activity_id,
        };
        let reference = one.cause.reference(own).to_owned();
        let earlier = firsts
            .get(&one.customer_id)
            .is_none_or(|(first, _)| moment < *first);
        if earlier {
            firsts.insert(one.customer_id, (moment, reference));
        }
    }
    firsts
}
