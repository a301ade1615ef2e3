//! Making the data folder of a new cluster.

use std::fs;
use std::path::Path;

use tokio::process::Command;

use super::error::IoContext as _;
use super::home::Home;
use super::server_user::command;
use super::{Binaries, EmbeddedError, SUPERUSER, Settings};

/// Finds the programs that fit the data, and makes the data when there are none.
pub(super) async fn ensure(home: &Home, settings: Settings) -> Result<Binaries, EmbeddedError> {
    let data = home.data();
    if let Some(major) = major_of(&data) {
        return Binaries::find_for(&data, major);
    }
    let binaries = Binaries::find()?;
    make(home, &binaries, settings).await?;
    Ok(binaries)
}

fn major_of(data: &Path) -> Option<u32> {
    fs::read_to_string(data.join("PG_VERSION"))
        .ok()?
        .trim()
        .parse()
        .ok()
}

async fn make(home: &Home, binaries: &Binaries, settings: Settings) -> Result<(), EmbeddedError> {
    let unfinished = home.unfinished_data();
    if unfinished.exists() {
        // An earlier process was killed half-way.
        fs::remove_dir_all(&unfinished).context("remove", &unfinished)?;
    }
    home.make_private(&unfinished)?;
    run_initdb(home, binaries, settings, &unfinished).await?;
    fs::rename(&unfinished, home.data()).context("rename", &unfinished)
}

async fn run_initdb(
    home: &Home,
    binaries: &Binaries,
    settings: Settings,
    data: &Path,
) -> Result<(), EmbeddedError> {
    let program = binaries.tool("initdb");
    let mut initdb = Command::from(command(&program, home.user()));
    initdb.arg("-D").arg(data);
    // Locale C: rows sort by bytes on every machine.
    initdb.args([
        "-U",
        SUPERUSER,
        "--auth=trust",
        "--encoding=UTF8",
        "--locale=C",
    ]);
    initdb.arg(if settings.syncs() {
        "--data-checksums"
    } else {
        "--no-sync"
    });
    let output = initdb
        .kill_on_drop(true)
        .output()
        .await
        .context("run", &program)?;
    if output.status.success() {
        return Ok(());
    }
    let output_text = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(EmbeddedError::Tool {
        tool: "initdb",
        status: output.status,
        output: output_text,
    })
}
