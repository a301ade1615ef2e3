//! What the gateway has told `tracing`, by trace.

use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::{LazyLock, Mutex};

use chassis::telemetry::current_traceparent;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Names and values, of a span or a log line.
pub(crate) type Fields = HashMap<String, String>;

/// A span of the gateway and the lines that were logged in its trace.
#[derive(Clone, Debug, Default)]
pub(crate) struct Traced {
    pub(crate) traceparent: String,
    pub(crate) fields: Fields,
    pub(crate) lines: Vec<Fields>,
}

#[derive(Default)]
struct Recorded {
    spans: Vec<(Option<String>, Fields)>,
    lines: Vec<(Option<String>, Fields)>,
}

static RECORDED: LazyLock<Mutex<Recorded>> = LazyLock::new(|| {
    tracing::subscriber::set_global_default(Recorder).unwrap();
    Mutex::default()
});

/// Begins to record, once for all tests of this process: each looks for a trace of its own.
pub(crate) fn record() {
    LazyLock::force(&RECORDED);
}

/// The span in this trace, with the lines in it so far.
pub(crate) fn of_trace(trace_id: &str) -> Option<Traced> {
    let recorded = RECORDED.lock().unwrap();
    let is_of = |place: &Option<String>| place.as_ref().is_some_and(|it| it.contains(trace_id));
    let (place, fields) = recorded.spans.iter().find(|(place, _)| is_of(place))?;
    let lines = recorded.lines.iter().filter(|(place, _)| is_of(place));
    Some(Traced {
        traceparent: place.clone().unwrap_or_default(),
        fields: fields.clone(),
        lines: lines.map(|(_, fields)| fields.clone()).collect(),
    })
}

struct Recorder;

impl Recorder {
    fn change(span: &Id, change: impl FnOnce(&mut (Option<String>, Fields))) {
        let index = usize::try_from(span.into_u64()).unwrap() - 1;
        change(&mut RECORDED.lock().unwrap().spans[index]);
    }
}

impl Subscriber for Recorder {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("gateway") || metadata.target() == "access_log"
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let mut fields = Values::default();
        attributes.record(&mut fields);
        let spans = &mut RECORDED.lock().unwrap().spans;
        spans.push((None, fields.0));
        Id::from_u64(spans.len() as u64)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        let mut fields = Values::default();
        values.record(&mut fields);
        Self::change(span, |(_, known)| known.extend(fields.0));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let (place, mut fields) = (current_traceparent(), Values::default());
        event.record(&mut fields);
        RECORDED.lock().unwrap().lines.push((place, fields.0));
    }

    fn enter(&self, span: &Id) {
        let place = current_traceparent();
        Self::change(span, |(known, _)| *known = place.or(known.take()));
    }

    fn exit(&self, _: &Id) {}
}

#[derive(Default)]
struct Values(Fields);

impl Visit for Values {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}"));
    }
}
