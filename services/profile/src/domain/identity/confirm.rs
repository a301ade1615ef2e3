//! Somebody says that what is known of how to reach a person is still so.

use jiff::Timestamp;

use super::golden::Golden;
use super::profile::Profile;
use super::source::{Source, SourceId};
use super::trust::Trust;
use crate::domain::field::Field;
use crate::domain::quality::contact_paths;

impl Profile {
    /// Confirms the values of these fields where they come from, so that parting takes the word along. Answers
    /// the sources of which that is a change.
    pub(crate) fn confirm(
        &mut self,
        fields: &[Field],
        now: Timestamp,
        trust: &Trust,
    ) -> Vec<Source> {
        let shown = shown(&self.golden(trust), fields);
        let mut confirmed = Vec::new();
        for source in &mut self.sources {
            let named = shown.iter().filter(|(id, _)| *id == source.id);
            let mut is_changed = false;
            for (_, field) in named {
                let known = source.confirmed.entry(*field).or_insert(Timestamp::MIN);
                is_changed |= *known < now;
                *known = now.max(*known);
            }
            if is_changed {
                confirmed.push(source.clone());
            }
        }
        confirmed
    }
}

/// Where the contact values of these fields come from.
fn shown(golden: &Golden, fields: &[Field]) -> Vec<(SourceId, Field)> {
    let origin = |path: String| {
        let name = path.split_once('[').map_or(path.as_str(), |(name, _)| name);
        let field = Field::named(name).filter(|field| fields.contains(field))?;
        golden.origins.get(&path).map(|it| (it.source, field))
    };
    contact_paths(&golden.details).filter_map(origin).collect()
}
