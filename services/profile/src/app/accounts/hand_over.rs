//! Customers of one manager go to others.

use chassis::{Deadline, Refusal};
use contract::patron::profile::v1 as proto;
use idempotency::{Claim, Key};
use sqlx::{PgConnection, PgTransaction};
use tonic::{Response, Status};
use uuid::Uuid;

use super::placing;
use crate::app::browse::{Page, with_one_more};
use crate::app::{App, announce};
use crate::domain::accounts::{Assignment, Change, Manager, ManagerId, NoManager, choose};
use crate::domain::customer::Customer;
use crate::domain::invalid::{Invalid, Problem};
use crate::refusals;
use crate::store::{accounts, customers};

const HAND_OVER: &str = "patron.profile.v1.AccountManagerService/HandOverAccounts";

/// Most ids that are handed over in one transaction.
const MOST: u16 = 200;

/// Whose customers go to whom.
#[derive(Clone, Debug)]
pub(crate) struct HandOver {
    pub(crate) from: ManagerId,
    /// `None`: for each whoever fits best.
    pub(crate) to: Option<ManagerId>,
    /// The last id of the call before.
    pub(crate) after: Uuid,
    pub(crate) reason: String,
    pub(crate) actor: String,
}

/// What became of some of a manager's customers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HandedOver {
    pub(crate) moved: usize,
    pub(crate) unplaced: usize,
    /// The last id that was looked at, when there are more.
    pub(crate) last: Option<Uuid>,
}

impl App {
    /// Hands customers over, once per `request_id`.
    pub(crate) async fn hand_over_accounts(
        &self,
        deadline: Deadline,
        request: &proto::HandOverAccountsRequest,
        wish: HandOver,
        encode: impl FnOnce(HandedOver) -> Result<proto::HandOverAccountsResponse, Refusal>,
    ) -> Result<Response<proto::HandOverAccountsResponse>, Status> {
        let key = Key::new(&wish.actor, HAND_OVER, &request.request_id)?;
        match self.claim(deadline, key, request).await? {
            Claim::Replayed(answer) => answer,
            Claim::Fresh(mut claimed) => {
                let outcome = self.hand_over(claimed.transaction(), &wish).await;
                let answer = claimed.finish(outcome.and_then(encode)).await?;
                self.outbox.committed();
                Ok(answer)
            }
        }
    }

    async fn hand_over(
        &self,
        db: &mut PgTransaction<'_>,
        wish: &HandOver,
    ) -> Result<HandedOver, Refusal> {
        if wish.to.as_ref() == Some(&wish.from) {
            return Err(Invalid::new("to_manager_id", Problem::SameManager).into());
        }
        let whose = (&wish.from, wish.after);
        let found = accounts::homes_of(db, whose, with_one_more(MOST)).await?;
        let page = Page::cut(found, MOST);
        let last = page.items.last().copied().filter(|_| page.has_more);
        let people = customers::lock(db, &self.keyring, &page.items).await?;
        let mut managers = lock_managers(db, wish).await?;
        // Somebody else may have been faster while the locks were waited for.
        let known = accounts::of(db, &self.keyring, &page.items).await?;
        let theirs = known.into_iter().filter(|it| it.manager == wish.from);
        let (changes, unplaced) = self.place(wish, &mut managers, &people, theirs);
        self.settle(db, &changes).await?;
        Ok(HandedOver {
            moved: changes.len(),
            unplaced,
            last,
        })
    }

    /// Who gets each, and how many nobody has room for.
    fn place(
        &self,
        wish: &HandOver,
        managers: &mut [Manager],
        people: &[Customer],
        theirs: impl Iterator<Item = Assignment>,
    ) -> (Vec<Change>, usize) {
        let (mut changes, mut unplaced) = (Vec::new(), 0_usize);
        for assignment in theirs {
            let customer = people.iter().find(|it| it.homes().has(assignment.home));
            let chosen = customer.and_then(|it| chosen(wish, managers, it));
            let Some(chosen) = chosen else {
                unplaced = unplaced.saturating_add(1);
                continue;
            };
            if assignment.counts {
                for manager in managers.iter_mut().filter(|it| it.id == chosen) {
                    manager.load = manager.load.saturating_add(1);
                }
            }
            changes.push(Change {
                id: self.clock.new_id(),
                previous: Some(assignment.manager),
                assignment: Assignment {
                    manager: chosen,
                    reason: wish.reason.clone(),
                    actor: wish.actor.clone(),
                    at: self.now(),
                    ..assignment
                },
            });
        }
        (changes, unplaced)
    }

    async fn settle(&self, db: &mut PgTransaction<'_>, changes: &[Change]) -> Result<(), Refusal> {
        if changes.is_empty() {
            return Ok(());
        }
        let homes = changes.iter().map(|it| it.assignment.home);
        let keys = self.keys(db, homes).await?;
        accounts::assign(db, &keys, changes).await?;
        let events: Vec<_> = changes.iter().map(announce::account_manager).collect();
        let appended = self.outbox.append_all(db, &events).await;
        appended.map_err(refusals::outbox)
    }
}

/// Whose customers they are, and all who may get them.
async fn lock_managers(db: &mut PgConnection, wish: &HandOver) -> Result<Vec<Manager>, Refusal> {
    let named: Vec<_> = wish.to.iter().chain([&wish.from]).cloned().collect();
    let managers = accounts::lock(db, &named, wish.to.is_none()).await?;
    let is_known = |id: &ManagerId| managers.iter().any(|it| it.id == *id);
    if !named.iter().all(is_known) {
        return Err(NoManager::Unknown.into());
    }
    let to = managers.iter().find(|it| wish.to.as_ref() == Some(&it.id));
    // Told at once rather than as customers for whom there is no room.
    match to.map(Manager::check_room) {
        Some(Err(why @ NoManager::Absent)) => Err(why.into()),
        _ => Ok(managers),
    }
}

fn chosen(wish: &HandOver, managers: &[Manager], customer: &Customer) -> Option<ManagerId> {
    let mut others = managers.iter().filter(|it| it.id != wish.from);
    let found = match &wish.to {
        Some(named) => others.find(|it| it.id == *named && it.check_room().is_ok()),
        None => choose(others, placing(customer)).ok(),
    };
    found.map(|it| it.id.clone())
}
