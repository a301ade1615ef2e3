use std::fmt;
use std::str::FromStr;

use opentelemetry::trace::{SpanContext, SpanId, TraceFlags, TraceId, TraceState};
use opentelemetry_sdk::trace::{IdGenerator as _, RandomIdGenerator};

/// The place of a piece of work in a distributed trace, as W3C Trace Context writes it.
///
/// Kept apart from the exporter, so that traces hang together and log lines carry their ids also
/// when no traces are exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TraceContext {
    pub(crate) trace_id: TraceId,
    pub(crate) span_id: SpanId,
    pub(crate) sampled: bool,
}

/// Text that is not a `traceparent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a W3C traceparent")]
pub(crate) struct MalformedTraceparent;

impl TraceContext {
    /// Begins a trace. Whether it is recorded is the exporter's decision, not this one's.
    pub(crate) fn root() -> Self {
        let ids = RandomIdGenerator::default();
        Self {
            trace_id: ids.new_trace_id(),
            span_id: ids.new_span_id(),
            sampled: false,
        }
    }

    /// The next step of the same trace.
    pub(crate) fn child(self) -> Self {
        Self {
            span_id: RandomIdGenerator::default().new_span_id(),
            ..self
        }
    }

    /// What the exporter's span says, when it has one.
    pub(crate) fn of_span(span: &SpanContext) -> Option<Self> {
        span.is_valid().then(|| Self {
            trace_id: span.trace_id(),
            span_id: span.span_id(),
            sampled: span.is_sampled(),
        })
    }

    /// The form in which the exporter takes a parent from another process.
    pub(crate) fn to_remote(self) -> SpanContext {
        let flags = if self.sampled {
            TraceFlags::SAMPLED
        } else {
            TraceFlags::default()
        };
        SpanContext::new(
            self.trace_id,
            self.span_id,
            flags,
            true,
            TraceState::default(),
        )
    }
}

impl fmt::Display for TraceContext {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flags = u8::from(self.sampled);
        write!(
            formatter,
            "00-{}-{}-{flags:02x}",
            self.trace_id, self.span_id
        )
    }
}

impl FromStr for TraceContext {
    type Err = MalformedTraceparent;

    /// Accepts later versions, too, and takes from them what version 00 has (W3C section 3.2.4).
    fn from_str(text: &str) -> Result<Self, MalformedTraceparent> {
        let mut parts = text.split('-');
        let mut part = |length: usize| {
            let part = parts
                .next()
                .filter(|part| part.len() == length && is_lower_hex(part));
            part.ok_or(MalformedTraceparent)
        };
        let (version, trace_id, span_id, flags) = (part(2)?, part(32)?, part(16)?, part(2)?);
        if version == "ff" || (version == "00" && parts.next().is_some()) {
            return Err(MalformedTraceparent);
        }
        let context = Self {
            trace_id: TraceId::from_hex(trace_id).map_err(|_| MalformedTraceparent)?,
            span_id: SpanId::from_hex(span_id).map_err(|_| MalformedTraceparent)?,
            sampled: u8::from_str_radix(flags, 16).is_ok_and(|flags| flags & 1 == 1),
        };
        if context.trace_id == TraceId::INVALID || context.span_id == SpanId::INVALID {
            return Err(MalformedTraceparent);
        }
        Ok(context)
    }
}

fn is_lower_hex(text: &str) -> bool {
    text.bytes()
        .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALID: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_traceparent_is_written_as_it_was_read() {
        let context: TraceContext = VALID.parse().unwrap();
        assert!(context.sampled);
        assert_eq!(context.to_string(), VALID);
    }

    #[test]
    fn a_child_keeps_the_trace_and_has_a_span_of_its_own() {
        let parent = TraceContext::root();
        let child = parent.child();
        assert_eq!(child.trace_id, parent.trace_id);
        assert_ne!(child.span_id, parent.span_id);
    }

    #[test]
    fn malformed_traceparents_are_refused_and_later_versions_are_not() {
        for malformed in [
            "",
            "00",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-zz",
        ] {
            assert!(malformed.parse::<TraceContext>().is_err(), "{malformed}");
        }
        let later = "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more";
        assert!(later.parse::<TraceContext>().is_ok());
    }
}
