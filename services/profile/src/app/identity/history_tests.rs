//! Whatever is told, bought, given back, joined and parted, in whatever order: what is stored is what the
//! pure domain makes of it at each step, and once all links are taken back, everything is as if there had
//! never been one: golden records, figures, timelines.

mod model;

use std::collections::BTreeSet;
use std::time::Duration;

use chassis::paging::PageTokens;
use chassis::{Clock, Deadline};
use events::Outbox;
use jiff::SignedDuration;
use postgres::testing::TestDatabase;
use proptest::prelude::*;

use super::ingest::Statement;
use super::merge::Merge;
use super::tell::Taken;
use super::unmerge::Unmerge;
use super::{Person, trust};
use crate::app::App;
use crate::app::browse::{LATEST, Window};
use crate::app::contact::Secrets;
use crate::app::intake::{Item, Who};
use crate::app::traits::Computed;
use crate::app::update_customer::Update;
use crate::domain::customer::Details;
use crate::domain::field::Field;
use crate::domain::identity::golden::Golden;
use crate::domain::identity::history_tests::details;
use crate::domain::identity::source::{CRM, Source, SourceId};
use crate::domain::identity::tell::Told;
use crate::domain::ids::CustomerId;
use crate::domain::traits::Traits;
use crate::store::{customers, links};
use model::{Deed, Model, at};

const HOMES: usize = 5;
/// Of those who come in besides, so many are spoken of again.
const MET: usize = 3;
const CHANNELS: [&str; 2] = ["app", "shop"];

#[derive(Clone, Debug)]
enum Step {
    Ingest(usize, usize, Vec<Field>, Details, i64),
    /// Somebody whom the channel does not say to be any customer.
    Meet(Vec<Field>, Details, i64),
    Amend(usize, Vec<Field>, Details),
    Merge(usize, usize),
    Unmerge(usize),
    Do(usize, Deed),
}

fn steps() -> impl Strategy<Value = Step> {
    let homes = || 0..HOMES + MET;
    let bought = (0_u8..12, 0_i64..50, 1_i64..900)
        .prop_map(|(id, minute, amount)| Deed::Buy(id, minute, amount));
    let returned = (0_u8..20, 0_u8..12, 50_i64..90)
        .prop_map(|(id, of, minute)| Deed::GiveBack(id, of, minute));
    prop_oneof![
        3 => (homes(), 0_usize..2, details(), 0_i64..20).prop_map(
            |(home, channel, (fields, details), minute)| {
                Step::Ingest(home, channel, fields, details, minute)
            }
        ),
        2 => (details(), 0_i64..20)
            .prop_map(|((fields, details), minute)| Step::Meet(fields, details, minute)),
        2 => (homes(), details())
            .prop_map(|(home, (fields, details))| Step::Amend(home, fields, details)),
        4 => (homes(), homes()).prop_map(|(one, other)| Step::Merge(one, other)),
        2 => (0_usize..8).prop_map(Step::Unmerge),
        5 => (homes(), prop_oneof![bought, returned])
            .prop_map(|(home, deed)| Step::Do(home, deed)),
    ]
}

/// The service's use cases over a real store, and what the pure domain makes of the same.
struct World {
    app: App,
    homes: Vec<CustomerId>,
    model: Model,
    _database: TestDatabase,
}

fn deadline() -> Deadline {
    Deadline::after(Duration::from_mins(1))
}

