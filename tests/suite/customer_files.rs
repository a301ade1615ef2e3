//! Files of customers by the command line and over REST, with the lights going out in between.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use bytes::Bytes;
use serde_json::{Value, json};

use crate::support::{Api, Patron, eventually, request_id};

const ROWS: usize = 6_000;

/// Rows as a spreadsheet in China saves them, three of them wrong.
fn file(folder: &Path) -> std::path::PathBuf {
    let mut text = b"no,\xd0\xd5\xc3\xfb,phone\r\n".to_vec(); // 姓名
    for row in 1..=ROWS {
        let mut line = String::new();
        let phone = if row % 2_000 == 7 {
            "null".to_owned()
        } else {
            format!("+86138{row:08}")
        };
        write!(line, "{row},").unwrap();
        text.extend_from_slice(line.as_bytes());
        text.extend_from_slice(b"\"\xcd\xf5\r\n\xc3\xf7\""); // 王明 on two lines
        text.extend_from_slice(format!(",{phone}\r\n").as_bytes());
    }
    let path = folder.join("people.csv");
    std::fs::write(&path, text).unwrap();
    path
}

fn arguments(file: &Path) -> Vec<&str> {
    let file = file.to_str().unwrap();
    let mut all = vec![
        "import",
        "customers",
        file,
        "--channel",
        "shop",
        "--summary",
        "json",
    ];
    for map in [
        "no=source_key",
        "姓名=display_name",
        "phone=identifiers.phone",
    ] {
        all.extend(["--map", map]);
    }
    all
}

async fn newest(api: &Api) -> Value {
    api.get("/v1/imports").await.body["imports"][0].clone()
}

#[tokio::test]
async fn an_import_of_customers_survives_the_end_of_client_and_server_and_is_undone() {
    let data = tempfile::tempdir().unwrap();
    let file = file(data.path());
    let victim = Patron::start_in(data.path(), &["--no-demo"]);
    let mut client = Command::new(env!("CARGO_BIN_EXE_patron"))
        .args(arguments(&file))
        .env("PATRON_URL", victim.setting("PATRON_URL"))
        .env("PATRON_TOKEN", victim.setting("PATRON_TOKEN"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    eventually(&victim.api(), "/v1/imports", |page| {
        page["imports"][0]["rowCount"]
            .as_str()
            .is_some_and(|count| count != "0")
    })
    .await;
    client.kill().unwrap();
    client.wait().unwrap();
    victim.kill();

    let patron = Patron::start_in(data.path(), &["--no-demo"]);
    let api = patron.api();
    let import_id = newest(&api).await["importId"].as_str().unwrap().to_owned();
    let half = file.metadata().unwrap().len() / 2;
    let sent = std::fs::read(&file).unwrap();
    // Whoever has but curl sends the whole file, or a part of it; here up to the middle of a row.
    let part = Bytes::copy_from_slice(&sent[..usize::try_from(half).unwrap()]);
    let path = format!("/v1/imports/{import_id}:upload?more=true");
    let answer = api.send("POST", &path, part).await;
    assert_eq!(
        (answer.status, answer.text("state")),
        (200, "STATE_OPEN".to_owned())
    );

    // By another address it is another import of the command line's; the server's own goes on.
    let path = format!("/v1/imports/{import_id}:upload");
    let done = api.send("POST", &path, sent.into()).await;
    assert_eq!(done.text("state"), "STATE_DONE", "{done:?}");
    let figures = ["rowCount", "createdCount", "failedCount"].map(|name| done.text(name));
    assert_eq!(figures, ["6000", "5997", "3"]);
    let errors = api.get(&format!("/v1/imports/{import_id}/errors")).await;
    let lines = errors.body["errors"].as_array().unwrap().iter();
    let lines: Vec<_> = lines.map(|it| it["line"].as_str().unwrap()).collect();
    assert_eq!(lines, ["14", "4014", "8014"]);
    let found = api
        .get("/v1/customers:lookup?kind=phone&value=%2B8613800000001")
        .await;
    assert_eq!(found.text("displayName"), "王\r\n明");

    let all = data.path().join("all.csv");
    let exported = patron.command(&["export", "customers", all.to_str().unwrap()]);
    assert!(exported.status.success(), "{exported:?}");
    let text = std::fs::read_to_string(&all).unwrap();
    assert_eq!(text.matches("phone=+86138").count(), 5_997);

    let again = patron.command(&arguments(&file));
    assert!(again.status.success(), "{again:?}");
    let again: Value = serde_json::from_slice(&again.stdout).unwrap();
    assert_eq!(
        (&again["createdCount"], &again["failedCount"]),
        (&json!(0), &json!(3))
    );
    for import in [import_id.as_str(), again["importId"].as_str().unwrap()] {
        let undone = patron.command(&["import", "undo", import]);
        assert!(undone.status.success(), "{undone:?}");
    }
    // Over a connection of its own: the other one was idle for so long that the server has closed it.
    let left = patron.api().get("/v1/customers?page_size=1").await;
    assert_eq!(left.body["customers"], json!([]));
}

#[tokio::test]
async fn bytes_that_do_not_follow_are_refused_over_rest() {
    let patron = crate::support::shared();
    let api = patron.api();
    let import = json!({
        "channel": "kiosk", "format": "FORMAT_NDJSON", "dryRun": true,
        "columns": [{"column": "name", "field": "display_name"}],
    });
    let path = format!("/v1/imports?request_id={}", request_id());
    let import_id = api.post(&path, &import).await.text("importId");
    let path = format!("/v1/imports/{import_id}:upload?offset=10");
    let refused = api.send("POST", &path, "{}".into()).await;
    assert_eq!(
        (refused.status, refused.reason()),
        (409, "IMPORT_OFFSET_MISMATCH".to_owned())
    );
    let path = format!("/v1/imports/{import_id}:upload");
    let done = api.send("POST", &path, "{\"name\": \"Ada\"}".into()).await;
    assert_eq!(
        (done.text("state"), done.text("createdCount")),
        ("STATE_DONE".to_owned(), "1".to_owned())
    );
}
