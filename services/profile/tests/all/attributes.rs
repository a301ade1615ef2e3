//! Attributes are what they are defined as, are seen by those who may, stay with the record at which they were set
//! when people are joined and parted, and are read by conditions as exactly as everything else.

use chassis::Clock;
use contract::patron::access::v1::Sensitivity;
use contract::patron::profile::v1 as proto;
use jiff::SignedDuration;
use proto::{
    ArchiveAttributeRequest, Attribute, AttributeChange, AttributeType, AttributeValue,
    CreateAttributeRequest, CustomerAttributes, CustomerAttributesChanged, GetAttributeRequest,
    GetCustomerAttributesRequest, ListAttributeChangesRequest, ListAttributesRequest,
    UpdateAttributeRequest, UpdateCustomerAttributesRequest,
};
use tonic::{Code, Status};

use crate::harness::{Bearer, Profile, fields, metadata, reason, request_id};
use crate::identities::{merge, unmerge};
use crate::segments::{define as segment, members, noon};
use crate::tags::{add, adding, remove};

pub(crate) fn attribute(key: &str, of: AttributeType) -> Attribute {
    Attribute {
        attribute_id: key.to_owned(),
        r#type: of.into(),
        ..Attribute::default()
    }
}

pub(crate) async fn define(profile: &Profile, attribute: Attribute) -> Result<Attribute, Status> {
    let request = CreateAttributeRequest {
        attribute: Some(attribute),
        request_id: request_id(),
    };
    let made = profile.attributes().create_attribute(request).await?;
    Ok(made.into_inner())
}

async fn update(profile: &Profile, attribute: Attribute) -> Result<Attribute, Status> {
    let request = UpdateAttributeRequest {
        attribute: Some(attribute),
        request_id: request_id(),
    };
    let made = profile.attributes().update_attribute(request).await?;
    Ok(made.into_inner())
}

pub(crate) async fn archive(profile: &Profile, key: &str) -> Attribute {
    let request = ArchiveAttributeRequest {
        attribute_id: key.to_owned(),
        request_id: request_id(),
    };
    let archived = profile.attributes().archive_attribute(request).await;
    archived.unwrap().into_inner()
}

fn value(key: &str, value: &str) -> AttributeValue {
    AttributeValue {
        attribute_id: key.to_owned(),
        value: value.to_owned(),
        ..AttributeValue::default()
    }
}

pub(crate) fn setting(
    customer_id: &str,
    set: Vec<AttributeValue>,
) -> UpdateCustomerAttributesRequest {
    UpdateCustomerAttributesRequest {
        customer_id: customer_id.to_owned(),
        set,
        clear: Vec::new(),
        source: "crm".to_owned(),
        request_id: request_id(),
    }
}

pub(crate) async fn change(
    profile: &Profile,
    request: UpdateCustomerAttributesRequest,
) -> Result<CustomerAttributes, Status> {
    let mut attributes = profile.attributes();
    let changed = attributes.update_customer_attributes(request).await?;
    Ok(changed.into_inner())
}

pub(crate) async fn set(
    profile: &Profile,
    customer_id: &str,
    key: &str,
    text: &str,
) -> Result<CustomerAttributes, Status> {
    change(profile, setting(customer_id, vec![value(key, text)])).await
}

pub(crate) async fn clear(profile: &Profile, customer_id: &str, key: &str) {
    let request = UpdateCustomerAttributesRequest {
        clear: vec![key.to_owned()],
        ..setting(customer_id, Vec::new())
    };
    change(profile, request).await.unwrap();
}

pub(crate) async fn got(profile: &Profile, role: &str, customer_id: &str) -> CustomerAttributes {
    let request = GetCustomerAttributesRequest {
        customer_id: customer_id.to_owned(),
    };
    let mut attributes = profile.attributes_as(Bearer::of(&[role]));
    let got = attributes.get_customer_attributes(request).await;
    got.unwrap().into_inner()
}

fn pairs(attributes: &CustomerAttributes) -> Vec<(&str, &str)> {
    let values = attributes.attributes.iter();
    let values = values.map(|it| it.value.as_ref().unwrap());
    values
        .map(|it| (it.attribute_id.as_str(), it.value.as_str()))
        .collect()
}

