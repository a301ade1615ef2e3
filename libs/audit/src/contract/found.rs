use std::collections::BTreeSet;
use std::sync::Arc;

use uuid::Uuid;

use super::plan::IdKind;

/// Most customers of an entry.
const MOST_CUSTOMERS: usize = 500;
/// Most other ids.
const MOST_RESOURCES: usize = 64;
/// Most fields of a list.
const MOST_FIELDS: usize = 128;
/// Longest name that is an id, in bytes.
const LONGEST_ID: usize = 64;

/// What was found in the messages of a call.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) customers: BTreeSet<Uuid>,
    pub(crate) resources: BTreeSet<(Arc<str>, String)>,
    pub(crate) read: BTreeSet<Arc<str>>,
    pub(crate) written: BTreeSet<Arc<str>>,
    /// There was more than an entry holds.
    pub(crate) is_partial: bool,
}

impl Found {
    pub(crate) fn customer(&mut self, text: &[u8]) {
        if let Ok(id) = Uuid::try_parse_ascii(text) {
            let added = add(&mut self.customers, id, MOST_CUSTOMERS);
            self.is_partial |= !added;
        }
    }

    pub(crate) fn resource(&mut self, field: &Arc<str>, text: &[u8], kind: IdKind) {
        if text.is_empty() {
            return;
        }
        let resource = (Arc::clone(field), id_of(text, kind));
        self.is_partial |= !add(&mut self.resources, resource, MOST_RESOURCES);
    }

    pub(crate) fn read(&mut self, name: &Arc<str>) {
        if !self.read.contains(name) {
            self.is_partial |= !add(&mut self.read, Arc::clone(name), MOST_FIELDS);
        }
    }

    pub(crate) fn written(&mut self, name: &Arc<str>) {
        if !self.written.contains(name) {
            self.is_partial |= !add(&mut self.written, Arc::clone(name), MOST_FIELDS);
        }
    }
}

/// False when there is no room.
fn add<T: Ord>(set: &mut BTreeSet<T>, item: T, most: usize) -> bool {
    if set.len() < most {
        set.insert(item);
        return true;
    }
    set.contains(&item)
}

/// An id as an entry may hold it: a UUID, or a name where the contract has names, as of programs and
/// rewards. Whatever else stands in the field may be anybody's data, such as a shop's number of an order,
/// and is not told.
fn id_of(text: &[u8], kind: IdKind) -> String {
    if let Ok(id) = Uuid::try_parse_ascii(text) {
        return id.to_string();
    }
    let is_name = kind == IdKind::Named
        && text.len() <= LONGEST_ID
        && text.first().is_some_and(u8::is_ascii_lowercase)
        && text
            .iter()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(byte));
    match str::from_utf8(text) {
        Ok(name) if is_name => name.to_owned(),
        _ => "?".to_owned(),
    }
}
