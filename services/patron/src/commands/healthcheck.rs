//! `patron healthcheck`.

use anyhow::Context as _;

use crate::client::Client;
use crate::output::say;

/// Fails when the address does not answer, or says that it can't serve.
pub(crate) async fn run(url: &str) -> anyhow::Result<()> {
    // Whatever follows the host is the path to ask for.
    let rest = url.find("://").map_or(0, |place| place + 3);
    let path = url
        .get(rest..)
        .and_then(|rest| rest.find('/'))
        .map_or(url.len(), |at| rest + at);
    let (server, path) = url.split_at(path);
    let path = if path.is_empty() { "/" } else { path };
    let client = Client::new(server, "")?;
    client
        .get(path)
        .await
        .with_context(|| format!("{url} is not well"))?;
    say("ok");
    Ok(())
}
