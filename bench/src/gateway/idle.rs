//! Connections that are open and say nothing: apps in pockets.

use std::collections::BTreeMap;

use anyhow::Context as _;
use futures_util::{StreamExt as _, TryStreamExt as _};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tonic::transport::{Channel, Endpoint};

use super::front::Front;
use crate::cpu;
use crate::processes::{Binary, Process};
use crate::report::{Figure, Report};

const CONNECTIONS: u32 = 10_000;
/// How many are made at once.
const AT_ONCE: u8 = 64;
/// Files that a process may have open: its connections, and some for itself.
const FILES: u64 = 12_000;

/// Measures how much memory the gateway needs for connections of HTTP/2 on which one call was made, against what a
/// bare server needs for them.
pub(super) async fn measure(binary: &Binary, report: &mut Report) -> anyhow::Result<()> {
    allow_files()?;
    let limit = BTreeMap::from([("PATRON__SERVER__MAX_CONNECTIONS", FILES.to_string())]);
    let front = Front::start_with(binary, limit).await?;
    let bare = grown(&front, &front.echo).await?;
    let grown = grown(&front, &front.gateway).await?;
    let figure = Figure::new("gateway/idle_10000_connections_memory", grown, "MiB");
    let figure = figure.against(bare);
    report.add(figure.aiming("< 200 MiB", |figure| figure.value < 200.0));
    Ok(())
}

/// By how much a server grows.
async fn grown(front: &Front, server: &Process) -> anyhow::Result<f64> {
    // What is made once is no cost of a connection.
    let warm = connect(front, server, AT_ONCE.into()).await?;
    let before = cpu::memory_mib(server.pid())?;
    let open = connect(front, server, CONNECTIONS).await?;
    let grown = cpu::memory_mib(server.pid())? - before;
    drop((warm, open));
    Ok(grown)
}

async fn connect(front: &Front, server: &Process, count: u32) -> anyhow::Result<Vec<Channel>> {
    let connections = futures_util::stream::iter(0..count).map(|number| async move {
        let endpoint = Endpoint::from_shared(server.address.clone())?;
        let channel = endpoint.connect().await?;
        front.reader()(channel.clone(), (number, 0)).await?;
        anyhow::Ok(channel)
    });
    let connections = connections.buffer_unordered(AT_ONCE.into()).try_collect();
    connections
        .await
        .context("can't open the connections that are to idle")
}

/// Raises the limit on open files of this process, which those that it starts inherit.
fn allow_files() -> anyhow::Result<()> {
    let limit = getrlimit(Resource::Nofile);
    let is_enough = |limit: Option<u64>| limit.is_none_or(|limit| limit >= FILES);
    anyhow::ensure!(
        is_enough(limit.maximum),
        "{CONNECTIONS} connections need {FILES} open files; raise `ulimit -Hn`"
    );
    if !is_enough(limit.current) {
        let raised = Rlimit {
            current: Some(FILES),
            maximum: limit.maximum,
        };
        setrlimit(Resource::Nofile, raised)?;
    }
    Ok(())
}
