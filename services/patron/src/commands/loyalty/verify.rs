//! `patron loyalty verify` and `patron loyalty verify-report`.

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use bytes::Bytes;
use serde_json::Value;

use crate::cli::Access;
use crate::client::Client;
use crate::commands::access::Target;
use crate::commands::path::encoded;
use crate::output::say;

/// How long a verification may take, from asking for it to its end.
const BOUND: Duration = Duration::from_hours(2);
/// The first wait before it is looked at again; the waits grow to [`MAX_WAIT`].
const FIRST_WAIT: Duration = Duration::from_millis(100);
const MAX_WAIT: Duration = Duration::from_secs(2);

/// Has the ledger recomputed, waits for the end, and tells what was found.
pub(crate) async fn run(report: Option<&Path>, access: &Access) -> anyhow::Result<()> {
    let client = Target::find(access)?.client()?;
    let begun = client
        .post("/v1/ledger-verifications", Bytes::from_static(b"{}"))
        .await?
        .json()?;
    let ended = ended(&client, text(&begun, "verificationId")?).await?;
    for difference in list(&ended, "differences") {
        say(told(difference));
    }
    say(summary(&ended));
    if let Some(file) = report {
        let signed = ended
            .get("report")
            .and_then(Value::as_str)
            .unwrap_or_default();
        anyhow::ensure!(
            !signed.is_empty(),
            "the server has no key to sign reports with"
        );
        std::fs::write(file, signed).with_context(|| format!("can't write {}", file.display()))?;
    }
    match text(&ended, "state")? {
        "STATE_SOUND" => Ok(()),
        "STATE_DIFFERENT" => anyhow::bail!("the ledger does not add up"),
        _ => anyhow::bail!(
            "the ledger could not be verified: {}",
            text(&ended, "failure").unwrap_or("the server does not say why")
        ),
    }
}

async fn ended(client: &Client, verification_id: &str) -> anyhow::Result<Value> {
    let path = format!("/v1/ledger-verifications/{}", encoded(verification_id));
    let (mut wait, mut waited) = (FIRST_WAIT, Duration::ZERO);
    while waited < BOUND {
        let verification = client.get(&path).await?.json()?;
        if !matches!(
            text(&verification, "state")?,
            "STATE_WAITING" | "STATE_RUNNING"
        ) {
            return Ok(verification);
        }
        tokio::time::sleep(wait).await;
        waited += wait;
        wait = (wait * 2).min(MAX_WAIT);
    }
    anyhow::bail!("the verification {verification_id} has not ended after {BOUND:?}")
}

fn told(difference: &Value) -> String {
    let part = |name| {
        difference
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let holder = match part("holderId") {
        "" => String::new(),
        id => format!(" of holder {id}"),
    };
    format!(
        "{}: {}{holder}: {} is {}, recomputed it is {}",
        part("table"),
        part("subject"),
        part("quantity"),
        part("recorded"),
        part("recomputed")
    )
}

fn summary(verification: &Value) -> String {
    let number = |name| {
        verification
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or("0")
    };
    format!(
        "{} holders, {} operations, {} entries: {} differences",
        number("holderCount"),
        number("operationCount"),
        number("entryCount"),
        number("differenceCount")
    )
}

/// Tells what a report says, if it is what the key has signed.
pub(crate) fn check_report(file: &Path, key: &Path) -> anyhow::Result<()> {
    let read = |path: &Path| {
        std::fs::read_to_string(path).with_context(|| format!("can't read {}", path.display()))
    };
    let statement: Value = access::read_statement(&read(file)?, &read(key)?)
        .with_context(|| format!("{} is not to be believed", file.display()))?;
    say(format!("{statement:#}"));
    let is_sound = statement.get("sound").and_then(Value::as_bool) == Some(true);
    anyhow::ensure!(
        is_sound,
        "the report is genuine, and says that the ledger does not add up"
    );
    Ok(())
}

fn text<'a>(value: &'a Value, name: &str) -> anyhow::Result<&'a str> {
    let text = value.get(name).and_then(Value::as_str);
    text.with_context(|| format!("the answer has no {name}: {value}"))
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    let list = value.get(name).and_then(Value::as_array);
    list.map(Vec::as_slice).unwrap_or_default()
}
