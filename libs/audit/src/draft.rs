use std::sync::Arc;

use ::contract::patron::r#type::v1::ErrorReason;
use chassis::Refusal;
use chassis::audit::Asked;
use http::HeaderMap;
use jiff::Timestamp;
use tonic::Code;

use crate::chain::Entry;
use crate::contract::{Found, MethodPlan};
use crate::recorder::PURPOSE;

/// Longest subject that is put on record, in bytes.
const LONGEST_SUBJECT: usize = 256;
/// Longest purpose.
const LONGEST_PURPOSE: usize = 64;
/// Who calls a method that anybody may call.
const ANYBODY: &str = "anonymous";

/// What is known of a call before it is made.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    called_at: Timestamp,
    actor: Arc<str>,
    on_behalf_of: Arc<str>,
    purpose: Arc<str>,
    trace_id: String,
}

impl Draft {
    pub(crate) fn of(asked: &Asked<'_>, now: Timestamp) -> Result<Self, Refusal> {
        let caller = asked.caller;
        Ok(Self {
            called_at: now,
            actor: caller.map_or_else(|| ANYBODY.into(), |caller| clean(caller.id()).into()),
            on_behalf_of: caller
                .and_then(|caller| caller.origin.as_deref())
                .map(|origin| clean(origin).into())
                .unwrap_or_default(),
            purpose: purpose(asked.headers)?.into(),
            trace_id: asked.trace_id.clone(),
        })
    }

    /// The entry of the call, now that it has ended.
    pub(crate) fn entry(self, plan: &MethodPlan, found: Found, code: Code) -> Entry {
        Entry {
            called_at: self.called_at,
            actor: self.actor,
            on_behalf_of: self.on_behalf_of,
            method: Arc::clone(&plan.name),
            kind: plan.kind.number(),
            code: code.into(),
            customer_ids: found.customers.into_iter().collect(),
            resources: found
                .resources
                .into_iter()
                .map(|(field, id)| format!("{field}={id}"))
                .collect(),
            read_fields: found.read.into_iter().collect(),
            written_fields: found.written.into_iter().collect(),
            purpose: self.purpose,
            trace_id: self.trace_id,
            partial: found.is_partial,
        }
    }
}

/// A subject without what the database does not take, within the bound.
fn clean(subject: &str) -> String {
    let mut bytes = 0;
    let fits = |letter: &char| {
        bytes += letter.len_utf8();
        bytes <= LONGEST_SUBJECT
    };
    let letters = subject.chars().filter(|letter| !letter.is_control());
    letters.take_while(fits).collect()
}

/// A purpose is a word for a reason, not a text about somebody: `ticket/4711`, `access-request`.
fn purpose(headers: &HeaderMap) -> Result<String, Refusal> {
    let Some(purpose) = headers.get(PURPOSE) else {
        return Ok(String::new());
    };
    let purpose = purpose.as_bytes();
    let is_word =
        |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_./:".contains(byte);
    let is_one = purpose.len() <= LONGEST_PURPOSE
        && purpose.first().is_some_and(u8::is_ascii_lowercase)
        && purpose.iter().all(is_word);
    match str::from_utf8(purpose) {
        Ok(purpose) if is_one => Ok(purpose.to_owned()),
        _ => Err(no_purpose()),
    }
}

fn no_purpose() -> Refusal {
    let message = "the purpose must be a word such as ticket/4711: a small letter, then up to 63 small \
                   letters, digits and - _ . / :";
    Refusal::new(Code::InvalidArgument, ErrorReason::InvalidArgument, message)
        .metadata("header", PURPOSE.as_str())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn purpose_of(text: &'static str) -> Option<String> {
        let value = HeaderValue::from_static(text);
        purpose(&HeaderMap::from_iter([(PURPOSE, value)])).ok()
    }

    #[test]
    fn a_purpose_is_a_word_and_no_text() {
        assert_eq!(purpose(&HeaderMap::new()).unwrap(), "");
        for word in ["ticket/4711", "access-request", "audit.q3:2025"] {
            assert_eq!(purpose_of(word).as_deref(), Some(word));
        }
        let long = "a2345678901234567890123456789012345678901234567890123456789012345";
        for text in [
            "",
            "13812345678",
            "asked by Ann",
            "ann@example.com",
            "Ann",
            long,
        ] {
            assert_eq!(purpose_of(text), None, "{text}");
        }
    }

    #[test]
    fn a_subject_is_cut_and_loses_what_no_database_takes() {
        assert_eq!(clean("user:a\0n\u{1b}n"), "user:ann");
        assert_eq!(clean(&"é".repeat(200)).len(), 256);
    }
}
