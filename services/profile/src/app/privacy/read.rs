//! Reading erasures.

use chassis::{Deadline, Refusal};
use seal::Fingerprint;

use crate::app::App;
use crate::app::browse::{Page, with_one_more};
use crate::domain::privacy::erasure::{Erasure, ErasureId};
use crate::refusals;
use crate::store::privacy::{erasures, suppressions};

impl App {
    /// An erasure, and what it suppresses.
    pub(crate) async fn erasure(
        &self,
        deadline: Deadline,
        id: ErasureId,
    ) -> Result<(Erasure, Vec<Fingerprint>), Refusal> {
        let mut tx = self.snapshot(deadline).await?;
        let erasure = erasures::get(&mut tx, id).await?;
        let erasure = erasure.ok_or_else(refusals::erasure_not_found)?;
        let prints = suppressions::of_erasure(&mut tx, id).await?;
        Ok((erasure, prints))
    }

    /// Erasures, the latest first.
    pub(crate) async fn erasures(
        &self,
        deadline: Deadline,
        pending_only: bool,
        before: ErasureId,
        size: u16,
    ) -> Result<Page<Erasure>, Refusal> {
        let mut tx = self.snapshot(deadline).await?;
        let limit = with_one_more(size);
        let found = erasures::list(&mut tx, pending_only, before, limit).await?;
        Ok(Page::cut(found, size))
    }
}
