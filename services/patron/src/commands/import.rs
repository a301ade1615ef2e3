//! `patron import orders`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use chassis::Clock;
use tokio::select;

use super::access::Target;
use crate::cli::{ImportOrders, SummaryForm};
use crate::import::{Import, ImportError, Meter, Settings, Summary};
use crate::output::say;

/// Imports a file, showing the progress; then the summary.
pub(crate) async fn orders(arguments: ImportOrders) -> anyhow::Result<()> {
    // A dry run needs no server.
    let target = match Target::find(&arguments.access) {
        Ok(target) => Some(target),
        Err(_) if arguments.dry_run => None,
        Err(error) => return Err(error),
    };
    let import = Import::new(settings(&arguments, target.as_ref()))?;
    let meter = Arc::new(Meter::default());
    let summary = match target.filter(|_| !arguments.dry_run) {
        Some(target) => {
            let at = import.resumes_at();
            if at > 0 {
                Meter::note(&format!("going on after {at} that were sent before"));
            }
            watched(
                import.send(target.client()?, Arc::clone(&meter)),
                meter,
                "importing",
            )
            .await?
        }
        None => watched(import.dry_run(Arc::clone(&meter)), meter, "reading").await?,
    };
    match arguments.summary {
        SummaryForm::Json => say(serde_json::to_string(&summary)?),
        SummaryForm::Text => say(summary.to_text()),
    }
    if arguments.summary == SummaryForm::Text && summary.has_problems() {
        say(format!(
            "what was not imported: {}",
            import.errors().display()
        ));
    }
    Ok(())
}

fn settings(arguments: &ImportOrders, target: Option<&Target>) -> Settings {
    let beside = |suffix: &str| beside(&arguments.file, suffix);
    let resume = arguments
        .resume_file
        .clone()
        .unwrap_or_else(|| beside("import.json"));
    Settings {
        file: arguments.file.clone(),
        currency: arguments.currency.clone(),
        time_zone: arguments.time_zone.clone(),
        shift_to: arguments.shift_to_recent.then(|| Clock::system().now()),
        batch: arguments.batch,
        rate: arguments.rate,
        destination: target.map(|target| target.url.clone()).unwrap_or_default(),
        resume,
        errors: arguments
            .errors
            .clone()
            .unwrap_or_else(|| beside("errors.csv")),
    }
}

/// `folder/orders.csv.gz` → `folder/orders.errors.csv`.
fn beside(file: &Path, suffix: &str) -> PathBuf {
    let name = file
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let stem = name.trim_end_matches(".gz").trim_end_matches(".csv");
    file.with_file_name(format!("{stem}.{suffix}"))
}

/// Shows the progress of an import until it ends.
pub(crate) async fn watched(
    import: impl Future<Output = Result<Summary, ImportError>>,
    meter: Arc<Meter>,
    what: &'static str,
) -> Result<Summary, ImportError> {
    select! {
        summary = import => summary,
        never = meter.show(what) => match never {},
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_import_writes_stands_beside_its_file() {
        let named = |file: &str| beside(Path::new(file), "errors.csv");
        assert_eq!(
            named("data/orders.csv.gz"),
            Path::new("data/orders.errors.csv")
        );
        assert_eq!(named("orders.csv"), Path::new("orders.errors.csv"));
        assert_eq!(named("/tmp/orders"), Path::new("/tmp/orders.errors.csv"));
    }
}