async fn history(profile: &Profile, role: &str, customer_id: &str) -> Vec<AttributeChange> {
    let mut request = ListAttributeChangesRequest {
        customer_id: customer_id.to_owned(),
        page_size: 2,
        page_token: String::new(),
    };
    let mut attributes = profile.attributes_as(Bearer::of(&[role]));
    let mut changes = Vec::new();
    loop {
        let page = attributes.list_attribute_changes(request.clone()).await;
        let page = page.unwrap().into_inner();
        changes.extend(page.changes);
        if page.next_page_token.is_empty() {
            return changes;
        }
        request.page_token = page.next_page_token;
    }
}

#[tokio::test]
async fn a_batch_of_values_is_set_replaced_and_cleared_and_its_history_stays() {
    let profile = Profile::start().await;
    let of_tea = Attribute {
        choices: vec!["green".to_owned(), "black".to_owned()],
        ..attribute("tea", AttributeType::Choice)
    };
    define(&profile, of_tea).await.unwrap();
    let of_cups = attribute("cups", AttributeType::Integer);
    define(&profile, of_cups).await.unwrap();
    let anna = profile.customer().await;

    let request = setting(&anna, vec![value("tea", "green"), value("cups", "+07")]);
    let both = change(&profile, request.clone()).await.unwrap();
    assert_eq!(pairs(&both), [("cups", "7"), ("tea", "green")]);
    let first = &both.attributes[0];
    assert_eq!(first.r#type(), AttributeType::Integer);
    assert_eq!(
        (first.source.as_str(), first.actor.as_str()),
        ("crm", "user:somebody")
    );
    assert_eq!(
        change(&profile, request).await.unwrap(),
        both,
        "the same request again"
    );
    set(&profile, &anna, "cups", "7").await.unwrap();
    assert_eq!(
        history(&profile, "operator", &anna).await.len(),
        2,
        "nothing has changed"
    );

    set(&profile, &anna, "cups", "8").await.unwrap();
    clear(&profile, &anna, "tea").await;
    clear(&profile, &anna, "tea").await;
    assert_eq!(
        pairs(&got(&profile, "operator", &anna).await),
        [("cups", "8")]
    );
    let told = history(&profile, "operator", &anna).await;
    let told: Vec<_> = told
        .iter()
        .map(|it| (it.value.clone().unwrap(), it.cleared))
        .map(|(it, cleared)| (it.attribute_id, it.value, cleared))
        .take(2)
        .collect();
    let cleared = ("tea".to_owned(), String::new(), true);
    assert_eq!(told, [cleared, ("cups".to_owned(), "8".to_owned(), false)]);
    let announced = profile.payloads::<CustomerAttributesChanged>(&anna).await;
    let keys: Vec<_> = announced.into_iter().map(|it| it.attribute_ids).collect();
    assert_eq!(keys, [vec!["tea", "cups"], vec!["cups"], vec!["tea"]]);
}

#[tokio::test]
async fn what_no_value_can_be_is_refused_with_all_that_is_wrong_and_nothing_is_set() {
    let profile = Profile::start().await;
    for (key, of) in [
        ("cups", AttributeType::Integer),
        ("member", AttributeType::Boolean),
        ("renewal", AttributeType::Date),
    ] {
        define(&profile, attribute(key, of)).await.unwrap();
    }
    let anna = profile.customer().await;
    let wrong = vec![
        value("cups", "many"),
        value("member", "true"),
        value("renewal", "next week"),
    ];
    let refused = change(&profile, setting(&anna, wrong)).await.unwrap_err();
    assert_eq!(
        (refused.code(), reason(&refused).as_str()),
        (Code::InvalidArgument, "ATTRIBUTE_VALUE_INVALID")
    );
    assert_eq!(fields(&refused), ["set[0].value", "set[2].value"]);
    assert!(got(&profile, "operator", &anna).await.attributes.is_empty());

    let refused = set(&profile, &anna, "nobodys", "1").await.unwrap_err();
    assert_eq!(
        (
            reason(&refused).as_str(),
            metadata(&refused, "attribute_id").as_str()
        ),
        ("ATTRIBUTE_NOT_FOUND", "nobodys")
    );
    let twice = vec![value("cups", "1"), value("cups", "2")];
    let refused = change(&profile, setting(&anna, twice)).await.unwrap_err();
    assert_eq!(fields(&refused), ["set[1].attribute_id"]);
}

#[tokio::test]
async fn a_definition_keeps_what_values_rely_on_and_takes_none_once_it_is_archived() {
    let profile = Profile::start().await;
    let mut tea = Attribute {
        choices: vec!["green".to_owned()],
        ..attribute("tea", AttributeType::Choice)
    };
    let made = define(&profile, tea.clone()).await.unwrap();
    assert_eq!(made.etag, "1");
    let again = define(&profile, tea.clone()).await.unwrap_err();
    assert_eq!(reason(&again), "ATTRIBUTE_ALREADY_EXISTS");
    tea.choices = vec!["black".to_owned()];
    let refused = update(&profile, tea.clone()).await.unwrap_err();
    assert_eq!(reason(&refused), "ATTRIBUTE_TYPE_FIXED");
    assert_eq!(fields(&refused), ["attribute.choices"]);
    tea.choices.push("green".to_owned());
    tea.etag = "1".to_owned();
    assert_eq!(update(&profile, tea.clone()).await.unwrap().etag, "2");
    let stale = update(&profile, tea).await.unwrap_err();
    assert_eq!(reason(&stale), "ETAG_MISMATCH");
    let reserved = attribute("days_to_tea", AttributeType::Text);
    let refused = define(&profile, reserved).await.unwrap_err();
    assert_eq!(fields(&refused), ["attribute.attribute_id"]);

    let anna = profile.customer().await;
    set(&profile, &anna, "tea", "black").await.unwrap();
    assert!(archive(&profile, "tea").await.archived);
    let refused = set(&profile, &anna, "tea", "green").await.unwrap_err();
    assert_eq!(reason(&refused), "ATTRIBUTE_ARCHIVED");
    assert_eq!(
        pairs(&got(&profile, "operator", &anna).await),
        [("tea", "black")]
    );
    clear(&profile, &anna, "tea").await;
    let request = ListAttributesRequest::default();
    let in_use = profile.attributes().list_attributes(request).await.unwrap();
    assert!(in_use.into_inner().attributes.is_empty());
    let request = GetAttributeRequest {
        attribute_id: "tea".to_owned(),
    };
    let got = profile.attributes().get_attribute(request).await.unwrap();
    assert!(got.into_inner().archived);
}

#[tokio::test]
async fn who_is_joined_has_what_was_set_last_and_each_its_own_when_parted() {
    let profile = Profile::start().await;
    for key in ["tea", "size"] {
        let text = attribute(key, AttributeType::Text);
        define(&profile, text).await.unwrap();
    }
    let (anna, ann) = (profile.customer().await, profile.customer().await);
    set(&profile, &anna, "tea", "green").await.unwrap();
    set(&profile, &ann, "tea", "black").await.unwrap();
    set(&profile, &ann, "size", "L").await.unwrap();
    let link = merge(&profile, &anna, &ann).await.unwrap().link.unwrap();
    let joined = got(&profile, "operator", &ann).await;
    assert_eq!(joined.customer_id, anna);
    assert_eq!(pairs(&joined), [("size", "L"), ("tea", "black")]);
    set(&profile, &anna, "tea", "green").await.unwrap();
    let joined = got(&profile, "operator", &ann).await;
    assert_eq!(
        pairs(&joined),
        [("size", "L"), ("tea", "green")],
        "said anew"
    );

    unmerge(&profile, &anna, &link.link_id).await.unwrap();
    assert_eq!(
        pairs(&got(&profile, "operator", &anna).await),
        [("tea", "green")]
    );
    let parted = got(&profile, "operator", &ann).await;
    assert_eq!(pairs(&parted), [("size", "L"), ("tea", "black")]);

    merge(&profile, &anna, &ann).await.unwrap();
    clear(&profile, &anna, "tea").await;
    let joined = got(&profile, "operator", &ann).await;
    assert_eq!(pairs(&joined), [("size", "L")], "wherever it stood");
}

#[tokio::test]
async fn what_is_cleared_while_two_are_one_is_gone_for_both_and_only_where_it_was_said_once_parted()
{
    let profile = Profile::start().await;
    for key in ["tea", "size"] {
        let text = attribute(key, AttributeType::Text);
        define(&profile, text).await.unwrap();
    }
    let (anna, ann) = (profile.customer().await, profile.customer().await);
    set(&profile, &anna, "tea", "green").await.unwrap();
    set(&profile, &ann, "tea", "black").await.unwrap();
    set(&profile, &ann, "size", "L").await.unwrap();
    let link = merge(&profile, &anna, &ann).await.unwrap().link.unwrap();
    for key in ["tea", "size", "size"] {
        clear(&profile, &anna, key).await;
    }
    let joined = got(&profile, "operator", &ann).await;
    assert_eq!(pairs(&joined), [], "wherever it stood");
    let changes = history(&profile, "operator", &ann).await;
    let cleared = changes.iter().filter(|it| it.cleared);
    let cleared: Vec<_> = cleared
        .map(|it| (&it.customer_id, &it.by_customer_id))
        .collect();
    assert_eq!(
        cleared,
        [(&ann, &anna), (&ann, &anna), (&anna, &anna)],
        "once"
    );

    unmerge(&profile, &anna, &link.link_id).await.unwrap();
    assert_eq!(pairs(&got(&profile, "operator", &anna).await), []);
    let parted = got(&profile, "operator", &ann).await;
    assert_eq!(pairs(&parted), [("size", "L"), ("tea", "black")]);
    assert_eq!(
        history(&profile, "operator", &anna).await.len(),
        2,
        "its own"
    );
    assert_eq!(
        history(&profile, "operator", &ann).await.len(),
        2,
        "its own"
    );

    let link = merge(&profile, &anna, &ann).await.unwrap().link.unwrap();
    assert_eq!(pairs(&got(&profile, "operator", &anna).await), []);
    set(&profile, &ann, "tea", "black").await.unwrap();
    let joined = got(&profile, "operator", &anna).await;
    assert_eq!(pairs(&joined), [("tea", "black")], "said anew");
    // Gone already for the two, but not for the one alone.
    clear(&profile, &ann, "size").await;
    unmerge(&profile, &anna, &link.link_id).await.unwrap();
    let parted = got(&profile, "operator", &ann).await;
    assert_eq!(pairs(&parted), [("tea", "black")]);
}

#[tokio::test]
async fn segments_read_what_the_two_have_while_they_are_one_and_what_each_has_once_parted() {
    let profile = Profile::start_with(Clock::manual(noon())).await;
    define(&profile, attribute("tea", AttributeType::Text))
        .await
        .unwrap();
    let (anna, ann) = (profile.customer().await, profile.customer().await);
    set(&profile, &ann, "tea", "black").await.unwrap();
    add(&profile, adding(&ann, "vip")).await.unwrap();
    let condition = "has(attribute.tea) || 'vip' in customer.tags";
    segment(&profile, "known", condition).await.unwrap();
    assert_eq!(members(&profile, "known").await, [ann.as_str()]);
    let link = merge(&profile, &anna, &ann).await.unwrap().link.unwrap();
    assert_eq!(members(&profile, "known").await, [anna.as_str()]);
    clear(&profile, &anna, "tea").await;
    remove(&profile, &anna, "vip").await.unwrap();
    assert_eq!(members(&profile, "known").await, [""; 0]);
    unmerge(&profile, &anna, &link.link_id).await.unwrap();
    assert_eq!(members(&profile, "known").await, [ann]);
}

#[tokio::test]
async fn a_value_is_seen_as_its_sensitivity_is_exposed_also_after_that_has_changed() {
    let profile = Profile::start().await;
    let mut income = attribute("income", AttributeType::Integer);
    define(&profile, income.clone()).await.unwrap();
    let account = Attribute {
        sensitivity: Sensitivity::Contact.into(),
        ..attribute("account", AttributeType::Text)
    };
    define(&profile, account).await.unwrap();
    let anna = profile.customer().await;
    set(&profile, &anna, "income", "50000").await.unwrap();
    let stray = set(&profile, &anna, "account", "13812345678")
        .await
        .unwrap_err();
    assert_eq!(
        fields(&stray),
        ["set[0].value"],
        "the field of another sensitivity"
    );
    let account = AttributeValue {
        contact_value: "13812345678".to_owned(),
        ..value("account", "")
    };
    change(&profile, setting(&anna, vec![account]))
        .await
        .unwrap();

    income.sensitivity = Sensitivity::Sensitive.into();
    update(&profile, income).await.unwrap();
    let seen = got(&profile, "operator", &anna).await;
    let seen: Vec<_> = seen
        .attributes
        .into_iter()
        .filter_map(|it| it.value)
        .collect();
    assert_eq!(seen[0].contact_value, "13812345678");
    assert_eq!(
        (seen[1].sensitive_value.as_str(), seen[1].value.as_str()),
        ("50000", "")
    );
    let masked = got(&profile, "agent", &anna).await;
    let masked: Vec<_> = masked
        .attributes
        .into_iter()
        .filter_map(|it| it.value)
        .collect();
    assert_eq!(masked[0].contact_value, "138****5678");
    assert_eq!(masked[1], value("income", ""), "hidden from agents");
    let told = history(&profile, "agent", &anna).await;
    assert_eq!(
        told[1].value,
        Some(value("income", "")),
        "before it was sensitive, too"
    );

    let richer = AttributeValue {
        sensitive_value: "90000".to_owned(),
        ..value("income", "")
    };
    let mut agent = profile.attributes_as(Bearer::of(&["agent"]));
    let request = setting(&anna, vec![richer]);
    let refused = agent.update_customer_attributes(request).await;
    let refused = refused.unwrap_err();
    assert_eq!(reason(&refused), "FIELD_NOT_EXPOSED");
    assert_eq!(fields(&refused), ["set[0].sensitive_value"]);
}

#[tokio::test]
async fn segments_follow_attributes_and_follow_the_days_to_them() {
    let clock = Clock::manual(noon());
    let profile = Profile::start_with(clock.clone()).await;
    define(&profile, attribute("cups", AttributeType::Integer))
        .await
        .unwrap();
    define(&profile, attribute("renewal", AttributeType::Date))
        .await
        .unwrap();
    segment(&profile, "many", "attribute.?cups.orValue(0) > 5")
        .await
        .unwrap();
    let soon = "has(attribute.days_to_renewal) && attribute.days_to_renewal <= 30";
    segment(&profile, "soon", soon).await.unwrap();
    let anna = profile.customer().await;
    assert_eq!(members(&profile, "many").await, [""; 0]);
    set(&profile, &anna, "cups", "6").await.unwrap();
    set(&profile, &anna, "renewal", "2026-07-01").await.unwrap();
    assert_eq!(members(&profile, "many").await, [anna.as_str()]);
    assert_eq!(members(&profile, "soon").await, [""; 0]);
    clock.advance(SignedDuration::from_hours(24 * 31));
    assert_eq!(members(&profile, "soon").await, [anna.as_str()]);
    clear(&profile, &anna, "cups").await;
    assert_eq!(members(&profile, "many").await, [""; 0]);
}

#[tokio::test]
async fn a_condition_says_attributes_that_there_are_by_their_types_and_no_ways_to_reach_people() {
    let profile = Profile::start().await;
    define(&profile, attribute("cups", AttributeType::Integer))
        .await
        .unwrap();
    let account = Attribute {
        sensitivity: Sensitivity::Contact.into(),
        ..attribute("account", AttributeType::Text)
    };
    define(&profile, account).await.unwrap();
    for wrong in [
        "attribute.?cps.orValue(0) > 5",
        "attribute.?cups.orValue('') == 'many'",
        "attribute.cups > 5",
        "attribute.?account.orValue('') == '1'",
    ] {
        let refused = segment(&profile, "wrong", wrong).await.unwrap_err();
        assert_eq!(reason(&refused), "SEGMENT_CONDITION_INVALID", "{wrong}");
    }
}
