//! Whole imports, against a server that has bad days.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;

/// A server that keeps what it is sent, by id.
#[derive(Default)]
struct Server {
    calls: usize,
    /// Calls after which it takes no more, as with a token that has expired.
    closes_after: Option<usize>,
    /// Every so many calls it is busy, or its answer is lost.
    stumbles: bool,
    recorded: HashMap<String, Value>,
    /// Ids by customer, in the order in which they came.
    order: BTreeMap<String, Vec<String>>,
}

type Shared = Arc<Mutex<Server>>;

async fn answer(State(server): State<Shared>, body: Bytes) -> (StatusCode, String) {
    let mut server = server.lock().unwrap();
    server.calls += 1;
    if server
        .closes_after
        .is_some_and(|calls| server.calls > calls)
    {
        return (StatusCode::UNAUTHORIZED, String::new());
    }
    if server.stumbles && server.calls % 3 == 0 {
        return (StatusCode::SERVICE_UNAVAILABLE, String::new());
    }
    let body: Value = serde_json::from_slice(&body).unwrap();
    let items = body["items"]
        .as_array()
        .or(body["baskets"].as_array())
        .unwrap();
    if items.iter().any(|item| item.to_string().contains("BROKEN")) {
        let error = json!({"message": "broken", "details": [{"reason": "INVALID_ARGUMENT"}]});
        return (StatusCode::BAD_REQUEST, error.to_string());
    }
    let results: Vec<Value> = items.iter().map(|item| server.record(item)).collect();
    if server.stumbles && server.calls % 5 == 0 {
        return (StatusCode::BAD_GATEWAY, String::new());
    }
    (StatusCode::OK, json!({ "results": results }).to_string())
}

impl Server {
    fn record(&mut self, item: &Value) -> Value {
        let ids = [
            &item["order"]["orderId"],
            &item["return"]["returnId"],
            &item["basketId"],
        ];
        let id = ids.iter().find_map(|id| id.as_str()).unwrap().to_owned();
        let known = self.recorded.insert(id.clone(), item.clone());
        if known.is_none() {
            let customer = item["identifier"]["value"]
                .as_str()
                .unwrap_or_default()
                .to_owned();
            self.order.entry(customer).or_default().push(id);
        }
        assert!(
            known.as_ref().is_none_or(|known| known == item),
            "{item} was {known:?}"
        );
        let outcome = if known.is_none() {
            "OUTCOME_RECORDED"
        } else {
            "OUTCOME_ALREADY_RECORDED"
        };
        json!({ "outcome": outcome, "recorded": known.is_none() })
    }
}

struct World {
    folder: TempDir,
    server: Shared,
    url: String,
}

impl World {
    /// A server, and a file of so many invoices: those of 40 customers and of strangers, with a
    /// cancellation, a broken line and something that the server refuses among them.
    async fn new(invoices: usize, server: Server) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = Arc::new(Mutex::new(server));
        let router = Router::new()
            .fallback(answer)
            .with_state(Arc::clone(&server));
        tokio::spawn(async move { axum::serve(listener, router).await });
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("orders.csv"), file(invoices)).unwrap();
        Self {
            folder,
            server,
            url,
        }
    }

    fn import(&self) -> Import {
        self.import_at(None)
    }

    /// With all times moved close to an instant.
    fn import_at(&self, shift_to: Option<Timestamp>) -> Import {
        let file = |name| self.folder.path().join(name);
        Import::new(Settings {
            file: file("orders.csv"),
            currency: "GBP".to_owned(),
            time_zone: "Europe/London".to_owned(),
            shift_to,
            batch: NonZeroUsize::new(100).unwrap(),
            rate: None,
            destination: self.url.clone(),
            resume: file("import.json"),
            errors: file("errors.csv"),
        })
        .unwrap()
    }

    async fn send(&self) -> Result<Summary, ImportError> {
        self.send_at(None).await
    }

    async fn send_at(&self, shift_to: Option<Timestamp>) -> Result<Summary, ImportError> {
        let client = Client::new(&self.url, "token").unwrap();
        let import = self.import_at(shift_to);
        import.send(client, Arc::new(Meter::default())).await
    }

    fn errors(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("errors.csv")).unwrap()
    }

    fn recorded(&self) -> HashMap<String, Value> {
        self.server.lock().unwrap().recorded.clone()
    }
}

