//! `patron up`: everything in one process.

mod databases;
mod demo;
mod folder;
mod issuer;
mod ports;
mod stack;

use std::io::Read as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use chassis::{Clock, shutdown_signal, telemetry};
use postgres::Embedded;
use tokio::select;
use tokio_util::sync::CancellationToken;

use crate::cli::Up;
use crate::config::{Config, Preset};
use crate::dev_env::{DevEnv, FILE};
use crate::output::{complain, say};
use crate::process;

use databases::Databases;
use folder::DataFolder;
use stack::Stack;

/// How long the whole process may take to stop.
const STOP_BOUND: Duration = Duration::from_secs(30);

/// Starts everything, loads the demo, and waits until it is told to stop.
pub(crate) async fn run(arguments: Up, file: Option<&Path>) -> anyhow::Result<()> {
    let config = Config::load(file, Preset::Up)?;
    let telemetry = telemetry::init(&config.telemetry, "patron")?;
    process::allow_connections(config.server.max_connections);
    // What can be wrong at once is told at once, before the slow work.
    let folder = DataFolder::open(&arguments.data_dir)?;
    let gateway = ports::hold(arguments.port)?;
    let stop = told_to_stop(arguments.stop_with_stdin);
    let ended = match stop
        .run_until_cancelled(Box::pin(start(config, &folder, gateway)))
        .await
    {
        Some(Ok(running)) => running.serve(&arguments, &folder, stop).await,
        Some(Err(error)) => Err(error),
        None => Ok(()),
    };
    telemetry.flush().await;
    ended
}

/// A token that is cancelled by SIGTERM, SIGINT and, if wanted, the end of the standard input.
fn told_to_stop(with_stdin: bool) -> CancellationToken {
    let stop = shutdown_signal();
    if with_stdin {
        let stop = stop.clone();
        // A thread of its own: one that the runtime knows would be waited for at the end.
        std::thread::spawn(move || {
            let mut buffer = [0; 256];
            while std::io::stdin()
                .read(&mut buffer)
                .is_ok_and(|count| count > 0)
            {}
            stop.cancel();
        });
    }
    stop
}

/// Everything that has been started.
struct Running {
    server: Option<Embedded>,
    stack: Stack,
    environment: DevEnv,
    /// Where the data are, for the demo's checkpoint.
    databases: String,
}

async fn start(
    mut config: Config,
    folder: &DataFolder,
    gateway: std::net::TcpListener,
) -> anyhow::Result<Running> {
    let clock = Clock::system();
    let token = issuer::trust(&mut config, folder, &clock)?;
    issuer::keep_secrets(&mut config, folder)?;
    let databases = Databases::open(&config, folder).await?;
    let (described, urls, server) = databases.into_parts();
    say("starting the services");
    let stack = Stack::start(config, urls, clock, gateway).await?;
    let environment = DevEnv::new(stack.address(), token);
    Ok(Running {
        server,
        stack,
        environment,
        databases: described,
    })
}

impl Running {
    /// Loads the demo and waits for the end; then stops everything, in order.
    async fn serve(
        self,
        arguments: &Up,
        folder: &DataFolder,
        stop: CancellationToken,
    ) -> anyhow::Result<()> {
        let path = folder.file(FILE);
        let written = self.environment.write(&path);
        written.with_context(|| format!("can't write {}", path.display()))?;
        welcome(self.stack.address(), &path);
        let failed = {
            let demo = async {
                if !arguments.no_demo {
                    let loaded =
                        demo::load(&arguments.demo, folder, &self.environment, &self.databases);
                    if let Err(error) = loaded.await {
                        complain(&error.context("loading the demo"));
                    }
                }
                std::future::pending::<()>().await;
            };
            select! {
                () = stop.cancelled() => None,
                error = lost(self.server.as_ref()) => Some(error),
                () = demo => None,
            }
        };
        say("stopping");
        let _ = std::fs::remove_file(&path);
        let stopped = tokio::time::timeout(STOP_BOUND, self.stop()).await;
        match (failed, stopped) {
            (Some(error), _) => Err(error),
            (None, Ok(stopped)) => stopped,
            (None, Err(_)) => anyhow::bail!("not stopped within {} s", STOP_BOUND.as_secs()),
        }
    }

    async fn stop(self) -> anyhow::Result<()> {
        self.stack.stop().await;
        if let Some(server) = self.server {
            server.stop().await.context("stopping PostgreSQL")?;
        }
        say("stopped");
        Ok(())
    }
}

/// Waits until the database server can't be brought back. For ever when there is none of our own.
async fn lost(server: Option<&Embedded>) -> anyhow::Error {
    match server {
        Some(server) => anyhow::Error::new(server.failed().await).context("PostgreSQL is lost"),
        None => std::future::pending().await,
    }
}

fn welcome(gateway: SocketAddr, environment: &Path) {
    let environment = PathBuf::from(environment);
    say(format!(
        "\nPatron is up: http://{gateway} (REST, gRPC, gRPC-Web)\n\n\
         \u{20} set -a; . {env}; set +a\n\
         \u{20} curl -s -H \"authorization: Bearer $PATRON_TOKEN\" \"$PATRON_URL/v1/products:popular\"\n\
         \u{20} curl -s -H \"authorization: Bearer $PATRON_TOKEN\" \\\n\
         \u{20}   \"$PATRON_URL/v1/customers:lookup?kind=retail_account&value=17841\"\n\
         \u{20} curl -s \"$PATRON_URL/openapi.json\"\n\n\
         Stop with Ctrl-C.\n",
        env = environment.display(),
    ));
}
