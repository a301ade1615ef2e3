//! One customer read again and again: what a call costs, in processor time of the servers.

use std::time::Duration;

use anyhow::Context as _;
use contract::patron::loyalty::v1::GetAccrualRequest;
use contract::patron::loyalty::v1::accrual_service_client::AccrualServiceClient;
use contract::patron::profile::v1::customer_service_client::CustomerServiceClient;
use contract::patron::profile::v1::{
    CreateCustomerRequest, Customer, GetCustomerRequest, Identifier,
};
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};

use crate::load::{self, Load, Outcome};
use crate::processes::{Cluster, Process, echo};
use crate::report::{Figure, Report};

/// Rounds in turn, so that a noisy moment of the machine hits all three alike.
const ROUNDS: u32 = 3;
const ROUND: Duration = Duration::from_secs(3);

/// What the servers of one path spent.
#[derive(Debug, Default)]
struct Cost {
    calls: f64,
    cpu_seconds: f64,
    /// The worst round's.
    p99_ms: f64,
}

impl Cost {
    fn per_cpu_second(&self) -> f64 {
        self.calls / self.cpu_seconds
    }

    fn add(&mut self, outcome: &Outcome, cpu_seconds: f64) {
        #[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52 calls")]
        let calls = outcome.calls as f64;
        self.calls += calls;
        self.cpu_seconds += cpu_seconds;
        self.p99_ms = self.p99_ms.max(outcome.percentile_ms(0.99));
    }
}

pub(super) async fn measure(cluster: &Cluster, report: &mut Report) -> anyhow::Result<()> {
    let limit = echo().await?;
    let service = cluster.serve("profile").await?;
    let gateway = cluster.serve("gateway").await?;
    let bearer: MetadataValue<Ascii> = format!("Bearer {}", cluster.token).parse()?;
    let customer = create(&service.address, &bearer).await?;

    let [mut bare, mut direct, mut fronted] = <[Cost; 3]>::default();
    for _ in 0..ROUNDS {
        round(&[&limit], &limit.address, &mut bare, get_accrual).await?;
        let read = reader(&customer, &bearer);
        round(&[&service], &service.address, &mut direct, read.clone()).await?;
        round(&[&gateway], &gateway.address, &mut fronted, read).await?;
    }
    for (name, cost) in [("service", &direct), ("gateway", &fronted)] {
        let rate = format!("foundation/read_{name}_calls_per_cpu_second");
        report.add(
            Figure::new(&rate, cost.per_cpu_second(), "calls/CPU s").against(bare.per_cpu_second()),
        );
        report.add(
            Figure::new(&format!("foundation/read_{name}_p99"), cost.p99_ms, "ms")
                .against(bare.p99_ms),
        );
    }
    Ok(())
}

/// Adds a round of calls to a path's cost; counts the processor time of these servers alone.
async fn round<F>(
    servers: &[&Process],
    address: &str,
    cost: &mut Cost,
    call: impl Fn(Channel, (u32, u32)) -> F + Clone + Send + 'static,
) -> anyhow::Result<()>
where
    F: Future<Output = Result<(), Status>> + Send + 'static,
{
    let used = || {
        servers
            .iter()
            .map(|server| crate::cpu::seconds(server.pid()))
            .sum()
    };
    let before: anyhow::Result<f64> = used();
    let before = before?;
    let outcome = load::run(address, Load::closed(ROUND), call).await?;
    let after: anyhow::Result<f64> = used();
    cost.add(&outcome, after? - before);
    Ok(())
}

pub(crate) async fn get_accrual(channel: Channel, _: (u32, u32)) -> Result<(), Status> {
    let request = GetAccrualRequest {
        customer_id: uuid::Uuid::nil().to_string(),
        accrual_id: uuid::Uuid::nil().to_string(),
    };
    AccrualServiceClient::new(channel)
        .get_accrual(request)
        .await
        .map(drop)
}

fn reader(
    customer_id: &str,
    bearer: &MetadataValue<Ascii>,
) -> impl Fn(Channel, (u32, u32)) -> futures_util::future::BoxFuture<'static, Result<(), Status>>
+ Clone
+ Send
+ 'static {
    let (customer_id, bearer) = (customer_id.to_owned(), bearer.clone());
    move |channel, _| {
        let mut request = Request::new(GetCustomerRequest {
            customer_id: customer_id.clone(),
        });
        request
            .metadata_mut()
            .insert("authorization", bearer.clone());
        Box::pin(async move {
            CustomerServiceClient::new(channel)
                .get_customer(request)
                .await
                .map(drop)
        })
    }
}

async fn create(address: &str, bearer: &MetadataValue<Ascii>) -> anyhow::Result<String> {
    let identifier = Identifier {
        kind: "phone".to_owned(),
        value: "+442079460000".to_owned(),
        verified: true,
        ..Identifier::default()
    };
    let customer = Customer {
        display_name: "Ada Example".to_owned(),
        region_code: "GB".to_owned(),
        time_zone: "Europe/London".to_owned(),
        identifiers: vec![identifier],
        ..Customer::default()
    };
    let request_id = chassis::Clock::system().new_id().to_string();
    let message = CreateCustomerRequest {
        customer: Some(customer),
        request_id,
        validate_only: false,
    };
    let mut request = Request::new(message);
    request
        .metadata_mut()
        .insert("authorization", bearer.clone());
    let channel = Endpoint::from_shared(address.to_owned())?.connect().await?;
    let created = CustomerServiceClient::new(channel)
        .create_customer(request)
        .await;
    Ok(created
        .context("can't create the customer to be read")?
        .into_inner()
        .customer_id)
}