fn file(invoices: usize) -> String {
    let mut file =
        "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
            .to_owned();
    for number in 0..invoices {
        let customer = match number % 5 {
            0 => String::new(),
            _ => (number % 40).to_string(),
        };
        let product = if number == 1234 { "BROKEN" } else { "mug" };
        writeln!(
            file,
            "{number},{product},MUG,2,2011-01-01 10:00,1.25,{customer},France"
        )
        .unwrap();
        if number % 100 == 99 {
            writeln!(file, "C{number},MUG,MUG,-3,2011-01-01 11:00,1.25,39,France").unwrap();
        }
        if number % 500 == 7 {
            writeln!(
                file,
                "{number},MUG,MUG,two,2011-01-01 11:00,1.25,{customer},France"
            )
            .unwrap();
        }
    }
    file
}

#[tokio::test]
async fn busy_servers_lost_answers_and_bad_items_cost_nothing_but_time() {
    let world = World::new(
        2500,
        Server {
            stumbles: true,
            ..Server::default()
        },
    )
    .await;
    let summary = world.send().await.unwrap().totals;
    assert_eq!((summary.orders, summary.baskets), (2000, 500));
    assert_eq!((summary.refused, summary.errors), (1, 5));
    assert_eq!(
        summary.recorded + summary.already_recorded,
        summary.items() - 1
    );
    assert_eq!(world.recorded().len() as u64, summary.items() - 1);
    assert!(
        world.errors().contains("INVALID_ARGUMENT"),
        "{}",
        world.errors()
    );
    let server = world.server.lock().unwrap();
    for (customer, ids) in server
        .order
        .iter()
        .filter(|(customer, _)| !customer.is_empty())
    {
        let number = |id: &String| {
            let invoice = id.split(':').next().unwrap().trim_start_matches('C');
            invoice.parse::<u32>().unwrap()
        };
        assert!(
            ids.is_sorted_by_key(number),
            "of customer {customer}: {ids:?}"
        );
    }
}

#[tokio::test]
async fn an_import_that_broke_off_goes_on_and_ends_like_one_that_did_not() {
    let whole = World::new(4000, Server::default()).await;
    let expected = whole.send().await.unwrap().totals;
    assert!(whole.import().is_complete());

    let broken = World::new(
        4000,
        Server {
            closes_after: Some(25),
            ..Server::default()
        },
    )
    .await;
    let error = broken.send().await.unwrap_err();
    assert!(matches!(error, ImportError::Send { .. }), "{error}");
    assert!(broken.import().resumes_at() > 0 && !broken.import().is_complete());
    broken.server.lock().unwrap().closes_after = None;
    let resumed = broken.send().await.unwrap().totals;
    assert_eq!(
        resumed.recorded + resumed.already_recorded,
        expected.recorded
    );
    let comparable = |totals: &report::Totals| report::Totals {
        recorded: 0,
        already_recorded: 0,
        ..totals.clone()
    };
    assert_eq!(comparable(&resumed), comparable(&expected));
    assert_eq!(broken.recorded(), whole.recorded());
    assert_eq!(broken.errors(), whole.errors());

    // Once more from the start: everything is known.
    let again = broken.send().await.unwrap().totals;
    assert_eq!(
        (again.recorded, again.already_recorded),
        (0, expected.recorded)
    );
    assert_eq!(broken.errors(), whole.errors());
}

#[tokio::test]
async fn a_dry_run_counts_and_reports_but_sends_nothing() {
    let world = World::new(1500, Server::default()).await;
    let dry = world
        .import()
        .dry_run(Arc::new(Meter::default()))
        .await
        .unwrap()
        .totals;
    assert_eq!(world.server.lock().unwrap().calls, 0);
    assert_eq!((dry.recorded, dry.errors), (0, 3));
    let sent = world.send().await.unwrap().totals;
    assert_eq!(
        (sent.orders, sent.returns, sent.unmatched),
        (dry.orders, dry.returns, dry.unmatched)
    );
}

#[tokio::test]
async fn an_import_to_the_present_keeps_its_times_however_late_it_goes_on() {
    let closing = Server {
        closes_after: Some(5),
        ..Server::default()
    };
    let world = World::new(1500, closing).await;
    let at = |text: &str| Some(text.parse().unwrap());
    world.send_at(at("2026-11-22T00:00:00Z")).await.unwrap_err();
    world.server.lock().unwrap().closes_after = None;
    // Months later; the server fails the test when an item comes with another time.
    let resumed = world.send_at(at("2027-03-01T00:00:00Z")).await.unwrap();
    assert_eq!(resumed.shift_weeks, 829);
    let order = &world.recorded()["1"]["order"];
    assert_eq!(order["orderTime"], "2026-11-21T10:00:00Z");
    let again = world.send_at(at("2028-01-01T00:00:00Z")).await.unwrap();
    assert_eq!((again.shift_weeks, again.totals.recorded), (829, 0));
}
