//! What stands in messages is found by the contract, and what stands in fields is not told.

use access::MethodRules;
use contract::patron::profile::v1 as profile;
use prost::Message as _;
use prost::encoding::{WireType, encode_key, encode_varint};
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind as FieldKind, MessageDescriptor, Value};
use uuid::Uuid;

use super::*;
use crate::chain::Kind;

const CANARY: &str = "138-CANARY-5678";

fn plans() -> Plans {
    plans_of(false)
}

/// Of the methods whose calls are booked, or of the others.
fn plans_of(booked: bool) -> Plans {
    let rules = MethodRules::from_pool(contract::pool()).unwrap();
    Plans::of(contract::pool(), |path| {
        let method = rules.get(path).filter(|method| method.booked == booked)?;
        Some(method.permission.clone())
    })
}

#[test]
fn what_is_booked_elsewhere_holds_no_personal_data() {
    let plans = plans_of(true);
    assert_ne!(plans.paths().count(), 0);
    for path in plans.paths() {
        let plan = plans.get(path).unwrap();
        assert_eq!(plan.readable, [], "{path}");
        assert_eq!(plans.types().personal(plan.input), [], "{path}");
    }
}

/// An encoded message with something in every field, also in all of those of which one can be set, to a
/// depth. Texts are the canary, ids are one id.
fn filled(descriptor: &MessageDescriptor, id: Uuid, depth: usize) -> Vec<u8> {
    let mut encoded = Vec::new();
    for field in descriptor.fields().filter(|field| !field.is_map()) {
        if let FieldKind::Message(within) = field.kind() {
            if depth > 0 {
                let content = filled(&within, id, depth - 1);
                encode_key(field.number(), WireType::LengthDelimited, &mut encoded);
                encode_varint(content.len() as u64, &mut encoded);
                encoded.extend(content);
            }
            continue;
        }
        let value = scalar(&field, id);
        let value = if field.is_list() {
            Value::List(vec![value])
        } else {
            value
        };
        let mut message = DynamicMessage::new(descriptor.clone());
        message.set_field(&field, value);
        encoded.extend(message.encode_to_vec());
    }
    encoded
}

fn scalar(field: &FieldDescriptor, id: Uuid) -> Value {
    match field.kind() {
        FieldKind::String if field.name().ends_with("_id") => Value::String(id.to_string()),
        FieldKind::String => Value::String(CANARY.to_owned()),
        FieldKind::Bytes | FieldKind::Message(_) => Value::Bytes(CANARY.into()),
        FieldKind::Bool => Value::Bool(true),
        FieldKind::Enum(_) => Value::EnumNumber(1),
        FieldKind::Double => Value::F64(1.5),
        FieldKind::Float => Value::F32(1.5),
        FieldKind::Int32 | FieldKind::Sint32 | FieldKind::Sfixed32 => Value::I32(13_812_345),
        FieldKind::Int64 | FieldKind::Sint64 | FieldKind::Sfixed64 => Value::I64(13_812_345),
        FieldKind::Uint32 | FieldKind::Fixed32 => Value::U32(13_812_345),
        FieldKind::Uint64 | FieldKind::Fixed64 => Value::U64(13_812_345),
    }
}

