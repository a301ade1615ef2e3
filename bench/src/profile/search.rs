//! Finding customers again: by phone, by e-mail address, and by how their names begin.

use std::time::Duration;

use contract::patron::profile::v1::customer_service_client::CustomerServiceClient;
use contract::patron::profile::v1::{LookupCustomerRequest, SearchCustomersRequest};
use tonic::Status;
use tonic::transport::Channel;

use super::people::{below, email, name, phone};
use super::{World, authorised};
use crate::load::{self, Load};
use crate::report::{Figure, Report};

const LOAD: Load = Load {
    callers: 16,
    duration: Duration::from_secs(6),
    rate: Some(200.0),
};
const BOUND_MS: f64 = 50.0;

/// What is typed of a name.
type Typed = fn((String, String)) -> String;

/// In Latin letters and in Chinese characters, so little that it has many hits, and nearly all of it.
const SEARCHES: [(&str, u32, Typed); 4] = [
    ("latin_letter", 1, |(family, _)| start(&family, 1)),
    ("latin_name", 1, |(family, given)| {
        format!("{given} {}", start(&family, 4))
    }),
    ("chinese_character", 0, |(family, _)| start(&family, 1)),
    ("chinese_name", 0, |(family, given)| {
        format!("{family}{}", start(&given, 1))
    }),
];

pub(super) async fn measure(world: &World, report: &mut Report) -> anyhow::Result<()> {
    by_identifier(world, report).await?;
    by_name(world, report).await
}

async fn by_name(world: &World, report: &mut Report) -> anyhow::Result<()> {
    for (kind, script, typed) in SEARCHES {
        let (people, bearer) = (world.people, world.bearer.clone());
        let call = move |channel: Channel, (caller, turn): (u32, u32)| {
            // Every third one writes the name in Chinese characters.
            let number = below(people / 3 - 1, caller * 100_003 + turn, 41) * 3 + script;
            let query = typed(name(number));
            let request = authorised(
                SearchCustomersRequest {
                    query,
                    page_size: 20,
                },
                &bearer,
            );
            async move {
                let mut client = CustomerServiceClient::new(channel);
                let found = client.search_customers(request).await?.into_inner();
                if found.customers.is_empty() {
                    return Err(Status::not_found("nobody was found"));
                }
                Ok(())
            }
        };
        tell(world, report, kind, call).await?;
    }
    Ok(())
}

fn start(text: &str, letters: usize) -> String {
    text.chars().take(letters).collect()
}

async fn by_identifier(world: &World, report: &mut Report) -> anyhow::Result<()> {
    for (kind, value) in [("phone", phone as fn(u32) -> String), ("email", email)] {
        let (people, bearer) = (world.people, world.bearer.clone());
        let call = move |channel: Channel, (caller, turn): (u32, u32)| {
            let request = LookupCustomerRequest {
                kind: kind.to_owned(),
                value: value(below(people, caller * 100_003 + turn, 40)),
            };
            let request = authorised(request, &bearer);
            async move {
                let mut client = CustomerServiceClient::new(channel);
                client.lookup_customer(request).await.map(drop)
            }
        };
        tell(world, report, kind, call).await?;
    }
    Ok(())
}

async fn tell<F>(
    world: &World,
    report: &mut Report,
    name: &str,
    call: impl Fn(Channel, (u32, u32)) -> F + Clone + Send + 'static,
) -> anyhow::Result<()>
where
    F: Future<Output = Result<(), Status>> + Send + 'static,
{
    let seen = load::run(&world.service.address, LOAD, call).await?;
    let figure = |what: &str, share| {
        let name = format!("profile/find_by_{name}_{what}");
        Figure::new(&name, seen.percentile_ms(share), "ms")
    };
    report.add(figure("p50", 0.5));
    report.add(figure("p99", 0.99).aiming("< 50 ms", |it| it.value < BOUND_MS));
    Ok(())
}
