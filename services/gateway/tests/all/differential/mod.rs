//! For random messages of every request type: what a call of REST means is what the service gets, byte for byte as
//! if the message had been sent as it is. For random messages of every type that is answered: what the client reads
//! is what the service has sent.
//!
//! The messages, the reading of the contract and the writing of calls are of these tests; of the gateway is only
//! what lies between the two sockets.

mod answers;
mod bindings;
mod examples;
mod json;
mod random;
mod requests;
mod split;
mod text;
mod values;
mod well_known;

use std::sync::Arc;

use bytes::Bytes;
use futures_util::StreamExt as _;
use prost::Message as _;
use prost_reflect::{DescriptorPool, DynamicMessage, ReflectMessage as _, Value};

use crate::support::{self, Bench};
use bindings::Binding;
use random::Random;

/// Bindings that are tried side by side.
const AT_ONCE: usize = 8;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_request_and_answer_of_patron_arrives_as_the_message_that_it_means() {
    let bindings = prove(::contract::pool(), 24).await;
    assert!(bindings > 200, "{bindings} bindings");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_shape_of_a_request_or_answer_arrives_as_the_message_that_it_means() {
    let bindings = prove(&support::contract::pool(), 64).await;
    assert!(bindings > 15, "{bindings} bindings");
}

/// Sends random requests by each binding of a contract; tells how many bindings there are.
async fn prove(pool: &DescriptorPool, times: usize) -> usize {
    let bench = Arc::new(bench(pool).await);
    let bindings = bindings::all(pool);
    let count = bindings.len();
    let checks = bindings.into_iter().map(|binding| {
        let bench = Arc::clone(&bench);
        tokio::spawn(async move { check(&bench, &binding, times).await })
    });
    let mut checks = futures_util::stream::iter(checks).buffer_unordered(AT_ONCE);
    while let Some(check) = checks.next().await {
        check.unwrap();
    }
    count
}

/// A gateway of a contract, and one service behind it for all its roles.
async fn bench(pool: &DescriptorPool) -> Bench {
    Bench::of(pool, |config| {
        let upstreams = &mut config.gateway.upstreams;
        let address = upstreams["shapes"].clone();
        upstreams.extend(
            bindings::roles(pool)
                .into_iter()
                .map(|role| (role, address.clone())),
        );
    })
    .await
}

async fn check(bench: &Bench, binding: &Binding, times: usize) {
    let mut random = Random::of(&binding.name());
    for _ in 0..times {
        let (path, requests) = requests::of_call(binding, &mut random);
        let call = split::call(binding, &path, &requests, &mut random);
        let about = format!("{}\n{call:?}", binding.name());
        let case = random.word();
        let answered = answers::random(binding, &mut random);
        bench.upstream.prepare(&case, &answered);
        let content_type = call.content_type.as_str();
        let headers = [("content-type", content_type), ("patron-case", &case)];
        let sent = bench
            .rest
            .send(call.verb, &call.target, &headers, call.body);
        let answer = sent.await;
        assert!(answer.status.is_success(), "{about}\n{:?}", answer.body);
        let (path, arrived) = bench.upstream.take(&case);
        assert_eq!(path, binding.grpc_path(), "{about}");
        assert_eq!(arrived.len(), requests.len(), "{about}");
        for (arrived, request) in arrived.iter().zip(&requests) {
            compare(arrived, request, &about);
        }
        answers::compare(&answer, &answered, binding, &about);
    }
}

/// What came is the message that was meant, as it would be encoded directly.
fn compare(arrived: &Bytes, request: &DynamicMessage, about: &str) {
    let decode = |bytes: Bytes| DynamicMessage::decode(request.descriptor(), bytes).unwrap();
    let direct = Bytes::from(request.encode_to_vec());
    let (came, meant) = (decode(arrived.clone()), decode(direct.clone()));
    let same_bytes = *arrived == direct || !has_one_encoding(request);
    assert!(
        came == meant && same_bytes,
        "{about}\ncame: {}\nmeant: {}",
        told(&came),
        told(&meant)
    );
}

/// For people: a descriptor that is printed prints all that it leads to, itself included.
fn told(message: &DynamicMessage) -> String {
    serde_json::to_string(message).unwrap()
}

/// Whether there is one way to encode it: the entries of a map have no order.
fn has_one_encoding(message: &DynamicMessage) -> bool {
    let is_one = |value: &Value| value.as_message().is_none_or(has_one_encoding);
    message.fields().all(|(_, value)| match value {
        Value::Map(entries) => entries.len() < 2 && entries.values().all(is_one),
        Value::List(values) => values.iter().all(is_one),
        value => is_one(value),
    })
}
