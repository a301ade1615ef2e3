//! Account managers come, change and are listed.

use chassis::{Deadline, Refusal};
use contract::patron::profile::v1 as proto;
use idempotency::{Claim, Key};
use sqlx::PgConnection;
use tonic::{Response, Status};

use crate::app::App;
use crate::app::browse::{Page, with_one_more};
use crate::domain::accounts::{MOST_ACTIVE, Manager, NoManager, Presence};
use crate::store::accounts;
use crate::wire;

const PUT: &str = "patron.profile.v1.AccountManagerService/PutAccountManager";

impl App {
    /// Creates a manager or replaces what is known of one, once per `request_id`.
    pub(crate) async fn put_account_manager(
        &self,
        caller: &str,
        deadline: Deadline,
        request: &proto::PutAccountManagerRequest,
        manager: Manager,
    ) -> Result<Response<proto::AccountManager>, Status> {
        let key = Key::new(caller, PUT, &request.request_id)?;
        match self.claim(deadline, key, request).await? {
            Claim::Replayed(answer) => answer,
            Claim::Fresh(mut claimed) => {
                let outcome = put(claimed.transaction(), &manager).await;
                claimed.finish(outcome.map(wire::accounts::manager)).await
            }
        }
    }

    /// Managers by id, after one.
    pub(crate) async fn account_managers(
        &self,
        deadline: Deadline,
        after: &str,
        size: u16,
    ) -> Result<Page<Manager>, Refusal> {
        let mut tx = self.snapshot(deadline).await?;
        let found = accounts::list(&mut tx, after, with_one_more(size)).await?;
        Ok(Page::cut(found, size))
    }
}

async fn put(db: &mut PgConnection, manager: &Manager) -> Result<Manager, Refusal> {
    if manager.presence == Presence::Active {
        accounts::lock_definitions(db).await?;
        if accounts::count_others(db, &manager.id).await? >= MOST_ACTIVE {
            return Err(NoManager::TooMany.into());
        }
    }
    Ok(accounts::put(db, manager).await?)
}