#[test]
fn every_method_is_on_record_that_writes_or_answers_with_personal_data_and_tells_no_value() {
    let (plans, id) = (plans(), Uuid::from_u128(0x00C0_FFEE));
    let rules = MethodRules::from_pool(contract::pool()).unwrap();
    let mut with_personal = 0;
    for service in contract::pool().services() {
        for method in service.methods() {
            let path = format!("/{}/{}", service.full_name(), method.name());
            let rule = rules.get(&path).unwrap();
            if rule.booked {
                continue;
            }
            let permission = &rule.permission;
            let is_write = permission.rsplit('.').next() != Some("read");
            let answer = filled(&method.output(), id, 6);
            let personal = personal_fields(&method.output(), 6);
            let Some(plan) = plans.get(&path) else {
                assert!(!is_write && personal.is_empty(), "{path} is not on record");
                continue;
            };
            assert_eq!(plan.kind == Kind::Write, is_write, "{path}");
            let mut found = Found::default();
            let types = plans.types();
            let request = filled(&method.input(), id, 6);
            types.scan(
                plan.input,
                &request,
                Direction::Asked(plan.kind),
                &mut found,
            );
            types.scan(
                plan.output,
                &answer,
                Direction::Answered(plan.kind),
                &mut found,
            );
            for field in &personal {
                assert!(found.read.contains(field.as_str()), "{path} reads {field}");
                assert!(
                    plan.readable.iter().any(|name| **name == **field),
                    "{path}: {field}"
                );
            }
            with_personal += usize::from(!personal.is_empty());
            let told = format!("{found:?}");
            assert!(
                !told.contains("CANARY") && !told.contains("13812345"),
                "{path}: {told}"
            );
            if is_write && method.input().fields().len() > 0 {
                assert!(!found.written.is_empty(), "{path}");
            }
        }
    }
    assert!(
        with_personal > 10,
        "{with_personal} methods with personal data"
    );
    assert!(plans.paths().count() > with_personal);
}

/// The names of the fields with personal data in a message, found another way: by walking values.
fn personal_fields(descriptor: &MessageDescriptor, depth: usize) -> Vec<String> {
    let option = contract::pool()
        .get_extension_by_name("patron.access.v1.field")
        .unwrap();
    let mut found = Vec::new();
    for field in descriptor.fields().filter(|field| !field.is_map()) {
        let declared = field.options().get_extension(&option).into_owned();
        let declared = declared.as_message().cloned().unwrap();
        let sensitivity = declared.get_field_by_name("sensitivity").unwrap();
        if sensitivity.as_enum_number() != Some(0) {
            found.push(format!("{}.{}", descriptor.name(), field.name()));
        }
        if let FieldKind::Message(within) = field.kind()
            && depth > 0
            && within.full_name().starts_with("patron.")
        {
            found.extend(personal_fields(&within, depth - 1));
        }
    }
    found
}

#[test]
fn only_what_is_set_is_named_and_customers_are_found_in_requests_and_answers() {
    let plans = plans();
    let path = "/patron.profile.v1.CustomerService/GetCustomer";
    let plan = plans.get(path).unwrap();
    let (asked, answered) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let request = profile::GetCustomerRequest {
        customer_id: asked.to_string(),
    };
    let answer = profile::Customer {
        customer_id: answered.to_string(),
        display_name: CANARY.to_owned(),
        ..Default::default()
    };
    let mut found = Found::default();
    let types = plans.types();
    let (asked_way, answered_way) = (Direction::Asked(plan.kind), Direction::Answered(plan.kind));
    types.scan(plan.input, &request.encode_to_vec(), asked_way, &mut found);
    types.scan(
        plan.output,
        &answer.encode_to_vec(),
        answered_way,
        &mut found,
    );
    assert_eq!(found.customers, [asked, answered].into());
    let read: Vec<_> = found.read.iter().map(AsRef::as_ref).collect();
    assert_eq!(read, ["Customer.display_name"]);
    assert!(found.written.is_empty() && !found.is_partial);
}

#[test]
fn what_no_decoder_reads_ends_the_look_without_harm() {
    let plans = plans();
    let plan = plans
        .get("/patron.profile.v1.CustomerService/GetCustomer")
        .unwrap();
    for bytes in [
        &[0xff; 40][..],
        &[0x0a, 0x7f, 1],
        &[0x0b],
        &[0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
    ] {
        let mut found = Found::default();
        let way = Direction::Asked(plan.kind);
        plans.types().scan(plan.input, bytes, way, &mut found);
        assert!(found.is_partial && found.customers.is_empty());
    }
}
