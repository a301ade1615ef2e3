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

/// Lets lines pass, and no spans. Of any level: without saying so it would undo what another filter says of
/// levels, and finer lines than anybody wants would be looked at one by one.
pub(super) fn events() -> FilterFn<fn(&Metadata<'_>) -> bool> {
    let events: fn(&Metadata<'_>) -> bool = |callsite| !callsite.is_span();
    filter_fn(events).with_max_level_hint(LevelFilter::TRACE)
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
    fn an_empty_setting_logs_errors_alone() {
        let filter = parse("").unwrap();
        assert!(filter.would_enable("patron", &Level::ERROR));
        assert!(!filter.would_enable("patron", &Level::WARN));
    }
}
