use std::path::Path;

use super::PolicyError;

/// A file of policies.
#[derive(Clone, Debug)]
pub struct PolicyFile {
    /// Its name, as errors tell it.
    pub name: String,
    /// What stands in it.
    pub text: String,
}

macro_rules! built_in {
    ($($name:literal),* $(,)?) => {
        [$((concat!($name, ".cedar"), include_str!(concat!("../../../../policies/", $name, ".cedar")))),*]
    };
}

/// The policies that hold where nobody has configured others.
const BUILT_IN: [(&str, &str); 11] = built_in![
    "account-manager",
    "agent",
    "analyst",
    "auditor",
    "machine",
    "marketing",
    "operator",
    "privacy-officer",
    "records",
    "sales",
    "service",
];

impl PolicyFile {
    /// The files that are compiled in.
    pub fn built_in() -> Vec<Self> {
        let files = BUILT_IN.iter().map(|&(name, text)| Self {
            name: name.to_owned(),
            text: text.to_owned(),
        });
        files.collect()
    }

    /// The files of a folder that end in `.cedar`, by name. They stand in place of those that are compiled in.
    pub fn in_folder(folder: &Path) -> Result<Vec<Self>, PolicyError> {
        let unreadable = |path: &Path| {
            let path = path.to_owned();
            |source| PolicyError::Unreadable { path, source }
        };
        let mut files = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(unreadable(folder))? {
            let path = entry.map_err(unreadable(folder))?.path();
            if path.extension().is_some_and(|ending| ending == "cedar") {
                let text = std::fs::read_to_string(&path).map_err(unreadable(&path))?;
                let name = path.display().to_string();
                files.push(Self { name, text });
            }
        }
        if files.is_empty() {
            let path = folder.to_owned();
            return Err(PolicyError::None { path });
        }
        files.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(files)
    }
}
