//! A loyalty role on free ports, the feed of a profile service beside it, and callers.

mod facts;

use std::sync::Arc;

use access::Notary;
use chassis::paging::PageTokens;
use chassis::{Clock, Context};
use contract::patron::loyalty::v1 as api;
use contract::patron::loyalty::v1::accrual_service_client::AccrualServiceClient;
use contract::patron::loyalty::v1::hold_service_client::HoldServiceClient;
use contract::patron::loyalty::v1::member_service_client::MemberServiceClient;
use contract::patron::loyalty::v1::program_service_client::ProgramServiceClient;
use contract::patron::loyalty::v1::verification::State as Verified;
use contract::patron::loyalty::v1::verification_service_client::VerificationServiceClient;
use events::Feeds;
use loyalty::program_file::default_document;
use postgres::testing::TestDatabase;
use postgres::{Database, DatabaseConfig};
use prost::{Message, Name};
use testkit::{Bearer, Caller, Regions, Role, Source, keyring, report_key, silent, until};
use tonic::Status;
use tonic::transport::Channel;
use uuid::Uuid;

/// The role under test and what is around it.
pub(crate) struct Bench {
    pub(crate) clock: Clock,
    pub(crate) database: TestDatabase,
    pub(crate) role: Role,
    /// The regions of customers, as the profile service would tell them.
    pub(crate) regions: Regions,
    profile: Source,
}

impl Bench {
    /// With the limits of production, not the generous ones of tests; and with a program that does
    /// nothing by itself.
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// With other limits than those of production.
    pub(crate) async fn start_with(limit: impl FnOnce(&mut DatabaseConfig)) -> Self {
        Self::open(Clock::system(), plain_program(), limit).await
    }

    /// With the program that Patron begins with, at the time of a clock, which may stand still.
    pub(crate) async fn start_at(clock: Clock, limit: impl FnOnce(&mut DatabaseConfig)) -> Self {
        Self::open(clock, default_document(), limit).await
    }

    async fn open(
        clock: Clock,
        first_program: api::ProgramDocument,
        limit: impl FnOnce(&mut DatabaseConfig),
    ) -> Self {
        let profile = Source::start("profile", &clock).await;
        let database = TestDatabase::create(&loyalty::migrations()).await;
        let context = Context {
            clock: clock.clone(),
            pages: PageTokens::new(b"secret"),
        };
        let mut limits = DatabaseConfig::new(database.app_url());
        limit(&mut limits);
        let db = Database::connect(&limits).await.unwrap();
        let feeds = Feeds::of([("profile", profile.feed()), ("survey", silent())]);
        let settings = loyalty::Settings {
            verify_daily: false,
            first_program,
            notary: Some(Notary::from_pem(report_key()).unwrap()),
            ..loyalty::Settings::under(keyring())
        };
        let service =
            loyalty::service(db, &feeds, Arc::new(NoProfiles), &context, settings).unwrap();
        let regions = Regions::default();
        let known = regions.clone();
        let service = service.records(move |named| std::future::ready(known.admit(&named)));
        Self {
            clock,
            database,
            role: Role::start(service).await,
            regions,
            profile,
        }
    }

    /// A connection of its own.
    pub(crate) fn channel(&self) -> Channel {
        self.role.channel()
    }

    pub(crate) fn members(&self) -> MemberServiceClient<Caller> {
        self.members_as(&["operator"])
    }

    /// Members for a caller of these roles; of none, for one without a token.
    pub(crate) fn members_as(&self, roles: &[&str]) -> MemberServiceClient<Caller> {
        MemberServiceClient::with_interceptor(self.channel(), Bearer::of(roles))
    }

    /// Members for another caller than usual.
    pub(crate) fn members_for(&self, subject: &str) -> MemberServiceClient<Caller> {
        MemberServiceClient::with_interceptor(self.channel(), Bearer::named(subject, &["operator"]))
    }

    pub(crate) fn programs(&self) -> ProgramServiceClient<Caller> {
        self.programs_as(&["operator"])
    }

    pub(crate) fn programs_as(&self, roles: &[&str]) -> ProgramServiceClient<Caller> {
        ProgramServiceClient::with_interceptor(self.channel(), Bearer::of(roles))
    }

    pub(crate) fn accruals(&self) -> AccrualServiceClient<Caller> {
        self.accruals_as(&["operator"])
    }

    pub(crate) fn accruals_as(&self, roles: &[&str]) -> AccrualServiceClient<Caller> {
        AccrualServiceClient::with_interceptor(self.channel(), Bearer::of(roles))
    }

    pub(crate) fn holds(&self) -> HoldServiceClient<Caller> {
        self.holds_as(&["operator"])
    }

    pub(crate) fn holds_as(&self, roles: &[&str]) -> HoldServiceClient<Caller> {
        HoldServiceClient::with_interceptor(self.channel(), Bearer::of(roles))
    }

    pub(crate) fn verifications(&self) -> VerificationServiceClient<Caller> {
        self.verifications_as(&["operator"])
    }

    pub(crate) fn verifications_as(&self, roles: &[&str]) -> VerificationServiceClient<Caller> {
        VerificationServiceClient::with_interceptor(self.channel(), Bearer::of(roles))
    }

    /// Has the ledger verified, to the end.
    pub(crate) async fn verify(&self) -> api::Verification {
        let mut client = self.verifications();
        let begun = client.create_verification(api::CreateVerificationRequest::default());
        let verification_id = begun.await.unwrap().into_inner().verification_id;
        until("the verification has ended", async || {
            let verification_id = verification_id.clone();
            let request = api::GetVerificationRequest { verification_id };
            let found = client.get_verification(request).await.unwrap().into_inner();
            let is_under_way = matches!(found.state(), Verified::Waiting | Verified::Running);
            (!is_under_way).then_some(found)
        })
        .await
    }

