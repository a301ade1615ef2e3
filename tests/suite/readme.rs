//! The README's calls give the answers that it shows.

use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::{Patron, demo, root};

/// A call and the answer that is shown under it.
struct Example {
    call: String,
    answer: String,
}

/// Pairs of a ```sh block and the ```json block that follows it.
fn examples(readme: &str) -> Vec<Example> {
    let mut blocks = readme.split("```").skip(1).step_by(2).peekable();
    let mut found = Vec::new();
    while let Some(block) = blocks.next() {
        let next = blocks.peek().and_then(|next| next.strip_prefix("json\n"));
        if let (Some(call), Some(answer)) = (block.strip_prefix("sh\n"), next) {
            found.push(Example {
                call: call.to_owned(),
                answer: answer.to_owned(),
            });
        }
    }
    found
}

/// Ids and times differ from run to run.
fn normalised(text: &str) -> String {
    let ids =
        regex::Regex::new("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}").unwrap();
    let times = regex::Regex::new(r"202[6-9]-\d\d-\d\dT[0-9:.]+Z").unwrap();
    let spaces = regex::Regex::new(r"\s+").unwrap();
    let text = ids.replace_all(text, "ID");
    let text = times.replace_all(&text, "TIME");
    spaces.replace_all(&text, "").into_owned()
}

fn has(tool: &str) -> bool {
    Command::new(tool).arg("--version").output().is_ok()
}

/// Waits until the demo's events have become all the ledger entries that the README counts.
async fn wait_for_ledger(patron: &Patron, readme: &str) {
    let shown = readme
        .split("\"entryCount\": \"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let api = patron.api();
    let give_up = Instant::now() + Duration::from_mins(5);
    loop {
        let answer = api
            .post("/v1/programs/default:verifyLedger", &json!({}))
            .await;
        if answer.body["entryCount"] == shown {
            return;
        }
        assert!(
            Instant::now() < give_up,
            "{shown} entries are shown; the last answer: {answer:?}"
        );
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

#[tokio::test]
async fn the_calls_of_the_readme_give_the_answers_that_it_shows() {
    let root = root();
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    let patron = Patron::start(&["--demo", demo().to_str().unwrap()]);
    patron.wait_for_demo();
    wait_for_ledger(&patron, &readme).await;

    // One shell for all: later calls use what earlier ones set.
    let mut script = String::from("set -eu\n");
    let mut shown = Vec::new();
    for example in examples(&readme) {
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
        .current_dir(&root)
        .env("PATRON_URL", patron.setting("PATRON_URL"))
        .env("PATRON_GRPC", patron.setting("PATRON_GRPC"))
        .env("PATRON_TOKEN", patron.setting("PATRON_TOKEN"))
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    let answers = String::from_utf8(output.stdout).unwrap();
    let answers: Vec<&str> = answers.split("--- next ---").collect();
    assert!(shown.len() >= 8, "{} calls", shown.len());
    for (example, answer) in shown.iter().zip(&answers) {
        assert_eq!(
            normalised(answer),
            normalised(&example.answer),
            "{}",
            example.call
        );
    }
}
