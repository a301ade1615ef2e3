//! A sealed value opens at its place, in its version, under its customer's key; anything else does not.

use proptest::prelude::*;
use seal::{CannotOpen, DataKey, Keyring, Place, Wrapped};
use uuid::Uuid;

fn keyring(id: &str) -> Keyring {
    Keyring::parse(&Keyring::generate(id).unwrap()).unwrap()
}

/// Two keyrings as one, the keys of the first in use.
fn rotated(new: &str, old: &str) -> Keyring {
    let entries = |text: &str, kind: &str| {
        let head = format!("[[{kind}]]");
        let after = text.split(&head).nth(1).unwrap();
        format!("{head}{}", after.split("[[").next().unwrap())
    };
    let all = ["master", "index"].map(|kind| entries(new, kind) + &entries(old, kind));
    Keyring::parse(&all.concat()).unwrap()
}

fn customer() -> impl Strategy<Value = Uuid> {
    any::<u128>().prop_map(Uuid::from_u128)
}

proptest! {
    #[test]
    fn a_value_comes_back_as_it_was_sealed_and_its_bytes_tell_nothing(
        id in customer(), value in proptest::collection::vec(any::<u8>(), 8..200),
    ) {
        let key = DataKey::new(id).unwrap();
        let place = Place { table: "sources", column: "details", row: Uuid::nil(), version: 1 };
        let sealed = key.seal(place, &value).unwrap();
        prop_assert_eq!(key.open(place, &sealed).unwrap(), value.clone());
        prop_assert!(!sealed.windows(value.len()).any(|part| part == value));
        prop_assert_ne!(key.seal(place, &value).unwrap(), sealed, "a nonce was used twice");
    }

    #[test]
    fn a_value_that_was_moved_changed_or_cut_does_not_open(
        id in customer(), other in customer(), version in any::<i64>(), later in any::<i64>(),
        value in ".{0,40}", at in any::<prop::sample::Index>(), bit in 0_u8..8,
    ) {
        prop_assume!(id != other && !other.is_nil() && version != later);
        let key = DataKey::new(id).unwrap();
        let place = Place { table: "sources", column: "details", row: Uuid::nil(), version };
        let sealed = key.seal(place, value.as_bytes()).unwrap();
        for moved in [
            Place { table: "source", ..place },
            Place { column: "sdetails", table: "source", ..place },
            Place { column: "observed", ..place },
            Place { row: other, ..place },
            Place { version: later, ..place },
        ] {
            prop_assert_eq!(key.open(moved, &sealed), Err(CannotOpen));
        }
        let stranger = DataKey::new(other).unwrap();
        prop_assert_eq!(stranger.open(place, &sealed), Err(CannotOpen));
        let mut changed = sealed.clone();
        changed[at.index(sealed.len())] ^= 1 << bit;
        prop_assert_eq!(key.open(place, &changed), Err(CannotOpen));
        prop_assert_eq!(key.open(place, &sealed[..at.index(sealed.len())]), Err(CannotOpen));
    }

    #[test]
    fn a_wrapped_key_opens_for_its_customer_and_master_only(id in customer(), other in customer()) {
        prop_assume!(id != other);
        let mine = keyring("mine");
        let key = DataKey::new(id).unwrap();
        let place = Place { table: "t", column: "c", row: Uuid::nil(), version: 1 };
        let sealed = key.seal(place, b"text").unwrap();
        let wrapped = key.wrap(&mine).unwrap();
        let again = DataKey::unwrap(&mine, id, &wrapped).unwrap();
        prop_assert_eq!(again.open(place, &sealed).unwrap(), b"text");
        prop_assert!(DataKey::unwrap(&mine, other, &wrapped).is_err());
        prop_assert!(DataKey::unwrap(&keyring("mine"), id, &wrapped).is_err());
        let renamed = Wrapped { master_id: "other".to_owned(), ..wrapped };
        prop_assert!(DataKey::unwrap(&mine, id, &renamed).is_err());
    }

    #[test]
    fn fingerprints_tell_field_and_value_apart_and_need_the_key(
        field in "[a-z]{1,4}", value in ".{0,12}", (other_field, other) in ("[a-z]{1,4}", ".{0,12}"),
    ) {
        prop_assume!((&field, &value) != (&other_field, &other));
        let mine = keyring("mine");
        let print = mine.fingerprint(&field, &value);
        prop_assert!(print.is_some());
        prop_assert_eq!(&print, &mine.fingerprint(&field, &value));
        prop_assert_ne!(&print, &mine.fingerprint(&other_field, &other));
        prop_assert_ne!(&print, &keyring("mine").fingerprint(&field, &value));
    }
}

