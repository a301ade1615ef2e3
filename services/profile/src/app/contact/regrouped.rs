//! Joining people, and parting them, may change what a customer allows: a merge takes the more
//! restrictive of two answers. Others are told so as of any decision.

use events::NewEvent;
use jiff::Timestamp;
use sqlx::PgConnection;

use super::policy::InForce;
use super::{ContactError, announce};
use crate::domain::contact::change::all_topics;
use crate::domain::contact::consent::State;
use crate::domain::contact::topic::Topic;
use crate::domain::identity::homes::Homes;
use crate::domain::ids::CustomerId;
use crate::store::contact::statements;
use crate::wire::contact::consents::preference;

/// What is announced of a customer for whom these ids spoke `before`, and those speak now.
pub(crate) async fn changes(
    connection: &mut PgConnection,
    customer: CustomerId,
    (before, after): (&Homes, &Homes),
    now: Timestamp,
) -> Result<Vec<NewEvent>, ContactError> {
    let old = statements::newest(connection, &ids(before), None).await?;
    let new = statements::newest(connection, &ids(after), None).await?;
    if old.statements.is_empty() && new.statements.is_empty() {
        return Ok(Vec::new());
    }
    let in_force = InForce::read(connection).await?;
    let mut topics = all_topics(&in_force.policy, &old);
    topics.extend(all_topics(&in_force.policy, &new));
    let changed = topics.iter().filter_map(|topic| {
        let [was, is] = [&old, &new].map(|said| preference(topic, said.standing(topic, now)));
        (was != is).then(|| announce::consent_changed(customer, is))
    });
    Ok(changed.collect())
}

/// A topic of which a customer would allow less.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Narrowed {
    pub(crate) customer: CustomerId,
    pub(crate) topic: Topic,
    pub(crate) before: State,
    pub(crate) after: State,
}

/// Where two people would allow less than each does now if they were joined.
pub(crate) async fn narrowed(
    connection: &mut PgConnection,
    people: [&Homes; 2],
    now: Timestamp,
) -> Result<Vec<Narrowed>, ContactError> {
    let both: Vec<CustomerId> = people.into_iter().flat_map(ids).collect();
    let joint = statements::newest(connection, &both, None).await?;
    if joint.statements.is_empty() {
        return Ok(Vec::new());
    }
    let policy = InForce::read(connection).await?.policy;
    let mut narrowed = Vec::new();
    for homes in people {
        let own = statements::newest(connection, &ids(homes), None).await?;
        for topic in all_topics(&policy, &joint) {
            let (before, after) = (own.state(&topic, now), joint.state(&topic, now));
            if before != after && before.meet(after) == after {
                let customer = homes.profile;
                narrowed.push(Narrowed {
                    customer,
                    topic,
                    before,
                    after,
                });
            }
        }
    }
    Ok(narrowed)
}

fn ids(homes: &Homes) -> Vec<CustomerId> {
    homes.ids().into_iter().map(CustomerId).collect()
}
