//! Kill -9, again and again, while points move: nothing acknowledged is lost, nothing happens twice.
//!
//! `PATRON_SOAK_OPERATIONS` sets how many operations there are; by default as many as fit into a run
//! of all tests.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use contract::patron::loyalty::v1 as api;
use contract::patron::loyalty::v1::accrual_service_client::AccrualServiceClient;
use contract::patron::loyalty::v1::hold_service_client::HoldServiceClient;
use contract::patron::loyalty::v1::ledger_entry::Operation;
use contract::patron::loyalty::v1::member_service_client::MemberServiceClient;
use serde_json::Value;
use tokio::sync::watch;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Status};

use crate::support::{Patron, WELCOME, eventually, new_customer, request_id};

const OPERATIONS: usize = 5_000;
const MEMBERS: usize = 16;
const CALLERS: usize = 48;
const KILLS: usize = 4;
/// Longest that one call is repeated: it spans a restart of everything, on a busy machine.
const PATIENCE: Duration = Duration::from_mins(3);

/// Where to call, and with which token; changes with each restart.
type Door = watch::Receiver<(Channel, String)>;

/// What was acknowledged: operations of the ledger, by their ids.
type Acknowledged = BTreeSet<String>;

#[tokio::test(flavor = "multi_thread")]
async fn every_acknowledged_operation_is_there_once_whoever_is_killed_meanwhile() {
    #[expect(
        clippy::disallowed_methods,
        reason = "the size of a test is not a setting of Patron"
    )]
    let operations = std::env::var("PATRON_SOAK_OPERATIONS");
    let operations = operations.map_or(OPERATIONS, |count| count.parse().unwrap());
    let data = tempfile::tempdir().unwrap();
    let mut patron = Patron::start_in(data.path(), &["--no-demo"]);
    let mut members = Vec::new();
    for _ in 0..MEMBERS {
        let customer = new_customer(&patron.api()).await;
        let path = format!("/v1/members/{customer}");
        let is_welcomed =
            |member: &Value| member["balance"]["available"] == WELCOME.to_string().as_str();
        eventually(&patron.api(), &path, is_welcomed).await;
        members.push(customer);
    }
    let before = moves(&patron, &members).await;

    let (door, callers) = open(&patron, &members, operations);
    let done = Arc::clone(&callers.done);
    for kill in 1..=KILLS {
        until(&done, kill * operations / (KILLS + 1)).await;
        if kill % 2 == 0 {
            patron.kill();
            let data = data.path().to_owned();
            let restarted =
                tokio::task::spawn_blocking(move || Patron::start_in(&data, &["--no-demo"]));
            patron = restarted.await.unwrap();
            door.send_replace(way_in(&patron));
        } else {
            kill_postgres(data.path());
        }
    }
    let acknowledged = callers.finish().await;
    let moved = moves(&patron, &members).await;
    let expected: Acknowledged = acknowledged.union(&before).cloned().collect();
    let lost: Vec<_> = expected.difference(&moved).collect();
    let too_many: Vec<_> = moved.difference(&expected).collect();
    assert!(
        lost.is_empty() && too_many.is_empty(),
        "lost {lost:?}, too many {too_many:?}"
    );
    let verified = patron.command(&["loyalty", "verify"]);
    let told = String::from_utf8_lossy(&verified.stdout);
    assert!(verified.status.success(), "{told}");
    assert_eq!(patron.stop().code(), Some(0));
}

/// Callers at work.
struct Callers {
    tasks: tokio::task::JoinSet<Acknowledged>,
    done: Arc<AtomicUsize>,
}

impl Callers {
    async fn finish(self) -> Acknowledged {
        self.tasks.join_all().await.into_iter().flatten().collect()
    }
}

fn open(
    patron: &Patron,
    members: &[String],
    operations: usize,
) -> (watch::Sender<(Channel, String)>, Callers) {
    let (door, way) = watch::channel(way_in(patron));
    let done = Arc::new(AtomicUsize::new(0));
    let mut tasks = tokio::task::JoinSet::new();
    for caller in 0..CALLERS {
        let members = members.to_vec();
        let (way, done) = (way.clone(), Arc::clone(&done));
        let turns = operations / CALLERS + usize::from(caller < operations % CALLERS);
        tasks.spawn(async move {
            let mut acknowledged = Acknowledged::new();
            for turn in 0..turns {
                let member = &members[(caller * 7 + turn) % members.len()];
                acknowledged.extend(act(&way, member, turn).await);
                done.fetch_add(1, Ordering::Relaxed);
            }
            acknowledged
        });
    }
    (door, Callers { tasks, done })
}

fn way_in(patron: &Patron) -> (Channel, String) {
    let address = format!("http://{}", patron.setting("PATRON_GRPC"));
    let channel = Endpoint::from_shared(address).unwrap().connect_lazy();
    (
        channel,
        format!("Bearer {}", patron.setting("PATRON_TOKEN")),
    )
}

