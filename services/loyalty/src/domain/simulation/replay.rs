use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;

use super::past::{Past, PastDeed, What, as_bought};
use super::{Earned, RulePoints, Side, Timeline};
use crate::domain::happened::{Act, SaleFigures};
use crate::domain::program::{ActivityType, LadderId, TierId, WalletId};
use crate::domain::rating::{
    Basket, Budgets, Matter, MemberThen, Orders, Rating, RatingError, Situation, Snapshot, Subject,
    Usage, Witness, rate,
};
use crate::domain::sales::Sale;
use crate::domain::tiers::{Addition, Case, Record, Touch, settle};
use crate::domain::{LedgerError, Points};

/// A deed that the program can't rate. It earns nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reference}: {cause}")]
pub struct Unrated {
    /// The order or the act.
    pub reference: String,
    /// Why not.
    pub cause: RatingError,
}

/// A past under a program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replayed {
    /// What came of it.
    pub side: Side,
    /// What the program can't rate.
    pub unrated: Vec<Unrated>,
}

/// Decides a member's past anew, under other versions of the program: deed by deed in the order of
/// time, by the functions that decide the present. Each deed is rated with what returns left
/// of those before it, so points are what they would be had nothing that was returned been bought.
///
/// Budgets go from member to member as they are replayed. What a campaign awards in all is exact;
/// whom a budget that runs out leaves without is not, since members are not replayed in the order of
/// time.
pub fn replay(
    timeline: &Timeline,
    past: &Past,
    budgets: &mut Budgets,
    today: Date,
) -> Result<Replayed, LedgerError> {
    let mut replay = Replay::new(timeline, past, budgets);
    for deed in &past.deeds {
        replay.deed(deed)?;
    }
    replay.settle(today);
    let ladders = timeline.last().document.tier_ladders.iter();
    let tiers = ladders.map(|ladder| {
        let tier = replay.tiers.get(&ladder.ladder_id).cloned();
        (ladder.ladder_id.clone(), tier)
    });
    Ok(Replayed {
        side: Side {
            tiers: tiers.collect(),
            earned: replay.earned,
        },
        unrated: replay.unrated,
    })
}

struct Replay<'a> {
    timeline: &'a Timeline,
    ladders: BTreeSet<LadderId>,
    budgets: &'a mut Budgets,
    usage: Usage,
    joined_at: Timestamp,
    orders: Orders,
    tiers: BTreeMap<LadderId, TierId>,
    additions: Vec<Addition>,
    records: BTreeMap<LadderId, Record>,
    touch: Touch,
    earned: Vec<Earned>,
    unrated: Vec<Unrated>,
}

impl<'a> Replay<'a> {
    fn new(timeline: &'a Timeline, past: &Past, budgets: &'a mut Budgets) -> Self {
        Self {
            timeline,
            ladders: timeline.ladder_ids(),
            budgets,
            usage: Usage::default(),
            joined_at: past.joined_at,
            orders: Orders::default(),
            tiers: BTreeMap::new(),
            additions: Vec::new(),
            records: BTreeMap::new(),
            touch: Touch::Nothing,
            earned: Vec::new(),
            unrated: Vec::new(),
        }
    }

    fn deed(&mut self, deed: &PastDeed) -> Result<(), LedgerError> {
        self.settle(self.timeline.zone().date_of(deed.at()));
        let then = self.member(deed);
        let rated = match &deed.what {
            What::Bought(sale, returned_at) => self.sale(sale, *returned_at, &then),
            What::Did(act) => self.act(act, &then),
        };
        match rated {
            Ok((issued, kept)) => self.earn(deed.at(), &issued, &kept)?,
            Err(cause) => self.unrated.push(Unrated {
                reference: deed.reference().to_owned(),
                cause,
            }),
        }
        Ok(())
    }

    /// The member as it was then, but on the tiers of the simulation.
    fn member(&self, deed: &PastDeed) -> MemberThen {
        MemberThen {
            joined_at: self.joined_at,
            snapshot: Snapshot {
                tiers: self.tiers.clone(),
                ..deed.snapshot.clone()
            },
            orders: self.orders,
        }
    }

    /// What a purchase earned, and what returns left of that.
    fn sale(
        &mut self,
        sale: &Sale,
        returned_at: Option<Timestamp>,
        then: &MemberThen,
    ) -> Result<(Rating, Rating), RatingError> {
        let (bought, kept) = (as_bought(sale), sale.basket());
        // What is taken back goes back into the budgets, so only what is left takes out of them.
        let mut at_purchase = self.budgets.clone();
        let issued = self.rate(Matter::Basket(&bought), then, &mut at_purchase)?;
        let left = if bought == kept {
            *self.budgets = at_purchase;
            issued.clone()
        } else {
            let mut budgets = std::mem::take(self.budgets);
            let left = self.rate(Matter::Basket(&kept), then, &mut budgets);
            *self.budgets = budgets;
            left?
        };
        let program = self.timeline.at(sale.ordered_at);
        self.usage.count(program, &Subject::Basket(&kept), &left);
        self.add_sale(sale, returned_at, (&bought, &issued), &left);
        if sale.counts() {
            self.orders.count += 1;
            self.orders.last_at = Some(sale.ordered_at);
        }
        Ok((issued, left))
    }

