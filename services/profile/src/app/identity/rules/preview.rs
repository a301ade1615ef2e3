//! What a match policy would do.

use chassis::{Deadline, Refusal};
use seal::Keyring;
use sqlx::PgConnection;

use crate::app::App;
use crate::app::browse::{Page, with_one_more};
use crate::app::contact::regrouped::{Narrowed, narrowed};
use crate::app::identity::{Person, trust};
use crate::app::segments::{Foresight, Move};
use crate::domain::customer::{Customer, Details};
use crate::domain::field::Field;
use crate::domain::identity::candidate::{Candidate, Pair, Place};
use crate::domain::identity::golden::Golden;
use crate::domain::identity::match_policy::{Decision, MatchPolicy, Totals};
use crate::domain::ids::CustomerId;
use crate::store::customers;
use crate::store::matches::candidates;

/// A pair, what a policy would do with it, and what of the two a merge would change.
#[derive(Clone, Debug)]
pub(crate) struct Preview {
    pub(crate) candidate: Candidate,
    pub(crate) decision: Decision,
    pub(crate) changes: Changes,
}

/// What would be another after a merge.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Changes {
    pub(crate) fields: Vec<(CustomerId, Field)>,
    pub(crate) consents: Vec<Narrowed>,
    pub(crate) segments: Vec<Move>,
}

impl App {
    /// A page of what a policy would do, after a place in the queue, and how much it is in all.
    pub(crate) async fn preview_match_policy(
        &self,
        deadline: Deadline,
        policy: MatchPolicy,
        (after, size): (Place, u16),
    ) -> Result<(Page<Preview>, Totals), Refusal> {
        let mut tx = self.snapshot(deadline).await?;
        let totals = candidates::totals(&mut tx, &policy).await?;
        let all = (policy.review_from, None);
        let found = candidates::waiting(&mut tx, all, after, with_one_more(size)).await?;
        let Page { items, has_more } = Page::cut(found, size);
        let foresight = Foresight::read(&mut tx, self.now()).await?;
        let mut previews = Vec::with_capacity(items.len());
        for candidate in items {
            let changes = self.changes(&mut tx, &foresight, &candidate).await?;
            previews.push(Preview {
                decision: policy.decide(&candidate),
                candidate,
                changes,
            });
        }
        let items = previews;
        Ok((Page { items, has_more }, totals))
    }

    /// What a merge would change; nothing where it would be refused.
    async fn changes(
        &self,
        db: &mut PgConnection,
        foresight: &Foresight,
        candidate: &Candidate,
    ) -> Result<Changes, Refusal> {
        let Some([one, other]) = both(db, &self.keyring, candidate.pair).await? else {
            return Ok(Changes::default());
        };
        if one.profile.check_merge(&other.profile, &trust()).is_err() {
            return Ok(Changes::default());
        }
        let homes = [one.customer.homes(), other.customer.homes()];
        let consents = narrowed(db, [&homes[0], &homes[1]], self.now()).await?;
        let sources = [one.profile.sources, other.profile.sources].concat();
        let golden = Golden::of(&sources, &trust()).details;
        let people = candidate.pair.ids();
        let joint = joint([&one.customer, &other.customer], &golden);
        let segments = foresight.moves(db, &self.keyring, (joint, people)).await?;
        let changed = |customer: Customer| differing(&golden, &customer);
        let fields = [one.customer, other.customer].into_iter();
        Ok(Changes {
            fields: fields.flat_map(changed).collect(),
            consents,
            segments,
        })
    }
}

/// Reads both; `None` when they are not two any more.
async fn both(
    db: &mut PgConnection,
    keyring: &Keyring,
    pair: Pair,
) -> Result<Option<[Person; 2]>, Refusal> {
    let ids = pair.ids().map(|id| id.0);
    let found = customers::many(db, keyring, &ids).await?;
    let Ok([one, other]) = <[Customer; 2]>::try_from(found) else {
        return Ok(None);
    };
    Ok(Some([
        Person::load(db, keyring, one).await?,
        Person::load(db, keyring, other).await?,
    ]))
}

/// The person that the two would be.
fn joint(people: [&Customer; 2], golden: &Details) -> Customer {
    let [one, other] = people;
    let (older, newer) = if one.id < other.id {
        (one, other)
    } else {
        (other, one)
    };
    let mut joint = older.clone();
    joint.details.clone_from(golden);
    joint.absorbed.extend(newer.absorbed.iter().copied());
    joint.absorbed.insert(newer.id);
    joint
}

/// The fields of a customer that would have another value.
fn differing(golden: &Details, customer: &Customer) -> Vec<(CustomerId, Field)> {
    let mut details = customer.details.clone();
    let differs = |field: &Field| details.take(*field, golden);
    let fields: Vec<_> = Field::all().filter(differs).collect();
    fields
        .into_iter()
        .map(|field| (customer.id, field))
        .collect()
}
