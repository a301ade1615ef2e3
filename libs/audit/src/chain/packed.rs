//! Entries as they are kept: as bytes, with each name once. What many calls have in common (callers, methods,
//! fields) costs each of them a number.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use prost::Message as _;
use uuid::Uuid;

use super::Entry;

/// The entries of a batch.
#[derive(prost::Message)]
struct Packed {
    /// What entries name by place, from 1. The place 0 is the empty text.
    #[prost(string, repeated, tag = "1")]
    names: Vec<String>,
    #[prost(message, repeated, tag = "2")]
    entries: Vec<PackedEntry>,
}

#[derive(prost::Message)]
struct PackedEntry {
    /// In microseconds.
    #[prost(int64, tag = "1")]
    called_at: i64,
    #[prost(uint32, tag = "2")]
    actor: u32,
    #[prost(uint32, tag = "3")]
    on_behalf_of: u32,
    #[prost(uint32, tag = "4")]
    method: u32,
    #[prost(int32, tag = "5")]
    kind: i32,
    #[prost(int32, tag = "6")]
    code: i32,
    /// 16 bytes each.
    #[prost(bytes = "vec", tag = "7")]
    customer_ids: Vec<u8>,
    #[prost(string, repeated, tag = "8")]
    resources: Vec<String>,
    #[prost(uint32, repeated, tag = "9")]
    read_fields: Vec<u32>,
    #[prost(uint32, repeated, tag = "10")]
    written_fields: Vec<u32>,
    #[prost(uint32, tag = "11")]
    purpose: u32,
    #[prost(string, tag = "12")]
    trace_id: String,
    #[prost(bool, tag = "13")]
    partial: bool,
}

/// Times are kept to the microsecond.
pub(crate) fn pack<'e>(entries: impl IntoIterator<Item = &'e Entry>) -> Vec<u8> {
    let mut names = Names::default();
    let entries: Vec<_> = entries.into_iter().map(|it| names.packed(it)).collect();
    let names = names.texts;
    Packed { names, entries }.encode_to_vec()
}

/// `None` for bytes that were not packed.
pub(crate) fn unpack(bytes: &[u8]) -> Option<Vec<Entry>> {
    let packed = Packed::decode(bytes).ok()?;
    let texts = std::iter::once(Arc::default()).chain(packed.names.into_iter().map(Arc::from));
    let texts: Vec<Arc<str>> = texts.collect();
    let entries = packed.entries.into_iter();
    entries.map(|it| it.unpacked(&texts)).collect()
}

/// Texts, and where they stand.
#[derive(Default)]
struct Names<'e> {
    places: HashMap<&'e str, u32>,
    texts: Vec<String>,
}

impl<'e> Names<'e> {
    fn packed(&mut self, entry: &'e Entry) -> PackedEntry {
        let ids = entry.customer_ids.iter();
        PackedEntry {
            called_at: entry.called_at.as_microsecond(),
            actor: self.place(&entry.actor),
            on_behalf_of: self.place(&entry.on_behalf_of),
            method: self.place(&entry.method),
            kind: entry.kind,
            code: entry.code,
            customer_ids: ids.flat_map(|id| *id.as_bytes()).collect(),
            resources: entry.resources.clone(),
            read_fields: self.all(&entry.read_fields),
            written_fields: self.all(&entry.written_fields),
            purpose: self.place(&entry.purpose),
            trace_id: entry.trace_id.clone(),
            partial: entry.partial,
        }
    }

    fn all(&mut self, texts: &'e [Arc<str>]) -> Vec<u32> {
        texts.iter().map(|text| self.place(text)).collect()
    }

    fn place(&mut self, text: &'e str) -> u32 {
        if text.is_empty() {
            return 0;
        }
        let texts = &mut self.texts;
        *self.places.entry(text).or_insert_with(|| {
            texts.push(text.to_owned());
            // A batch has far fewer.
            u32::try_from(texts.len()).unwrap_or_default()
        })
    }
}

impl PackedEntry {
    fn unpacked(self, texts: &[Arc<str>]) -> Option<Entry> {
        let text = |place: u32| texts.get(usize::try_from(place).ok()?).cloned();
        let all = |places: Vec<u32>| places.into_iter().map(text).collect::<Option<Vec<_>>>();
        let (ids, rest) = self.customer_ids.as_chunks();
        Some(Entry {
            called_at: Timestamp::from_microsecond(self.called_at).ok()?,
            actor: text(self.actor)?,
            on_behalf_of: text(self.on_behalf_of)?,
            method: text(self.method)?,
            kind: self.kind,
            code: self.code,
            customer_ids: rest
                .is_empty()
                .then(|| ids.iter().map(|id| Uuid::from_bytes(*id)).collect())?,
            resources: self.resources,
            read_fields: all(self.read_fields)?,
            written_fields: all(self.written_fields)?,
            purpose: text(self.purpose)?,
            trace_id: self.trace_id,
            partial: self.partial,
        })
    }
}
