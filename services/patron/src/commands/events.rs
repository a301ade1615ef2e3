//! `patron events`: what became of events, through the public API.

use bytes::Bytes;
use serde_json::{Value, json};

use super::access::Target;
use super::path::{encoded, query};
use crate::cli::{Consumer, Events};
use crate::output::say;

/// Dead letters in one call, and pages that are read at most.
const PAGE: &str = "500";
const MAX_PAGES: usize = 1000;

/// Runs one of the commands; prints JSON, one object a line where there are many.
pub(crate) async fn run(command: Events) -> anyhow::Result<()> {
    match command {
        Events::ListDead { consumer, key } => list_dead(&consumer, key.as_deref()).await,
        Events::Replay { consumer, key } => {
            post(
                &consumer,
                "/dead-letters:replay",
                &json!({ "parkingKey": key }),
            )
            .await
        }
        Events::Skip {
            consumer,
            event,
            reason,
        } => {
            let path = format!("/dead-letters/{}:skip", encoded(&event));
            post(&consumer, &path, &json!({ "reason": reason })).await
        }
        Events::Cursors { consumer } => {
            let answer = client(&consumer)?
                .get(&path(&consumer, "/consumer-cursors"))
                .await?;
            each(answer.json()?, "cursors");
            Ok(())
        }
        Events::Rewind {
            consumer,
            source,
            since,
        } => {
            let body = json!({ "source": source, "since": since });
            post(&consumer, "/consumer-cursors:rewind", &body).await
        }
    }
}

async fn list_dead(consumer: &Consumer, key: Option<&str>) -> anyhow::Result<()> {
    let client = client(consumer)?;
    let mut page_token = String::new();
    for _ in 0..MAX_PAGES {
        let parameters = [
            ("pageSize", PAGE),
            ("pageToken", &page_token),
            ("parkingKey", key.unwrap_or_default()),
        ];
        let path = format!("{}{}", path(consumer, "/dead-letters"), query(&parameters));
        let page = client.get(&path).await?.json()?;
        page_token = text(&page, "nextPageToken");
        each(page, "deadLetters");
        if page_token.is_empty() {
            break;
        }
    }
    Ok(())
}

async fn post(consumer: &Consumer, place: &str, body: &Value) -> anyhow::Result<()> {
    let body = Bytes::from(body.to_string());
    let answer = client(consumer)?.post(&path(consumer, place), body).await?;
    say(answer.json()?);
    Ok(())
}

fn client(consumer: &Consumer) -> anyhow::Result<crate::client::Client> {
    Target::find(&consumer.access)?.client()
}

fn path(consumer: &Consumer, place: &str) -> String {
    format!("/v1/services/{}{place}", encoded(&consumer.service))
}

fn text(value: &Value, field: &str) -> String {
    value
        .get(field)
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

/// Prints the entries of a list, one a line.
fn each(mut page: Value, list: &str) {
    if let Some(Value::Array(entries)) = page.get_mut(list).map(Value::take) {
        entries.iter().for_each(say);
    }
}
