//! Account managers, and who looks after whom.

mod hand_over;
mod managers;

pub(crate) use hand_over::{HandOver, HandedOver};

use chassis::{Deadline, Refusal};
use contract::patron::profile::v1 as proto;
use idempotency::{Claim, Key};
use sqlx::PgTransaction;
use tonic::{Response, Status};
use uuid::Uuid;

use super::browse::{Page, with_one_more};
use super::{App, announce};
use crate::domain::accounts::{
    Assignment, Change, Level, ManagerId, NoManager, Placing, keep_or_choose,
};
use crate::domain::customer::Customer;
use crate::domain::ids::CustomerId;
use crate::store::homes::homes_of;
use crate::store::{accounts, customers};
use crate::{refusals, wire};

const ASSIGN: &str = "patron.profile.v1.AccountManagerService/AssignAccountManager";

/// Who is to look after a customer.
#[derive(Clone, Debug)]
pub(crate) struct Wish {
    pub(crate) customer: CustomerId,
    /// `None`: whoever fits best.
    pub(crate) manager: Option<ManagerId>,
    /// `None`: as before.
    pub(crate) level: Option<Level>,
    pub(crate) reason: String,
    pub(crate) actor: String,
}

impl App {
    /// Gives a customer a manager, once per `request_id`.
    pub(crate) async fn assign_account_manager(
        &self,
        deadline: Deadline,
        request: &proto::AssignAccountManagerRequest,
        wish: Wish,
    ) -> Result<Response<proto::AccountAssignment>, Status> {
        let key = Key::new(&wish.actor, ASSIGN, &request.request_id)?;
        match self.claim(deadline, key, request).await? {
            Claim::Replayed(answer) => answer,
            Claim::Fresh(mut claimed) => {
                let outcome = self.assign(claimed.transaction(), wish).await;
                let answer = claimed.finish(outcome).await?;
                self.outbox.committed();
                Ok(answer)
            }
        }
    }

    /// Locks the person, then whoever may get it: so loads are as they are until this is done.
    async fn assign(
        &self,
        db: &mut PgTransaction<'_>,
        wish: Wish,
    ) -> Result<proto::AccountAssignment, Refusal> {
        let locked = customers::lock_all(db, &self.keyring, &[wish.customer]).await?;
        let customer = locked.and_then(|all| all.into_iter().next());
        let customer = customer.ok_or_else(refusals::customer_not_found)?;
        let homes = customer.homes().ids();
        let known = accounts::of(db, &self.keyring, &homes).await?;
        let known = known.first();
        let decided = self.decide_account(db, &customer, known, wish).await?;
        let Some(change) = decided else {
            return Ok(wire::accounts::standing(customer.id, known));
        };
        let keys = self.keys(db, [change.assignment.home]).await?;
        accounts::assign(db, &keys, std::slice::from_ref(&change)).await?;
        let event = announce::account_manager(&change);
        let appended = self.outbox.append(db, event).await;
        appended.map_err(refusals::outbox)?;
        let assigned = wire::accounts::standing(customer.id, Some(&change.assignment));
        Ok(proto::AccountAssignment {
            previous_manager_id: change.previous.map(|it| it.0).unwrap_or_default(),
            ..assigned
        })
    }

    /// `None`: it is so already.
    async fn decide_account(
        &self,
        db: &mut PgTransaction<'_>,
        customer: &Customer,
        known: Option<&Assignment>,
        wish: Wish,
    ) -> Result<Option<Change>, Refusal> {
        // Also who has the customer, whose load it leaves.
        let had = known.map(|it| &it.manager);
        let named: Vec<_> = had.into_iter().chain(&wish.manager).cloned().collect();
        let locked = accounts::lock(db, &named, wish.manager.is_none()).await?;
        let manager = match &wish.manager {
            Some(named) => {
                let found = locked.iter().find(|it| it.id == *named);
                let found = found.ok_or(NoManager::Unknown)?;
                // Whoever has the customer already needs no room.
                if had != Some(named) {
                    found.check_room()?;
                }
                found.id.clone()
            }
            None => keep_or_choose(&locked, placing(customer), had)?.id.clone(),
        };
        let level = wish.level.or(known.map(|it| it.level)).unwrap_or_default();
        if known.is_some_and(|it| it.manager == manager && it.level == level) {
            return Ok(None);
        }
        Ok(Some(Change {
            id: self.clock.new_id(),
            previous: known.map(|it| it.manager.clone()),
            assignment: Assignment {
                home: known.map_or(wish.customer, |it| it.home),
                manager,
                level,
                reason: wish.reason,
                actor: wish.actor,
                at: self.now(),
                // What the person has, or the first it gets.
                counts: true,
            },
        }))
    }

    /// Who looks after a customer.
    pub(crate) async fn account_assignment(
        &self,
        deadline: Deadline,
        customer: CustomerId,
    ) -> Result<proto::AccountAssignment, Refusal> {
        let mut tx = self.snapshot(deadline).await?;
        let homes = homes_of(&mut tx, customer).await?;
        let homes = homes.ok_or_else(refusals::customer_not_found)?;
        let known = accounts::of(&mut tx, &self.keyring, &homes.ids()).await?;
        Ok(wire::accounts::standing(homes.profile, known.first()))
    }

    /// Who has looked after a customer, the latest first.
    pub(crate) async fn account_assignments(
        &self,
        deadline: Deadline,
        (customer, before): (CustomerId, Uuid),
        size: u16,
    ) -> Result<Page<Change>, Refusal> {
        let mut tx = self.snapshot(deadline).await?;
        let homes = homes_of(&mut tx, customer).await?;
        let homes = homes.ok_or_else(refusals::customer_not_found)?.ids();
        let found =
            accounts::changes(&mut tx, &self.keyring, &homes, before, with_one_more(size)).await?;
        Ok(Page::cut(found, size))
    }
}

/// By what a manager is chosen for a customer.
fn placing(customer: &Customer) -> Placing<'_> {
    Placing {
        region: &customer.details.region_code,
        brand: &customer.details.brand,
    }
}
