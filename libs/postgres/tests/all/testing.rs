//! What tests get is fresh, their own, and gone afterwards.

use std::fs;
use std::path::{Path, PathBuf};

use postgres::testing::{TestCluster, TestDatabase};
use sqlx::PgPool;

use crate::support::{self, RELEASE, eventually, runs, signal};

async fn count_members(pool: &PgPool) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM members")
        .fetch_one(pool)
        .await
        .expect("a count")
}

async fn add_member(pool: &PgPool) {
    sqlx::query("INSERT INTO members (name) VALUES ('ann')")
        .execute(pool)
        .await
        .expect("a member");
}

#[tokio::test]
async fn every_test_has_a_database_of_its_own() {
    let (one, other) = tokio::join!(
        TestDatabase::create(&RELEASE),
        TestDatabase::create(&RELEASE)
    );
    add_member(one.db().pool()).await;
    assert_eq!(count_members(one.owner_pool()).await, 1);
    assert_eq!(count_members(other.owner_pool()).await, 0);
}

#[tokio::test]
async fn a_database_goes_away_with_its_test() {
    let staying = TestDatabase::create(&RELEASE).await;
    let going = TestDatabase::create(&RELEASE).await;
    add_member(going.db().pool()).await;
    let name = going.name().to_owned();
    drop(going);
    eventually("it is dropped", async || {
        let exists =
            sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)");
        let exists: bool = exists
            .bind(&name)
            .fetch_one(staying.owner_pool())
            .await
            .expect("an answer");
        !exists
    })
    .await;
}

#[tokio::test]
async fn a_private_cluster_can_be_killed_and_keeps_what_was_committed() {
    let mut cluster = TestCluster::private().await;
    let test = cluster.create(&RELEASE).await;
    add_member(test.db().pool()).await;
    let pid = cluster.pid().expect("a server");
    signal("KILL", pid);
    eventually("it is dead", async || !runs(pid)).await;
    cluster.start().await;
    eventually("the member is there", async || {
        let count = sqlx::query_scalar("SELECT count(*) FROM members");
        let count: Result<i64, _> = count.fetch_one(test.db().pool()).await;
        count.is_ok_and(|count| count == 1)
    })
    .await;
}

/// Copies this test binary to where it finds a target folder of its own.
fn copy_of_this_binary(folder: &Path) -> PathBuf {
    fs::write(folder.join("CACHEDIR.TAG"), "").expect("a tag");
    let copy = folder.join("tests");
    fs::copy(std::env::current_exe().expect("a path"), &copy).expect("a copy");
    copy
}

fn server_of(note: &Path) -> Option<u32> {
    fs::read_to_string(note).ok()?.trim().parse().ok()
}

#[tokio::test]
async fn a_cluster_outlives_its_first_user_but_not_its_last_even_if_they_are_killed() {
    let folder = tempfile::tempdir().expect("a folder");
    let binary = copy_of_this_binary(folder.path());
    let mut users = Vec::new();
    let mut servers = Vec::new();
    for user in ["first", "last"] {
        let note = folder.path().join(user);
        users.push(support::run_alone(
            &binary,
            "testing::one_user_of_the_cluster",
            &note,
        ));
        eventually("it has a database", async || server_of(&note).is_some()).await;
        servers.push(server_of(&note).expect("a server"));
    }
    let [first, last] = servers[..] else {
        panic!("two users, not {servers:?}")
    };
    assert_eq!(first, last, "one cluster for both");
    users[0].kill().expect("a kill");
    users[0].wait().expect("an end");
    assert!(runs(last), "it still has a user");
    users[1].kill().expect("a kill");
    users[1].wait().expect("an end");
    eventually("it is stopped", async || !runs(last)).await;
}

#[tokio::test]
#[ignore = "run as a process of its own by another test"]
async fn one_user_of_the_cluster() {
    let Some(note) = support::folder_given() else {
        return;
    };
    let test = TestDatabase::create(&RELEASE).await;
    // The superuser alone may read this; a test database's owner may not.
    let socket = test.url();
    let socket = socket.expose().split_once("host=").expect("a socket").1;
    let socket = socket.split_once('&').expect("more").0.to_owned();
    let data = Path::new(&socket)
        .parent()
        .expect("a folder")
        .join("data/postmaster.pid");
    let pid_file = fs::read_to_string(data).expect("a running server");
    let unfinished = note.with_extension("new");
    fs::write(&unfinished, pid_file.lines().next().expect("a process")).expect("a note");
    fs::rename(unfinished, note).expect("a note");
    support::wait_to_be_killed().await;
}
