//! Putting a file in force.

use loyalty::program_file::to_json;
use serde_json::{Value, json};

use super::file::File;
use super::remote::{Remote, text};
use super::{body, version_line};
use crate::cli::Turn;
use crate::output::say;

/// How far it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// Tells what would change.
    Tell,
    /// Drafts a version.
    Draft,
    /// Drafts it and puts it in force.
    Activate,
}

/// Applies a file to a program. What is in force already stays as it is, so a file may be applied
/// again and again.
pub(super) async fn apply(
    remote: &Remote,
    program: &str,
    file: &File,
    turn: &Turn,
    mode: Mode,
) -> anyhow::Result<()> {
    let is_there = remote.is_there(program).await?;
    if is_there {
        let in_force = remote.document(program, None).await;
        // A program of drafts alone has nothing in force.
        if let Ok(in_force) = in_force {
            let changes = file.changes(&in_force)?;
            changes.iter().for_each(say);
            if changes.is_empty() {
                say(format_args!("{program}: nothing to change"));
                return Ok(());
            }
        }
    }
    if mode == Mode::Tell {
        return Ok(());
    }
    let drafted = draft(remote, program, file, is_there).await?;
    if mode == Mode::Draft {
        version_line(&drafted);
        return Ok(());
    }
    let place = format!("/versions/{}:activate", text(&drafted, "version"));
    let active = remote.post(program, &place, body(turn)).await;
    version_line(&active.map_err(|error| file.located(error, "document"))?);
    Ok(())
}

async fn draft(
    remote: &Remote,
    program: &str,
    file: &File,
    is_there: bool,
) -> anyhow::Result<Value> {
    let document: Value = serde_json::from_str(&to_json(&file.file.document))?;
    let description = format!("from {}", file.name());
    if is_there {
        let body = json!({ "document": document, "description": description });
        let drafted = remote.post(program, "/versions", body).await;
        return drafted.map_err(|error| file.located(error, "program_version.document"));
    }
    let body = json!({
        "programId": program, "document": document, "description": description
    });
    let created = remote.post("", "", body).await;
    created.map_err(|error| file.located(error, "document"))
}
