//! `patron audit`.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context as _;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::access::Target;
use super::path::encoded;
use crate::cli::Audit;
use crate::client::Client;
use crate::output::say;
use crate::roles::Service;

/// Parts of a verification that are asked for at most: 20 billion entries.
const MOST_PARTS: usize = 1_000_000;
/// Most ends of chains that are handed in with a call.
const MOST_HEADS: usize = 10_000;

/// The ends of chains, by service and chain, as they are kept in a file.
type Heads = BTreeMap<String, BTreeMap<String, Kept>>;

/// The end of a chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Kept {
    sequence: String,
    hash: String,
}

/// What a part of a verification answers, as far as it is told.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Part {
    entry_count: String,
    finding_count: String,
    findings: Vec<Finding>,
    heads: Vec<Head>,
    next_page_token: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Finding {
    chain_id: String,
    sequence: String,
    last_sequence: String,
    problem: String,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Head {
    chain_id: String,
    sequence: String,
    hash: String,
}

/// Runs one of the commands.
pub(crate) async fn run(command: Audit) -> anyhow::Result<()> {
    let Audit::Verify {
        services,
        heads,
        access,
    } = command;
    let client = Target::find(&access)?.client()?;
    let mut kept = heads.as_deref().map(read).transpose()?.unwrap_or_default();
    let mut finding_count = 0;
    for service in named(services) {
        let known = kept.entry(service.clone()).or_default();
        let (findings, ends) = verify(&client, &service, known).await?;
        finding_count += findings;
        known.extend(ends);
    }
    anyhow::ensure!(finding_count == 0, "the record is not as it was written");
    match heads {
        Some(file) => write(&file, &kept),
        None => Ok(()),
    }
}

fn named(services: Vec<String>) -> Vec<String> {
    if services.is_empty() {
        return Service::ALL.map(|service| service.name().to_owned()).into();
    }
    services
}

/// Has the record of a service verified, part by part. Answers how much is wrong, and where chains end.
async fn verify(
    client: &Client,
    service: &str,
    known: &BTreeMap<String, Kept>,
) -> anyhow::Result<(i64, BTreeMap<String, Kept>)> {
    let path = format!("/v1/services/{}/audit-entries:verify", encoded(service));
    let known = known_heads(known);
    let (mut entries, mut findings, mut ends) = (0, 0, BTreeMap::new());
    let mut page_token = String::new();
    for _ in 0..MOST_PARTS {
        let body = json!({ "pageToken": page_token, "knownHeads": known });
        let answer = client.post(&path, Bytes::from(body.to_string())).await;
        let part: Part = answer
            .and_then(|answer| answer.parse())
            .with_context(|| format!("the record of {service} can't be verified"))?;
        entries += number(&part.entry_count)?;
        findings += number(&part.finding_count)?;
        for finding in &part.findings {
            say(told(service, finding));
        }
        ends.extend(part.heads.into_iter().map(|head| {
            let Head {
                chain_id,
                sequence,
                hash,
            } = head;
            (chain_id, Kept { sequence, hash })
        }));
        page_token = part.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    let chains = ends.len();
    say(format!(
        "{service}: {entries} entries in {chains} chains: {findings} findings"
    ));
    Ok((findings, ends))
}

/// The newest, should there be more than a call takes: ids of chains ascend with time.
fn known_heads(known: &BTreeMap<String, Kept>) -> Vec<Head> {
    let head = |(chain_id, kept): (&String, &Kept)| Head {
        chain_id: chain_id.clone(),
        sequence: kept.sequence.clone(),
        hash: kept.hash.clone(),
    };
    known.iter().rev().take(MOST_HEADS).map(head).collect()
}

fn told(service: &str, finding: &Finding) -> String {
    let Finding {
        chain_id,
        sequence: first,
        last_sequence: last,
        problem,
    } = finding;
    let entries = if first == last {
        format!("entry {first}")
    } else {
        format!("entries {first} to {last}")
    };
    let problem = match problem.as_str() {
        "PROBLEM_MISSING" => "missing",
        "PROBLEM_CHANGED" => "changed",
        "PROBLEM_HEAD_CHANGED" => {
            "not the end that the head of the chain names: the head was changed"
        }
        "PROBLEM_TRUNCATED" => "removed, with all that came after",
        "PROBLEM_REWRITTEN" => {
            "not what was there when the heads were kept: the chain was made anew"
        }
        "PROBLEM_UNREADABLE" => {
            "as it was put on record, but can't be read: the key is gone, or its master key is not in the keyring"
        }
        other => other,
    };
    format!("{service}: chain {chain_id}: {entries}: {problem}")
}

/// Protobuf's JSON has 64 bits as text, and leaves out 0.
fn number(text: &str) -> anyhow::Result<i64> {
    if text.is_empty() {
        return Ok(0);
    }
    text.parse()
        .with_context(|| format!("{text:?} is no number"))
}

fn read(file: &Path) -> anyhow::Result<Heads> {
    match std::fs::read(file) {
        Ok(bytes) => serde_json::from_slice(&bytes)
            .with_context(|| format!("{} holds no heads of chains", file.display())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Heads::default()),
        Err(error) => Err(error).with_context(|| format!("can't read {}", file.display())),
    }
}

/// Written beside and moved over: half a file would look like chains that nobody knew.
fn write(file: &Path, heads: &Heads) -> anyhow::Result<()> {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let beside = file.with_file_name(name);
    let text = format!("{:#}\n", json!(heads));
    std::fs::write(&beside, text)
        .and_then(|()| std::fs::rename(&beside, file))
        .with_context(|| format!("can't write {}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_read_as_they_were_written_and_nothing_is_no_head() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("heads.json");
        assert_eq!(read(&file).unwrap(), Heads::new());
        let kept = Kept {
            sequence: "5".to_owned(),
            hash: "ab".repeat(32),
        };
        let chains = BTreeMap::from([("chain".to_owned(), kept)]);
        let heads = Heads::from([("profile".to_owned(), chains)]);
        write(&file, &heads).unwrap();
        assert_eq!(read(&file).unwrap(), heads);
        std::fs::write(&file, "half").unwrap();
        assert!(read(&file).is_err());
    }
}
