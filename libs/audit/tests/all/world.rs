//! A role with a record, and those who call it.

use std::sync::LazyLock;
use std::time::Duration;

use access::DevelopmentIssuer;
use audit::AuditServer;
use chassis::config::{Config, IssuerConfig, IssuerRole};
use chassis::paging::PageTokens;
use chassis::{Clock, Context, Service};
use contract::patron::audit::v1::audit_service_client::AuditServiceClient;
use contract::patron::audit::v1::audit_service_server::AuditService as _;
use contract::patron::audit::v1::{
    AuditChainHead, AuditEntry, ListAuditEntriesRequest, ListAuditEntriesResponse,
    VerifyAuditEntriesRequest,
};
use contract::patron::events::v1::event_admin_service_server::{
    EventAdminService, EventAdminServiceServer,
};
use contract::patron::events::v1::{
    ListConsumerCursorsRequest, ListConsumerCursorsResponse, ListDeadLettersRequest,
    ListDeadLettersResponse, ReplayDeadLettersRequest, ReplayDeadLettersResponse,
    RewindConsumerRequest, RewindConsumerResponse, SkipDeadLetterRequest, SkipDeadLetterResponse,
};
use jiff::{SignedDuration, Timestamp};
use postgres::Migrations;
use postgres::testing::TestDatabase;
use seal::Keyring;
use tokio_util::sync::CancellationToken;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Response, Status};

pub(crate) static MIGRATIONS: Migrations =
    Migrations::new("test", &[&seal::MIGRATIONS, &audit::MIGRATIONS]);

pub(crate) static KEYRING: LazyLock<Keyring> =
    LazyLock::new(|| Keyring::parse(&Keyring::generate("test").unwrap()).unwrap());

/// Longer than anything here should take; only ever reached by a failure.
const PATIENCE: Duration = Duration::from_secs(30);

static ISSUER: LazyLock<(tempfile::TempDir, DevelopmentIssuer)> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let issuer = DevelopmentIssuer::open(&folder.path().join("key.pem"), "patron").unwrap();
    (folder, issuer)
});

/// A role whose replays never end, and that refuses to skip.
struct Letters;

#[tonic::async_trait]
impl EventAdminService for Letters {
    async fn list_dead_letters(
        &self,
        _: Request<ListDeadLettersRequest>,
    ) -> Result<Response<ListDeadLettersResponse>, Status> {
        Ok(Response::new(ListDeadLettersResponse::default()))
    }

    async fn replay_dead_letters(
        &self,
        _: Request<ReplayDeadLettersRequest>,
    ) -> Result<Response<ReplayDeadLettersResponse>, Status> {
        std::future::pending().await
    }

    async fn skip_dead_letter(
        &self,
        _: Request<SkipDeadLetterRequest>,
    ) -> Result<Response<SkipDeadLetterResponse>, Status> {
        Err(Status::not_found("no such letter"))
    }

    async fn list_consumer_cursors(
        &self,
        _: Request<ListConsumerCursorsRequest>,
    ) -> Result<Response<ListConsumerCursorsResponse>, Status> {
        Ok(Response::new(ListConsumerCursorsResponse::default()))
    }

    async fn rewind_consumer(
        &self,
        _: Request<RewindConsumerRequest>,
    ) -> Result<Response<RewindConsumerResponse>, Status> {
        Ok(Response::new(RewindConsumerResponse::default()))
    }
}

/// The role, running.
pub(crate) struct World {
    pub(crate) database: TestDatabase,
    pub(crate) channel: Channel,
    running: chassis::Running,
    shutdown: CancellationToken,
}

impl World {
    pub(crate) async fn start() -> Self {
        Self::start_on(TestDatabase::create(&MIGRATIONS).await, Clock::system()).await
    }

    pub(crate) async fn start_on(database: TestDatabase, clock: Clock) -> Self {
        let context = Context {
            clock: clock.clone(),
            pages: PageTokens::new(b"test"),
        };
        let service = Service::new("test", clock);
        let service = audit::attach(service, "test", (database.db(), &KEYRING), &context)
            .grpc(chassis::tuned!(EventAdminServiceServer::new(Letters)));
        let shutdown = CancellationToken::new();
        let running = chassis::serve(service, &config(), shutdown.clone())
            .await
            .unwrap();
        let endpoint = Endpoint::try_from(format!("http://{}", running.address())).unwrap();
        let channel = endpoint.timeout(PATIENCE).connect_lazy();
        Self {
            database,
            channel,
            running,
            shutdown,
        }
    }

