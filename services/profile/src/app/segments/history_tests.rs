//! Whatever is bought, tagged, told, joined and parted over a real store, and however much time passes:
//! memberships, ratings and health that are kept are those that looking at everybody anew gives, what was announced adds up
//! to them, sizes are theirs, and once all links are taken back, everybody belongs to what they would if
//! there had never been one.

mod size;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chassis::paging::PageTokens;
use chassis::{Clock, Deadline};
use events::Outbox;
use jiff::{SignedDuration, Timestamp};
use postgres::testing::TestDatabase;
use proptest::prelude::*;
use sqlx::{PgConnection, Row as _};
use uuid::Uuid;

use super::define::Change;
use super::keep::Keeper;
use crate::app::App;
use crate::app::contact::Secrets;
use crate::app::identity::merge::Merge;
use crate::app::identity::tell::Taken;
use crate::app::identity::unmerge::Unmerge;
use crate::app::intake::{Activity, Item, Who};
use crate::app::interactions;
use crate::app::tags::Asked;
use crate::app::update_customer::Update;
use crate::domain::attribute::asked::{Asked as AskedAttributes, Sent};
use crate::domain::attribute::definition::{
    Definition as AttributeDefinition, Key, Kind as AttributeKind, Sensitivity,
};
use crate::domain::customer::Details;
use crate::domain::field::Field;
use crate::domain::health::heard::{Answer, Case, Priority};
use crate::domain::health::{self, Score};
use crate::domain::identity::link::LinkId;
use crate::domain::identity::source::{CRM, Source, SourceId};
use crate::domain::ids::{CustomerId, OrderId};
use crate::domain::interaction::{self, Interaction, InteractionKey};
use crate::domain::money::Currency;
use crate::domain::order::{Order, OrderLine};
use crate::domain::rating::{Document, Rating};
use crate::domain::segment::condition::Condition;
use crate::domain::segment::definition::{Definition, SegmentId};
use crate::domain::segment::vocabulary::Vocabulary;
use crate::domain::tag::{Kind, standing};
use crate::domain::tag_rule;
use crate::metrics::Memberships;
use crate::store::health::{heard, standings};
use crate::store::segments::{facts, members, sizes};
use crate::store::{customers, ratings};

const HOMES: usize = 4;
const CONDITIONS: [&str; 10] = [
    "orders.within_days(30).count >= 2",
    "orders.count > 0 && orders.within_days(20).count == 0",
    "'vip' in customer.tags || orders.within_hours(100).net('EUR') > 500",
    "has(orders.days_since_first) && orders.days_since_first % 7 == 0",
    "customer.brand == 'x' && orders.in_category('tea').count >= 1",
    "has(customer.days_to_birthday) && customer.days_to_birthday <= 3",
    "'regular' in customer.tags",
    "health.?index.orValue(0) >= 40 && health.?band.orValue('') != 'thriving'",
    "orders.?favourite_category.orValue('') == 'cups' && orders.?usual_hour.orValue(0) < 12",
    "has(attribute.days_to_renewal) && attribute.days_to_renewal >= 0 && attribute.days_to_renewal < 4",
];

/// Who has the tag of a rule.
const REGULAR: &str = "orders.within_days(25).count >= 2";

