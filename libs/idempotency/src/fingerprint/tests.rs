use contract::patron::loyalty::v1::{CreateRedemptionRequest, LotShare, Redemption};
use proptest::prelude::*;

use super::*;

fn key() -> Key {
    let id = "0195790c-a000-7000-8000-000000000001";
    Key::new(
        "user:anna",
        "patron.loyalty.v1.MemberService/CreateRedemption",
        id,
    )
    .unwrap()
}

fn request(points: i64, reference: &str) -> CreateRedemptionRequest {
    CreateRedemptionRequest {
        redemption: Some(Redemption {
            customer_id: "0195790c-a000-7000-8000-000000000002".to_owned(),
            points,
            reference: reference.to_owned(),
            ..Redemption::default()
        }),
        request_id: "0195790c-a000-7000-8000-000000000001".to_owned(),
        validate_only: false,
    }
}

fn first_difference(before: &CreateRedemptionRequest, now: &CreateRedemptionRequest) -> String {
    let before = Fingerprint::of(&key(), before);
    Fingerprint::of(&key(), now).first_difference::<CreateRedemptionRequest>(&before.fields)
}

#[test]
fn the_first_field_that_differs_is_named_by_its_path() {
    let before = request(100, "an order");
    assert_eq!(
        first_difference(&before, &request(101, "another")),
        "redemption.points"
    );
    assert_eq!(
        first_difference(&before, &request(100, "another")),
        "redemption.reference"
    );
    let dry = CreateRedemptionRequest {
        validate_only: true,
        ..before.clone()
    };
    assert_eq!(first_difference(&before, &dry), "validate_only");
    let empty = CreateRedemptionRequest {
        redemption: None,
        ..before.clone()
    };
    assert_eq!(first_difference(&before, &empty), "redemption");
}

#[test]
fn a_repeated_field_and_a_timestamp_are_named_as_one() {
    let mut before = request(100, "an order");
    let mut now = before.clone();
    let lots = |amount| {
        vec![
            LotShare {
                lot_id: String::new(),
                amount
            };
            2
        ]
    };
    before.redemption.as_mut().unwrap().lots = lots(1);
    now.redemption.as_mut().unwrap().lots = lots(2);
    assert_eq!(first_difference(&before, &now), "redemption.lots");
    let time = prost_types::Timestamp {
        seconds: 1,
        nanos: 0,
    };
    now.redemption.as_mut().unwrap().create_time = Some(time);
    assert_eq!(first_difference(&before, &now), "redemption.create_time");
}

#[test]
fn equal_values_under_another_key_leave_other_digests() {
    let other = Key {
        caller: "user:ben".to_owned(),
        ..key()
    };
    let request = request(100, "an order");
    let (one, two) = (
        Fingerprint::of(&key(), &request),
        Fingerprint::of(&other, &request),
    );
    assert_eq!(one.request, two.request);
    assert_ne!(one.fields, two.fields);
}

proptest! {
    #[test]
    fn a_request_has_the_same_fingerprint_each_time_and_another_request_another(
        points in any::<i64>(), reference in ".{0,40}", other in any::<i64>(),
    ) {
        let one = Fingerprint::of(&key(), &request(points, &reference));
        prop_assert_eq!(&one, &Fingerprint::of(&key(), &request(points, &reference)));
        let two = Fingerprint::of(&key(), &request(other, &reference));
        prop_assert_eq!(one.request == two.request, points == other);
    }
}