    /// Stops the role; whatever it had to write is written.
    pub(crate) async fn stop(self) -> TestDatabase {
        self.shutdown.cancel();
        self.running.stopped().await;
        self.database
    }

    pub(crate) fn client(&self) -> AuditServiceClient<Channel> {
        AuditServiceClient::new(self.channel.clone())
    }

    /// Lists, as the auditor of this name.
    pub(crate) async fn list_as(&self, name: &str) -> Result<ListAuditEntriesResponse, Status> {
        self.list(by(name, ListAuditEntriesRequest::default()))
            .await
    }

    pub(crate) async fn list(
        &self,
        request: Request<ListAuditEntriesRequest>,
    ) -> Result<ListAuditEntriesResponse, Status> {
        let answer = self.client().list_audit_entries(request).await?;
        Ok(answer.into_inner())
    }

    /// All that is on record, oldest first.
    pub(crate) async fn recorded(&self) -> Vec<AuditEntry> {
        let request = ListAuditEntriesRequest {
            page_size: 500,
            ..Default::default()
        };
        // Asked past the stack, so that looking changes nothing.
        let answer = server(&self.database)
            .list_audit_entries(Request::new(request))
            .await;
        let mut entries = answer.unwrap().into_inner().entries;
        entries.reverse();
        entries
    }

    /// Waits until this many calls are on record.
    pub(crate) async fn until_recorded(&self, count: usize) -> Vec<AuditEntry> {
        let wait = async {
            loop {
                let entries = self.recorded().await;
                if entries.len() >= count {
                    return entries;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(PATIENCE, wait)
            .await
            .expect("took too long")
    }
}

pub(crate) fn server(database: &TestDatabase) -> AuditServer {
    let kept = (database.db().clone(), KEYRING.clone());
    AuditServer::new("test", kept, PageTokens::new(b"test"))
}

/// What a verification tells: what is wrong, and where chains end.
pub(crate) struct Verdict {
    pub(crate) entries: i64,
    pub(crate) findings: Vec<(i64, String)>,
    pub(crate) heads: Vec<AuditChainHead>,
}

/// Verifies all parts.
pub(crate) async fn verify(database: &TestDatabase, known: &[AuditChainHead]) -> Verdict {
    let mut verdict = Verdict {
        entries: 0,
        findings: Vec::new(),
        heads: Vec::new(),
    };
    let mut page_token = String::new();
    loop {
        let request = VerifyAuditEntriesRequest {
            service: "test".to_owned(),
            page_token,
            known_heads: known.to_vec(),
        };
        let part = server(database)
            .verify_audit_entries(Request::new(request))
            .await
            .unwrap()
            .into_inner();
        verdict.entries += part.entry_count;
        let told = part.findings.iter();
        verdict.findings.extend(told.map(|finding| {
            let problem = finding.problem().as_str_name();
            let problem = problem.trim_start_matches("PROBLEM_").to_owned();
            (finding.sequence, problem)
        }));
        verdict.heads.extend(part.heads);
        page_token = part.next_page_token;
        if page_token.is_empty() {
            return verdict;
        }
    }
}

/// A request by an operator of this name.
pub(crate) fn by<T>(name: &str, message: T) -> Request<T> {
    by_at(Clock::system().now(), name, message)
}

/// The same at another time.
pub(crate) fn by_at<T>(now: Timestamp, name: &str, message: T) -> Request<T> {
    let hour = SignedDuration::from_hours(1);
    let token = ISSUER.1.token(name, &["operator"], now, hour).unwrap();
    let mut request = Request::new(message);
    let bearer = format!("Bearer {}", token.expose()).parse().unwrap();
    request.metadata_mut().insert("authorization", bearer);
    request
}

/// The same with something else that is sent along.
pub(crate) fn with<T>(mut request: Request<T>, header: &'static str, value: &str) -> Request<T> {
    request
        .metadata_mut()
        .insert(header, value.parse().unwrap());
    request
}

fn config() -> Config {
    let mut config = Config::defaults().unwrap();
    config.server.listen = "127.0.0.1:0".parse().unwrap();
    config.server.admin_listen = "127.0.0.1:0".parse().unwrap();
    config.server.drain_notice_ms = 0;
    config.access.issuers = vec![IssuerConfig {
        issuer: ISSUER.1.issuer().to_owned(),
        jwks_file: None,
        jwks: Some(ISSUER.1.jwks().unwrap()),
        role: IssuerRole::People,
        subject_prefix: None,
    }];
    config
}
