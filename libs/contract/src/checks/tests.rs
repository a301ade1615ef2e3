use tonic_types::StatusExt as _;

use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor};

use super::*;
use crate::patron::loyalty::v1::{
    Activity, CreateRedemptionRequest, IssueCouponsRequest, Redemption,
};
use crate::patron::profile::v1::erasure::Suppression;
use crate::patron::profile::v1::{
    ActivityInput, BatchRecordActivitiesRequest, CreateImportRequest, Import, Order, OrderLine,
    activity_input,
};
use crate::patron::r#type::v1::Money;

fn violations(request: &impl Rules) -> Vec<(String, String)> {
    let Err(status) = check_request(request) else {
        return Vec::new();
    };
    assert_eq!(status.code(), Code::InvalidArgument);
    let details = status.get_error_details();
    assert_eq!(details.error_info().unwrap().reason, "INVALID_ARGUMENT");
    let found = details.bad_request().unwrap().field_violations.iter();
    found
        .map(|violation| (violation.field.clone(), violation.description.clone()))
        .collect()
}

fn redemption(points: i64) -> CreateRedemptionRequest {
    let id = "01890a5d-ac96-774b-bcce-b302099a8057".to_owned();
    CreateRedemptionRequest {
        request_id: id.clone(),
        redemption: Some(Redemption {
            customer_id: id,
            points,
            reference: "order 7".to_owned(),
            ..Redemption::default()
        }),
        validate_only: false,
    }
}

#[test]
fn a_request_that_keeps_the_rules_passes() {
    assert_eq!(violations(&redemption(1)), []);
}

#[test]
fn what_is_required_must_be_said_even_where_protobuf_has_a_value_for_it() {
    let request = CreateImportRequest {
        import: Some(Import::default()),
        ..CreateImportRequest::default()
    };
    let wrong = ("import.format".to_owned(), "must be set".to_owned());
    assert!(violations(&request).contains(&wrong));
}

#[test]
fn each_broken_rule_is_named_with_its_field() {
    let request = CreateRedemptionRequest {
        request_id: "seven".to_owned(),
        ..redemption(-5)
    };
    assert_eq!(
        violations(&request),
        [
            (
                "redemption.points".to_owned(),
                "must be at least 1".to_owned()
            ),
            ("request_id".to_owned(), "must be a UUID".to_owned()),
        ]
    );
    let empty = CreateRedemptionRequest {
        redemption: None,
        ..redemption(1)
    };
    assert_eq!(
        violations(&empty),
        [("redemption".to_owned(), "is required".to_owned())]
    );
}

#[test]
fn text_never_holds_the_character_that_the_database_refuses() {
    let mut request = redemption(1);
    request.redemption.as_mut().unwrap().reference = "a\0b".to_owned();
    let description = "must not hold the character U+0000".to_owned();
    assert_eq!(
        violations(&request),
        [("redemption.reference".to_owned(), description)]
    );
}

#[test]
fn fields_inside_lists_and_oneofs_are_named_by_their_path() {
    let line = OrderLine {
        line_id: "1".to_owned(),
        product_id: "p".to_owned(),
        quantity: 0,
        amount: Some(Money {
            currency_code: "pounds".to_owned(),
            amount_minor: 1,
        }),
        ..OrderLine::default()
    };
    let order = Order {
        order_id: "536365".to_owned(),
        channel: "online".to_owned(),
        order_time: Some(prost_types::Timestamp::default()),
        lines: vec![line],
        ..Order::default()
    };
    let request = BatchRecordActivitiesRequest {
        items: vec![ActivityInput {
            activity: Some(activity_input::Activity::Order(order)),
            ..ActivityInput::default()
        }],
    };
    let found: Vec<String> = violations(&request)
        .into_iter()
        .map(|(field, _)| field)
        .collect();
    assert_eq!(
        found,
        [
            "items[0].order.lines[0].quantity",
            "items[0].order.lines[0].amount.currency_code"
        ]
    );
    let nothing = BatchRecordActivitiesRequest {
        items: vec![ActivityInput::default()],
    };
    assert_eq!(
        violations(&nothing),
        [("items[0].activity".to_owned(), "is required".to_owned())]
    );
}

#[test]
fn every_pattern_of_the_contract_compiles() {
    let rules = crate::pool()
        .get_extension_by_name("buf.validate.field")
        .unwrap();
    let mut patterns = 0;
    for field in crate::pool()
        .all_messages()
        .flat_map(|message| message.fields().collect::<Vec<_>>())
    {
        let options = field.options();
        let pattern = options
            .get_extension(&rules)
            .as_message()
            .and_then(|rules| {
                let string = rules.get_field_by_name("string")?;
                Some(
                    string
                        .as_message()?
                        .get_field_by_name("pattern")?
                        .as_str()?
                        .to_owned(),
                )
            });
        if let Some(pattern) = pattern.filter(|pattern| !pattern.is_empty()) {
            Regex::new(&pattern).unwrap();
            patterns += 1;
        }
    }
    assert!(patterns > 0);
}

#[test]
fn items_of_lists_are_checked_each() {
    let request = IssueCouponsRequest {
        program_id: "default".to_owned(),
        template_id: "welcome".to_owned(),
        customer_ids: vec![redemption(1).request_id, "somebody".to_owned()],
        request_id: redemption(1).request_id,
        ..IssueCouponsRequest::default()
    };
    let wrong = ("customer_ids[1]".to_owned(), "must be a UUID".to_owned());
    assert_eq!(violations(&request), [wrong]);
}

