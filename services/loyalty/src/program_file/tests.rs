use std::fmt::Write as _;

use super::*;

const DEFAULT: &str = include_str!("../../programs/default.yaml");

fn told(text: &str) -> Vec<String> {
    let problems = match ProgramFile::read(text) {
        Ok(file) => file.problems(),
        Err(problems) => problems,
    };
    problems.iter().map(ToString::to_string).collect()
}

#[test]
fn the_default_program_is_sound_and_survives_being_written() {
    assert_eq!(told(DEFAULT), [] as [&str; 0]);
    let document = default_document();
    for text in [to_yaml(&document), to_json(&document)] {
        let file = ProgramFile::read(&text).unwrap_or_else(|problems| panic!("{problems:?}{text}"));
        assert_eq!(file.document, document, "{text}");
    }
}

#[test]
fn texts_that_yaml_would_take_for_something_else_are_quoted() {
    for name in [
        "true",
        "No",
        "~",
        "12",
        "a: b",
        "#x",
        "会员日",
        "it's",
        "x ",
        "-",
        "a\nb",
        "é\t",
    ] {
        let document = ProgramDocument {
            display_name: name.to_owned(),
            ..ProgramDocument::default()
        };
        let text = to_yaml(&document);
        let read = ProgramFile::read(&text).unwrap_or_else(|problems| panic!("{problems:?}"));
        assert_eq!(read.document.display_name, name, "{text}");
    }
}

#[test]
fn what_is_no_document_is_told_with_its_place() {
    let cases = [
        ("", "1:1: one document is wanted, not 0"),
        ("a: 1\n---\nb: 2\n", "3:1: one document is wanted, not 2"),
        (
            "displayName: !!str x",
            "1:14: tags are not read; what a value is follows from the contract",
        ),
        (
            "displayName: a\ndisplayName: b",
            "2:1: \"displayName\" is given twice",
        ),
        (
            "displayName: a\ndisplay_name: b",
            "2:1: display_name: \"display_name\" is given twice",
        ),
        (
            "dislayName: a",
            "1:1: there is no field \"dislayName\"; did you mean displayName?",
        ),
        ("wallets: 5", "1:10: wallets: must be a list"),
        (
            "wallets:\n  - walletId: [A]",
            "2:15: wallets[0].wallet_id: must be a single value",
        ),
        (
            "wallets:\n  - decimals: many",
            "2:15: wallets[0].decimals: must be a whole number of 32 bits",
        ),
        (
            "wallets:\n  - rounding: FLOOR",
            "2:15: wallets[0].rounding: \"FLOOR\" is none of the values; there are: POINT_ROUNDING_UNSPECIFIED, POINT_ROUNDING_FLOOR, POINT_ROUNDING_HALF_UP, POINT_ROUNDING_HALF_EVEN",
        ),
        (
            "wallets:\n  - rounding: POINT_ROUNDING_FLOR",
            "2:15: wallets[0].rounding: \"POINT_ROUNDING_FLOR\" is none of the values; did you mean POINT_ROUNDING_FLOOR?",
        ),
        (
            "campaigns:\n  - startTime: monday",
            "2:16: campaigns[0].start_time: must be an instant such as 2026-01-31T00:00:00Z or 2026-01-31T08:00:00+08:00",
        ),
        (
            "earningRules:\n  - order: {}\n    activityType: x",
            "3:5: earning_rules[0].activity_type: only one of order and this can be set",
        ),
        ("? [a]\n: b", "1:3: a key must be a text"),
    ];
    for (text, problem) in cases {
        assert_eq!(told(text), [problem], "{text}");
    }
    let [syntax] = told("a: [1, 2").try_into().unwrap();
    assert!(
        syntax.starts_with("1:") || syntax.starts_with("2:"),
        "{syntax}"
    );
}

#[test]
fn files_that_would_grow_without_bound_are_refused() {
    assert!(told(&"[".repeat(100))[0].contains("nested more than"));
    assert!(told(&"[".repeat(100_000))[0].contains("recursion limit"));
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..9 {
        let before = format!("*a{}, ", level - 1).repeat(10);
        writeln!(bomb, "a{level}: &a{level} [{before}]").unwrap();
    }
    assert!(told(&bomb)[0].contains("more than 200000 values"));
    assert!(told("a: &a [*a]")[0].contains("within what it stands for"));
    let large = " ".repeat(MOST_BYTES + 1);
    assert!(told(&large)[0].contains("at most"));
}

#[test]
fn an_alias_repeats_what_its_anchor_names() {
    let text = "wallets:\n  - walletId: &id POINTS\nhouseholds:\n  walletIds: [*id]\n";
    let file = ProgramFile::read(text).unwrap();
    assert_eq!(file.document.households.unwrap().wallet_ids, ["POINTS"]);
}

#[test]
fn problems_of_the_document_are_told_where_they_stand_in_the_file() {
    let broken = DEFAULT
        .replace("Asia/Shanghai", "Asia/Shangai")
        .replace("threshold: 1000000", "threshold: 100000");
    let line = |text: &str, lines: &str| {
        let place = lines.lines().position(|line| line.contains(text));
        place.unwrap() + 1
    };
    let (zone, tier) = (line("Shangai", &broken), line("threshold: 100000", &broken));
    let told = told(&broken);
    assert!(
        told[0].starts_with(&format!("{zone}:11: time_zone: no time zone")),
        "{told:?}"
    );
    let tier =
        format!("{tier}:20: tier_ladders[0].tiers[1].threshold: is 100000, but the one before");
    assert!(told[1].starts_with(&tier), "{told:?}");
}
