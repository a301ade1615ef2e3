//! Points are a function of what happened, not of when it became known.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::*;
use crate::domain::happened::Act;
use crate::domain::program::{ActivityType, Vocabulary};
use crate::domain::sales::{Return, ReturnLine, Sale, SaleLine};

/// What is known of one member, kept and rated step by step as the service does it.
#[derive(Clone, Default)]
struct Known {
    sales: BTreeMap<String, Sale>,
    acts: Vec<Act>,
    returns: BTreeMap<String, Return>,
    rated: BTreeMap<Moment, Rating>,
    budgets: Budgets,
}

#[derive(Clone, Debug)]
enum Event {
    Order(Sale),
    Return(Return),
    Act(Act),
}

fn condition(source: &str) -> Condition {
    Condition::compile(source, Vocabulary::Order).unwrap()
}

fn cap(period: Period, points: Option<i64>, times: Option<u64>) -> Cap {
    let points = points.map(Points::new);
    Cap {
        period,
        points,
        times,
    }
}

fn rules() -> Vec<EarningRule> {
    let fixed = |points| Worth::Fixed(Points::new(points));
    let act = Trigger::Activity(ActivityType::new("share"));
    vec![
        EarningRule {
            caps: vec![cap(Period::Day, Some(40), None)],
            ..rule("base", per_unit(1, 1))
        },
        EarningRule {
            condition: Some(condition("member.is_first_order")),
            ..rule("first", fixed(100))
        },
        EarningRule {
            condition: Some(condition(
                "member.order_count % 2 == 1 && order.total_minor > 500",
            )),
            caps: vec![cap(Period::Lifetime, None, Some(2))],
            ..rule("second", fixed(11))
        },
        EarningRule {
            condition: Some(condition("member.?days_since_last_order.orValue(99) >= 2")),
            ..rule("back-again", fixed(13))
        },
        EarningRule {
            cooldown_seconds: 100_000,
            ..rule("slow", fixed(7))
        },
        EarningRule {
            trigger: act,
            caps: vec![cap(Period::Month, Some(8), None)],
            ..rule("share", fixed(5))
        },
    ]
}

/// Two versions; the second one has caps, looks back, and has a campaign with a budget.
fn versions() -> [Arc<Program>; 2] {
    let gift = EarningRule {
        caps: vec![cap(Period::Week, None, Some(2))],
        ..rule("gift", Worth::Fixed(Points::new(17)))
    };
    let double = rule(
        "double",
        Worth::BonusMultiple(Ratio {
            numerator: 1,
            denominator: 2,
        }),
    );
    let bounded = Campaign {
        budget: Some(Points::new(60)),
        ..campaign(vec![gift, double])
    };
    let first = program(vec![rule("base", per_unit(1, 1))], Vec::new());
    let second = Program {
        version: 2,
        ..program(rules(), vec![bounded])
    };
    [Arc::new(first), Arc::new(second)]
}

fn at(hours: i64) -> Timestamp {
    let start: Timestamp = "2026-03-01T00:00:00Z".parse().unwrap();
    start + jiff::SignedDuration::from_hours(hours)
}

fn version_at(versions: &[Arc<Program>; 2], at_: Timestamp) -> Arc<Program> {
    let [first, second] = versions;
    Arc::clone(if at_ < at(20) { first } else { second })
}

impl Known {
    fn hear(&mut self, versions: &[Arc<Program>; 2], event: &Event) {
        let changed = match event {
            Event::Order(sale) => self.order(sale),
            Event::Return(back) => self.take_back(back),
            Event::Act(act) => self.act(act),
        };
        if let Some(changed) = changed {
            self.rate_from(versions, &changed);
        }
    }

    fn order(&mut self, sale: &Sale) -> Option<Moment> {
        if self.sales.contains_key(&sale.order_id) {
            return None;
        }
        let mut sale = sale.clone();
        for back in self.returns.values() {
            if back.order_id == sale.order_id {
                sale.take_back(back);
            }
        }
        let moment = Done::Basket(sale.basket()).moment();
        self.sales.insert(sale.order_id.clone(), sale);
        Some(moment)
    }

    fn take_back(&mut self, back: &Return) -> Option<Moment> {
        let known = self.returns.insert(back.return_id.clone(), back.clone());
        let sale = self.sales.get_mut(&back.order_id)?;
        if known.is_some() {
            return None;
        }
        sale.take_back(back);
        Some(Done::Basket(sale.basket()).moment())
    }

    fn act(&mut self, act: &Act) -> Option<Moment> {
        if self.acts.contains(act) {
            return None;
        }
        self.acts.push(act.clone());
        Some(Done::act(act.clone()).moment())
    }