#[test]
fn bytes_have_the_length_that_is_asked_for() {
    let found = |length: usize| {
        violations(&Suppression {
            key_id: "1".to_owned(),
            fingerprint: vec![0; length].into(),
        })
    };
    assert_eq!(found(32), []);
    let wrong = || [("fingerprint".to_owned(), "must be 32 bytes long".to_owned())];
    for length in [0, 31, 33] {
        assert_eq!(found(length), wrong());
    }
}

#[test]
fn a_map_is_checked_with_its_names_and_values() {
    let mut act = Activity {
        customer_id: redemption(1).request_id,
        activity_type: "sign_in".to_owned(),
        activity_id: "a".to_owned(),
        ..Activity::default()
    };
    let of = |name: usize, value: usize| ("n".repeat(name), "v".repeat(value));
    act.attributes = [of(1, 256), of(64, 0)].into();
    assert!(violations(&act).is_empty());
    act.attributes.extend([of(65, 1), of(2, 257), of(0, 0)]);
    let wrong = [
        ("attributes.key", "must have at least 1 characters"),
        ("attributes.key", "must have at most 64 characters"),
        ("attributes.value", "must have at most 256 characters"),
    ];
    let wrong = wrong.map(|(at, rule)| (at.to_owned(), rule.to_owned()));
    assert_eq!(violations(&act), wrong);
    act.attributes = (0..33)
        .map(|number| (format!("n{number}"), String::new()))
        .collect();
    let many = (
        "attributes".to_owned(),
        "must have at most 32 entries".to_owned(),
    );
    assert_eq!(violations(&act), [many]);
}

/// Every field that a request can have, wherever in it, but for what services ask not to be checked at the door.
fn asked() -> Vec<FieldDescriptor> {
    let services = crate::pool().services();
    let ours = services.filter(|service| service.full_name().starts_with("patron."));
    let methods = ours.flat_map(|service| service.methods().collect::<Vec<_>>());
    let mut open: Vec<MessageDescriptor> = methods.map(|method| method.input()).collect();
    let (mut seen, mut fields) = (std::collections::BTreeSet::new(), Vec::new());
    while let Some(message) = open.pop() {
        if !seen.insert(message.full_name().to_owned()) {
            continue;
        }
        for field in message.fields().filter(|field| !is_left_out(field)) {
            if let Kind::Message(inner) = field.kind()
                && inner.full_name().starts_with("patron.")
            {
                open.push(inner);
            }
            fields.push(field);
        }
    }
    fields
}

fn is_left_out(field: &FieldDescriptor) -> bool {
    let rules = part(field, &[]);
    let ignore = rules.and_then(|rules| rules.get_field_by_name("ignore")?.as_enum_number());
    // IGNORE_ALWAYS.
    ignore == Some(3) || is_output_only(field)
}

fn is_output_only(field: &FieldDescriptor) -> bool {
    let behavior = crate::pool().get_extension_by_name("google.api.field_behavior");
    let options = field.options();
    let declared = options.get_extension(&behavior.unwrap());
    let mut declared = declared.as_list().unwrap().iter();
    // OUTPUT_ONLY.
    declared.any(|it| it.as_enum_number() == Some(3))
}

/// One part of the rules of a field: `repeated`, `repeated.items.string`.
fn part(field: &FieldDescriptor, path: &[&str]) -> Option<DynamicMessage> {
    let rules = crate::pool().get_extension_by_name("buf.validate.field")?;
    let rules = field.options().get_extension(&rules).as_message()?.clone();
    path.iter().try_fold(rules, |rules, step| {
        rules.has_field_by_name(step).then_some(())?;
        rules.get_field_by_name(step)?.as_message().cloned()
    })
}

fn has_one_of(rules: Option<DynamicMessage>, bounds: &[&str]) -> bool {
    rules.is_some_and(|rules| bounds.iter().any(|it| rules.has_field_by_name(it)))
}

#[test]
fn whatever_of_a_request_has_a_length_is_bounded() {
    const OF_TEXT: &[&str] = &["max_len", "pattern", "uuid"];
    let is_bounded = |field: &FieldDescriptor| {
        let has = |path: &[&str], bounds: &[&str]| has_one_of(part(field, path), bounds);
        let is_text = |part: &FieldDescriptor| part.kind() == Kind::String;
        if let Kind::Message(entry) = field.kind()
            && field.is_map()
        {
            let (key, value) = (entry.map_entry_key_field(), entry.map_entry_value_field());
            return has(&["map"], &["max_pairs"])
                && (!is_text(&key) || has(&["map", "keys", "string"], OF_TEXT))
                && (!is_text(&value) || has(&["map", "values", "string"], OF_TEXT));
        }
        if field.is_list() {
            return has(&["repeated"], &["max_items"])
                && (!is_text(field) || has(&["repeated", "items", "string"], OF_TEXT));
        }
        let is_of_bytes = field.kind() == Kind::Bytes;
        (!is_text(field) || has(&["string"], OF_TEXT))
            && (!is_of_bytes || has(&["bytes"], &["len"]))
    };
    // Texts of a map's entries are bounded by the rules of the map.
    let of_entry = |field: &FieldDescriptor| field.parent_message().is_map_entry();
    let fields = asked().into_iter().filter(|field| !of_entry(field));
    let unbounded = fields.filter(|field| !is_bounded(field));
    let unbounded: Vec<_> = unbounded
        .map(|field| field.full_name().to_owned())
        .collect();
    assert_eq!(unbounded, [""; 0]);
}
