//! The one record that follows from the sources of a person.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use jiff::Timestamp;

use super::conflict::excludes;
use super::source::{Source, SourceId};
use super::trust::Trust;
use crate::domain::customer::Details;
use crate::domain::field::Field;
use crate::domain::identifier::{Identifier, IdentifierKey};
use crate::domain::ids::CustomerId;

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    pub(crate) source: SourceId,
    pub(crate) channel: String,
    pub(crate) observed_at: Timestamp,
    /// When somebody said since that it is still so.
    pub(crate) confirmed_at: Option<Timestamp>,
}

impl Origin {
    /// When it was last known to be so.
    pub(crate) fn confirmed(&self) -> Timestamp {
        self.observed_at
            .max(self.confirmed_at.unwrap_or(Timestamp::MIN))
    }
}

/// The origin of each field that has a value, by its path; an identifier's is `identifiers[0]`.
pub(crate) type Origins = BTreeMap<String, Origin>;

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Golden {
    pub(crate) details: Details,
    pub(crate) origins: Origins,
}

/// What decides between two sources that speak of the same field: trust, then the newer observation,
/// then the fuller value and record. The ids only make it certain.
type Standing = (
    usize,
    Timestamp,
    bool,
    usize,
    Reverse<CustomerId>,
    Reverse<SourceId>,
);

impl Golden {
    /// The golden record of these sources, whatever their order.
    pub(crate) fn of(sources: &[Source], trust: &Trust) -> Self {
        let mut golden = Self::default();
        for field in Field::all().filter(|field| *field != Field::Identifiers) {
            golden.survive(field, sources, trust);
        }
        golden.identify(sources, trust);
        golden
    }

    fn survive(&mut self, field: Field, sources: &[Source], trust: &Trust) {
        let best = sources
            .iter()
            .filter_map(|source| Some((standing(source, field, trust)?, source)))
            .max_by_key(|(standing, _)| *standing);
        if let Some((_, source)) = best
            && self.details.take(field, &source.details)
        {
            self.name_origin(field.path().to_owned(), field, source);
        }
    }

    /// The identifiers that a source has and none has withdrawn. One is verified when it is by any. Of
    /// what a person has one of, the best value survives like that of a field: parting can bring a
    /// second one back, with the source that had it.
    fn identify(&mut self, sources: &[Source], trust: &Trust) {
        for (source, identifier) in claimed(sources, trust) {
            let known = self.details.identifiers.iter_mut();
            let rival = |it: &&mut Identifier| it.key == identifier.key || excludes(it, identifier);
            match known.into_iter().find(rival) {
                Some(known) if known.key == identifier.key => {
                    known.verified |= identifier.verified;
                }
                Some(_) => {}
                None => {
                    let path = format!("identifiers[{}]", self.details.identifiers.len());
                    self.details.identifiers.push(identifier.clone());
                    self.name_origin(path, Field::Identifiers, source);
                }
            }
        }
    }

    fn name_origin(&mut self, path: String, field: Field, source: &Source) {
        if let Some(observed_at) = source.observed.get(&field) {
            let origin = Origin {
                source: source.id,
                channel: source.channel.clone(),
                observed_at: *observed_at,
                confirmed_at: source.confirmed.get(&field).copied(),
            };
            self.origins.insert(path, origin);
        }
    }
}

/// All identifiers that are not withdrawn, with who says so, the best source first.
pub(super) fn claimed<'a>(
    sources: &'a [Source],
    trust: &Trust,
) -> Vec<(&'a Source, &'a Identifier)> {
    let mut told: Vec<_> = sources
        .iter()
        .filter_map(|source| Some((standing(source, Field::Identifiers, trust)?, source)))
        .collect();
    told.sort_by_key(|(standing, _)| Reverse(*standing));
    let told = newest_of_each_record(told);
    let all = told.into_iter().flat_map(|(_, source)| {
        let identifiers = source.details.identifiers.iter();
        identifiers.map(move |identifier| (source, identifier))
    });
    all.filter(|(source, identifier)| !is_withdrawn(source, &identifier.key, sources, trust))
        .collect()
}

/// Of what a channel told of the same record, by calls and in files, the newest; the best stand first.
fn newest_of_each_record(told: Vec<(Standing, &Source)>) -> Vec<(Standing, &Source)> {
    let mut newest: Vec<(Standing, &Source)> = Vec::with_capacity(told.len());
    for (standing, source) in told {
        let is_later = |(_, known): &(Standing, &Source)| known.is_of_record(source);
        if !newest.iter().any(is_later) {
            newest.push((standing, source));
        }
    }
    newest
}

/// Whether another source has withdrawn what this one says, or what another file said of the same record. Who is
/// trusted as much may say it again.
fn is_withdrawn(source: &Source, key: &IdentifierKey, sources: &[Source], trust: &Trust) -> bool {
    let said = source.observed.get(&Field::Identifiers).copied();
    let rank = trust.rank(&source.channel);
    let same_record = sources.iter().filter(|it| it.is_of_record(source));
    let named: Vec<_> = same_record.map(|it| (it.id, key.clone())).collect();
    sources.iter().any(|by| {
        let withdrawn = named.iter().filter_map(|named| by.withdrawn.get(named));
        let withdrawn = withdrawn.max().copied();
        withdrawn.is_some() && (said <= withdrawn || rank < trust.rank(&by.channel))
    })
}

/// `None` when the source does not speak of the field.
fn standing(source: &Source, field: Field, trust: &Trust) -> Option<Standing> {
    let observed_at = *source.observed.get(&field)?;
    let birth = source.details.birth_date;
    let is_whole = field == Field::BirthDate && birth.is_some_and(|birth| birth.year.is_some());
    Some((
        trust.rank(&source.channel),
        observed_at,
        is_whole,
        source.filled_fields(),
        Reverse(source.home),
        Reverse(source.id),
    ))
}
