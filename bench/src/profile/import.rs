//! A file of customers, generated while it is sent.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use anyhow::Context as _;
use contract::google::api::HttpBody;
use contract::patron::profile::v1 as proto;
use futures_util::StreamExt as _;
use proto::import::Format;
use proto::import_service_client::ImportServiceClient;
use proto::{CreateImportRequest, Import, ImportColumn, UploadImportRequest};

use super::people::{HEADER, write_row};
use super::{World, new_request_id};
use crate::cpu;
use crate::report::{Figure, Report};

/// Rows in one piece.
const ROWS: u32 = 1_000;
/// What a million rows may take.
const BOUND_SECONDS: f64 = 180.0;
/// By how much the most memory may grow from a tenth of the file to all of it.
const FLAT: f64 = 1.25;

const COLUMNS: [(&str, &str); 7] = [
    ("no", "source_key"),
    ("family", "family_name"),
    ("given", "given_name"),
    ("phone", "identifiers.phone"),
    ("email", "identifiers.email"),
    ("born", "birth_date"),
    ("region", "region_code"),
];

pub(super) async fn measure(world: &World, report: &mut Report) -> anyhow::Result<()> {
    let early = Arc::new(Mutex::new(None));
    let (import, cost) = world.cost_of(upload(world, Arc::clone(&early))).await?;
    anyhow::ensure!(
        import.created_count == i64::from(world.people),
        "of {} rows {} were taken in",
        world.people,
        import.created_count
    );
    let peak = cpu::peak_memory_mib(world.service.pid())?;
    let early = early.lock().unwrap_or_else(PoisonError::into_inner).take();

    let rows = f64::from(world.people);
    let million = Figure::new("profile/import_million", cost.seconds * 1e6 / rows, "s");
    report.add(million.aiming("< 180 s", |it| it.value < BOUND_SECONDS));
    let rate = cost.tell(report, "import", rows, "rows/s");
    report.add(rate);
    let peak = Figure::new("profile/import_peak_memory", peak, "MiB");
    let early = early.context("nothing was sent")?;
    let peak = peak.against(early);
    report.add(peak.aiming("≤ 1.25 of a tenth", |it| {
        it.ratio.is_some_and(|ratio| ratio <= FLAT)
    }));

    // What follows from the rows: everybody is decided on, and compared with those who may be the same.
    let began = Instant::now();
    let ((), cost) = world.cost_of(world.settle()).await?;
    let after = began.elapsed().as_secs_f64();
    report.add(Figure::new("profile/import_settled_after", after, "s"));
    let busy = cost.service + cost.postgres;
    report.add(Figure::new("profile/import_settling_cpu", busy, "s"));
    world.analyze().await
}

async fn upload(world: &World, early: Arc<Mutex<Option<f64>>>) -> anyhow::Result<Import> {
    let mut client = ImportServiceClient::new(world.connect().await?);
    let created = CreateImportRequest {
        import: Some(plan()),
        request_id: new_request_id(),
    };
    let created = client.create_import(world.request(created)).await?;
    let import_id = created.into_inner().import_id;
    let (people, pid) = (world.people, world.service.pid());
    let begins = (0..people).step_by(ROWS as usize);
    let pieces = begins.map(move |first| {
        if first >= people / 10 {
            let mut early = early.lock().unwrap_or_else(PoisonError::into_inner);
            if early.is_none() {
                *early = cpu::peak_memory_mib(pid).ok();
            }
        }
        piece(&import_id, first, people)
    });
    let pieces = futures_util::stream::iter(pieces).boxed();
    let done = client.upload_import(world.request(pieces)).await;
    Ok(done.context("the file was not taken in")?.into_inner())
}

fn piece(import_id: &str, first: u32, people: u32) -> UploadImportRequest {
    let mut file = if first == 0 { HEADER } else { "" }.to_owned();
    for number in first..people.min(first + ROWS) {
        write_row(&mut file, number);
    }
    UploadImportRequest {
        import_id: import_id.to_owned(),
        offset: 0,
        more: false,
        data: Some(HttpBody {
            data: file.into_bytes().into(),
            ..HttpBody::default()
        }),
    }
}

fn plan() -> Import {
    let column = |(column, field): &(&str, &str)| ImportColumn {
        column: (*column).to_owned(),
        field: (*field).to_owned(),
        ..ImportColumn::default()
    };
    Import {
        display_name: "customers.csv".to_owned(),
        channel: "shop".to_owned(),
        format: Format::Csv.into(),
        columns: COLUMNS.iter().map(column).collect(),
        ..Import::default()
    }
}
