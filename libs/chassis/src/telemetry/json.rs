//! Log lines for machines: one JSON object each, with the trace's ids on the top level.

use std::fmt;

use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use crate::{Clock, scope};

pub(super) struct JsonLines {
    clock: Clock,
}

impl JsonLines {
    pub(super) fn new() -> Self {
        Self {
            clock: Clock::system(),
        }
    }
}

impl<S, N> FormatEvent<S, N> for JsonLines
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    N: for<'writer> FormatFields<'writer> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut line = Line(Map::new());
        line.put("timestamp", self.clock.now().to_string());
        line.put("level", event.metadata().level().as_str());
        line.put("target", event.metadata().target());
        scope::with_current(|scope| {
            line.put("service", &*scope.service);
            line.put("trace_id", scope.trace.trace_id.to_string());
            line.put("span_id", scope.trace.span_id.to_string());
        });
        event.record(&mut line);
        writeln!(writer, "{}", Value::Object(line.0))
    }
}

/// Leaves out the fields of spans. Lines do not show them, and writing them out for every call
/// would be a good part of the cost of its span.
pub(super) struct NoFields;

impl<'writer> FormatFields<'writer> for NoFields {
    fn format_fields<R: RecordFields>(&self, _: Writer<'writer>, _: R) -> fmt::Result {
        Ok(())
    }
}

struct Line(Map<String, Value>);

impl Line {
    fn put(&mut self, key: &str, value: impl Into<Value>) {
        self.0.insert(key.to_owned(), value.into());
    }
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field.name(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field.name(), value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field.name(), value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field.name(), value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field.name(), value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field.name(), value);
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::scope::Scope;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_is_one_json_object_with_the_trace_and_the_role() {
        let written = Written::default();
        let writer = written.clone();
        let subscriber = tracing_subscriber::fmt()
            .event_format(JsonLines::new())
            .fmt_fields(NoFields)
            .with_writer(move || writer.clone())
            .finish();
        let scope = Scope::background("loyalty");
        tracing::subscriber::with_default(subscriber, || {
            scope.around_sync(|| tracing::warn!(lag_ms = 12, "the feed\nlags"));
        });
        let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        assert_eq!(text.lines().count(), 1);
        let line: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(line["message"], "the feed\nlags");
        assert_eq!(
            (&line["level"], &line["lag_ms"]),
            (&"WARN".into(), &12.into())
        );
        assert_eq!(line["service"], "loyalty");
        assert_eq!(line["trace_id"], scope.trace.trace_id.to_string());
    }
}
