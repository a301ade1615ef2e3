//! Programs as files: shown, checked, applied, by the command line against a running Patron.

use std::fs;
use std::process::Output;

use crate::support::shared;

fn run(arguments: &[&str]) -> Output {
    let program = ["loyalty", "program"];
    shared().command(&[&program, arguments].concat())
}

fn told(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text + &String::from_utf8_lossy(&output.stderr)
}

fn done(output: Output) -> String {
    assert!(output.status.success(), "{}", told(&output));
    told(&output)
}

#[test]
fn what_is_shown_can_be_applied_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for form in ["yaml", "json"] {
        let shown = done(run(&["show", "default", "-o", form]));
        let file = folder.path().join(form);
        fs::write(&file, shown).unwrap();
        let file = file.to_str().unwrap();
        done(run(&["validate", file]));
        assert_eq!(done(run(&["apply", file])), "default: nothing to change\n");
    }
    assert!(done(run(&["list", "default"])).starts_with("default 1: active from 2000-01-01"));
}

#[test]
fn a_changed_file_becomes_a_program_of_its_own_and_its_next_version() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("staff.yaml");
    let path = file.to_str().unwrap();
    let default = done(run(&["show"]));
    fs::write(&file, &default).unwrap();
    let first = done(run(&["apply", path, "--program", "staff"]));
    assert!(first.starts_with("staff 1: active from "), "{first}");

    fs::write(&file, default.replace("minimum: 1000", "minimum: 500")).unwrap();
    let change = "~ wallets[POINTS].redemption.minimum: 1000 → 500\n";
    assert_eq!(done(run(&["diff", "staff", "--file", path])), change);
    let tried = run(&["apply", path, "--program", "staff", "--dry-run"]);
    assert_eq!(done(tried), change);
    let later = [
        "apply",
        path,
        "--program",
        "staff",
        "--at",
        "2999-01-01T00:00:00Z",
    ];
    let later = done(run(&later));
    assert!(
        later.contains("staff 2: scheduled from 2999-01-01"),
        "{later}"
    );
    let cancelled = done(run(&["cancel", "staff", "2"]));
    assert!(cancelled.starts_with("staff 2: cancelled"), "{cancelled}");
    let back = done(run(&["revert", "staff", "2", "--reason", "after all"]));
    assert!(back.starts_with("staff 3: active"), "{back}");
    assert!(done(run(&["show", "staff"])).contains("minimum: 500"));
}

#[test]
fn a_file_that_is_not_sound_is_told_of_line_by_line_and_not_sent() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("broken.yaml");
    let path = file.to_str().unwrap();
    let default = done(run(&["show"]));
    let broken = default.replace("Asia/Shanghai", "Asia/Shangai");
    fs::write(&file, broken.replace("rollingMonths", "rolingMonths")).unwrap();
    let output = run(&["validate", path]);
    assert!(!output.status.success());
    let line = 1 + default
        .lines()
        .position(|line| line.contains("rollingMonths"))
        .unwrap();
    let problem = format!(
        "{path}:{line}:7: tier_ladders[0].window: there is no field \"rolingMonths\"; did you mean rollingMonths?"
    );
    assert!(told(&output).contains(&problem), "{}", told(&output));

    fs::write(&file, broken).unwrap();
    let output = run(&["apply", path]);
    let problem = format!("{path}:2:11: time_zone: no time zone of the IANA database");
    assert!(
        !output.status.success() && told(&output).contains(&problem),
        "{}",
        told(&output)
    );
}
