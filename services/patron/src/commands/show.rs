//! Commands that only print: `patron config`, `patron openapi`.

use std::path::Path;

use crate::config::{self, Config, Preset};
use crate::output::say;

/// Prints the settings in effect, or the commented defaults.
pub(crate) fn config(file: Option<&Path>, defaults: bool) -> anyhow::Result<()> {
    let text = if defaults {
        config::defaults(Preset::Service)
    } else {
        config::show(&Config::load(file, Preset::Service)?)?
    };
    say(text.trim_end());
    Ok(())
}

/// Prints the OpenAPI document.
pub(crate) fn openapi() -> anyhow::Result<()> {
    say(serde_json::to_string_pretty(&gateway::openapi::document()?)?);
    Ok(())
}
