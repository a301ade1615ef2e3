use std::sync::Arc;

use jiff::civil::Date;
use sqlx::PgTransaction;
use uuid::Uuid;

use super::give::{give, revoke};
use crate::app::books::Books;
use crate::app::{AppError, Loyalty};
use crate::domain::program::{LadderId, Package, PackageOccasion, Program, TierId};
use crate::domain::tiers::{Change, ChangeReason, Place};
use crate::store::packages::grants::{self as given, Occurrence, Reached};

/// A member has moved on a ladder.
#[derive(Clone, Debug)]
pub(crate) struct Move {
    customer_id: Uuid,
    ladder_id: LadderId,
    from: Option<TierId>,
    to: Option<TierId>,
    reached_on: Date,
    /// For one that revises what was known: the past as it is known now.
    past: Option<Vec<Place>>,
}

impl Move {
    /// By a change of a standing.
    pub(crate) fn of(
        customer_id: Uuid,
        ladder_id: &LadderId,
        change: &Change,
        past: Option<&[Place]>,
    ) -> Self {
        let revises = change.reason == ChangeReason::Revised;
        Self {
            customer_id,
            ladder_id: ladder_id.clone(),
            from: change.from.tier_id().cloned(),
            to: change.to.tier_id().cloned(),
            reached_on: change.to.place.since,
            past: past.filter(|_| revises).map(<[Place]>::to_vec),
        }
    }

    /// Heights before and after; `None`, which is lower than all, is no tier.
    fn heights(&self, program: &Program) -> [Option<usize>; 2] {
        [&self.from, &self.to]
            .map(|tier_id| height(program, &self.ladder_id, tier_id.as_ref()?.as_str()))
    }
}

fn height(program: &Program, ladder_id: &LadderId, tier_id: &str) -> Option<usize> {
    let ladder = program.document.ladder(ladder_id.as_str())?;
    ladder.tier(tier_id).map(|(height, _)| height)
}

/// Gives the packages of tiers that were reached, and takes back those of tiers that, by what is known
/// now, never were.
pub(crate) async fn follow_tiers(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    books: &mut Books,
    moves: &[Move],
) -> Result<(), AppError> {
    for one in moves {
        let program = Arc::clone(&books.holder(one.customer_id)?.program);
        let [before, after] = one.heights(&program);
        if after > before {
            reach(loyalty, tx, books, &program, one).await?;
        } else if let Some(past) = &one.past {
            take_back(loyalty, tx, books, &program, one, past).await?;
        }
    }
    Ok(())
}

async fn reach(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    books: &mut Books,
    program: &Program,
    one: &Move,
) -> Result<(), AppError> {
    let Some(tier_id) = &one.to else {
        return Ok(());
    };
    for package in of_tier(program, &one.ladder_id, tier_id) {
        let occurrence = Occurrence {
            package_id: package.package_id.to_string(),
            key: format!("{} {tier_id} {}", one.ladder_id, one.reached_on),
            reached: Some(Reached {
                ladder_id: one.ladder_id.to_string(),
                tier_id: tier_id.to_string(),
                on: one.reached_on,
            }),
        };
        give(loyalty, tx, books, one.customer_id, package, &occurrence).await?;
    }
    Ok(())
}

/// Packages that one of its gates admits to by reaching the tier.
fn of_tier<'a>(
    program: &'a Program,
    ladder_id: &'a LadderId,
    tier_id: &'a TierId,
) -> impl Iterator<Item = &'a Package> {
    let packages = program.document.packages.iter();
    packages.filter(move |package| {
        let mut gates = package.gates.iter();
        package.occasion == PackageOccasion::TierReached
            && gates.any(|gate| gate.ladder_id == *ladder_id && gate.admits(Some(tier_id.as_str())))
    })
}

/// A tier that is higher than the present one and was not reached at that time after all.
async fn take_back(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    books: &mut Books,
    program: &Program,
    one: &Move,
    past: &[Place],
) -> Result<(), AppError> {
    let customer_id = one.customer_id;
    let [_, now_at] = one.heights(program);
    for occurrence in given::of_ladder(&mut **tx, customer_id, one.ladder_id.as_str()).await? {
        let Some(reached) = &occurrence.reached else {
            continue;
        };
        let was_reached = past.iter().any(|place| {
            let is_tier = place
                .tier_id
                .as_ref()
                .is_some_and(|tier| tier.as_str() == reached.tier_id);
            is_tier && place.since == reached.on
        });
        let is_higher = height(program, &one.ladder_id, &reached.tier_id) > now_at;
        if is_higher && !was_reached {
            revoke(loyalty, tx, books, customer_id, &occurrence).await?;
        }
    }
    Ok(())
}