    /// The ledger adds up.
    pub(crate) async fn assert_sound(&self) {
        let verified = self.verify().await;
        assert_eq!(verified.differences, []);
        assert_eq!(verified.state(), Verified::Sound);
    }

    /// Puts another version of the default program in force.
    pub(crate) async fn change_program(&self, edit: impl FnOnce(&mut api::ProgramDocument)) {
        let (mut programs, program_id) = (self.programs(), "default".to_owned());
        let request = api::GetProgramVersionRequest {
            program_id: program_id.clone(),
            version: 0,
        };
        let found = programs.get_program_version(request).await.unwrap();
        let mut document = found.into_inner().document.unwrap();
        edit(&mut document);
        let draft = api::CreateProgramVersionRequest {
            program_version: Some(api::ProgramVersion {
                program_id: program_id.clone(),
                document: Some(document),
                ..api::ProgramVersion::default()
            }),
            request_id: self.clock.new_id().to_string(),
            validate_only: false,
        };
        let draft = programs.create_program_version(draft).await.unwrap();
        let activation = api::ActivateProgramVersionRequest {
            program_id,
            version: draft.into_inner().version,
            reason: "a test".to_owned(),
            request_id: self.clock.new_id().to_string(),
            ..api::ActivateProgramVersionRequest::default()
        };
        programs.activate_program_version(activation).await.unwrap();
    }

    /// Does something to the database that the service itself may not do.
    pub(crate) async fn arrange(&self, sql: &str) {
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned()))
            .execute(self.database.owner_pool())
            .await
            .unwrap();
    }

    /// The events of a kind that were announced of a subject, in their order.
    pub(crate) async fn announced<P: Message + Name + Default>(&self, subject_id: Uuid) -> Vec<P> {
        let payloads: Vec<Vec<u8>> = sqlx::query_scalar(
            "SELECT payload FROM outbox WHERE subject_id = $1 AND type = $2 ORDER BY subject_version",
        )
        .bind(subject_id)
        .bind(P::full_name())
        .fetch_all(self.database.db().pool())
        .await
        .unwrap();
        let payloads = payloads.iter();
        payloads
            .map(|payload| P::decode(payload.as_slice()).unwrap())
            .collect()
    }

    /// Types of the events that were announced of programs, in their order, once there are so many.
    pub(crate) async fn announced_of_programs(&self, count: usize) -> Vec<String> {
        let types = until("the events are announced", async || {
            let types: Vec<String> = sqlx::query_scalar(
                "SELECT type FROM outbox WHERE type LIKE '%.Program%' ORDER BY subject_version",
            )
            .fetch_all(self.database.db().pool())
            .await
            .unwrap();
            (types.len() >= count).then_some(types)
        });
        let last = |name: String| name.rsplit('.').next().unwrap_or_default().to_owned();
        types.await.into_iter().map(last).collect()
    }

    /// Waits until a metric has a value.
    pub(crate) async fn until_metric(&self, name: &str, value: &str) {
        let what = format!("{name} is {value}");
        until(&what, async || {
            (self.role.metric(name).await == value).then_some(())
        })
        .await;
    }

    pub(crate) async fn balance(&self, customer_id: Uuid) -> Result<api::Balance, Status> {
        let request = api::GetMemberRequest {
            customer_id: customer_id.to_string(),
        };
        let member = self.members().get_member(request).await?.into_inner();
        Ok(member.balance.unwrap())
    }
}

/// 1 pound = 1 point, which can be spent one by one and never ends.
fn plain_program() -> api::ProgramDocument {
    let mut document = default_document();
    make_plain(&mut document);
    for wallet in &mut document.wallets {
        wallet.expiry = None;
    }
    document
}

/// Takes out what gives points without a purchase, and what stands in the way of spending few.
pub(crate) fn make_plain(document: &mut api::ProgramDocument) {
    document.packages.clear();
    document.campaigns.clear();
    for wallet in &mut document.wallets {
        wallet.redemption = None;
    }
}

/// A request to spend, under a new `request_id`.
pub(crate) fn spending(
    bench: &Bench,
    customer_id: Uuid,
    points: i64,
) -> api::CreateRedemptionRequest {
    api::CreateRedemptionRequest {
        redemption: Some(api::Redemption {
            customer_id: customer_id.to_string(),
            points,
            reference: "a mug".to_owned(),
            ..api::Redemption::default()
        }),
        request_id: bench.clock.new_id().to_string(),
        validate_only: false,
    }
}

/// A request to credit points, under a new `request_id`.
pub(crate) fn crediting(
    bench: &Bench,
    customer_id: Uuid,
    points: i64,
) -> api::CreateAccrualRequest {
    api::CreateAccrualRequest {
        accrual: Some(api::Accrual {
            customer_id: customer_id.to_string(),
            points,
            reference: "a gift".to_owned(),
            ..api::Accrual::default()
        }),
        request_id: bench.clock.new_id().to_string(),
        validate_only: false,
    }
}

/// A request to reserve points, under a new `request_id`.
pub(crate) fn holding(bench: &Bench, customer_id: Uuid, points: i64) -> api::CreateHoldRequest {
    api::CreateHoldRequest {
        hold: Some(api::Hold {
            customer_id: customer_id.to_string(),
            points,
            reference: "a basket".to_owned(),
            ..api::Hold::default()
        }),
        request_id: bench.clock.new_id().to_string(),
        validate_only: false,
    }
}

/// Profiles that know no birthdays.
struct NoProfiles;

#[tonic::async_trait]
impl loyalty::Profiles for NoProfiles {
    async fn profile(&self, _: Uuid) -> Result<loyalty::Profile, Status> {
        Ok(loyalty::Profile::default())
    }
}
