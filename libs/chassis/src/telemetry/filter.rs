use tracing::Metadata;
use tracing_subscriber::filter::{FilterFn, LevelFilter, ParseError, Targets, filter_fn};

/// The filter that `telemetry.log` describes. Without a word in it, errors alone pass.
///
/// By levels and targets alone, which costs nothing for a span that passes; filters that ask for
/// the spans around a line keep count of every span of every call.
pub(super) fn parse(text: &str) -> Result<Targets, ParseError> {
    let parts = text.split(',').map(str::trim);
    // An empty part would be taken for the beginning of every target, and let everything pass.
    let parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
    if parts.is_empty() {
        return Ok(Targets::new().with_default(LevelFilter::ERROR));
    }
    parts.join(",").parse()
}

/// Lets lines pass, and no spans.
pub(super) fn events() -> FilterFn<fn(&Metadata<'_>) -> bool> {
    filter_fn(|callsite| !callsite.is_span())
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    #[test]
    fn levels_apply_to_targets_and_the_bare_one_to_the_rest() {
        let filter = parse("info, patron=debug,").unwrap();
        assert!(filter.would_enable("patron", &Level::DEBUG));
        assert!(filter.would_enable("h2", &Level::INFO));
        assert!(!filter.would_enable("h2", &Level::DEBUG));
        assert!(parse("patron=loud").is_err());
    }

    #[test]
    fn spans_that_no_layer_wants_are_not_there() {
        use tracing_subscriber::filter::FilterExt as _;
        use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};

        let lines = tracing_subscriber::fmt::layer().with_writer(std::io::sink);
        let lines = lines.with_filter(parse("info").unwrap().and(events()));
        let subscriber = tracing_subscriber::registry().with(lines);
        tracing::subscriber::with_default(subscriber, || {
            assert!(tracing::info_span!("call").is_disabled());
            assert!(tracing::event_enabled!(Level::INFO));
        });
    }

    #[test]
    fn an_empty_setting_logs_errors_alone() {
        let filter = parse("").unwrap();
        assert!(filter.would_enable("patron", &Level::ERROR));
        assert!(!filter.would_enable("patron", &Level::WARN));
    }
}
