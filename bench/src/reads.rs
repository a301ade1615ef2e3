//! Customers read by id and by identifier, all at once: what a call costs the service and PostgreSQL,
//! against a bare tonic server that does nothing.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use chassis::Clock;
use contract::patron::profile::v1::customer_service_client::CustomerServiceClient;
use contract::patron::profile::v1::{
    CreateCustomerRequest, Customer, GetCustomerRequest, Identifier, LookupCustomerRequest,
};
use futures_util::future::BoxFuture;
use futures_util::{StreamExt as _, TryStreamExt as _};
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};

use crate::cpu;
use crate::foundation::reads::get_accrual;
use crate::load::{self, Load, Outcome};
use crate::processes::{Binary, Cluster, Process, echo};
use crate::report::{Figure, Report};

/// Rounds in turn, so that a noisy moment of the machine hits all alike.
const ROUNDS: u32 = 4;
const ROUND: Duration = Duration::from_secs(4);
const CALLERS: u32 = 64;
/// Customers that are read.
const CUSTOMERS: usize = 10_000;
/// How many are made at once.
const AT_ONCE: usize = 64;

/// What calls of one kind have taken.
#[derive(Debug, Default)]
struct Cost {
    calls: f64,
    seconds: f64,
    service: f64,
    postgres: f64,
}

impl Cost {
    fn service_us(&self) -> f64 {
        self.service * 1e6 / self.calls
    }

    fn both_us(&self) -> f64 {
        (self.service + self.postgres) * 1e6 / self.calls
    }
}

/// The processes at work.
struct World {
    service: Process,
    limit: Process,
    postgres: u32,
    readers: Readers,
    _cluster: Cluster,
}

/// Measures on one cluster.
pub(crate) async fn measure(binary: &Binary, report: &mut Report) -> anyhow::Result<()> {
    let cluster = Cluster::start(binary).await?;
    let service = cluster.serve("profile").await?;
    let world = World {
        postgres: cluster.postgres_pid().await?,
        limit: echo().await?,
        readers: Readers::create(&service.address, cluster.bearer()?).await?,
        service,
        _cluster: cluster,
    };
    world.full_load(report).await
}

impl World {
    async fn full_load(&self, report: &mut Report) -> anyhow::Result<()> {
        let [mut bare, mut by_id, mut by_identifier] = <[Cost; 3]>::default();
        for _ in 0..ROUNDS {
            self.round(&self.limit, get_accrual, &mut bare).await?;
            self.round(&self.service, self.readers.by_id(), &mut by_id)
                .await?;
            let lookup = self.readers.by_identifier();
            self.round(&self.service, lookup, &mut by_identifier)
                .await?;
        }
        for (name, cost) in [("id", &by_id), ("identifier", &by_identifier)] {
            let figure = |what: &str, value| {
                Figure::new(&format!("reads/by_{name}_{what}"), value, "µs/call")
            };
            let of_service = figure("service_cpu", cost.service_us()).against(bare.service_us());
            report.add(of_service.aiming("≤ 2", |figure| figure.ratio.is_some_and(|it| it <= 2.0)));
            let of_both = figure("both_cpu", cost.both_us()).against(bare.service_us());
            report.add(of_both.aiming("≤ 3", |figure| figure.ratio.is_some_and(|it| it <= 3.0)));
        }
        let half = by_id.calls / by_id.seconds / 2.0;
        let load = Load {
            callers: CALLERS,
            duration: ROUND * 2,
            rate: Some(half),
        };
        let seen = load::run(&self.service.address, load, self.readers.by_id()).await?;
        report.add(Figure::new("reads/half_load_rate", half, "calls/s"));
        let p99 = Figure::new("reads/half_load_p99", seen.percentile_ms(0.99), "ms");
        report.add(p99.aiming("< 5 ms", |figure| figure.value < 5.0));
        Ok(())
    }

