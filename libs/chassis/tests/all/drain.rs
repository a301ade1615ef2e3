//! A role that stops lets go of its work in order, and in time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chassis::Drained;
use contract::patron::events::v1::ListDeadLettersRequest;
use contract::patron::events::v1::event_admin_service_client::EventAdminServiceClient;
use tokio::sync::{Semaphore, mpsc};
use tonic::Code;

use crate::harness::{LIST, Role, config, service, unary, within};

#[tokio::test]
async fn calls_in_flight_finish_and_new_ones_are_refused() {
    let (begun, mut calls) = mpsc::unbounded_channel();
    let release = Arc::new(Semaphore::new(0));
    let gate = Arc::clone(&release);
    let handler = unary(move |_| {
        begun.send(()).unwrap();
        let gate = Arc::clone(&gate);
        async move {
            gate.acquire().await.unwrap().forget();
            Ok(())
        }
    });
    let role = Role::start(handler).await;
    let address = role.running.address();
    let draining = async {
        within(calls.recv()).await.unwrap();
        role.shutdown.cancel();
        within(async { while tokio::net::TcpStream::connect(address).await.is_ok() {} }).await;
        assert_eq!(role.admin("/ready").await.0, 503);
        assert_eq!(role.admin("/live").await.0, 200);
        release.add_permits(1);
    };
    let (answer, ()) = tokio::join!(role.operate(LIST), draining);
    assert_eq!(answer.status.code(), Code::Ok);
    assert_eq!(within(role.running.stopped()).await, Drained::default());
}

#[tokio::test]
async fn what_outlives_the_bound_is_cut_off() {
    let mut config = config();
    config.server.drain_bound_ms = 100;
    let (begun, mut calls) = mpsc::unbounded_channel();
    let (dropped, mut cut) = mpsc::unbounded_channel::<()>();
    let handler = unary(move |_| {
        begun.send(()).unwrap();
        let dropped = dropped.clone();
        async move {
            let _alive = dropped;
            std::future::pending().await
        }
    });
    let service =
        service(handler, crate::harness::endless).task("stubborn", |_| std::future::pending());
    let role = Role::serve(config, service).await;
    let address = role.running.address();
    let client = tokio::spawn(async move {
        let channel = tonic::transport::Endpoint::from_shared(format!("http://{address}")).unwrap();
        let mut client = EventAdminServiceClient::new(channel.connect_lazy());
        let mut request = tonic::Request::new(ListDeadLettersRequest::default());
        let token = crate::harness::operator().parse().unwrap();
        request.metadata_mut().insert("authorization", token);
        client.list_dead_letters(request).await
    });
    within(calls.recv()).await.unwrap();
    let asked = Instant::now();
    role.shutdown.cancel();
    let drained = within(role.running.stopped()).await;
    assert_eq!(
        drained,
        Drained {
            connections_cut: 1,
            tasks_cut: 1
        }
    );
    assert!(asked.elapsed() >= Duration::from_millis(100));
    assert!(within(client).await.unwrap().is_err());
    // The handler itself is gone, not only its connection: nothing holds the sender any more.
    assert!(within(cut.recv()).await.is_none());
}

#[tokio::test]
async fn tasks_are_told_and_pools_are_closed_after_them() {
    let (log, mut order) = mpsc::unbounded_channel();
    let (task, pool) = (log.clone(), log);
    let service = service(unary(|_| async { Ok(()) }), crate::harness::endless)
        .task("worker", move |stop| {
            let task = task.clone();
            async move {
                stop.cancelled().await;
                task.send("task").unwrap();
            }
        })
        .closing("pool", async move { pool.send("pool").unwrap() });
    let role = Role::serve(config(), service).await;
    role.shutdown.cancel();
    assert_eq!(within(role.running.stopped()).await, Drained::default());
    assert_eq!(within(order.recv()).await, Some("task"));
    assert_eq!(within(order.recv()).await, Some("pool"));
}