#[derive(Clone, Debug)]
enum Step {
    Buy(usize, i64, i64),
    Tag(usize, Option<i64>),
    Tell(usize, &'static str, i8),
    /// A renewal in so many days.
    Renew(usize, i64),
    Merge(usize, usize),
    Unmerge(usize),
    /// Another condition for a segment.
    Define(usize, usize),
    /// A score was given, so many hours ago.
    Answer(usize, i16, i64),
    /// A complaint was opened so many hours ago, and may be over.
    Complain(usize, i64, bool),
    /// A visit, so many hours ago.
    Visit(usize, i64),
    Pass(i64),
}

fn steps() -> impl Strategy<Value = Step> {
    let home = || 0..HOMES;
    let brand = prop::sample::select(vec!["x", "y"]);
    prop_oneof![
        5 => (home(), 0_i64..24 * 40, 1_i64..400).prop_map(|(of, late, it)| Step::Buy(of, late, it)),
        2 => (home(), prop::option::of(1_i64..200)).prop_map(|(of, hours)| Step::Tag(of, hours)),
        2 => (home(), brand, 1_i8..28).prop_map(|(of, brand, day)| Step::Tell(of, brand, day)),
        2 => (home(), -2_i64..8).prop_map(|(of, days)| Step::Renew(of, days)),
        3 => (home(), home()).prop_map(|(one, other)| Step::Merge(one, other)),
        2 => (0_usize..8).prop_map(Step::Unmerge),
        1 => (0..CONDITIONS.len(), 0..CONDITIONS.len()).prop_map(|(it, as_)| Step::Define(it, as_)),
        1 => (home(), 0_i16..11, 0_i64..24 * 30).prop_map(|(of, it, ago)| Step::Answer(of, it, ago)),
        1 => (home(), 0_i64..24 * 30, any::<bool>()).prop_map(|(of, ago, it)| Step::Complain(of, ago, it)),
        2 => (home(), 0_i64..24 * 30).prop_map(|(of, ago)| Step::Visit(of, ago)),
        6 => (1_i64..24 * 12).prop_map(Step::Pass),
    ]
}

fn deadline() -> Deadline {
    Deadline::after(Duration::from_mins(1))
}

fn segment(nth: usize) -> SegmentId {
    SegmentId(format!("segment-{nth}"))
}

fn order(nth: usize, time: Timestamp, amount: i64) -> Order {
    let line = OrderLine {
        line_id: "1".to_owned(),
        product_id: "p".to_owned(),
        product_name: String::new(),
        category: ["tea/green", "cups"][nth % 2].to_owned(),
        quantity: 1,
        amount,
    };
    Order {
        id: OrderId(nth.to_string()),
        channel: "app".to_owned(),
        store_id: String::new(),
        time,
        currency: Currency::parse("EUR").unwrap(),
        total: amount,
        lines: vec![line],
    }
}

/// The proposal, with windows that end while the test lasts.
fn health_policy() -> health::policy::Policy {
    let mut policy = health::policy::Policy::proposed();
    policy.recency.default_days = 10;
    policy.trend.window = health::policy::days(20);
    policy.nps.max_age = health::policy::days(40);
    policy.complaints.window = health::policy::days(30);
    policy.engagement.window = health::policy::days(15);
    policy
}

async fn buy(app: &App, home: CustomerId, order: Order) {
    let item = Item {
        who: Who::Customer(home),
        activity: Activity::Order(order),
    };
    let recorded = app.record(deadline(), &[item], |_| ()).await;
    assert!(recorded.unwrap().0[0].is_ok());
}

/// The service's use cases over a real store.
struct World {
    app: App,
    keeper: Keeper,
    homes: Vec<CustomerId>,
    links: Vec<(CustomerId, LinkId)>,
    orders: usize,
    database: TestDatabase,
}

impl World {
    async fn new(clock: Clock) -> Self {
        let database = TestDatabase::create(&crate::migrations()).await;
        let app = App {
            db: database.db().clone(),
            outbox: Outbox::new(crate::NAME, clock.clone()),
            clock,
            secrets: Secrets::of(&PageTokens::new(b"a test")),
            keyring: testkit::keyring(),
            country: None,
            stale_after: SignedDuration::from_hours(24 * 90),
        };
        let mut world = Self {
            keeper: Keeper::new(app.clone(), Memberships::default()),
            app,
            homes: Vec::new(),
            links: Vec::new(),
            orders: 0,
            database,
        };
        world.name_renewal().await;
        world.give_regulars_a_tag().await;
        for nth in 0..CONDITIONS.len() {
            world.define(nth, nth, true).await;
        }
        world.rate().await;
        for _ in 0..HOMES {
            world.create().await;
        }
        world
    }

    async fn create(&mut self) {
        let app = &self.app;
        let id = CustomerId(app.clock.new_id());
        let name = (CRM, id.0.to_string());
        let source = Source::new(SourceId(app.clock.new_id()), id, name, app.now());
        let mut tx = app.begin(deadline()).await.unwrap();
        app.found(&mut tx, source, Taken::Noted).await.unwrap();
        tx.commit().await.unwrap();
        self.homes.push(id);
    }

    async fn rate(&self) {
        let mut tx = self.app.begin(deadline()).await.unwrap();
        let put = self
            .app
            .rate_by(&mut tx, ("test", ""), Document::proposed());
        put.await.unwrap();
        let put = self
            .app
            .judge_by(&mut tx, ("test", ""), &health_policy())
            .await;
        put.unwrap();
        tx.commit().await.unwrap();
    }

