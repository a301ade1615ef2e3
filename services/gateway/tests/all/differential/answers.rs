//! Answers: what the client reads is the message that the service sent.
//!
//! The gateway writes JSON by its own means, but for well-known types; it is read here by a library that follows the
//! specification more narrowly than most.

use std::borrow::Cow;

use prost::Message as _;
use prost_reflect::{DynamicMessage, ReflectMessage as _, Value};
use serde_json::{Map, Value as Json};

use super::bindings::Binding;
use super::random::{Place, Random};
use super::{told, well_known};
use crate::support::client::Answer;

/// What the service is to answer: less than what is asked, or most of the time would go into it.
pub(super) fn random(binding: &Binding, random: &mut Random) -> DynamicMessage {
    random.message(&binding.method.output(), Place::Body, 1)
}

/// What came to the client is the message that was sent, or the field of it that is the body.
pub(super) fn compare(answer: &Answer, sent: &DynamicMessage, binding: &Binding, about: &str) {
    let body = body_of(sent, binding);
    if let Value::Message(raw) = &body
        && well_known::is_raw(&raw.descriptor())
    {
        let field = |name| raw.get_field_by_name(name).unwrap().into_owned();
        assert_eq!(Value::Bytes(answer.body.clone()), field("data"), "{about}");
        return;
    }
    let mut json = answer.json();
    if binding.method.is_server_streaming() {
        json = json["result"].take();
    }
    let (meant, whole) = match &binding.response_body[..] {
        "" => (sent.clone(), json),
        field => {
            let mut meant = DynamicMessage::new(sent.descriptor());
            if sent.has_field_by_name(field) {
                meant.set_field_by_name(field, body);
            }
            let whole = Map::from_iter([(field.to_owned(), json)]);
            (meant, Json::Object(whole))
        }
    };
    let read = DynamicMessage::deserialize(meant.descriptor(), whole).unwrap();
    let (read, meant) = (settled(&read), settled(&meant));
    assert!(
        read == meant,
        "{about}\nread: {}\nsent: {}",
        told(&read),
        told(&meant)
    );
}

fn body_of(sent: &DynamicMessage, binding: &Binding) -> Value {
    let field = sent.get_field_by_name(&binding.response_body);
    field.map_or_else(|| Value::Message(sent.clone()), Cow::into_owned)
}

/// Without what says nothing: a default is the same as no value where a field has no presence.
fn settled(message: &DynamicMessage) -> DynamicMessage {
    DynamicMessage::decode(message.descriptor(), message.encode_to_vec().as_slice()).unwrap()
}
