//! Loading the demo: through the public API, as any user would.

use std::num::{NonZeroU32, NonZeroUsize};
use std::path::Path;
use std::sync::Arc;

use chassis::Clock;

use super::folder::DataFolder;
use crate::client::Client;
use crate::commands::import::watched;
use crate::dev_env::DevEnv;
use crate::import::{Import, Meter, Settings};
use crate::output::say;

/// Items in one call.
const BATCH: NonZeroUsize = NonZeroUsize::new(100).unwrap();

/// Items in a second: what follows from them is there within the second, and the first look at a
/// Patron that is still loading is not a slow one.
const RATE: NonZeroU32 = NonZeroU32::new(500).unwrap();

/// Loads what has not been loaded yet. `databases` says where it goes, so that another database is
/// never taken for one that has it.
pub(super) async fn load(
    file: &Path,
    folder: &DataFolder,
    environment: &DevEnv,
    databases: &str,
) -> anyhow::Result<()> {
    if !file.exists() {
        say(format!(
            "there is no demo at {}: nothing is loaded (give --demo FILE, or --no-demo)",
            file.display()
        ));
        return Ok(());
    }
    let import = Import::new(Settings {
        file: file.to_owned(),
        currency: "GBP".to_owned(),
        time_zone: "Europe/London".to_owned(),
        // Points of 2011 would have lapsed long ago.
        shift_to: Some(Clock::system().now()),
        batch: BATCH,
        rate: Some(RATE),
        destination: databases.to_owned(),
        resume: folder.file("demo.import.json"),
        errors: folder.file("demo.errors.csv"),
    })?;
    if import.is_complete() {
        say("the demo is loaded (at an earlier start)");
        return Ok(());
    }
    say(match import.resumes_at() {
        0 => "loading the demo".to_owned(),
        sent => format!("loading the rest of the demo, after {sent} that were sent before"),
    });
    let meter = Arc::new(Meter::default());
    let client = Client::new(&environment.url, &environment.token)?;
    let summary = watched(import.send(client, Arc::clone(&meter)), meter, "demo").await?;
    say(summary.to_text());
    say(format!(
        "the demo is loaded; what was not imported: {}",
        import.errors().display()
    ));
    Ok(())
}
