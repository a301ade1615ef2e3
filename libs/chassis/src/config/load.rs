use std::fmt;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use toml::{Table, Value};

/// Begins every environment variable that configures Patron.
const PREFIX: &str = "PATRON__";
/// Separates the levels of a key in a variable's name.
const SEPARATOR: &str = "__";

/// Where a setting comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Compiled in.
    Defaults,
    /// A file.
    File(PathBuf),
    /// An environment variable, by name.
    Variable(String),
}

impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Defaults => formatter.write_str("the defaults"),
            Self::File(path) => write!(formatter, "the file {}", path.display()),
            Self::Variable(name) => write!(formatter, "the environment variable {name}"),
        }
    }
}

/// Why the configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("the configuration file {path} can't be read")]
    Unreadable {
        /// Where it should be.
        path: PathBuf,
        /// What the file system says.
        source: std::io::Error,
    },
    /// The text is not TOML.
    #[error("{origin} is not TOML")]
    Syntax {
        /// Whose text.
        origin: Source,
        /// Where and what.
        source: toml::de::Error,
    },
    /// There is no such setting.
    #[error("{origin} sets `{key}`, which does not exist")]
    UnknownKey {
        /// Who sets it.
        origin: Source,
        /// The key, with its levels separated by dots.
        key: String,
    },
    /// A setting has a value that it cannot have.
    #[error("{origin} sets a value that can't be used")]
    Value {
        /// Who sets it.
        origin: Source,
        /// Which setting, and what it takes.
        source: toml::de::Error,
    },
}

/// Reads a configuration: the defaults, over them the file, over both the variables
/// `PATRON__SECTION__KEY`. A variable's value is read as TOML, else taken as text.
///
/// The defaults must be complete. Each source is checked as soon as it is added, so an error can say
/// where it comes from.
pub fn load<T: DeserializeOwned>(
    defaults: &str,
    file: Option<&Path>,
    environment: impl IntoIterator<Item = (String, String)>,
) -> Result<T, ConfigError> {
    let mut merged = parse(Source::Defaults, defaults)?;
    let mut config = check(Source::Defaults, &merged)?;
    if let Some(path) = file {
        let source = Source::File(path.to_owned());
        merge(&mut merged, read(path, &source)?);
        config = check(source, &merged)?;
    }
    for (name, table) in variables(environment) {
        merge(&mut merged, table);
        config = check(Source::Variable(name), &merged)?;
    }
    Ok(config)
}

/// The variables of this process, those that are not Unicode left out.
pub fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

fn parse(origin: Source, text: &str) -> Result<Table, ConfigError> {
    text.parse()
        .map_err(|source| ConfigError::Syntax { origin, source })
}

fn read(path: &Path, source: &Source) -> Result<Table, ConfigError> {
    let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Unreadable {
        path: path.to_owned(),
        source,
    })?;
    parse(source.clone(), &text)
}

fn check<T: DeserializeOwned>(origin: Source, merged: &Table) -> Result<T, ConfigError> {
    let mut unknown = None;
    let read = serde_ignored::deserialize(merged.clone(), |path| {
        unknown.get_or_insert_with(|| path.to_string());
    });
    match (read, unknown) {
        (_, Some(key)) => Err(ConfigError::UnknownKey { origin, key }),
        (Err(source), None) => Err(ConfigError::Value { origin, source }),
        (Ok(config), None) => Ok(config),
    }
}

/// Tables are merged key by key; everything else is replaced.
fn merge(base: &mut Table, over: Table) {
    for (key, value) in over {
        match (base.get_mut(&key), value) {
            (Some(Value::Table(base)), Value::Table(over)) => merge(base, over),
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}

/// Each variable as a table of one setting, in the order of their names.
fn variables(
    environment: impl IntoIterator<Item = (String, String)>,
) -> impl Iterator<Item = (String, Table)> {
    let mut ours: Vec<_> = environment
        .into_iter()
        .filter(|(name, _)| name.starts_with(PREFIX))
        .collect();
    ours.sort();
    ours.into_iter().map(|(name, text)| {
        let key = name
            .strip_prefix(PREFIX)
            .unwrap_or_default()
            .to_ascii_lowercase();
        let table = nest(&key, value(text));
        (name, table)
    })
}

fn nest(key: &str, value: Value) -> Table {
    let (first, value) = match key.split_once(SEPARATOR) {
        Some((first, rest)) => (first, Value::Table(nest(rest, value))),
        None => (key, value),
    };
    Table::from_iter([(first.to_owned(), value)])
}

/// `8`, `true`, `"text"` and `[1, 2]` mean what they mean in TOML; anything else is text.
fn value(text: String) -> Value {
    let parsed: Option<Table> = format!("value = {text}").parse().ok();
    let value = parsed
        .filter(|table| table.len() == 1)
        .and_then(|mut table| table.remove("value"));
    value.unwrap_or(Value::String(text))
}

#[cfg(test)]
#[path = "load_tests.rs"]
mod tests;
