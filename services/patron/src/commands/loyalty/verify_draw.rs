//! `patron loyalty verify-draw`: whether a draw went as it was committed to.
//!
//! A proof of one ticket is checked from its file alone. A whole draw is read from the API, which is
//! not believed: everything is computed anew.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context as _;
use loyalty::domain::draws::{Digest, Outcome, Proof, Published};
use loyalty::draw_file::{self, TicketPage};

use crate::cli::VerifyDraw;
use crate::client::Client;
use crate::commands::access::Target;
use crate::commands::path::{encoded, query};
use crate::output::say;

/// Largest file that is read, in bytes.
const MAX_FILE_BYTES: u64 = 1 << 20;
/// Tickets that are read at once.
const PAGE_SIZE: &str = "500";

/// Checks a proof, when there is a file of that name, else a draw.
pub(super) async fn run(arguments: VerifyDraw) -> anyhow::Result<()> {
    let path = Path::new(&arguments.draw);
    if path.is_file() {
        file(path, &arguments)
    } else {
        online(&arguments).await
    }
}

fn file(path: &Path, arguments: &VerifyDraw) -> anyhow::Result<()> {
    let size = std::fs::metadata(path)?.len();
    anyhow::ensure!(
        size <= MAX_FILE_BYTES,
        "{} is no proof: it is too large",
        path.display()
    );
    let json = std::fs::read(path).with_context(|| format!("can't read {}", path.display()))?;
    let proof = draw_file::proof(&json)?;
    require(
        "commitment",
        arguments.commitment.as_deref(),
        Some(proof.commitment),
    )?;
    let root = proof.closing.as_ref().map(|closing| closing.root);
    require("root", arguments.root.as_deref(), root)?;
    let verified = proof.verify()?;
    say(told(&proof, verified.outcome));
    if !verified.is_included {
        say(
            "the draw has not closed yet: whether the ticket stays among its tickets can be \
             checked then",
        );
    }
    Ok(())
}

/// What was noted earlier must be what is said now.
fn require(what: &str, noted: Option<&str>, found: Option<Digest>) -> anyhow::Result<()> {
    let Some(noted) = noted else { return Ok(()) };
    let found = found.map(|found| found.to_string()).unwrap_or_default();
    anyhow::ensure!(noted == found, "the {what} is not {noted}, but {found:?}");
    Ok(())
}

fn told(proof: &Proof, outcome: Outcome) -> String {
    let prize = |place: usize| {
        let prize = proof.rules.prizes.get(place);
        prize.map_or("", |prize| prize.prize_id.as_str())
    };
    let (draw_id, number) = (&proof.rules.draw_id, proof.ticket.number);
    let won = match outcome {
        Outcome::Won(place) => format!("won {}", prize(place)),
        Outcome::Gone(place) => format!("won nothing, since {} was gone", prize(place)),
        Outcome::Nothing | Outcome::Open => "won nothing".to_owned(),
    };
    format!("ticket {number} of {draw_id} {won}, as it was committed to")
}

async fn online(arguments: &VerifyDraw) -> anyhow::Result<()> {
    let client = Target::find(&arguments.access)?.client()?;
    let (program, draw) = (encoded(&arguments.program), encoded(&arguments.draw));
    let path = format!("/v1/programs/{program}/draws/{draw}");
    let published = draw_file::published(&client.get(&path).await?.body)?;
    require(
        "commitment",
        arguments.commitment.as_deref(),
        Some(published.commitment),
    )?;
    require("root", arguments.root.as_deref(), published.root)?;
    let count = check(&client, &path, &published).await?;
    let draw_id = &published.rules.draw_id;
    say(format!(
        "{count} tickets of {draw_id} went as it was committed to"
    ));
    if published.root.is_none() {
        say("the draw has not closed yet: outcomes were checked as far as seeds have been told");
    }
    Ok(())
}

/// Checks all tickets, page by page. Tells how many there are.
async fn check(client: &Client, path: &str, published: &Published) -> anyhow::Result<usize> {
    let mut check = published.check()?;
    let (mut winners, mut count) = (BTreeMap::new(), 0);
    let mut token = String::new();
    loop {
        let page = page(client, path, published, &token).await?;
        for (ticket, chain, won) in &page.tickets {
            check.take(ticket, *chain, *won)?;
        }
        winners.append(&mut page.winners());
        count += page.tickets.len();
        anyhow::ensure!(
            page.next_page_token != token || token.is_empty(),
            "a page leads to itself"
        );
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    if let Some(root) = published.root {
        check.finish(root, &winners)?;
    }
    Ok(count)
}

async fn page(
    client: &Client,
    path: &str,
    published: &Published,
    token: &str,
) -> anyhow::Result<TicketPage> {
    let query = query(&[("page_size", PAGE_SIZE), ("page_token", token)]);
    let answer = client.get(&format!("{path}/tickets{query}")).await?;
    Ok(draw_file::tickets(published, &answer.body)?)
}
