//! `patron loyalty program`: programs as files, through the public API.

mod apply;
mod file;
mod remote;

use serde_json::{Value, json};

use crate::cli::{Form, Numbered, Program, Turn, Version};
use crate::output::say;

use file::File;
use remote::Remote;

/// Runs one of the commands.
pub(crate) async fn run(command: Program) -> anyhow::Result<()> {
    match command {
        Program::Validate { file } => {
            let file = File::read(&file)?;
            say(format_args!("{} is sound", file.name()));
            Ok(())
        }
        Program::Show { version, output } => show(version, output).await,
        Program::List { program, access } => {
            let remote = Remote::find(&access)?;
            match program {
                Some(program) => remote
                    .versions(&program)
                    .await?
                    .iter()
                    .for_each(version_line),
                None => remote.programs().await?.iter().for_each(program_line),
            }
            Ok(())
        }
        Program::Diff { version, file } => diff(version, file.as_deref()).await,
        Program::Apply {
            file,
            program,
            draft,
            dry_run,
            turn,
            access,
        } => {
            let remote = Remote::find(&access)?;
            let file = File::read(&file)?;
            let mode = match (draft, dry_run) {
                (true, _) => apply::Mode::Draft,
                (_, true) => apply::Mode::Tell,
                _ => apply::Mode::Activate,
            };
            apply::apply(&remote, &program, &file, &turn, mode).await
        }
        Program::Activate { numbered, turn } => change(numbered, ":activate", &body(&turn)).await,
        Program::Cancel { numbered, reason } => {
            change(numbered, ":cancelActivation", &json!({ "reason": reason })).await
        }
        Program::Revert { numbered, turn } => {
            let remote = Remote::find(&numbered.access)?;
            let mut body = body(&turn);
            if let Some(fields) = body.as_object_mut() {
                fields.insert("version".to_owned(), json!(numbered.version));
            }
            version_line(&remote.post(&numbered.program, ":revert", body).await?);
            Ok(())
        }
    }
}

async fn show(version: Version, form: Form) -> anyhow::Result<()> {
    let remote = Remote::find(&version.access)?;
    let shown = remote.document(&version.program, version.version).await?;
    let text = match form {
        Form::Yaml => loyalty::program_file::to_yaml(&shown.document),
        Form::Json => loyalty::program_file::to_json(&shown.document),
    };
    say(text.trim_end());
    Ok(())
}

async fn diff(version: Version, file: Option<&std::path::Path>) -> anyhow::Result<()> {
    let remote = Remote::find(&version.access)?;
    if let Some(file) = file {
        let file = File::read(file)?;
        let in_force = remote.document(&version.program, None).await?;
        return file
            .changes(&in_force)
            .map(|changes| changes.iter().for_each(say));
    }
    anyhow::ensure!(version.version.is_some(), "give --version or --file");
    remote
        .preview(&version.program, version.version.unwrap_or_default())
        .await
}

async fn change(numbered: Numbered, verb: &str, body: &Value) -> anyhow::Result<()> {
    let remote = Remote::find(&numbered.access)?;
    let place = format!("/versions/{}{verb}", numbered.version);
    version_line(&remote.post(&numbered.program, &place, body.clone()).await?);
    Ok(())
}

/// What the calls that put a version in force have in common.
fn body(turn: &Turn) -> Value {
    match turn.at {
        Some(at) => json!({ "reason": turn.reason, "activeTime": at }),
        None => json!({ "reason": turn.reason }),
    }
}

fn program_line(program: &Value) {
    let text = |field| remote::text(program, field);
    let version = match text("version").as_str() {
        "" => "nothing in force".to_owned(),
        version => format!("version {version}"),
    };
    let next = match text("nextVersion").as_str() {
        "" => String::new(),
        next => format!(", version {next} from {}", text("nextActiveTime")),
    };
    say(format_args!(
        "{}: {version}{next}, {}",
        text("programId"),
        text("displayName")
    ));
}

fn version_line(version: &Value) {
    let text = |field| remote::text(version, field);
    let state = text("state").trim_start_matches("STATE_").to_lowercase();
    let since = match text("activeTime").as_str() {
        "" => String::new(),
        at => format!(" from {at}"),
    };
    let by = match text("scheduler").as_str() {
        "" => format!("drafted by {}", text("creator")),
        scheduler => format!("by {scheduler}: {}", text("scheduleReason")),
    };
    let (program, number) = (text("programId"), text("version"));
    say(format_args!("{program} {number}: {state}{since}, {by}"));
}
