//! `patron import customers`, `patron import undo` and `patron export customers`.

use std::sync::Arc;
use std::time::Duration;

use tokio::select;

use super::access::Target;
use super::path::encoded;
use crate::cli::{Access, ExportCustomers, FileEncoding, FileFormat, ImportCustomers, SummaryForm};
use crate::customers::{self, Imported, Settings, Uploading, Wanted};
use crate::import::Meter;
use crate::output::say;

/// How often it is asked whether an import is undone.
const PAUSE: Duration = Duration::from_secs(1);

/// Imports a file, showing the progress; then what became of its rows.
pub(crate) async fn import(arguments: ImportCustomers) -> anyhow::Result<()> {
    let target = Target::find(&arguments.access)?;
    let (summary, errors) = (arguments.summary, arguments.errors.clone());
    let settings = settings(arguments, &target);
    let meter = Arc::new(Meter::default());
    let uploading = Uploading::new(target.client()?, Arc::clone(&meter));
    let import = select! {
        import = uploading.run(&settings) => import?,
        never = meter.show("importing") => match never {},
    };
    match summary {
        SummaryForm::Json => say(serde_json::to_string(&import)?),
        SummaryForm::Text => say(text_of(&import, settings.dry_run)),
    }
    if import.failed_count > 0 {
        let errors = errors.unwrap_or_else(|| settings.file.with_extension("errors.csv"));
        uploading.write_errors(&import.import_id, &errors).await?;
        Meter::note(&format!("what was not imported: {}", errors.display()));
    }
    Ok(())
}

/// Takes an import back, and waits until it is.
pub(crate) async fn undo(access: &Access, import_id: &str) -> anyhow::Result<()> {
    let target = Target::find(access)?;
    let client = target.client()?;
    let path = format!("/v1/imports/{}:undo", encoded(import_id));
    // An import is undone once, so its own id names the request.
    let request = serde_json::json!({"requestId": import_id});
    client.post(&path, request.to_string().into()).await?;
    let uploading = Uploading::new(client, Arc::default());
    loop {
        let import = uploading.read(import_id).await?;
        if import.state == "STATE_UNDONE" {
            let (undone, removed) = (import.undone_count, import.removed_count);
            say(format!(
                "undone: {undone} records taken back, {removed} customers removed"
            ));
            return Ok(());
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Fetches customers into a file.
pub(crate) async fn export(arguments: ExportCustomers) -> anyhow::Result<()> {
    let target = Target::find(&arguments.access)?;
    let is_json = |end: &std::ffi::OsStr| end == "ndjson" || end == "jsonl";
    let by_name = arguments.file.extension().is_some_and(is_json);
    let region = arguments.region.unwrap_or_default();
    let wanted = Wanted {
        region: encoded(&region),
        ndjson: arguments
            .format
            .map_or(by_name, |it| it == FileFormat::Ndjson),
        file: arguments.file,
    };
    let (client, meter) = (target.client()?, Arc::new(Meter::default()));
    let count = select! {
        count = customers::export(&client, &wanted, &meter) => count?,
        never = Arc::clone(&meter).show("exporting") => match never {},
    };
    say(format!("{count} customers in {}", wanted.file.display()));
    Ok(())
}

fn settings(arguments: ImportCustomers, target: &Target) -> Settings {
    let file_name = arguments.file.file_name();
    let file_name = file_name.map(|name| name.to_string_lossy().into_owned());
    Settings {
        name: arguments.name.or(file_name).unwrap_or_default(),
        file: arguments.file,
        channel: arguments.channel,
        columns: arguments.map,
        constants: arguments.set,
        verified: arguments.verified,
        ndjson: arguments.format.map(|it| it == FileFormat::Ndjson),
        gb18030: arguments.encoding.map(|it| it == FileEncoding::Gb18030),
        delimiter: arguments.delimiter.unwrap_or_default(),
        observe_time: arguments.observe_time.unwrap_or_default(),
        max_failed_rows: arguments.max_failed,
        dry_run: arguments.dry_run,
        destination: target.url.clone(),
    }
}

fn text_of(import: &Imported, dry_run: bool) -> String {
    let Imported {
        import_id,
        row_count,
        created_count,
        updated_count,
        unchanged_count,
        failed_count,
        ..
    } = import;
    let what = if dry_run { "would import" } else { "imported" };
    format!(
        "{what} {row_count} rows as {import_id}: {created_count} new customers, {updated_count} changed, \
         {unchanged_count} as they were, {failed_count} refused"
    )
}
