//! An import is told.

use chassis::{Deadline, Refusal};
use contract::patron::profile::v1 as proto;
use idempotency::{Claim, Key};
use sqlx::PgTransaction;
use tonic::{Response, Status};

use super::attributes::check_attributes;
use crate::app::App;
use crate::domain::imports::{Import, Plan};
use crate::store::imports;
use crate::wire;

const METHOD: &str = "patron.profile.v1.ImportService/CreateImport";

impl App {
    /// Notes what will be sent, once per `request_id`.
    pub(crate) async fn create_import(
        &self,
        caller: &str,
        deadline: Deadline,
        request: &proto::CreateImportRequest,
        plan: Plan,
    ) -> Result<Response<proto::Import>, Status> {
        let key = Key::new(caller, METHOD, &request.request_id)?;
        match self.claim(deadline, key, request).await? {
            Claim::Replayed(answer) => answer,
            Claim::Fresh(mut claimed) => {
                // Nothing is kept of a file that can't be begun yet: once the attributes are defined, the same may come.
                check_attributes(claimed.transaction(), &plan).await?;
                let import = Import::create(self.new_import_id(), plan, caller, self.now());
                let outcome = insert(claimed.transaction(), import).await;
                claimed.finish(outcome).await
            }
        }
    }
}

async fn insert(db: &mut PgTransaction<'_>, import: Import) -> Result<proto::Import, Refusal> {
    imports::insert(db, &import).await?;
    Ok(wire::imports::encode(import))
}