impl World {
    async fn new() -> Self {
        let database = TestDatabase::create(&crate::migrations()).await;
        let clock = Clock::manual(at(1_000));
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
            app,
            homes: Vec::new(),
            model: Model::default(),
            _database: database,
        };
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
        app.found(&mut tx, source.clone(), Taken::Noted)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        self.homes.push(id);
        self.model.meet(source);
    }

    async fn step(&mut self, step: &Step) {
        self.app.clock.advance(SignedDuration::from_mins(1));
        match step {
            Step::Ingest(home, channel, fields, details, minute) => {
                let statement = Statement {
                    customer: Some(self.home(*home)),
                    channel: CHANNELS[*channel].to_owned(),
                    key: self.home(*home).0.to_string(),
                    fields: fields.clone(),
                    details: details.only(fields),
                    observed_at: at(*minute),
                };
                self.ingest(statement).await;
            }
            Step::Meet(fields, details, minute) => self.meet(fields, details, *minute).await,
            Step::Amend(home, fields, details) => self.amend(*home, fields, details).await,
            Step::Merge(one, other) => self.merge(self.home(*one), self.home(*other)).await,
            Step::Unmerge(nth) => self.unmerge(*nth).await,
            Step::Do(home, deed) => self.act(self.home(*home), deed).await,
        }
    }

    fn home(&self, nth: usize) -> CustomerId {
        self.homes[nth % self.homes.len()]
    }

    /// Whoever is recognised is joined by a link, and is otherwise somebody of their own.
    async fn meet(&mut self, fields: &[Field], details: &Details, minute: i64) {
        let statement = Statement {
            customer: None,
            channel: "till".to_owned(),
            key: self.homes.len().to_string(),
            fields: fields.to_vec(),
            details: details.only(fields),
            observed_at: at(minute),
        };
        let mut tx = self.app.begin(deadline()).await.unwrap();
        let (customer, source) = self.app.ingest(&mut tx, "a test", statement).await.unwrap();
        let home = source.home;
        let homes = customer.homes().ids();
        let joining = links::holding(&mut tx, &self.app.keyring, &homes)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        assert!(!self.homes.contains(&home));
        self.homes.push(home);
        self.model.meet(source);
        let mut joining = joining.into_iter().filter(|link| link.ends.1 == home);
        match joining.next() {
            Some(link) => self.model.merge(link.ends.0, home, link),
            None => assert_eq!(customer.id, home),
        }
    }

    async fn ingest(&mut self, statement: Statement) {
        let mut tx = self.app.begin(deadline()).await.unwrap();
        let done = self.app.ingest(&mut tx, "a test", statement.clone()).await;
        let Statement {
            fields,
            details,
            observed_at,
            ..
        } = &statement;
        let told = Told {
            fields,
            details,
            observed_at: *observed_at,
        };
        let home = statement.customer.unwrap();
        match done {
            Ok((_, source)) => {
                tx.commit().await.unwrap();
                let named = Source::new(
                    source.id,
                    home,
                    (&statement.channel, statement.key.clone()),
                    source.record_time,
                );
                let profile = self.model.profile(home);
                profile.ingest(named, told, &trust()).unwrap();
            }
            Err(refusal) if refusal.reason() == "IDENTIFIER_TAKEN" => {}
            Err(_) => {
                let name = (statement.channel.as_str(), statement.key.clone());
                let id = SourceId(self.app.clock.new_id());
                let named = Source::new(id, home, name, self.app.now());
                let mut profile = self.model.profile(home).clone();
                assert!(profile.ingest(named, told, &trust()).is_err());
            }
        }
    }

    async fn amend(&mut self, home: usize, fields: &[Field], details: &Details) {
        // Of those who are found here operators have not spoken yet.
        let id = self.homes[home % HOMES];
        let update = Update {
            id,
            etag: String::new(),
            fields: fields.to_vec(),
            sent: details.clone(),
        };
        let mut tx = self.app.begin(deadline()).await.unwrap();
        let done = self.app.update(&mut tx, update).await;
        let said = details.only(fields);
        let told = Told {
            fields,
            details: &said,
            observed_at: self.app.now(),
        };
        let profile = self.model.profile(id);
        let crm = profile.source(id, CRM, &id.0.to_string()).unwrap().clone();
        match done {
            Ok(_) => {
                tx.commit().await.unwrap();
                profile.amend(crm, told, &trust()).unwrap();
            }
            Err(refusal) if refusal.reason() == "IDENTIFIER_TAKEN" => {}
            Err(_) => assert!(profile.clone().amend(crm, told, &trust()).is_err()),
        }
    }

    async fn merge(&mut self, one: CustomerId, other: CustomerId) {
        let merge = Merge {
            ids: (one, other),
            actor: "test".to_owned(),
            reason: "same".to_owned(),
        };
        let mut tx = self.app.begin(deadline()).await.unwrap();
        match self.app.merge(&mut tx, merge).await {
            Ok((link, _)) => {
                tx.commit().await.unwrap();
                self.model.merge(one, other, link);
            }
            Err(_) => assert!(self.model.refuses(one, other)),
        }
    }

    async fn unmerge(&mut self, nth: usize) {
        let Some((customer, link)) = self.model.links().nth(nth) else {
            return;
        };
        let unmerge = Unmerge {
            customer,
            link,
            actor: "test".to_owned(),
            reason: "not the same".to_owned(),
        };
        let mut tx = self.app.begin(deadline()).await.unwrap();
        let left = self.app.unmerge(&mut tx, unmerge).await.unwrap();
        tx.commit().await.unwrap();
        let parted = self.model.unmerge(customer, link);
        assert_eq!(left.parted.map(|it| it.id), parted);
    }

    async fn act(&mut self, home: CustomerId, deed: &Deed) {
        let activity = deed.activity();
        let return_id = activity.return_id().cloned();
        let item = Item {
            who: Who::Customer(home),
            activity,
        };
        let view = |book: &crate::domain::book::Book| {
            let id = return_id.as_ref()?;
            book.recorded_return(id).cloned()
        };
        let recorded = self
            .app
            .record(deadline(), std::slice::from_ref(&item), view);
        let (verdicts, found) = recorded.await.unwrap();
        let verdict = verdicts.into_iter().next().unwrap();
        let expected = self.model.act(home, deed);
        assert_eq!(verdict.map(|it| it.outcome), expected, "{deed:?}");
        let landed = found.map(|it| (it.customer, it.fate));
        if expected.is_ok() && return_id.is_some() {
            assert_eq!(landed, self.model.landed(deed));
        }
    }

    /// Compares all that is stored with the model.
    async fn check(&self) {
        for home in &self.homes {
            let profile = self.model.profile_of(*home);
            let mut tx = self.app.begin(deadline()).await.unwrap();
            let customer = customers::get(&mut tx, &self.app.keyring, *home)
                .await
                .unwrap()
                .unwrap();
            drop(tx);
            assert_eq!(customer.id, profile.id);
            assert_eq!(customer.absorbed, profile.absorbed);
            let golden = Golden {
                details: customer.details,
                origins: customer.origins,
            };
            assert_eq!(golden, profile.golden(&trust()));
            let computed = self.app.traits(deadline(), *home).await.unwrap();
            let figures = self.model.figures();
            let parts = profile.homes().into_iter();
            let parts = parts.filter_map(|it| figures.get(&it).cloned());
            let expected = Computed {
                customer: profile.id,
                traits: Traits::of_all(parts),
                habits: self.model.habits_of(&profile.homes()),
            };
            assert_eq!(computed, expected);
            if *home == *profile.homes().last().unwrap() {
                // Lists are long: one id of each person, the newest.
                self.check_lists(*home, &profile.homes()).await;
            }
        }
    }

    async fn check_lists(&self, home: CustomerId, homes: &BTreeSet<CustomerId>) {
        let window = Window {
            customer: home,
            after: LATEST,
            size: 500,
        };
        let orders = self.app.orders(deadline(), window).await.unwrap().items;
        assert!(orders.is_sorted_by_key(|it| std::cmp::Reverse(it.order.time)));
        let orders = orders.into_iter().map(|it| (it.customer, it.order.id));
        assert_eq!(orders.collect::<BTreeSet<_>>(), self.model.orders_of(homes));
        let returns = self.app.returns(deadline(), window).await.unwrap().items;
        let returns = returns.into_iter();
        let returns = returns.map(|it| (it.customer, it.content.id, format!("{:?}", it.fate)));
        assert_eq!(
            returns.collect::<BTreeSet<_>>(),
            self.model.returns_of(homes)
        );
    }

    /// Compares the store with what the pure domain makes of all sources of each home alone.
    async fn check_that_nothing_was_ever_joined(&self) {
        for home in &self.homes {
            let mut tx = self.app.begin(deadline()).await.unwrap();
            let person = Person::lock(&mut tx, &self.app.keyring, *home)
                .await
                .unwrap();
            assert!(person.profile.links.is_empty() && person.profile.absorbed.is_empty());
            let golden = self.model.never_joined(*home).golden(&trust());
            assert_eq!(person.profile.golden(&trust()).details, golden.details);
            assert_eq!(person.customer.details, golden.details);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 4,
        max_shrink_iters: 0,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn what_is_stored_is_what_the_domain_decides_and_parting_leaves_what_never_was_joined(
        history in prop::collection::vec(steps(), 50..80),
    ) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let mut world = World::new().await;
            for step in &history {
                world.step(step).await;
                world.check().await;
            }
            while world.model.links().next().is_some() {
                world.unmerge(0).await;
                world.check().await;
            }
            world.check_that_nothing_was_ever_joined().await;
        });
    }
}