    async fn define(&mut self, nth: usize, condition: usize, is_new: bool) {
        let definition = Definition {
            display_name: String::new(),
            description: String::new(),
            condition: CONDITIONS[condition].to_owned(),
        };
        let etag = String::new();
        let change = if is_new {
            Change::Create(definition)
        } else {
            Change::Update { etag, definition }
        };
        let mut tx = self.app.begin(deadline()).await.unwrap();
        let defined = self.app.define(&mut tx, "test", (segment(nth), change));
        defined.await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Joins and parts only where `joining` says so.
    async fn step(&mut self, step: &Step, joining: bool) {
        match step {
            Step::Buy(home, late, amount) => self.buy(*home, *late, *amount).await,
            Step::Tag(home, hours) => self.tag(*home, *hours).await,
            Step::Tell(home, brand, day) => self.tell(*home, brand, *day).await,
            Step::Renew(home, days) => self.renew(*home, *days).await,
            Step::Merge(one, other) if joining => self.merge(*one, *other).await,
            Step::Unmerge(nth) if joining && !self.links.is_empty() => {
                let nth = nth % self.links.len();
                self.unmerge(nth).await;
            }
            Step::Define(nth, condition) => self.define(*nth, *condition, false).await,
            Step::Answer(home, score, ago) => self.answer(*home, *score, *ago).await,
            Step::Complain(home, ago, is_open) => self.complain(*home, *ago, *is_open).await,
            Step::Visit(home, ago) => self.visit(*home, *ago).await,
            Step::Merge(..) | Step::Unmerge(_) | Step::Pass(_) => {}
        }
        self.keep().await;
    }

    async fn keep(&mut self) {
        while self.keeper.step().await.unwrap() {}
    }

    async fn buy(&mut self, home: usize, late: i64, amount: i64) {
        self.orders += 1;
        let time = self.app.now() - SignedDuration::from_hours(late);
        let order = order(self.orders, time, amount);
        buy(&self.app, self.homes[home], order).await;
    }

    async fn tag(&mut self, home: usize, hours: Option<i64>) {
        let asked = Asked {
            customer: self.homes[home],
            tag: "vip".to_owned(),
            kind: Kind::Added {
                until: hours.map(|hours| self.app.now() + SignedDuration::from_hours(hours)),
            },
            reason: String::new(),
            source: "agent".to_owned(),
            actor: "test".to_owned(),
        };
        let mut tx = self.app.begin(deadline()).await.unwrap();
        self.app.change(&mut tx, asked).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn tell(&mut self, home: usize, brand: &str, day: i8) {
        let birth =
            crate::domain::birth_date::BirthDate::check(1990, 3, day.into(), self.app.now());
        let update = Update {
            id: self.homes[home],
            etag: String::new(),
            fields: vec![Field::Brand, Field::BirthDate],
            sent: Details {
                brand: brand.to_owned(),
                birth_date: Some(birth.unwrap()),
                ..Details::default()
            },
        };
        let mut tx = self.app.begin(deadline()).await.unwrap();
        self.app.update(&mut tx, update).await.unwrap();
        tx.commit().await.unwrap();
    }

    fn ago(&self, hours: i64) -> Timestamp {
        self.app.now() - SignedDuration::from_hours(hours)
    }

    /// As when another service tells of the customer.
    async fn hear<T>(
        &self,
        home: usize,
        keep: impl AsyncFnOnce(&mut PgConnection, Uuid) -> T,
    ) -> T {
        let home = self.homes[home].0;
        let mut tx = self.app.begin(deadline()).await.unwrap();
        heard::hold(&mut tx, &[home]).await.unwrap();
        let kept = keep(&mut tx, home).await;
        heard::mark(&mut tx, &[home], self.app.now()).await.unwrap();
        tx.commit().await.unwrap();
        kept
    }

    async fn answer(&self, home: usize, score: i16, ago: i64) {
        let answer = Answer {
            time: self.ago(ago),
            response: self.app.clock.new_id(),
            score,
        };
        let kept = self.hear(home, async |db, home| {
            heard::put_answers(db, &BTreeMap::from([(home, answer)])).await
        });
        kept.await.unwrap();
    }

    async fn complain(&self, home: usize, ago: i64, is_open: bool) {
        let case = Case {
            priority: Priority::High,
            opened: self.ago(ago),
            is_open,
            revision: 1,
        };
        let id = self.app.clock.new_id();
        let kept = self.hear(home, async |db, home| {
            heard::put_cases(db, &BTreeMap::from([((home, id), case)])).await
        });
        kept.await.unwrap();
    }

    async fn visit(&self, home: usize, ago: i64) {
        let visit = Interaction {
            key: InteractionKey {
                source: "web".to_owned(),
                id: self.app.clock.new_id().to_string(),
            },
            kind: interaction::Kind::Visit,
            channel: "online".to_owned(),
            time: self.ago(ago),
            store_id: String::new(),
            reference: String::new(),
            subject: String::new(),
            duration_seconds: 0,
            properties: BTreeMap::new(),
        };
        let items = [(Who::Customer(self.homes[home]), visit)];
        let recorded = self.app.record_interactions(deadline(), &items).await;
        assert_eq!(recorded.unwrap(), [interactions::Verdict::Recorded]);
    }

    /// How well things stand: as it is kept, and looked at anew.
    async fn health(&self) -> [BTreeMap<CustomerId, Score>; 2] {
        let (policy, now) = (health_policy(), self.app.now());
        let ids: Vec<_> = self.homes.iter().map(|id| id.0).collect();
        let mut tx = self.app.begin(deadline()).await.unwrap();
        let kept = standings::of(&mut tx, &ids).await.unwrap().into_iter();
        let mut scope = super::scope(&mut tx, policy.reach(), now).await.unwrap();
        scope.health = facts::Health::Heard(policy.since(now));
        let people = customers::people(&mut tx, &self.app.keyring, &ids)
            .await
            .unwrap();
        let facts = facts::of(&mut tx, &self.app.keyring, people, &scope)
            .await
            .unwrap();
        let anew = facts.into_iter();
        let anew = anew.filter_map(|(id, facts)| Some((id, policy.judge(&facts, now).score?)));
        [
            kept.map(|it| (it.customer, it.score)).collect(),
            anew.collect(),
        ]
    }

    async fn give_regulars_a_tag(&self) {
        let change = crate::app::tag_rules::Change::Create(tag_rule::Definition {
            tag: "regular".to_owned(),
            condition: REGULAR.to_owned(),
            reason: String::new(),
        });
        let mut tx = self.app.begin(deadline()).await.unwrap();
        let id = tag_rule::RuleId("regulars".to_owned());
        let defined = self.app.redefine_tag_rule(&mut tx, id, change);
        defined.await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn name_renewal(&self) {
        let definition = AttributeDefinition {
            kind: AttributeKind::Date,
            sensitivity: Sensitivity::None,
            display_name: String::new(),
            description: String::new(),
        };
        let change = crate::app::attributes::Change::Create(definition);
        let mut tx = self.app.begin(deadline()).await.unwrap();
        let renewal = Key("renewal".to_owned());
        let defined = self.app.redefine_attribute(&mut tx, renewal, change);
        defined.await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn renew(&mut self, home: usize, days: i64) {
        let on = self.app.now() + SignedDuration::from_hours(24 * days);
        let renewal = Sent {
            key: Key("renewal".to_owned()),
            values: vec![(Sensitivity::None, on.strftime("%Y-%m-%d").to_string())],
        };
        let asked = AskedAttributes {
            customer: self.homes[home],
            set: vec![renewal],
            clear: Vec::new(),
            source: "test".to_owned(),
            actor: "test".to_owned(),
        };
        let mut tx = self.app.begin(deadline()).await.unwrap();
        self.app.set_attributes(&mut tx, &asked).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn merge(&mut self, one: usize, other: usize) {
        let merge = Merge {
            ids: (self.homes[one], self.homes[other]),
            actor: "test".to_owned(),
            reason: "same".to_owned(),
        };
        let mut tx = self.app.begin(deadline()).await.unwrap();
        if let Ok((link, _)) = self.app.merge(&mut tx, merge).await {
            tx.commit().await.unwrap();
            self.links.push((self.homes[one], link.id));
        }
    }

    async fn unmerge(&mut self, nth: usize) {
        let (customer, link) = self.links.remove(nth);
        let unmerge = Unmerge {
            customer,
            link,
            actor: "test".to_owned(),
            reason: "not the same".to_owned(),
        };
        let mut tx = self.app.begin(deadline()).await.unwrap();
        self.app.unmerge(&mut tx, unmerge).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// What each home is listed in, by its place.
    async fn listed(&self) -> BTreeSet<(usize, SegmentId)> {
        let mut tx = self.app.begin(deadline()).await.unwrap();
        let ids: Vec<_> = self.homes.iter().map(|id| id.0).collect();
        let listed = members::of(&mut tx, &ids).await.unwrap().into_iter();
        let place = |id| self.homes.iter().position(|home| *home == id).unwrap();
        listed.map(|it| (place(it.customer), it.segment)).collect()
    }

    /// Looks at everybody anew, by the definitions that are stored.
    async fn looked_up(&self) -> BTreeSet<(usize, SegmentId)> {
        let now = self.app.now();
        let mut tx = self.app.begin(deadline()).await.unwrap();
        let mut found = BTreeSet::new();
        let words = super::words(&mut tx).await.unwrap();
        for nth in 0..CONDITIONS.len() {
            let id = segment(nth);
            let stored = crate::store::segments::definitions::get(&mut tx, &id).await;
            let source = stored.unwrap().unwrap().definition.condition;
            let condition = Condition::compile(&source, &words).unwrap();
            let scope = super::scope(&mut tx, condition.reach(), now).await.unwrap();
            let ids: Vec<_> = self.homes.iter().map(|id| id.0).collect();
            let people = customers::people(&mut tx, &self.app.keyring, &ids)
                .await
                .unwrap();
            for (person, facts) in facts::of(&mut tx, &self.app.keyring, people, &scope)
                .await
                .unwrap()
            {
                if condition.evaluate(&facts, now).is_member() {
                    let place = self.homes.iter().position(|home| *home == person);
                    found.insert((place.unwrap(), id.clone()));
                }
            }
        }
        found
    }

    /// Where people stand: as it is kept, and looked at anew.
    async fn ratings(&self) -> [BTreeMap<CustomerId, Rating>; 2] {
        let policy = Document::proposed().compile(&Vocabulary::of(&[])).unwrap();
        let now = self.app.now();
        let ids: Vec<_> = self.homes.iter().map(|id| id.0).collect();
        let mut tx = self.app.begin(deadline()).await.unwrap();
        let kept = ratings::of(&mut tx, &ids).await.unwrap().into_iter();
        let scope = super::scope(&mut tx, policy.reach(), now).await.unwrap();
        let people = customers::people(&mut tx, &self.app.keyring, &ids)
            .await
            .unwrap();
        let facts = facts::of(&mut tx, &self.app.keyring, people, &scope)
            .await
            .unwrap()
            .into_iter();
        let anew = facts.map(|(id, facts)| (id, policy.rate(&facts, now).0));
        [
            kept.map(|it| (it.customer, it.rating)).collect(),
            anew.collect(),
        ]
    }

    /// What the events that were announced add up to.
    async fn announced(&self) -> BTreeSet<(usize, SegmentId)> {
        let rows = sqlx::query(
            "SELECT subject_id, type, payload FROM outbox WHERE type LIKE '%.Segment%'
             ORDER BY subject_id, subject_version",
        );
        let rows = rows.fetch_all(self.database.owner_pool()).await.unwrap();
        let mut standing = BTreeSet::new();
        for row in rows {
            let subject = CustomerId(row.get("subject_id"));
            let place = self.homes.iter().position(|home| *home == subject).unwrap();
            // Entered and Left have the same fields.
            let payload: Vec<u8> = row.get("payload");
            let told: contract::patron::profile::v1::SegmentEntered =
                prost::Message::decode(payload.as_slice()).unwrap();
            let membership = (place, SegmentId(told.segment_id));
            let name: String = row.get("type");
            if name.ends_with("SegmentEntered") {
                assert!(standing.insert(membership), "entered twice");
            } else {
                assert!(standing.remove(&membership), "left without having entered");
            }
        }
        standing
    }

    /// Whoever meets the rule's condition has its tag, and nobody else.
    async fn check_tags(&self) {
        let now = self.app.now();
        let condition = Condition::compile(REGULAR, &Vocabulary::of(&[])).unwrap();
        let ids: Vec<_> = self.homes.iter().map(|id| id.0).collect();
        let mut tx = self.app.begin(deadline()).await.unwrap();
        let scope = super::scope(&mut tx, condition.reach(), now).await.unwrap();
        let people = customers::people(&mut tx, &self.app.keyring, &ids)
            .await
            .unwrap();
        for (_, facts) in facts::of(&mut tx, &self.app.keyring, people, &scope)
            .await
            .unwrap()
        {
            let has = standing(&facts.tags, now).contains_key("regular");
            assert_eq!(has, condition.evaluate(&facts, now).is_member(), "at {now}");
        }
    }

    async fn check(&self) {
        self.check_tags().await;
        let listed = self.listed().await;
        assert_eq!(listed, self.looked_up().await, "at {}", self.app.now());
        let [kept, anew] = self.ratings().await;
        assert_eq!(kept, anew, "at {}", self.app.now());
        let [kept, anew] = self.health().await;
        assert_eq!(kept, anew, "at {}", self.app.now());
        let mut count: BTreeMap<SegmentId, i64> = BTreeMap::new();
        for (_, segment) in &listed {
            *count.entry(segment.clone()).or_default() += 1;
        }
        let mut tx = self.app.begin(deadline()).await.unwrap();
        for nth in 0..CONDITIONS.len() {
            let size = sizes::kept(&mut tx, &segment(nth)).await.unwrap();
            assert_eq!(size, count.get(&segment(nth)).copied().unwrap_or_default());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 3,
        max_shrink_iters: 0,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn memberships_that_are_kept_are_those_of_everybody_looked_at_anew_whoever_is_joined_and_parted(
        history in prop::collection::vec(steps(), 60..80),
    ) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let begin: Timestamp = "2026-02-20T10:00:00Z".parse().unwrap();
            let clock = Clock::manual(begin);
            let mut world = World::new(clock.clone()).await;
            let mut never_joined = World::new(clock.clone()).await;
            for step in &history {
                if let Step::Pass(hours) = step {
                    clock.advance(SignedDuration::from_hours(*hours));
                }
                clock.advance(SignedDuration::from_secs(1));
                never_joined.step(step, false).await;
                world.step(step, true).await;
                world.check().await;
            }
            while !world.links.is_empty() {
                clock.advance(SignedDuration::from_secs(1));
                world.unmerge(0).await;
                world.keep().await;
                world.check().await;
            }
            never_joined.keep().await;
            assert_eq!(world.listed().await, never_joined.listed().await);
            let of_homes = async |of: &World| {
                let [kept, _] = of.health().await;
                let score = |home| kept.get(home).copied();
                of.homes.iter().map(score).collect::<Vec<_>>()
            };
            assert_eq!(of_homes(&world).await, of_homes(&never_joined).await);
            assert_eq!(world.listed().await, world.announced().await);
        });
    }
}

/// Somebody keeps memberships until it is stopped, wherever it is then.
fn keeping(app: &App) -> tokio::task::JoinHandle<()> {
    let mut keeper = Keeper::new(app.clone(), Memberships::default());
    tokio::spawn(async move {
        loop {
            keeper.step().await.unwrap();
        }
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn replicas_that_decide_at_once_and_die_anywhere_miss_nothing_and_repeat_nothing() {
    let clock = Clock::manual("2026-02-20T10:00:00Z".parse().unwrap());
    let mut world = World::new(clock.clone()).await;
    for round in 0..12 {
        let keepers = [keeping(&world.app), keeping(&world.app)];
        let (one, other) = (round % HOMES, (round / 2) % HOMES);
        if round % 2 == 0 {
            world.merge(one, other).await;
        } else if !world.links.is_empty() {
            world.unmerge(0).await;
        }
        let buyers = (0..HOMES).map(|home| {
            let (app, id) = (world.app.clone(), world.homes[home]);
            let time = app.now() - SignedDuration::from_hours(24 * 3);
            tokio::spawn(async move {
                for nth in 0..3 {
                    let nth = (round * HOMES + home) * 3 + nth;
                    buy(&app, id, order(nth, time, 100)).await;
                }
            })
        });
        for buyer in buyers.collect::<Vec<_>>() {
            buyer.await.unwrap();
        }
        for keeper in keepers {
            keeper.abort();
            // Whoever was aborted in the middle has not committed, or has committed all.
            drop(keeper.await);
        }
        clock.advance(SignedDuration::from_hours(24 * 5));
    }
    world.keep().await;
    world.check().await;
    assert_eq!(world.listed().await, world.announced().await);
}