    fn deeds(&self, versions: &[Arc<Program>; 2]) -> BTreeMap<Moment, Deed> {
        let sales = self.sales.values().map(|sale| Done::Basket(sale.basket()));
        let acts = self.acts.iter().map(|act| Done::act(act.clone()));
        let deed = |done: Done| {
            let moment = done.moment();
            let rated = self.rated.get(&moment).cloned().unwrap_or_default();
            let deed = Deed {
                program: version_at(versions, moment.at),
                member: MemberThen {
                    joined_at: at(0),
                    snapshot: Snapshot::default(),
                    orders: self.orders_before(&moment),
                },
                awards: rated.awards.iter().map(Awarded::from).collect(),
                done,
            };
            (moment, deed)
        };
        sales.chain(acts).map(deed).collect()
    }

    fn orders_before(&self, moment: &Moment) -> Orders {
        let sales = self.sales.values().filter(|sale| sale.counts());
        let earlier = sales
            .map(|sale| Done::Basket(sale.basket()).moment())
            .filter(|other| other < moment);
        let earlier: BTreeSet<_> = earlier.collect();
        Orders {
            count: i64::try_from(earlier.len()).unwrap(),
            last_at: earlier.last().map(|moment| moment.at),
        }
    }

    /// What changed, and what comes after it and looks back.
    fn rate_from(&mut self, versions: &[Arc<Program>; 2], changed: &Moment) {
        let deeds = self.deeds(versions);
        let run: Vec<Deed> = deeds
            .range(changed..)
            .filter(|(moment, deed)| *moment == changed || deed.demands().look_back())
            .map(|(_, deed)| deed.clone())
            .collect();
        let usage = Self::usage_before(&deeds, changed, &run);
        let ratings = rate_all(&run, &usage, &mut self.budgets);
        for (deed, rating) in run.iter().zip(ratings) {
            self.rated.insert(deed.done.moment(), rating.unwrap());
        }
    }

    fn usage_before(deeds: &BTreeMap<Moment, Deed>, changed: &Moment, run: &[Deed]) -> Usage {
        let awards = deeds.range(..changed).flat_map(|(moment, deed)| {
            let looking_back = deed
                .awards
                .iter()
                .filter(|award| looks_back(&deed.program, &award.rule_id));
            looking_back.map(move |award| (moment.at, award))
        });
        let awards: Vec<_> = awards.collect();
        let mut usage = Usage::default();
        for demands in run.iter().map(Deed::demands) {
            for (rule_id, interval) in demands.intervals {
                let mut used = Used::default();
                for (at, award) in &awards {
                    if award.rule_id == rule_id && interval.from <= *at && *at < interval.until {
                        used.points = used.points.plus(award.points).unwrap();
                        used.times += 1;
                    }
                }
                usage.add_sum(rule_id, interval.from, used);
            }
            for rule_id in demands.cooling {
                let of_rule = awards.iter().filter(|(_, award)| award.rule_id == rule_id);
                if let Some(last) = of_rule.map(|(at, _)| *at).max() {
                    usage.add_last(rule_id, last);
                }
            }
        }
        usage
    }

    /// The naive way: everything, from nothing, in the order in which it happened.
    fn all_anew(&self, versions: &[Arc<Program>; 2]) -> (BTreeMap<Moment, Rating>, Budgets) {
        let (mut usage, mut budgets) = (Usage::default(), Budgets::default());
        let mut rated = BTreeMap::new();
        for (moment, deed) in self.deeds(versions) {
            let situation = Situation {
                subject: deed.done.subject(),
                judge: &Witness::new(
                    deed.done.matter(),
                    &deed.member,
                    &deed.program.document.zone,
                ),
                usage: &usage,
            };
            let rating = rate(&deed.program, &situation, &mut budgets).unwrap();
            usage.count(&deed.program, &deed.done.subject(), &rating);
            rated.insert(moment, rating);
        }
        (rated, budgets)
    }

    fn without_nothing(&self) -> BTreeMap<Moment, Vec<(RuleId, Points)>> {
        let awards = |rating: &Rating| {
            let awards = rating.awards.iter();
            awards
                .map(|award| (award.rule_id.clone(), award.points))
                .collect()
        };
        let rated = self.rated.iter();
        rated
            .map(|(moment, rating)| (moment.clone(), awards(rating)))
            .filter(|(_, awards): &(_, Vec<_>)| !awards.is_empty())
            .collect()
    }
}

fn spent(budgets: &Budgets) -> i64 {
    budgets.spent().map(|(_, points)| points.get()).sum()
}

/// Orders, and returns of them, of a small set: so that the same ones come twice.
fn sale(number: u8, amounts: &[i64]) -> Sale {
    let line = |(place, amount): (usize, &i64)| SaleLine {
        line_id: place.to_string(),
        product_id: "p".to_owned(),
        category: String::new(),
        quantity: 2,
        amount_minor: *amount,
        returned: 0,
        refunded_minor: 0,
    };
    Sale {
        customer_id: Uuid::nil(),
        order_id: format!("o{number}"),
        channel: "online".to_owned(),
        store: String::new(),
        // Some at the same time, some before the second version.
        ordered_at: at(i64::from(number / 2) * 14),
        currency: Currency::parse("CNY").unwrap(),
        lines: amounts.iter().enumerate().map(line).collect(),
    }
}

fn amounts(number: u8) -> Vec<i64> {
    (0..=i64::from(number % 3))
        .map(|place| 900 + 1_100 * place * i64::from(number))
        .collect()
}