    async fn round<F>(
        &self,
        server: &Process,
        call: impl Fn(Channel, (u32, u32)) -> F + Clone + Send + 'static,
        cost: &mut Cost,
    ) -> anyhow::Result<()>
    where
        F: Future<Output = Result<(), Status>> + Send + 'static,
    {
        let load = Load {
            callers: CALLERS,
            duration: ROUND,
            rate: None,
        };
        let service = cpu::seconds(server.pid())?;
        let postgres = cpu::seconds_of_family(self.postgres)?;
        let outcome: Outcome = load::run(&server.address, load, call).await?;
        cost.service += cpu::seconds(server.pid())? - service;
        cost.postgres += cpu::seconds_of_family(self.postgres)? - postgres;
        cost.calls += outcome.rate() * outcome.seconds;
        cost.seconds += outcome.seconds;
        Ok(())
    }
}

/// Customers, and who may read them.
#[derive(Clone)]
struct Readers {
    ids: Arc<[String]>,
    bearer: MetadataValue<Ascii>,
}

trait Call:
    Fn(Channel, (u32, u32)) -> BoxFuture<'static, Result<(), Status>> + Clone + Send + 'static
{
}

impl<F> Call for F where
    F: Fn(Channel, (u32, u32)) -> BoxFuture<'static, Result<(), Status>> + Clone + Send + 'static
{
}

impl Readers {
    async fn create(address: &str, bearer: MetadataValue<Ascii>) -> anyhow::Result<Self> {
        let channel = Endpoint::from_shared(address.to_owned())?.connect().await?;
        let ids = futures_util::stream::iter(0..CUSTOMERS)
            .map(|number| create(channel.clone(), bearer.clone(), number))
            .buffered(AT_ONCE)
            .try_collect::<Vec<_>>();
        let ids = ids.await.context("can't make the customers to be read")?;
        Ok(Self {
            ids: ids.into(),
            bearer,
        })
    }

    /// Which one a caller reads now: all of them in the course of time, far from each other.
    fn place((caller, number): (u32, u32)) -> usize {
        let place = u64::from(caller) * 7_919 + u64::from(number) * 104_729;
        usize::try_from(place).unwrap_or_default() % CUSTOMERS
    }

    fn by_id(&self) -> impl Call + use<> {
        let readers = self.clone();
        move |channel, turn| {
            let id = readers.ids.get(Self::place(turn));
            let customer_id = id.cloned().unwrap_or_default();
            let request = readers.request(GetCustomerRequest { customer_id });
            Box::pin(async move {
                let mut client = CustomerServiceClient::new(channel);
                client.get_customer(request).await.map(drop)
            })
        }
    }

    fn by_identifier(&self) -> impl Call + use<> {
        let readers = self.clone();
        move |channel, turn| {
            let phone = phone(Self::place(turn));
            let request = readers.request(LookupCustomerRequest {
                kind: phone.kind,
                value: phone.value,
            });
            Box::pin(async move {
                let mut client = CustomerServiceClient::new(channel);
                client.lookup_customer(request).await.map(drop)
            })
        }
    }

    fn request<T>(&self, message: T) -> Request<T> {
        authorised(message, &self.bearer)
    }
}

fn authorised<T>(message: T, bearer: &MetadataValue<Ascii>) -> Request<T> {
    let mut request = Request::new(message);
    request
        .metadata_mut()
        .insert("authorization", bearer.clone());
    request
}

fn phone(number: usize) -> Identifier {
    Identifier {
        kind: "phone".to_owned(),
        value: format!("+4420794{number:05}"),
        verified: true,
        ..Identifier::default()
    }
}

async fn create(
    channel: Channel,
    bearer: MetadataValue<Ascii>,
    number: usize,
) -> Result<String, Status> {
    let customer = Customer {
        display_name: format!("Ada Example {number}"),
        region_code: "GB".to_owned(),
        time_zone: "Europe/London".to_owned(),
        identifiers: vec![phone(number)],
        ..Customer::default()
    };
    let request = CreateCustomerRequest {
        customer: Some(customer),
        request_id: Clock::system().new_id().to_string(),
        validate_only: false,
    };
    let created = CustomerServiceClient::new(channel)
        .create_customer(authorised(request, &bearer))
        .await?;
    Ok(created.into_inner().customer_id)
}
