//! A small cluster on this machine: PostgreSQL, and one process of the release build per role.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use access::DevelopmentIssuer;
use anyhow::Context as _;
use jiff::SignedDuration;
use postgres::embedded::{EmbeddedOptions, SUPERUSER};
use postgres::{Embedded, Provision};
use sqlx::Connection as _;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use tempfile::TempDir;
use tonic::metadata::{Ascii, MetadataValue};

/// Longest wait for a process to become ready.
const READY_BOUND: Duration = Duration::from_secs(30);

/// The services with a database.
pub(crate) const SERVICES: [&str; 5] = [
    "profile",
    "loyalty",
    "complaints",
    "survey",
    "recommendation",
];

/// The release build under measurement.
#[derive(Debug, Clone)]
pub(crate) struct Binary(PathBuf);

impl Binary {
    pub(crate) fn new(path: &Path) -> anyhow::Result<Self> {
        Ok(Self(path.canonicalize().with_context(|| {
            format!("{} is not built", path.display())
        })?))
    }

    pub(crate) fn command(&self) -> Command {
        Command::new(&self.0)
    }
}

/// A server process; ends with this value.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    /// Where it listens: `http://127.0.0.1:<port>`.
    pub(crate) address: String,
    /// Its admin port, `http://127.0.0.1:<port>`; empty where it has none.
    pub(crate) admin: String,
}

