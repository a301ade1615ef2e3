//! A service proves who it is with short-lived tokens; a developer's machine has an issuer of its own.

use std::os::unix::fs::PermissionsExt as _;

use access::{DevelopmentIssuer, IssuerKind, ServiceIdentity, Signer, TrustedKey, Verifier};
use jiff::{SignedDuration, Timestamp};

fn now() -> Timestamp {
    "2025-03-09T10:00:00Z".parse().unwrap()
}

#[test]
fn the_development_key_is_made_once_and_is_its_owners_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state/key.pem");
    let first = DevelopmentIssuer::open(&path, "patron").unwrap();
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let again = DevelopmentIssuer::open(&path, "patron").unwrap();
    assert_eq!(again.jwks().unwrap(), first.jwks().unwrap());
    assert!(
        !first.jwks().unwrap().contains("\"d\""),
        "the private half stays private"
    );

    let keys = TrustedKey::from_jwks(first.issuer(), IssuerKind::People, &first.jwks().unwrap());
    let token = again
        .operator_token(now(), SignedDuration::from_hours(1))
        .unwrap();
    let caller = Verifier::new(keys.unwrap(), "patron")
        .verify(token.expose(), now())
        .unwrap();
    assert_eq!(caller.id(), "user:operator");
    assert_eq!(caller.roles, ["operator"]);
}

#[test]
fn a_file_that_holds_no_key_is_left_alone() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "not a key").unwrap();
    assert!(DevelopmentIssuer::open(file.path(), "patron").is_err());
    assert_eq!(std::fs::read_to_string(file.path()).unwrap(), "not a key");
}

#[test]
fn a_services_token_is_used_again_until_shortly_before_it_expires() {
    let folder = tempfile::tempdir().unwrap();
    let issuer = DevelopmentIssuer::open(&folder.path().join("key.pem"), "patron").unwrap();
    let signer = Signer::from_pem("patron-services", "patron", issuer.pem()).unwrap();
    let jwks = signer.jwks().unwrap();
    let keys = TrustedKey::from_jwks("patron-services", IssuerKind::Services, &jwks).unwrap();
    let verifier = Verifier::new(keys, "patron");
    let identity = ServiceIdentity::new(signer, "loyalty");

    let first = identity.token(now()).unwrap();
    let almost = now() + SignedDuration::from_secs(239);
    assert!(identity.token(almost).unwrap() == first);
    let renewed = identity
        .token(almost + SignedDuration::from_secs(1))
        .unwrap();
    assert!(renewed != first);
    let caller = verifier
        .verify(renewed.expose(), almost + SignedDuration::from_mins(4))
        .unwrap();
    assert_eq!(caller.id(), "service:loyalty");
}