async fn until(done: &AtomicUsize, count: usize) {
    let give_up = Instant::now() + PATIENCE * 4;
    while done.load(Ordering::Relaxed) < count {
        assert!(
            Instant::now() < give_up,
            "{} done",
            done.load(Ordering::Relaxed)
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Ends the server and all its sessions at once, without a chance to write anything.
fn kill_postgres(data: &std::path::Path) {
    let pid_file = find(data, "postmaster.pid").expect("PostgreSQL runs");
    let pid = std::fs::read_to_string(pid_file).unwrap();
    let pid = pid.lines().next().unwrap().to_owned();
    let killed = Command::new("kill").args(["-9", &pid]).status().unwrap();
    assert!(killed.success());
}

fn find(folder: &std::path::Path, name: &str) -> Option<std::path::PathBuf> {
    for entry in std::fs::read_dir(folder).ok()?.flatten() {
        let path = entry.path();
        if path.file_name()? == name {
            return Some(path);
        }
        if path.is_dir()
            && let Some(found) = find(&path, name)
        {
            return Some(found);
        }
    }
    None
}

/// One turn of a caller; tells which operations were acknowledged.
async fn act(door: &Door, member: &str, turn: usize) -> Vec<String> {
    match turn % 4 {
        0 | 2 => earn(door, member).await,
        1 => spend(door, member).await,
        _ => hold(door, member, turn % 8 == 3).await,
    }
}

async fn earn(door: &Door, member: &str) -> Vec<String> {
    let request = api::CreateAccrualRequest {
        accrual: Some(api::Accrual {
            customer_id: member.to_owned(),
            points: 3_000,
            reference: "an order".to_owned(),
            ..api::Accrual::default()
        }),
        request_id: request_id(),
        validate_only: false,
    };
    let answer = persist(door, &request, async |channel, request| {
        AccrualServiceClient::new(channel)
            .create_accrual(request)
            .await
    });
    answer
        .await
        .map(|accrual| accrual.accrual_id)
        .into_iter()
        .collect()
}

async fn spend(door: &Door, member: &str) -> Vec<String> {
    let request = api::CreateRedemptionRequest {
        redemption: Some(api::Redemption {
            customer_id: member.to_owned(),
            points: 4_000,
            reference: "a mug".to_owned(),
            ..api::Redemption::default()
        }),
        request_id: request_id(),
        validate_only: false,
    };
    let answer = persist(door, &request, async |channel, request| {
        MemberServiceClient::new(channel)
            .create_redemption(request)
            .await
    });
    answer
        .await
        .map(|redemption| redemption.redemption_id)
        .into_iter()
        .collect()
}

/// Reserves points, then spends or gives them back.
async fn hold(door: &Door, member: &str, is_spent: bool) -> Vec<String> {
    let request = api::CreateHoldRequest {
        hold: Some(api::Hold {
            customer_id: member.to_owned(),
            points: 2_000,
            reference: "a basket".to_owned(),
            ..api::Hold::default()
        }),
        request_id: request_id(),
        validate_only: false,
    };
    let placed = persist(door, &request, async |channel, request| {
        HoldServiceClient::new(channel).create_hold(request).await
    });
    let Some(hold) = placed.await else {
        return Vec::new();
    };
    if is_spent {
        let request = api::ConfirmHoldRequest {
            customer_id: hold.customer_id,
            hold_id: hold.hold_id,
            request_id: request_id(),
            points: 1_500,
            r#final: true,
        };
        let confirmed = persist(door, &request, async |channel, request| {
            HoldServiceClient::new(channel).confirm_hold(request).await
        });
        return confirmed
            .await
            .map(|hold| hold.redemption_ids)
            .unwrap_or_default();
    }
    let request = api::ReleaseHoldRequest {
        customer_id: hold.customer_id,
        hold_id: hold.hold_id,
        request_id: request_id(),
    };
    persist(door, &request, async |channel, request| {
        HoldServiceClient::new(channel).release_hold(request).await
    })
    .await;
    Vec::new()
}

/// Calls until there is an answer that would be the same again; `None` for a refusal.
async fn persist<Q: Clone, R>(
    door: &Door,
    message: &Q,
    call: impl AsyncFn(Channel, Request<Q>) -> Result<tonic::Response<R>, Status>,
) -> Option<R> {
    let give_up = Instant::now() + PATIENCE;
    loop {
        let (channel, bearer) = door.borrow().clone();
        let mut request = Request::new(message.clone());
        request
            .metadata_mut()
            .insert("authorization", bearer.parse().unwrap());
        request.set_timeout(Duration::from_secs(10));
        match call(channel, request).await {
            Ok(answer) => return Some(answer.into_inner()),
            Err(status) if status.code() == Code::FailedPrecondition => return None,
            Err(status) => assert!(Instant::now() < give_up, "{status:?}"),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// What was earned and spent, by the ledger.
async fn moves(patron: &Patron, members: &[String]) -> Acknowledged {
    let mut found: BTreeMap<String, Operation> = BTreeMap::new();
    for member in members {
        let mut token = String::new();
        loop {
            let path = format!("/v1/members/{member}/entries?page_size=500&page_token={token}");
            let page = patron.api().get(&path).await;
            assert_eq!(page.status, 200, "{page:?}");
            for entry in page.body["entries"].as_array().into_iter().flatten() {
                let operation = entry["operation"].as_str().unwrap();
                let operation = Operation::from_str_name(operation).unwrap();
                found.insert(entry["operationId"].as_str().unwrap().to_owned(), operation);
            }
            token = page.text("nextPageToken");
            if token.is_empty() {
                break;
            }
        }
    }
    let moved = found.into_iter();
    let moved = moved.filter(|(_, kind)| matches!(kind, Operation::Earn | Operation::Redeem));
    moved.map(|(operation_id, _)| operation_id).collect()
}
