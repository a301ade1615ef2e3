use std::collections::HashMap;

use jiff::Timestamp;
use sqlx::PgConnection;
use uuid::Uuid;

use super::steps::Day;
use crate::app::AppError;
use crate::domain::ledger::WalletId;
use crate::domain::program::{ExpiryPolicy, WalletPolicy};
use crate::store::end_of_day;

/// When holders were last active on a day, in wallets whose points that extends.
pub(super) struct Activity(HashMap<(Uuid, WalletId), Timestamp>);

impl Activity {
    pub(super) async fn on(
        db: &mut PgConnection,
        day: &Day,
        holder_ids: &[Uuid],
    ) -> Result<Self, AppError> {
        let extended = extended(day).map(|(wallet, _)| wallet.wallet_id.to_string());
        let extended: Vec<String> = extended.collect();
        if extended.is_empty() {
            return Ok(Self(HashMap::new()));
        }
        let zone = &day.program.document.zone;
        let during = (zone.start_of(day.date), zone.end_of(day.date));
        let rows = end_of_day::last_activity(db, holder_ids, &extended, during).await?;
        let mut activity = HashMap::new();
        for (holder_id, wallet_id, at) in rows {
            activity.insert((holder_id, WalletId::parse(&wallet_id)?), at);
        }
        Ok(Self(activity))
    }

    /// The last time in a wallet.
    pub(super) fn last(&self, holder_id: Uuid, wallet_id: WalletId) -> Option<Timestamp> {
        self.0.get(&(holder_id, wallet_id)).copied()
    }
}

/// The wallets whose points get their term anew by activity.
pub(super) fn extended(day: &Day) -> impl Iterator<Item = (&WalletPolicy, &ExpiryPolicy)> {
    let wallets = day.program.document.wallets();
    wallets.filter_map(|wallet| {
        let expiry = wallet.expiry.as_ref()?;
        expiry.extended_by_activity.then_some((wallet, expiry))
    })
}
