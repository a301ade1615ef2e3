//! What the commands tell.

use std::error::Error;
use std::io::{self, Write as _};

/// Writes a line to the standard output. Nobody may be reading any more; that is no error.
pub(crate) fn say(line: impl std::fmt::Display) {
    let _ = writeln!(io::stdout().lock(), "{line}");
}

/// Writes an error with its causes to the standard error.
pub(crate) fn complain(error: &anyhow::Error) {
    let _ = writeln!(
        io::stderr().lock(),
        "patron: {}",
        with_causes(error.as_ref())
    );
}

/// An error and its causes on one line; what a cause repeats is told once.
pub(crate) fn with_causes(error: &(dyn Error + 'static)) -> String {
    let mut told = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        if !told.ends_with(&text) {
            told.push_str(": ");
            told.push_str(&text);
        }
        cause = error.source();
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_told_with_its_causes_and_each_once() {
        let error = anyhow::anyhow!("no such file")
            .context("can't read x")
            .context("import");
        assert_eq!(
            with_causes(error.as_ref()),
            "import: can't read x: no such file"
        );
    }
}
