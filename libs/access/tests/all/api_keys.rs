//! API keys: what the file says is what a service believes, and no other key is believed.

use access::{
    ApiKey, ApiKeyError, ApiKeyFileError, ApiKeys, DevelopmentIssuer, EntryFault, ExchangeError,
    IssuerKind, KeyExchange, NewApiKey, Roles, Scope, Signer, TrustedKey, Verifier,
};
use jiff::{SignedDuration, Timestamp};

fn now() -> Timestamp {
    "2026-03-09T10:00:00Z".parse().unwrap()
}

fn key(secret: u8) -> ApiKey {
    ApiKey::from_random([7; 6], [secret; 32])
}

fn entry() -> String {
    let new = NewApiKey {
        name: "shop-berlin".to_owned(),
        roles: vec!["machine".to_owned()],
        scopes: Scope::split("loyalty.*.read profile.customers.read").unwrap(),
        regions: vec!["emea".to_owned()],
        expires_at: now() + SignedDuration::from_hours(24),
    };
    new.entry(&key(1), &Roles::default()).unwrap()
}

fn keys(text: &str) -> Result<ApiKeys, ApiKeyFileError> {
    ApiKeys::from_toml(text, &Roles::default())
}

/// The gateway's side, and that of a service.
fn exchange(text: &str) -> (KeyExchange, Verifier) {
    let folder = tempfile::tempdir().unwrap();
    let issuer = DevelopmentIssuer::open(&folder.path().join("key.pem"), "patron").unwrap();
    let signer = Signer::from_pem("patron-api-keys", "patron", issuer.pem()).unwrap();
    let jwks = signer.jwks().unwrap();
    let trusted = TrustedKey::from_jwks("patron-api-keys", IssuerKind::Machines, &jwks).unwrap();
    let exchange = KeyExchange::new(signer, keys(text).unwrap());
    (exchange, Verifier::new(trusted, "patron"))
}

fn refusal(exchange: &KeyExchange, key: &str, now: Timestamp) -> ApiKeyError {
    match exchange.exchange(key, now).unwrap_err() {
        ExchangeError::Key(error) => error,
        ExchangeError::Sign(error) => panic!("{error}"),
    }
}

#[test]
fn a_service_sees_an_ordinary_short_token_with_what_the_file_says() {
    let (exchange, verifier) = exchange(&entry());
    let swapped = exchange.exchange(key(1).expose(), now()).unwrap();
    let seen = verifier.verify(swapped.token.expose(), now()).unwrap();
    assert_eq!(seen.id(), "machine:shop-berlin");
    assert_eq!(
        (seen.roles.as_slice(), seen.regions.as_slice()),
        (&["machine".to_owned()][..], &["emea".to_owned()][..])
    );
    assert_eq!(seen, swapped);
    let roles = Roles::default();
    assert!(roles.allows(&seen, "loyalty.members.read"));
    assert!(
        !roles.allows(&seen, "loyalty.redemptions.write"),
        "beyond its scopes"
    );
    let later = now() + SignedDuration::from_secs(331);
    assert!(
        verifier.verify(swapped.token.expose(), later).is_err(),
        "short"
    );
    let renewed = exchange.exchange(key(1).expose(), later).unwrap();
    assert!(verifier.verify(renewed.token.expose(), later).is_ok());
}

#[test]
fn a_wrong_secret_and_an_unknown_id_are_answered_alike_and_only_the_owner_learns_of_the_end() {
    let revoked = format!("{}revoked_at = \"2026-03-09T11:00:00Z\"\n", entry());
    let (exchange, _) = exchange(&revoked);
    let unknown = ApiKey::from_random([8; 6], [1; 32]);
    let (later, last) = (
        now() + SignedDuration::from_hours(2),
        now() + SignedDuration::from_hours(48),
    );
    for wrong in [key(2).expose(), unknown.expose(), "patron_x_y"] {
        for at in [now(), later, last] {
            assert_eq!(refusal(&exchange, wrong, at), ApiKeyError::Unknown);
        }
    }
    assert!(exchange.exchange(key(1).expose(), now()).is_ok());
    assert!(matches!(
        refusal(&exchange, key(1).expose(), later),
        ApiKeyError::Revoked { .. }
    ));

    exchange.replace_keys(keys(&entry()).unwrap());
    assert!(exchange.exchange(key(1).expose(), later).is_ok());
    assert!(matches!(
        refusal(&exchange, key(1).expose(), last),
        ApiKeyError::Expired { .. }
    ));
    exchange.replace_keys(ApiKeys::default());
    assert_eq!(
        refusal(&exchange, key(1).expose(), now()),
        ApiKeyError::Unknown
    );
}

#[test]
fn a_file_that_can_not_be_meant_is_refused_with_the_key_and_its_fault() {
    let changed = |from: &str, to: &str| {
        let text = entry().replace(from, to);
        assert_ne!(text, entry(), "{from}");
        match keys(&text).unwrap_err() {
            ApiKeyFileError::Entry { fault, .. } => Some(fault),
            _ => None,
        }
    };
    let role = |role: &str| EntryFault::Role {
        role: role.to_owned(),
    };
    assert_eq!(
        changed("[\"machine\"]", "[\"service\"]"),
        Some(role("service"))
    );
    assert_eq!(changed("[\"machine\"]", "[\"boss\"]"), Some(role("boss")));
    assert_eq!(
        changed("[\"machine\"]", "[]"),
        Some(EntryFault::Empty { list: "roles" })
    );
    assert_eq!(
        changed("shop-berlin", "shop berlin"),
        Some(EntryFault::Name)
    );
    assert_eq!(changed("070707070707", "shop"), Some(EntryFault::Id));
    assert!(matches!(
        changed("loyalty.*.read", "loyalty.*.Read"),
        Some(EntryFault::Scope(_))
    ));
    assert_eq!(
        changed("expires_at", "expires"),
        None,
        "unknown and missing settings"
    );
    assert!(!format!("{:?}", keys("[keys.x").unwrap_err()).is_empty());
}
