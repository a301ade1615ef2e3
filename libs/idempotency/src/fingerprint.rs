//! What is remembered of a request, to recognise it and to name what differs in another.

use std::collections::BTreeMap;

use prost::{Message, Name};
use prost_reflect::{Kind, MessageDescriptor};
use sha2::{Digest as _, Sha256};

use crate::Key;
use crate::wire::Fields;

/// Messages nested deeper than this are compared as one field.
const MAX_DEPTH: usize = 8;
/// Messages of other packages (timestamps, dates) are values to the reader of an error.
const OWN_PACKAGES: &str = "patron.";
/// Stands for "some field" when the truncated digests agree though the requests differ.
const SOME_FIELD: &str = "*";

/// The numbers of the fields from the request down to a field.
type Path = Vec<u32>;

/// The digests of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fingerprint {
    /// SHA-256 of the whole request.
    pub(crate) request: [u8; 32],
    /// An encoded [`FieldDigests`].
    pub(crate) fields: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
struct FieldDigests {
    #[prost(message, repeated, tag = "1")]
    fields: Vec<FieldDigest>,
}

#[derive(Clone, PartialEq, Message)]
struct FieldDigest {
    #[prost(uint32, repeated, tag = "1")]
    path: Path,
    /// Two bytes: of 10¹¹ possible phone numbers a million fit, so it gives none away.
    #[prost(uint32, tag = "2")]
    digest: u32,
}

impl Fingerprint {
    /// The fingerprint of a request under a key. The encoding is that of prost, which is the same
    /// each time: fields by number, map entries by key.
    pub(crate) fn of<Q: Message + Name>(key: &Key, request: &Q) -> Self {
        let encoded = request.encode_to_vec();
        let mut leaves = BTreeMap::new();
        if let Some(descriptor) = descriptor::<Q>() {
            let salted = Sha256::new_with_prefix(key.salt());
            digest_fields(
                &mut leaves,
                &salted,
                &descriptor,
                &mut Path::new(),
                &encoded,
            );
        }
        let digest = |(path, digest): (Path, Sha256)| FieldDigest {
            path,
            digest: truncated(digest),
        };
        let fields = FieldDigests {
            fields: leaves.into_iter().map(digest).collect(),
        };
        Self {
            request: Sha256::digest(&encoded).into(),
            fields: fields.encode_to_vec(),
        }
    }

    /// The path of the first field in which this request differs from one with `stored` digests,
    /// for example `redemption.points`. A repeated field counts as one.
    pub(crate) fn first_difference<Q: Name>(&self, stored: &[u8]) -> String {
        let (own, stored) = (by_path(&self.fields), by_path(stored));
        let paths = own.keys().chain(stored.keys());
        let first = paths
            .filter(|path| own.get(*path) != stored.get(*path))
            .min();
        let named = first.and_then(|path| name_of(&descriptor::<Q>()?, path));
        named.unwrap_or_else(|| SOME_FIELD.to_owned())
    }
}

fn descriptor<Q: Name>() -> Option<MessageDescriptor> {
    contract::pool().get_message_by_name(&Q::full_name())
}

/// Adds one digest for each field that is present, messages included: an empty message differs
/// from none.
fn digest_fields(
    leaves: &mut BTreeMap<Path, Sha256>,
    salted: &Sha256,
    descriptor: &MessageDescriptor,
    path: &mut Path,
    encoded: &[u8],
) {
    for field in Fields(encoded) {
        path.push(field.number);
        let leaf = leaves.entry(path.clone()).or_insert_with(|| salted.clone());
        if let Some(message) = nested(descriptor, field.number).filter(|_| path.len() < MAX_DEPTH) {
            digest_fields(leaves, salted, &message, path, field.value);
        } else {
            // The elements of a repeated field come one by one; lengths keep them apart.
            leaf.update((field.value.len() as u64).to_be_bytes());
            leaf.update(field.value);
        }
        path.pop();
    }
}

/// The type of a field whose fields are told apart: a single message of our own.
fn nested(descriptor: &MessageDescriptor, number: u32) -> Option<MessageDescriptor> {
    let field = descriptor
        .get_field(number)
        .filter(|field| !field.is_list() && !field.is_map())?;
    match field.kind() {
        Kind::Message(message) if message.full_name().starts_with(OWN_PACKAGES) => Some(message),
        _ => None,
    }
}

fn truncated(digest: Sha256) -> u32 {
    let [high, low, ..]: [u8; 32] = digest.finalize().into();
    u32::from(u16::from_be_bytes([high, low]))
}

fn by_path(encoded: &[u8]) -> BTreeMap<Path, u32> {
    // Written by this module alone; what can't be read differs in every field.
    let digests = FieldDigests::decode(encoded).unwrap_or_default();
    digests
        .fields
        .into_iter()
        .map(|field| (field.path, field.digest))
        .collect()
}

fn name_of(descriptor: &MessageDescriptor, path: &[u32]) -> Option<String> {
    let (number, rest) = path.split_first()?;
    let field = descriptor.get_field(*number)?;
    let name = field.name().to_owned();
    if rest.is_empty() {
        return Some(name);
    }
    let Kind::Message(message) = field.kind() else {
        return None;
    };
    Some(format!("{name}.{}", name_of(&message, rest)?))
}

#[cfg(test)]
mod tests;