impl Process {
    /// Starts a role that listens on these ports.
    pub(crate) fn start(command: &mut Command, port: u16, admin: u16) -> anyhow::Result<Self> {
        command
            .env("PATRON__SERVER__LISTEN", format!("127.0.0.1:{port}"))
            .env("PATRON__SERVER__ADMIN_LISTEN", format!("127.0.0.1:{admin}"));
        Ok(Self {
            child: command.spawn()?,
            address: format!("http://127.0.0.1:{port}"),
            admin: format!("http://127.0.0.1:{admin}"),
        })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits until it is ready; tells what it has logged when it does not become so.
    pub(crate) async fn ready(&self, role: &str, log: &Path) -> anyhow::Result<()> {
        let give_up = Instant::now() + READY_BOUND;
        while crate::http::get(&format!("{}/ready", self.admin))
            .await
            .is_err()
        {
            if Instant::now() > give_up {
                anyhow::bail!("{role} is not ready:\n{}", std::fs::read_to_string(log)?);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself; what is measured has been measured.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// PostgreSQL with the services' databases, and the keys of a deployment.
pub(crate) struct Cluster {
    binary: Binary,
    postgres: Embedded,
    folder: TempDir,
    issuer: DevelopmentIssuer,
    /// A token of the operator.
    pub(crate) token: String,
    ports: Vec<(&'static str, u16)>,
}

impl Cluster {
    /// Starts PostgreSQL, with fsync as in production, and migrates all databases.
    pub(crate) async fn start(binary: &Binary) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("patron-bench-").tempdir()?;
        let postgres = Embedded::start(&EmbeddedOptions::new(folder.path().join("data"))).await?;
        let issuer = DevelopmentIssuer::open(&folder.path().join("key.pem"), "patron")?;
        std::fs::write(folder.path().join("jwks.json"), issuer.jwks()?)?;
        seal::development_keyring(&folder.path().join("keyring.toml"))?;
        let now = chassis::Clock::system().now();
        let token = issuer.operator_token(now, SignedDuration::from_hours(2))?;
        let token = token.expose().to_owned();
        let ports = SERVICES.into_iter().chain(["gateway"]);
        let ports = ports
            .map(|role| Ok((role, free_port()?)))
            .collect::<anyhow::Result<_>>()?;
        let cluster = Self {
            binary: binary.clone(),
            postgres,
            folder,
            issuer,
            token,
            ports,
        };
        for service in SERVICES {
            cluster.new_database(service, service).await?;
        }
        Ok(cluster)
    }

    /// Makes and migrates a database for a service.
    pub(crate) async fn new_database(&self, service: &str, name: &str) -> anyhow::Result<()> {
        let server = self.postgres.address();
        let mut admin = PgConnection::connect(server.url("postgres", SUPERUSER).expose()).await?;
        let (owner, app) = (format!("{name}_owner"), format!("{name}_app"));
        let plan = Provision {
            database: name,
            owner: &owner,
            app: &app,
        };
        postgres::provision(&mut admin, &plan).await?;
        let status = self
            .binary
            .command()
            .args(["migrate", service, "--application-role", &app])
            .env(
                database_variable(service),
                server.url(name, &owner).expose(),
            )
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()?;
        anyhow::ensure!(status.success(), "migrating {name}: {status}");
        Ok(())
    }

    /// Process id of PostgreSQL.
    pub(crate) async fn postgres_pid(&self) -> anyhow::Result<u32> {
        self.postgres.pid().await.context("PostgreSQL has ended")
    }

    /// How to enter a database as the superuser.
    pub(crate) fn superuser(&self, database: &str) -> PgConnectOptions {
        self.postgres.address().options(database, SUPERUSER)
    }

    /// The folder of the socket that PostgreSQL listens on.
    pub(crate) fn socket(&self) -> &Path {
        self.postgres.address().socket()
    }

    /// The operator's token, as a header.
    pub(crate) fn bearer(&self) -> anyhow::Result<MetadataValue<Ascii>> {
        Ok(format!("Bearer {}", self.token).parse()?)
    }

    /// Starts a role on the database of its own name, and waits until it is ready.
    pub(crate) async fn serve(&self, role: &'static str) -> anyhow::Result<Process> {
        self.serve_on(role, role).await
    }

    /// Starts a role on a database of any name.
    pub(crate) async fn serve_on(&self, role: &str, database: &str) -> anyhow::Result<Process> {
        let (port, admin) = (self.port(role)?, free_port()?);
        let log = std::fs::File::create(self.folder.path().join(format!("{role}.log")))?;
        let mut command = self.binary.command();
        command
            .args(["serve", role])
            .env(
                "PATRON__ACCESS__SERVICE_KEY_FILE",
                self.folder.path().join("key.pem"),
            )
            .env("PATRON__ACCESS__ISSUERS", self.issuers())
            .env(
                "PATRON__SEALING__KEYRING_FILE",
                self.folder.path().join("keyring.toml"),
            )
            // One caller makes all the load here.
            .env("PATRON__GATEWAY__RATE_LIMITS__PER_SECOND", "0")
            .stdout(log.try_clone()?)
            .stderr(log);
        for (peer, port) in &self.ports {
            if *peer != "gateway" {
                let variable = format!("PATRON__PEERS__{}", peer.to_uppercase());
                command.env(variable, format!("http://127.0.0.1:{port}"));
            }
        }
        if role != "gateway" {
            let url = self
                .postgres
                .address()
                .url(database, &format!("{database}_app"));
            command.env(database_variable(role), url.expose());
        }
        let process = Process::start(&mut command, port, admin)?;
        let log = self.folder.path().join(format!("{role}.log"));
        process.ready(role, &log).await?;
        Ok(process)
    }

    fn issuers(&self) -> String {
        let jwks = self.folder.path().join("jwks.json");
        format!(
            "[{{issuer = {:?}, jwks_file = \"{}\"}}]",
            self.issuer.issuer(),
            jwks.display()
        )
    }

    fn port(&self, role: &str) -> anyhow::Result<u16> {
        let found = self.ports.iter().find(|(name, _)| *name == role);
        Ok(found.with_context(|| format!("there is no role {role}"))?.1)
    }
}

/// Starts the bare echo server of this program.
pub(crate) async fn echo() -> anyhow::Result<Process> {
    let port = free_port()?;
    let child = Command::new(std::env::current_exe()?)
        .args(["echo", "--port", &port.to_string()])
        .spawn()?;
    let process = Process {
        child,
        address: format!("http://127.0.0.1:{port}"),
        admin: String::new(),
    };
    let give_up = Instant::now() + READY_BOUND;
    while tokio::net::TcpStream::connect(("127.0.0.1", port))
        .await
        .is_err()
    {
        anyhow::ensure!(Instant::now() < give_up, "the echo server does not start");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(process)
}

fn database_variable(service: &str) -> String {
    format!("PATRON__{}__DATABASE_URL", service.to_uppercase())
}

/// A port that is free now. Somebody else might take it before the process does; then it says so.
pub(crate) fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