    fn act(&mut self, act: &Act, then: &MemberThen) -> Result<(Rating, Rating), RatingError> {
        let mut budgets = std::mem::take(self.budgets);
        let rating = self.rate(Matter::Act(act), then, &mut budgets);
        *self.budgets = budgets;
        let rating = rating?;
        let activity_type = ActivityType::new(&act.activity_type);
        let subject = subject(Matter::Act(act), &activity_type);
        let program = self.timeline.at(act.occurred_at);
        self.usage.count(program, &subject, &rating);
        self.add(Addition::of_act(act, &program.document.zone));
        Ok((rating.clone(), rating))
    }

    fn rate(
        &self,
        matter: Matter<'_>,
        then: &MemberThen,
        budgets: &mut Budgets,
    ) -> Result<Rating, RatingError> {
        let activity_type = match matter {
            Matter::Basket(_) => ActivityType::new(""),
            Matter::Act(act) => ActivityType::new(&act.activity_type),
        };
        let subject = subject(matter, &activity_type);
        let program = self.timeline.at(subject.at());
        let situation = Situation {
            subject,
            judge: &Witness::new(matter, then, &program.document.zone),
            usage: &self.usage,
        };
        rate(program, &situation, budgets)
    }

    fn earn(&mut self, at: Timestamp, issued: &Rating, kept: &Rating) -> Result<(), LedgerError> {
        let document = &self.timeline.at(at).document;
        for wallet in document.wallets() {
            let (issued, rules) = (
                sum(issued, wallet.wallet_id)?,
                rules(kept, wallet.wallet_id),
            );
            if issued.is_zero() && rules.is_empty() {
                continue;
            }
            let expiry = wallet.expiry.as_ref();
            self.earned.push(Earned {
                wallet_id: wallet.wallet_id,
                at,
                expires_at: expiry.map(|expiry| expiry.expires_at(at, &document.zone)),
                issued,
                kept: sum(kept, wallet.wallet_id)?,
                rules,
            });
        }
        Ok(())
    }

    /// What a purchase counts on ladders: at first, and less what returns took back.
    fn add_sale(
        &mut self,
        sale: &Sale,
        returned_at: Option<Timestamp>,
        (bought, issued): (&Basket, &Rating),
        left: &Rating,
    ) {
        let document = &self.timeline.at(sale.ordered_at).document;
        let (main, zone) = (document.main_wallet.wallet_id, &document.zone);
        let points = |rating: &Rating| rating.points(main).unwrap_or_default().get();
        let first = figures(bought, points(issued));
        let purchase = sale.change(SaleFigures::NONE, first);
        let purchase = Addition::of_sale(&purchase, zone, zone.date_of(sale.ordered_at));
        let returned = sale.change(first, sale.figures(points(left)));
        let known_on = zone.date_of(returned_at.unwrap_or(sale.ordered_at));
        let returned = Addition::of_sale(&returned, zone, known_on);
        for addition in purchase.into_iter().chain(returned) {
            self.add(addition);
        }
    }

    fn add(&mut self, addition: Addition) {
        // A return that is known from the beginning does not reach back behind anything.
        self.touch = self.touch.and(Touch::From(addition.day));
        self.additions.push(addition);
    }

    /// Brings the standings to a day.
    fn settle(&mut self, today: Date) {
        let joined_on = self.timeline.zone().date_of(self.joined_at);
        for ladder_id in &self.ladders {
            let eras = self.timeline.eras(ladder_id, &self.additions);
            let case = Case {
                joined_on,
                eras: &eras,
                gifts: &[],
                today,
            };
            let record = self.records.get(ladder_id);
            let settled = settle(record, self.touch, &case).record;
            match settled.shown.tier_id().cloned() {
                Some(tier_id) => self.tiers.insert(ladder_id.clone(), tier_id),
                None => self.tiers.remove(ladder_id),
            };
            self.records.insert(ladder_id.clone(), settled);
        }
        self.touch = Touch::Nothing;
    }
}

fn subject<'a>(matter: Matter<'a>, activity_type: &'a ActivityType) -> Subject<'a> {
    match matter {
        Matter::Basket(basket) => Subject::Basket(basket),
        Matter::Act(act) => Subject::Act {
            activity_type,
            channel: &act.channel,
            occurred_at: act.occurred_at,
        },
    }
}

fn figures(basket: &Basket, points: i64) -> SaleFigures {
    let paid = basket.lines.iter().map(|line| line.kept_minor);
    SaleFigures {
        net_minor: paid.fold(0_i64, i64::saturating_add),
        counts: !basket.is_empty(),
        points,
    }
}

fn sum(rating: &Rating, wallet_id: WalletId) -> Result<Points, LedgerError> {
    rating.points(wallet_id).ok_or(LedgerError::Overflow)
}

fn rules(rating: &Rating, wallet_id: WalletId) -> Vec<RulePoints> {
    let own = rating
        .awards
        .iter()
        .filter(|award| award.wallet_id == wallet_id);
    own.map(|award| RulePoints {
        rule_id: award.rule_id.clone(),
        campaign_id: award.campaign_id.clone(),
        points: award.points,
    })
    .collect()
}