fn returned(number: u8, part: u8) -> Return {
    let sold = sale(number, &amounts(number));
    let lines = sold.lines.iter().enumerate().filter_map(|(place, line)| {
        let chosen = part == 3 || place % 2 == usize::from(part % 2);
        chosen.then(|| ReturnLine {
            line_id: line.line_id.clone(),
            quantity: if part == 3 { 2 } else { 1 },
            refund_minor: if part == 3 {
                line.amount_minor
            } else {
                line.amount_minor / 3
            },
        })
    });
    Return {
        customer_id: sold.customer_id,
        return_id: format!("r{number}-{part}"),
        order_id: sold.order_id.clone(),
        returned_at: at(900),
        currency: sold.currency,
        lines: lines.collect(),
    }
}

fn share(number: u8) -> Act {
    Act {
        customer_id: Uuid::nil(),
        activity_id: format!("a{number}"),
        activity_type: "share".to_owned(),
        occurred_at: at(i64::from(number) * 17),
        channel: "app".to_owned(),
        attributes: BTreeMap::new(),
    }
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        5 => (0..10_u8).prop_map(|number| Event::Order(sale(number, &amounts(number)))),
        3 => (0..10_u8, 0..4_u8).prop_map(|(number, part)| Event::Return(returned(number, part))),
        2 => (0..6_u8).prop_map(|number| Event::Act(share(number))),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn after_each_event_all_is_as_if_it_had_been_known_from_the_beginning(
        events in prop::collection::vec(event(), 1..40),
    ) {
        let versions = versions();
        let mut known = Known::default();
        for event in &events {
            known.hear(&versions, event);
            let (rated, budgets) = known.all_anew(&versions);
            prop_assert_eq!(&known.rated, &rated);
            prop_assert_eq!(spent(&known.budgets), spent(&budgets));
        }
    }

    #[test]
    fn what_is_wholly_returned_was_never_bought(
        events in prop::collection::vec(event(), 1..25),
        number in 20..30_u8,
        places in (0..25_usize, 0..25_usize, 0..25_usize),
    ) {
        let versions = versions();
        let bought = sale(number % 10, &[2_000, 700]);
        let bought = Sale { order_id: "never".to_owned(), ..bought };
        let back = |part: u8, line: &str| Return {
            return_id: format!("never-{part}"),
            order_id: "never".to_owned(),
            lines: vec![ReturnLine { line_id: line.to_owned(), quantity: 2, refund_minor: 700 }],
            ..returned(0, 3)
        };
        let mut with = events.clone();
        let story = [
            Event::Order(bought),
            Event::Return(back(0, "0")),
            Event::Return(back(1, "1")),
        ];
        for (event, place) in story.into_iter().zip([places.0, places.1, places.2]) {
            with.insert(place.min(with.len()), event);
        }
        let outcome = |events: &[Event]| {
            let mut known = Known::default();
            for event in events {
                known.hear(&versions, event);
            }
            (known.without_nothing(), spent(&known.budgets))
        };
        prop_assert_eq!(outcome(&with), outcome(&events));
    }
}

#[test]
fn one_that_cant_be_rated_keeps_what_it_has_and_the_others_count_on_that() {
    let [_, good] = versions();
    let mut broken = (*good).clone();
    let fails = Some(condition("1 / (order.total_minor - 900) > 0"));
    let rule = EarningRule {
        condition: fails,
        ..rule("broken", per_unit(1, 1))
    };
    broken.document.earning_rules.push(rule);
    let deed = |number: u8, amount: i64, awards: Vec<Awarded>| Deed {
        done: Done::Basket(sale(number, &[amount]).basket()),
        program: Arc::new(broken.clone()),
        member: MemberThen {
            joined_at: at(0),
            snapshot: Snapshot::default(),
            orders: Orders::default(),
        },
        awards,
    };
    let had = Awarded {
        rule_id: RuleId::new("gift"),
        campaign_id: Some(CampaignId::new("campaign")),
        points: Points::new(50),
    };
    let deeds = [
        deed(4, 901, Vec::new()),
        deed(5, 900, vec![had]),
        deed(6, 902, Vec::new()),
    ];
    let mut budgets = Budgets::default();
    budgets.set(CampaignId::new("campaign"), Points::new(50));
    let ratings = rate_all(&deeds, &Usage::default(), &mut budgets);
    let [
        Ok(first),
        Err(RatingError::Condition { rule_id, .. }),
        Ok(last),
    ] = &ratings[..]
    else {
        panic!("{ratings:?}");
    };
    assert_eq!(rule_id.as_str(), "broken");
    let gift = |rating: &Rating| {
        let awards = rating.awards.iter();
        let gift = awards.filter(|award| award.rule_id.as_str() == "gift");
        gift.map(|award| award.points.get()).sum::<i64>()
    };
    assert_eq!(
        (gift(first), gift(last)),
        (10, 0),
        "10 of the budget were left"
    );
    assert_eq!(spent(&budgets), 60);
}
