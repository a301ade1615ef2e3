//! Every call that the README and the guides show is made. Those of the README and of the guide to loyalty give the
//! answers that are shown under them; those of the others are not refused.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::support::{Patron, Reference, demo, root};

/// The account number of the customer whom the README shows.
const SHOWN: &str = "12748";

/// Documents whose answers are those of the demo.
const SHOWING: [&str; 2] = ["README.md", "docs/loyalty.md"];

/// A call, and the answer that it must give.
struct Example {
    call: String,
    /// None: any but a refusal. What is shown depends on what was there before.
    answer: Option<String>,
}

/// Each ```sh block that calls the API, with the ```json block that follows it.
fn examples(document: &str) -> Vec<Example> {
    let mut blocks = document.split("```").skip(1).step_by(2).peekable();
    let mut found = Vec::new();
    while let Some(block) = blocks.next() {
        let calls = block.strip_prefix("sh\n");
        let calls = calls.filter(|text| text.contains("$PATRON_"));
        let next = blocks.peek().and_then(|next| next.strip_prefix("json\n"));
        found.extend(calls.map(|call| Example {
            call: call.to_owned(),
            answer: next.map(str::to_owned),
        }));
    }
    found
}

/// The calls of the documents that show answers, and those of all other guides.
fn all_examples() -> Vec<Example> {
    let read = |path: &Path| std::fs::read_to_string(path).unwrap();
    let showing = SHOWING.map(|path| root().join(path));
    let mut found: Vec<Example> = showing
        .iter()
        .flat_map(|path| examples(&read(path)))
        .collect();
    let mut guides: Vec<_> = std::fs::read_dir(root().join("docs"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|it| it == "md") && !showing.contains(path))
        .collect();
    guides.sort();
    for example in guides.iter().flat_map(|path| examples(&read(path))) {
        found.push(Example {
            call: example
                .call
                .replace("curl -s ", "curl --silent --fail-with-body "),
            answer: None,
        });
    }
    found
}

/// Ids, times and cards differ from run to run. So do points: the demo's times move to the present, and on
/// the 8th of a month they are double. How many there must be is the subject of `loyalty_reference`. And so does
/// the usual hour: weeks that move into summer time move it.
fn normalised(text: &str) -> String {
    let masks = [
        (
            "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
            "ID",
        ),
        (r"202[6-9]-\d\d-\d\dT[0-9:.]+Z", "TIME"),
        (r#""(year|month|day)": *\d+"#, "DATE"),
        (r#""cardNumber": *"\d+""#, "CARD"),
        (r#""usualHour": *\d+"#, "HOUR"),
        (r#""lots": *\[[^\]]*\]"#, "LOTS"),
        (
            r#""(available|availableAfter|lifetimeEarned|countingAtReview|missingToKeep)": *"\d+""#,
            "POINTS",
        ),
        (r"\d+ available", "POINTS"),
        (r"\s+", ""),
    ];
    masks.iter().fold(text.to_owned(), |text, (pattern, mask)| {
        let pattern = regex::Regex::new(pattern).unwrap();
        pattern.replace_all(&text, *mask).into_owned()
    })
}

fn has(tool: &str) -> bool {
    Command::new(tool).arg("--version").output().is_ok()
}

/// Waits until the demo's purchases have become the points that they are worth, so that all that is
/// shown of them stays.
async fn wait_for_points(patron: &Patron) {
    let reference = Reference::of(&demo(), patron.demo_shift_weeks());
    let api = patron.api();
    let path = format!("/v1/customers:lookup?kind=retail_account&value={SHOWN}");
    let customer = api.get(&path).await.text("customerId");
    let worth = reference.members[SHOWN].available.to_string();
    let give_up = Instant::now() + Duration::from_mins(5);
    loop {
        let member = api.get(&format!("/v1/members/{customer}")).await;
        if member.body["balance"]["available"] == worth.as_str() {
            return;
        }
        assert!(
            Instant::now() < give_up,
            "{worth} points are expected; the last answer: {member:?}"
        );
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

#[tokio::test]
async fn the_calls_that_are_documented_give_the_answers_that_are_shown() {
    let patron = Patron::start(&["--demo", demo().to_str().unwrap()]);
    patron.wait_for_demo();
    wait_for_points(&patron).await;

    // One shell for all: later calls use what earlier ones set.
    let mut script = String::from("set -eu\n");
    let mut shown = Vec::new();
    for example in all_examples() {
        if example.call.contains("grpcurl ") && !has("grpcurl") {
            eprintln!("grpcurl is not installed: its call is not tried");
            continue;
        }
        script.push_str(&example.call);
        script.push_str("\nprintf '\\n%s\\n' '--- next ---'\n");
        shown.push(example);
    }
    let output = Command::new("bash")
        .arg("-c")
        .arg(&script)
        .current_dir(root())
        .env("PATRON_URL", patron.setting("PATRON_URL"))
        .env("PATRON_GRPC", patron.setting("PATRON_GRPC"))
        .env("PATRON_TOKEN", patron.setting("PATRON_TOKEN"))
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    let answers = String::from_utf8(output.stdout).unwrap();
    let last = answers.rsplit("--- next ---").next().unwrap();
    assert!(output.status.success(), "{told}\n{last}");
    let answers: Vec<&str> = answers.split("--- next ---").collect();
    let compared = shown.iter().zip(&answers).filter_map(|(example, answer)| {
        let expected = example.answer.as_deref()?;
        assert_eq!(normalised(answer), normalised(expected), "{}", example.call);
        Some(())
    });
    let compared = compared.count();
    assert!(compared >= 8, "{compared} of {} calls", shown.len());
}
