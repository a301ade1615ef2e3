//! Points that wait for an act, for example for the delivery of what was bought.

use std::collections::HashMap;

use uuid::Uuid;

use super::Desk;
use super::entry::Runs;
use crate::app::AppError;
use crate::app::books::{Need, Posted};
use crate::domain::happened::Act;
use crate::domain::ledger::{Activation, Cause as Booked, Kind, Which, activate};
use crate::domain::rating::{Done, Moment, Source};
use crate::domain::sales::{Earnings, Holding};
use crate::store::rating::{Key, Keys, activities, ratings};
use crate::wire::rating as encode;

/// Lots whose points an act makes usable.
struct Awaited {
    customer_id: Uuid,
    act: Act,
    holding: Holding,
}

impl Desk<'_, '_> {
    /// Makes points usable whose purchase an act names, whichever of the two comes first.
    pub(super) async fn activate(&mut self, runs: &Runs<'_>) -> Result<(), AppError> {
        let mut awaited = self.by_new_acts(runs).await?;
        awaited.extend(self.by_earlier_acts(runs).await?);
        if awaited.is_empty() {
            return Ok(());
        }
        let needs = awaited.iter().map(|one| {
            let need = Need::of(one.customer_id).in_wallet(Some(one.holding.wallet_id));
            let lots = one.holding.lots.iter();
            lots.fold(need, |need, lot_id| need.lots_from(*lot_id))
        });
        let needs: Vec<Need> = needs.collect();
        self.books.reach(self.loyalty, self.tx, &needs).await?;
        for one in awaited {
            self.activate_one(&one)?;
        }
        Ok(())
    }

    /// Purchases that are known, named by acts of this wave.
    async fn by_new_acts(&mut self, runs: &Runs<'_>) -> Result<Vec<Awaited>, AppError> {
        let acts: HashMap<Key, &Act> = runs
            .entries()
            .filter(|(_, entry)| entry.is_new())
            .filter_map(|(customer_id, entry)| match &entry.done {
                Done::Act(act, _) => {
                    let order_id = activities::order_of(act)?.to_owned();
                    let source = Source::Order(order_id);
                    Some((
                        Key {
                            customer_id,
                            source,
                        },
                        act,
                    ))
                }
                Done::Basket(_) => None,
            })
            .collect();
        let moments = acts.iter().map(|(key, act)| {
            let moment = Moment {
                at: act.occurred_at,
                source: key.source.clone(),
            };
            (key.customer_id, moment)
        });
        let moments: Vec<(Uuid, Moment)> = moments.collect();
        let keys = Keys::of(moments.iter().map(|(id, moment)| (*id, moment)));
        let known = ratings::of_keys(&mut **self.tx, &keys).await?;
        let mut awaited = Vec::new();
        for (key, rated) in known {
            if let Some(act) = acts.get(&key) {
                awaited.extend(self.lots(key.customer_id, act, &rated.earnings).await?);
            }
        }
        Ok(awaited)
    }

    /// Purchases of this wave, named by acts that came before them.
    async fn by_earlier_acts(&mut self, runs: &Runs<'_>) -> Result<Vec<Awaited>, AppError> {
        let waiting = runs.entries().filter(|(_, entry)| {
            let mut wallets = entry.program.document.wallets();
            let waits = wallets.any(|wallet| {
                let pending = wallet.pending.as_ref();
                pending.is_some_and(|pending| pending.activity_type.is_some())
            });
            waits && entry.sale.is_some() && entry.before.earnings.as_ref() != Some(&entry.earnings)
        });
        let waiting: Vec<_> = waiting.collect();
        let orders = waiting
            .iter()
            .map(|(customer_id, entry)| (*customer_id, entry.reference()));
        let acts = activities::about(self.tx, orders).await?;
        let mut awaited = Vec::new();
        for act in acts {
            let own = waiting.iter().find(|(customer_id, entry)| {
                *customer_id == act.customer_id
                    && activities::order_of(&act) == Some(entry.reference())
            });
            if let Some((customer_id, entry)) = own {
                awaited.extend(self.lots(*customer_id, &act, &entry.earnings).await?);
            }
        }
        Ok(awaited)
    }

    /// What of a purchase waits for this act, by the version of the purchase.
    async fn lots(
        &mut self,
        customer_id: Uuid,
        act: &Act,
        earnings: &Earnings,
    ) -> Result<Vec<Awaited>, AppError> {
        let (program_id, version) = (earnings.program_id.as_str(), earnings.program_version);
        let program = self
            .loyalty
            .programs
            .version(self.tx, program_id, version)
            .await?;
        let waits = |holding: &&Holding| {
            let policy = program.document.wallet(holding.wallet_id);
            let pending = policy.and_then(|policy| policy.pending.as_ref());
            let awaited = pending.and_then(|pending| pending.activity_type.as_ref());
            awaited.is_some_and(|awaited| awaited.as_str() == act.activity_type)
        };
        let holdings = earnings.holdings.iter().filter(waits);
        Ok(holdings
            .map(|holding| Awaited {
                customer_id,
                act: act.clone(),
                holding: holding.clone(),
            })
            .collect())
    }

    fn activate_one(&mut self, one: &Awaited) -> Result<(), AppError> {
        let wallet_id = one.holding.wallet_id;
        let Ok(wallet) = self.books.wallet(one.customer_id, Some(wallet_id)) else {
            return Ok(());
        };
        let activation = Activation {
            which: Which::Of(&one.holding.lots),
            cause: Booked {
                reference: &one.act.activity_id,
                effective_at: one.act.occurred_at,
            },
        };
        let activated = self
            .books
            .decide(|occasion| activate(wallet, activation, occasion))?;
        let Some(activated) = activated else {
            return Ok(());
        };
        let details = encode::activation_operation(&one.act);
        let event = encode::activated(one.customer_id, &activated);
        let posted = Posted::new(one.customer_id, activated.posting);
        self.books.post(posted.explained(Kind::Activate, details))?;
        self.announce(one.customer_id, "", &event);
        Ok(())
    }
}
