//! The embedded cluster keeps its data whatever happens to the processes.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use postgres::Embedded;
use postgres::embedded::{Durability, EmbeddedError, EmbeddedOptions, SUPERUSER};
use sqlx::{Connection as _, PgConnection};

use crate::support::{self, eventually, runs, signal};

fn options(root: &Path) -> EmbeddedOptions {
    let durability = Durability::Volatile;
    EmbeddedOptions {
        max_connections: 10,
        durability,
        ..EmbeddedOptions::new(root)
    }
}

async fn start(root: &Path) -> Embedded {
    Embedded::start(&options(root))
        .await
        .expect("a running cluster")
}

fn folder_with(mode: u32) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let permissions = fs::Permissions::from_mode(mode);
    fs::set_permissions(folder.path(), permissions).expect("a folder of this process");
    folder
}

/// A folder that the server's user can enter.
fn open_folder() -> tempfile::TempDir {
    folder_with(0o755)
}

async fn connect(embedded: &Embedded) -> Result<PgConnection, sqlx::Error> {
    PgConnection::connect(embedded.address().url(SUPERUSER, SUPERUSER).expose()).await
}

async fn write_down(embedded: &Embedded) {
    let mut connection = connect(embedded).await.expect("a connection");
    sqlx::raw_sql("CREATE TABLE facts (fact text); INSERT INTO facts VALUES ('kept')")
        .execute(&mut connection)
        .await
        .expect("a fact");
}

async fn is_written(embedded: &Embedded) -> bool {
    let mut connection = connect(embedded).await.expect("a connection");
    let fact: String = sqlx::query_scalar("SELECT fact FROM facts")
        .fetch_one(&mut connection)
        .await
        .expect("a fact");
    fact == "kept"
}

#[tokio::test]
async fn data_outlive_the_server_and_the_server_does_not_outlive_its_value() {
    let folder = open_folder();
    let embedded = start(folder.path()).await;
    write_down(&embedded).await;
    embedded.stop().await.expect("an orderly end");
    let embedded = start(folder.path()).await;
    assert!(is_written(&embedded).await);
    let pid = embedded.pid().await.expect("a server");
    drop(embedded);
    eventually("it is stopped", async || !runs(pid)).await;
}

#[tokio::test]
async fn a_second_process_is_told_who_uses_the_folder() {
    let folder = open_folder();
    let _first = start(folder.path()).await;
    let refused = Embedded::start(&options(folder.path())).await;
    let Err(EmbeddedError::InUse { owner, .. }) = refused else {
        panic!("{refused:?}")
    };
    assert_eq!(owner, format!("process {}", std::process::id()));
}

#[tokio::test]
async fn a_server_that_dies_is_brought_back_with_its_data() {
    let folder = open_folder();
    let embedded = start(folder.path()).await;
    write_down(&embedded).await;
    let killed = embedded.pid().await.expect("a server");
    signal("KILL", killed);
    eventually("another server answers", async || {
        embedded.pid().await != Some(killed) && connect(&embedded).await.is_ok()
    })
    .await;
    assert!(is_written(&embedded).await);
}

#[tokio::test]
async fn after_a_kill_9_of_the_process_the_next_one_finds_everything() {
    let folder = open_folder();
    let binary = std::env::current_exe().expect("a path");
    let mut process =
        support::run_alone(&binary, "embedded::a_process_to_be_killed", folder.path());
    let note = folder.path().join("note");
    eventually("it has written", async || note.exists()).await;
    let orphan: u32 = fs::read_to_string(&note)
        .expect("a note")
        .parse()
        .expect("a process id");
    process.kill().expect("a kill");
    process.wait().expect("an end");
    assert!(runs(orphan), "nobody stopped it");

    let embedded = start(folder.path()).await;
    assert!(is_written(&embedded).await);
    assert!(!runs(orphan), "one server at a time");
}

#[tokio::test]
#[ignore = "run as a process of its own by another test"]
async fn a_process_to_be_killed() {
    let Some(folder) = support::folder_given() else {
        return;
    };
    let embedded = start(&folder).await;
    write_down(&embedded).await;
    let pid = embedded.pid().await.expect("a server").to_string();
    let unfinished = folder.join("note.new");
    fs::write(&unfinished, pid).expect("a note");
    fs::rename(unfinished, folder.join("note")).expect("a note");
    support::wait_to_be_killed().await;
}

#[tokio::test]
async fn a_stale_pid_file_whose_number_belongs_to_another_process_does_no_harm() {
    let folder = open_folder();
    start(folder.path())
        .await
        .stop()
        .await
        .expect("an orderly end");
    // A live process of the server's user, but no server.
    let data = folder.path().join("data");
    let mut stranger = std::process::Command::new("sleep")
        .arg("60")
        .spawn()
        .expect("a process");
    let stale = format!(
        "{}\n{}\n1700000000\n5432\n\n\n\nready\n",
        stranger.id(),
        data.display()
    );
    fs::write(data.join("postmaster.pid"), stale).expect("a stale file");
    let embedded = start(folder.path()).await;
    assert!(connect(&embedded).await.is_ok());
    assert!(
        stranger.try_wait().expect("a status").is_none(),
        "the stranger was left alone"
    );
    stranger.kill().expect("a kill");
    stranger.wait().expect("an end");
}

#[tokio::test]
async fn a_folder_too_deep_for_a_socket_will_do() {
    let folder = open_folder();
    let deep = folder.path().join("d".repeat(120));
    let embedded = start(&deep).await;
    assert!(connect(&embedded).await.is_ok());
    let socket = embedded.address().socket().to_owned();
    let mode = fs::metadata(&socket).expect("a folder").mode();
    assert_eq!(mode & 0o777, 0o700, "closed to everybody else");
    drop(embedded);
    fs::remove_dir_all(socket).expect("the folder is gone");
}

#[tokio::test]
async fn root_runs_the_server_as_somebody_else() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let folder = open_folder();
    let embedded = start(folder.path()).await;
    let pid = embedded.pid().await.expect("a server");
    let process = fs::metadata(format!("/proc/{pid}")).expect("a process");
    assert_ne!(process.uid(), 0);
    let data = fs::metadata(folder.path().join("data")).expect("a folder");
    assert_eq!(data.uid(), process.uid());
}

#[tokio::test]
async fn root_may_start_it_in_a_folder_that_the_server_may_not_enter() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let folder = folder_with(0o700);
    let root = folder.path().join("postgres");
    let embedded = start(&root).await;
    write_down(&embedded).await;
    let elsewhere = fs::read_link(root.join("moved-to")).expect("a pointer to the data");
    assert!(elsewhere.join("data/PG_VERSION").exists());
    embedded.stop().await.expect("an orderly end");

    let embedded = start(&root).await;
    assert!(is_written(&embedded).await, "the same data again");
    drop(embedded);
    fs::remove_dir_all(elsewhere).expect("removed");
}
