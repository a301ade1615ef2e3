//! `patron loyalty parked`: purchases and acts that can't be rated.

use anyhow::Context as _;
use bytes::Bytes;
use serde_json::{Value, json};

use crate::cli::{Access, Parked};
use crate::client::Client;
use crate::commands::access::Target;
use crate::commands::path::encoded;
use crate::output::say;

/// Pages that are listed at most: 500 each.
const MOST_PAGES: usize = 200;

/// Lists what is parked, or has something rated again.
pub(crate) async fn run(command: Parked) -> anyhow::Result<()> {
    match command {
        Parked::List { access } => list(&access).await,
        Parked::Retry {
            customer,
            order,
            activity,
            access,
        } => {
            let asked = match (order, activity) {
                (Some(order), None) => json!({ "orderId": order }),
                (None, Some(activity)) => {
                    let (kind, id) = activity
                        .split_once('/')
                        .context("an act is named by its type and its id: TYPE/ID")?;
                    json!({ "activityType": kind, "activityId": id })
                }
                _ => anyhow::bail!("name either an order or an act"),
            };
            retry(&customer, &asked, &access).await
        }
    }
}

async fn list(access: &Access) -> anyhow::Result<()> {
    let client = Target::find(access)?.client()?;
    let (mut page_token, mut count) = (String::new(), 0_usize);
    for _ in 0..MOST_PAGES {
        let page = page(&client, &page_token).await?;
        let parked = page.get("parkedRatings").and_then(Value::as_array);
        for one in parked.into_iter().flatten() {
            say(told(one));
            count += 1;
        }
        text(&page, "nextPageToken").clone_into(&mut page_token);
        if page_token.is_empty() {
            break;
        }
    }
    say(format!("{count} parked"));
    Ok(())
}

async fn page(client: &Client, page_token: &str) -> anyhow::Result<Value> {
    let token = encoded(page_token);
    let path = format!("/v1/parkedRatings?pageSize=500&pageToken={token}");
    Ok(client.get(&path).await?.json()?)
}

async fn retry(customer: &str, asked: &Value, access: &Access) -> anyhow::Result<()> {
    let client = Target::find(access)?.client()?;
    let path = format!("/v1/members/{}/parkedRatings:retry", encoded(customer));
    let body = Bytes::from(serde_json::to_vec(asked)?);
    let answer = client.post(&path, body).await?.json()?;
    match answer.get("parkedRating") {
        Some(parked) => anyhow::bail!("it is still parked: {}", told(parked)),
        None => say("rated"),
    }
    Ok(())
}

fn told(parked: &Value) -> String {
    let what = match text(parked, "orderId") {
        "" => format!(
            "act {}/{}",
            text(parked, "activityType"),
            text(parked, "activityId")
        ),
        order_id => format!("order {order_id}"),
    };
    format!(
        "{} {what}: {} {} {}",
        text(parked, "customerId"),
        text(parked, "reason").trim_start_matches("REASON_"),
        text(parked, "ruleId"),
        text(parked, "detail"),
    )
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}