#[test]
fn after_a_rotation_old_keys_still_open_and_find_and_new_ones_are_used() {
    let (new_text, old_text) = (
        Keyring::generate("new").unwrap(),
        Keyring::generate("old").unwrap(),
    );
    let (old, both) = (
        Keyring::parse(&old_text).unwrap(),
        rotated(&new_text, &old_text),
    );
    let id = Uuid::from_u128(1);
    let wrapped = DataKey::new(id).unwrap().wrap(&old).unwrap();
    let key = DataKey::unwrap(&both, id, &wrapped).unwrap();
    assert_eq!(key.wrap(&both).unwrap().master_id, "new");
    let before = old.fingerprint("phone", "13800001111").unwrap();
    let found: Vec<_> = both.fingerprints("phone", "13800001111").collect();
    assert_eq!(found.len(), 2);
    assert_eq!((found[0].key_id.as_str(), &found[1]), ("new", &before));
}

proptest! {
    #[test]
    fn what_the_service_seals_opens_at_its_place_alone(
        value in proptest::collection::vec(any::<u8>(), 8..200), part in "[a-c]{0,3}", other in "[a-c]{0,3}",
        at in any::<prop::sample::Index>(), bit in 0_u8..8,
    ) {
        let keyring = keyring("one");
        let key = keyring.service_key().unwrap();
        let place: [&[u8]; 2] = [b"reply", part.as_bytes()];
        let sealed = key.seal(&place, &value).unwrap();
        prop_assert_eq!(key.open(&place, &sealed).unwrap(), value.clone());
        prop_assert!(!sealed.windows(value.len()).any(|part| part == value));
        let joined = format!("reply{part}");
        let elsewhere: [&[&[u8]]; 3] = [&[joined.as_bytes()], &[b"reply", part.as_bytes(), b""], &[b"reply"]];
        for place in elsewhere {
            prop_assert_eq!(key.open(place, &sealed), Err(CannotOpen));
        }
        if other != part {
            prop_assert_eq!(key.open(&[b"reply", other.as_bytes()], &sealed), Err(CannotOpen));
            prop_assert_ne!(key.digest(&[b"reply", other.as_bytes()], &value), key.digest(&place, &value));
        }
        let mut changed = sealed.clone();
        changed[at.index(sealed.len())] ^= 1 << bit;
        prop_assert_eq!(key.open(&place, &changed), Err(CannotOpen));
    }
}

#[test]
fn what_the_service_has_sealed_opens_while_its_master_key_is_in_the_keyring() {
    let (old, new) = (
        Keyring::generate("old").unwrap(),
        Keyring::generate("new").unwrap(),
    );
    let place: [&[u8]; 1] = [b"reply"];
    let before = Keyring::parse(&old).unwrap();
    let sealed = before.service_key().unwrap().seal(&place, b"it").unwrap();
    let both = rotated(&new, &old);
    assert_eq!(both.service_key().unwrap().master_id(), "new");
    let opened = both.service_key_of("old").unwrap().open(&place, &sealed);
    assert_eq!(opened.unwrap(), b"it");
    let wrong = both.service_key().unwrap().open(&place, &sealed);
    assert_eq!(wrong, Err(CannotOpen));
    assert!(
        Keyring::parse(&new)
            .unwrap()
            .service_key_of("old")
            .is_none()
    );
}
