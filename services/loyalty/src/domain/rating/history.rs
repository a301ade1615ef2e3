//! Rating a run of a member's purchases and acts, one after the other as they happened.
//!
//! What a purchase earns may depend on what came before it: caps and cool-downs look at earlier
//! awards, conditions at earlier purchases, budgets at everybody's. So a purchase that comes late,
//! or is given back, changes what later ones earn. [`rate_all`] rates all of them anew, from the
//! first that changed: points are a function of what happened, not of when it became known.

use std::sync::Arc;

use jiff::Timestamp;
use uuid::Uuid;

use crate::domain::Points;
use crate::domain::happened::Act;
use crate::domain::program::{ActivityType, CampaignId, Program, RuleId};

use super::{
    Award, Basket, Budgets, Demands, Matter, MemberThen, Rating, RatingError, Situation, Subject,
    Usage, Witness, looks_back, rate,
};

/// Where something stands among what a member did: by time, and at one time in an order that is
/// always the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment {
    /// When.
    pub at: Timestamp,
    /// What.
    pub source: Source,
}

/// What earns points.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// An act, by its type and id.
    Act(String, String),
    /// A purchase, by its order.
    Order(String),
}

/// What a member did, under the version of the program by which it earns.
#[derive(Clone, Debug)]
pub struct Deed {
    /// What was done: a purchase with what is left of it, or an act.
    pub done: Done,
    /// The version in force then.
    pub program: Arc<Program>,
    /// The member as it was then.
    pub member: MemberThen,
    /// What it has been awarded, as it was rated last; nothing for a new one.
    pub awards: Vec<Awarded>,
}

/// What a rule has awarded for something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Awarded {
    /// The rule.
    pub rule_id: RuleId,
    /// The campaign that it belongs to.
    pub campaign_id: Option<CampaignId>,
    /// The award.
    pub points: Points,
}

/// A purchase with what is left of it, or an act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Done {
    /// A purchase.
    Basket(Basket),
    /// An act.
    Act(Act, ActivityType),
}

impl From<&Award> for Awarded {
    fn from(award: &Award) -> Self {
        Self {
            rule_id: award.rule_id.clone(),
            campaign_id: award.campaign_id.clone(),
            points: award.points,
        }
    }
}

impl Done {
    /// An act.
    pub fn act(act: Act) -> Self {
        let activity_type = ActivityType::new(&act.activity_type);
        Self::Act(act, activity_type)
    }

    /// Whose it is.
    pub fn customer_id(&self) -> Uuid {
        match self {
            Self::Basket(basket) => basket.customer_id,
            Self::Act(act, _) => act.customer_id,
        }
    }

    /// As rules look at it.
    pub fn subject(&self) -> Subject<'_> {
        match self {
            Self::Basket(basket) => Subject::Basket(basket),
            Self::Act(act, activity_type) => Subject::Act {
                activity_type,
                channel: &act.channel,
                occurred_at: act.occurred_at,
            },
        }
    }

    /// As conditions look at it.
    pub fn matter(&self) -> Matter<'_> {
        match self {
            Self::Basket(basket) => Matter::Basket(basket),
            Self::Act(act, _) => Matter::Act(act),
        }
    }

    /// Where it stands among the others.
    pub fn moment(&self) -> Moment {
        Moment {
            at: self.subject().at(),
            source: match self {
                Self::Basket(basket) => Source::Order(basket.order_id.clone()),
                Self::Act(act, _) => {
                    Source::Act(act.activity_type.clone(), act.activity_id.clone())
                }
            },
        }
    }
}

impl Deed {
    /// What has to be known of the past to rate it.
    pub fn demands(&self) -> Demands {
        Demands::of(&self.program, &self.done.subject())
    }

    /// Puts back what it took from budgets.
    fn give_back(&self, budgets: &mut Budgets) {
        for award in &self.awards {
            let campaign = award.campaign_id.as_ref();
            let campaign = campaign.and_then(|id| self.program.document.campaign(id.as_str()));
            if let Some(campaign) = campaign.filter(|campaign| campaign.budget.is_some()) {
                budgets.give_back(&campaign.campaign_id, award.points);
            }
        }
    }

    /// Counts what it has been awarded.
    fn count(&self, usage: &mut Usage) {
        for award in &self.awards {
            if looks_back(&self.program, &award.rule_id) {
                usage.awarded(
                    award.rule_id.clone(),
                    self.done.subject().at(),
                    award.points,
                );
            }
        }
    }

    fn rate(&self, usage: &Usage, budgets: &mut Budgets) -> Result<Rating, RatingError> {
        let zone = &self.program.document.zone;
        let situation = Situation {
            subject: self.done.subject(),
            judge: &Witness::new(self.done.matter(), &self.member, zone),
            usage,
        };
        rate(&self.program, &situation, budgets)
    }
}

/// Rates deeds of one member in the order of their moments. `usage` is what rules have awarded
/// before the first of them; `budgets` are as they stand, what these deeds have taken included, and
/// afterwards with what they take now instead.
///
/// One that can't be rated keeps what it has: it is left out, the others are rated as if its awards
/// stood.
pub fn rate_all(
    deeds: &[Deed],
    usage: &Usage,
    budgets: &mut Budgets,
) -> Vec<Result<Rating, RatingError>> {
    let mut faults: Vec<Option<RatingError>> = vec![None; deeds.len()];
    loop {
        match attempt(deeds, &faults, usage, budgets) {
            Ok((ratings, after)) => {
                *budgets = after;
                let each = ratings.into_iter().zip(faults);
                return each
                    .map(|(rating, fault)| fault.map_or(Ok(rating), Err))
                    .collect();
            }
            // At most as many rounds as deeds: each leaves one more out.
            Err((place, error)) => {
                if let Some(fault) = faults.get_mut(place) {
                    *fault = Some(error);
                }
            }
        }
    }
}

/// Rates all but those with faults. The first further one that can't be rated ends the attempt.
fn attempt(
    deeds: &[Deed],
    faults: &[Option<RatingError>],
    usage: &Usage,
    budgets: &Budgets,
) -> Result<(Vec<Rating>, Budgets), (usize, RatingError)> {
    let (mut usage, mut budgets) = (usage.clone(), budgets.clone());
    for (deed, _) in deeds
        .iter()
        .zip(faults)
        .filter(|(_, fault)| fault.is_none())
    {
        deed.give_back(&mut budgets);
    }
    let mut ratings = Vec::with_capacity(deeds.len());
    for (place, (deed, fault)) in deeds.iter().zip(faults).enumerate() {
        if fault.is_some() {
            deed.count(&mut usage);
            ratings.push(Rating::default());
            continue;
        }
        let rating = deed
            .rate(&usage, &mut budgets)
            .map_err(|error| (place, error))?;
        usage.count(&deed.program, &deed.done.subject(), &rating);
        ratings.push(rating);
    }
    Ok((ratings, budgets))
}
