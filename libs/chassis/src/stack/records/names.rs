//! What a request names, wherever in it: by the contract's own names of fields, so that a new method is looked at
//! on the day it is added.

use access::Method;
use prost_reflect::{DynamicMessage, MethodDescriptor, Value};

use crate::records::Resource;

const CUSTOMER: &str = "customer_id";
const CUSTOMERS: &str = "customer_ids";
const THING: &str = "_id";
/// Of a request, not of anything that is there already.
const REQUEST: &str = "request_id";

/// All ids in a request.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Names {
    /// Those in fields that end in `customer_id` or `customer_ids`.
    pub(super) customers: Vec<String>,
    /// Those in other fields that end in `_id`.
    pub(super) resources: Vec<Resource>,
}

/// Whether requests are a stream, of which nobody can know what is still to come.
pub(super) fn is_stream(method: &Method) -> bool {
    descriptor(method).is_none_or(|it| it.is_client_streaming())
}

/// What a request of this method names; `None` when it is none.
pub(super) fn of(method: &Method, message: &[u8]) -> Option<Names> {
    let descriptor = descriptor(method)?;
    let message = DynamicMessage::decode(descriptor.input(), message).ok()?;
    let mut names = Names::default();
    names.collect(&message);
    names.customers.sort_unstable();
    names.customers.dedup();
    names.resources.sort_unstable();
    names.resources.dedup();
    Some(names)
}

fn descriptor(method: &Method) -> Option<MethodDescriptor> {
    let service = contract::pool().get_service_by_name(&method.service)?;
    service.methods().find(|it| it.name() == method.name)
}

impl Names {
    fn collect(&mut self, message: &DynamicMessage) {
        for (field, value) in message.fields() {
            self.take(field.name(), value);
        }
    }

    fn take(&mut self, field: &str, value: &Value) {
        match value {
            Value::String(text) if !text.is_empty() => self.name(field, text),
            Value::Message(message) => self.collect(message),
            Value::List(items) => items.iter().for_each(|item| self.take(field, item)),
            Value::Map(entries) => entries.values().for_each(|entry| self.take(field, entry)),
            _ => {}
        }
    }

    fn name(&mut self, field: &str, id: &str) {
        if field.ends_with(CUSTOMER) || field.ends_with(CUSTOMERS) {
            self.customers.push(id.to_owned());
        } else if field.ends_with(THING) && field != REQUEST {
            self.resources.push(Resource {
                field: field.to_owned(),
                id: id.to_owned(),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use access::MethodRules;
    use contract::patron::profile::v1::{MergeCustomersRequest, Order, RecordOrderRequest};
    use prost::Message as _;

    use super::*;

    fn names(path: &str, message: &[u8]) -> Option<Names> {
        let rules = MethodRules::from_pool(contract::pool()).unwrap();
        of(rules.get(path).unwrap(), message)
    }

    #[test]
    fn ids_are_found_at_any_depth_and_those_of_requests_are_none() {
        let merge = MergeCustomersRequest {
            customer_id: "b".to_owned(),
            merged_customer_id: "a".to_owned(),
            request_id: "r".to_owned(),
            ..MergeCustomersRequest::default()
        };
        let path = "/patron.profile.v1.IdentityService/MergeCustomers";
        let found = names(path, &merge.encode_to_vec()).unwrap();
        assert_eq!(found.customers, ["a", "b"]);
        assert_eq!(found.resources, []);

        let order = Order {
            customer_id: "a".to_owned(),
            order_id: "o".to_owned(),
            ..Order::default()
        };
        let order = RecordOrderRequest { order: Some(order) };
        let path = "/patron.profile.v1.ActivityService/RecordOrder";
        let found = names(path, &order.encode_to_vec()).unwrap();
        assert_eq!(found.customers, ["a"]);
        assert_eq!(found.resources[0].field, "order_id");
        assert_eq!(names(path, b"\xff"), None);
    }
}
