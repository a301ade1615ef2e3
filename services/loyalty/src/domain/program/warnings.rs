use std::collections::BTreeSet;

use super::Document;

/// Something to think of before a version is put in force.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Warning {
    /// The zone is another one.
    #[error(
        "days begin at another time from then on: caps and quotas of that day, week, month … begin anew"
    )]
    Zone,
    /// A point currency counts or lapses otherwise.
    #[error(
        "points of {wallet_id} that were earned before keep their end; the new expiry is for those earned from then on"
    )]
    Expiry {
        /// The currency.
        wallet_id: String,
    },
    /// Fewer points than before can't be spent any more.
    #[error(
        "at least {minimum} points of {wallet_id} are needed to spend any, {before} until then; members with fewer must earn on"
    )]
    Minimum {
        /// The currency.
        wallet_id: String,
        /// As it was.
        before: String,
        /// As it would be.
        minimum: String,
    },
    /// A ladder is gone.
    #[error("ladder {ladder_id} is gone, and with it the tiers of all who stand on it")]
    LadderGone {
        /// The ladder.
        ladder_id: String,
    },
    /// A tier is gone.
    #[error(
        "tier {tier_id} of ladder {ladder_id} is gone; who stands on it stands on the next lower one"
    )]
    TierGone {
        /// The ladder.
        ladder_id: String,
        /// The tier.
        tier_id: String,
    },
    /// A tier is harder to reach.
    #[error(
        "tier {tier_id} of ladder {ladder_id} needs more; who stands on it keeps it until the next review"
    )]
    TierRaised {
        /// The ladder.
        ladder_id: String,
        /// The tier.
        tier_id: String,
    },
    /// Something that members may be in the middle of is gone.
    #[error(
        "{what} {id} is gone; what members have of it stays under the version that they got it by"
    )]
    Gone {
        /// What it was.
        what: &'static str,
        /// Its id.
        id: String,
    },
}

/// What to think of before `after` takes the place of `before`.
pub fn warnings(before: &Document, after: &Document) -> Vec<Warning> {
    let mut warnings = Vec::new();
    if before.zone != after.zone {
        warnings.push(Warning::Zone);
    }
    wallets(before, after, &mut warnings);
    tiers(before, after, &mut warnings);
    macro_rules! gone {
        ($what:literal, $list:ident, $id:ident) => {
            let kept: BTreeSet<&str> = after.$list.iter().map(|it| it.$id.as_str()).collect();
            let gone = before.$list.iter().map(|it| it.$id.as_str());
            let gone = gone.filter(|id| !kept.contains(id));
            warnings.extend(gone.map(|id| Warning::Gone {
                what: $what,
                id: id.to_owned(),
            }));
        };
    }
    gone!("coupon template", coupon_templates, template_id);
    gone!("challenge", challenges, challenge_id);
    gone!("draw", draws, draw_id);
    warnings
}

fn wallets(before: &Document, after: &Document, warnings: &mut Vec<Warning>) {
    for old in before.wallets() {
        let Some(new) = after.wallet(old.wallet_id) else {
            continue;
        };
        let wallet_id = || old.wallet_id.to_string();
        if old.expiry != new.expiry {
            let wallet_id = wallet_id();
            warnings.push(Warning::Expiry { wallet_id });
        }
        let (was, is) = (old.redemption.minimum, new.redemption.minimum);
        if is > was {
            warnings.push(Warning::Minimum {
                wallet_id: wallet_id(),
                before: was.to_string(),
                minimum: is.to_string(),
            });
        }
    }
}

fn tiers(before: &Document, after: &Document, warnings: &mut Vec<Warning>) {
    for old in &before.tier_ladders {
        let ladder_id = || old.ladder_id.to_string();
        let Some(new) = after.ladder(old.ladder_id.as_str()) else {
            let ladder_id = ladder_id();
            warnings.push(Warning::LadderGone { ladder_id });
            continue;
        };
        for tier in &old.tiers {
            let (ladder_id, tier_id) = (ladder_id(), tier.tier_id.to_string());
            match new.tier(&tier_id) {
                None => warnings.push(Warning::TierGone { ladder_id, tier_id }),
                Some((_, now)) if now.threshold > tier.threshold => {
                    warnings.push(Warning::TierRaised { ladder_id, tier_id });
                }
                Some(_) => {}
            }
        }
    }
}
