//! Callers who hang up, each at another moment of a call.

use std::time::Duration;

use serde_json::json;

use crate::support::{
    Answer, Api, Patron, WELCOME, eventually, new_customer, order, order_id, request_id,
};

const CUSTOMERS: usize = 4;
const PATIENT: usize = 4;
const IMPATIENT: usize = 12;
/// Calls of each caller.
const TURNS: usize = 36;
/// Nobody who hangs up waits longer. Most calls of one process take less.
const LONGEST_WAIT: u64 = 40_000;
/// What an accrual gives; an order gives one point.
const POINTS: i64 = 5;

/// One call, which may be made again.
#[derive(Clone)]
enum Act {
    Read(String),
    Write(String, serde_json::Value),
}

impl Act {
    fn new(customer: &str, turn: usize) -> Self {
        match turn % 6 {
            0 => Self::Read(format!("/v1/members/{customer}")),
            1 => Self::Read(format!("/v1/customers/{customer}")),
            2 => Self::Read(format!("/v1/customers/{customer}/timeline")),
            3 => Self::Read(format!("/v1/members/{customer}/entries")),
            4 => Self::Write(
                format!("/v1/customers/{customer}/orders"),
                order(&order_id(), 100),
            ),
            _ => Self::Write(
                format!(
                    "/v1/members/{customer}/accruals?request_id={}",
                    request_id()
                ),
                json!({"points": POINTS.to_string(), "reference": "a survey"}),
            ),
        }
    }

    async fn carry_out(&self, api: &Api) -> Answer {
        match self {
            Self::Read(path) => api.get(path).await,
            Self::Write(path, body) => api.post(path, body).await,
        }
    }
}

/// How long somebody waits this time: all moments of a call have their turn.
fn patience(caller: usize, turn: usize) -> Duration {
    let micros = (caller as u64 * 7_919 + turn as u64 * 104_729) % LONGEST_WAIT;
    Duration::from_micros(micros)
}

async fn has_points(api: &Api, customer: &str, points: i64) {
    let path = format!("/v1/members/{customer}");
    let points = points.to_string();
    eventually(api, &path, |member| {
        member["balance"]["available"] == points.as_str()
    })
    .await;
}

#[tokio::test]
async fn those_who_hang_up_harm_nobody_and_what_they_asked_for_happens_once() {
    let patron = Patron::start(&["--no-demo"]);
    let mut customers = Vec::new();
    for _ in 0..CUSTOMERS {
        let customer = new_customer(&patron.api()).await;
        has_points(&patron.api(), &customer, WELCOME).await;
        customers.push(customer);
    }
    let acts = |caller: usize| {
        let turns = (0..TURNS).map(move |turn| (turn, (caller + turn) % CUSTOMERS));
        let acts = turns.map(|(turn, customer)| Act::new(&customers[customer], turn));
        acts.collect::<Vec<_>>()
    };
    let mut callers = tokio::task::JoinSet::new();
    for caller in 0..PATIENT + IMPATIENT {
        let (api, acts) = (patron.api(), acts(caller));
        let is_patient = caller < PATIENT;
        callers.spawn(async move {
            for (turn, act) in acts.iter().enumerate() {
                let call = act.carry_out(&api);
                let answer = if is_patient {
                    Some(call.await)
                } else {
                    let heard_out = tokio::time::timeout(patience(caller, turn), call);
                    heard_out.await.ok()
                };
                assert!(
                    answer.as_ref().is_none_or(|answer| answer.status == 200),
                    "{answer:?}"
                );
            }
            acts
        });
    }
    let acts = callers.join_all().await.concat();

    for act in acts.iter().filter(|act| matches!(act, Act::Write(..))) {
        let repeated = act.carry_out(&patron.api()).await;
        assert_eq!(repeated.status, 200, "{repeated:?}");
    }
    let writes = (PATIENT + IMPATIENT) * TURNS / 6 / CUSTOMERS;
    let points = WELCOME + (1 + POINTS) * i64::try_from(writes).unwrap();
    for customer in &customers {
        let traits = format!("/v1/customers/{customer}/traits");
        let has_all =
            |count: &serde_json::Value| count["orderCount"] == writes.to_string().as_str();
        eventually(&patron.api(), &traits, has_all).await;
        has_points(&patron.api(), customer, points).await;
    }
    let verified = patron.command(&["loyalty", "verify"]);
    assert!(verified.status.success(), "{verified:?}");
    let log = patron.log();
    assert!(!log.contains("internal error"), "{log}");
}
