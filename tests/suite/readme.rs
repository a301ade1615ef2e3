//! The calls of the README and of the guide give the answers that are shown under them.

use std::process::Command;
use std::time::{Duration, Instant};

use crate::support::{Patron, Reference, demo, root};

/// The account number of the customer whom the README shows.
const SHOWN: &str = "12748";

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

/// Ids, times and cards differ from run to run. So do points: the demo's times move to the present, and on
/// the 8th of a month they are double. How many there must be is the subject of `loyalty_reference`.
fn normalised(text: &str) -> String {
    let masks = [
        (
            "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
            "ID",
        ),
        (r"202[6-9]-\d\d-\d\dT[0-9:.]+Z", "TIME"),
        (r#""(year|month|day)": *\d+"#, "DATE"),
        (r#""cardNumber": *"\d+""#, "CARD"),
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
    let root = root();
    let documents = ["README.md", "docs/loyalty.md"];
    let texts = documents.map(|path| std::fs::read_to_string(root.join(path)).unwrap());
    let patron = Patron::start(&["--demo", demo().to_str().unwrap()]);
    patron.wait_for_demo();
    wait_for_points(&patron).await;

    // One shell for all: later calls use what earlier ones set.
    let mut script = String::from("set -eu\n");
    let mut shown = Vec::new();
    for example in texts.iter().flat_map(|text| examples(text)) {
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
