//! Two issuers may mean two people by one `sub`: they are two callers.

use access::{Claims, DevelopmentIssuer, Signer, TokenError};
use chassis::config::{AccessConfig, AccessConfigError, Config};
use chassis::{KeyWatch, NotVerified};
use jiff::{SignedDuration, Timestamp};

const STAFF: &str = "https://staff.example";
const PARTNERS: &str = "https://partners.example";

fn now() -> Timestamp {
    "2026-03-09T10:00:00Z".parse().unwrap()
}

fn signer(issuer: &str) -> Signer {
    let folder = tempfile::tempdir().unwrap();
    let key = DevelopmentIssuer::open(&folder.path().join("key.pem"), "patron").unwrap();
    Signer::from_pem(issuer, "patron", key.pem()).unwrap()
}

/// What trusts these issuers, each as the configuration's file says.
fn access(issuers: &[(&Signer, &str)]) -> AccessConfig {
    let mut access = Config::defaults().unwrap().access;
    for (signer, more) in issuers {
        let (name, jwks) = (signer.issuer(), signer.jwks().unwrap());
        let text = format!("issuer = \"{name}\"\njwks = '{jwks}'\n{more}");
        access.issuers.push(toml::from_str(&text).unwrap());
    }
    access
}

async fn caller(
    keys: &KeyWatch,
    issuer: &Signer,
    subject: &str,
) -> Result<(String, String), NotVerified> {
    let claims = Claims {
        subject: subject.to_owned(),
        ..Claims::default()
    };
    let token = issuer
        .sign(&claims, now(), SignedDuration::from_hours(1))
        .unwrap();
    let caller = keys.verify(token.expose(), now()).await?;
    let manager = caller.manager_id().unwrap().to_owned();
    Ok((caller.id().to_owned(), manager))
}

#[tokio::test]
async fn equal_subjects_of_two_issuers_are_two_callers_and_neither_can_name_the_others() {
    let (staff, partners) = (signer(STAFF), signer(PARTNERS));
    let partner = "subject_prefix = \"partner:\"";
    let keys = KeyWatch::new(&access(&[(&staff, ""), (&partners, partner)])).unwrap();
    let pair = |one: &str, other: &str| (one.to_owned(), other.to_owned());
    assert_eq!(
        caller(&keys, &staff, "1001").await.unwrap(),
        pair("user:1001", "1001")
    );
    assert_eq!(
        caller(&keys, &partners, "1001").await.unwrap(),
        pair("user:partner:1001", "partner:1001")
    );
    let posing = caller(&keys, &staff, "partner:1001").await;
    let refused = NotVerified::Refused(TokenError::SubjectRefused);
    assert_eq!(posing.unwrap_err(), refused);
}

#[test]
fn issuers_whose_people_could_be_taken_for_each_other_do_not_start() {
    let (staff, partners) = (signer(STAFF), signer(PARTNERS));
    let started = |one: &str, other: &str| {
        let access = access(&[(&staff, one), (&partners, other)]);
        KeyWatch::new(&access).map(drop)
    };
    let prefix = |prefix: &str| format!("subject_prefix = \"{prefix}\"");
    for (one, other) in [
        (String::new(), String::new()),
        (prefix("p:"), prefix("p:")),
        (prefix("p:q:"), prefix("p:")),
    ] {
        let refused = started(&one, &other).unwrap_err();
        assert!(
            matches!(refused, AccessConfigError::Subjects(_)),
            "{refused}"
        );
        let told = refused.to_string();
        assert!(told.contains(STAFF) && told.contains(PARTNERS), "{told}");
        assert!(told.contains("`subject_prefix`"), "{told}");
    }
    for bad in ["", "a b", "ä"] {
        let told = started(&prefix(bad), "").unwrap_err().to_string();
        assert!(told.contains(STAFF), "{told}");
    }
    started(&prefix("p:"), &prefix("q:")).unwrap();
    started("", "role = \"services\"").unwrap();
}

#[test]
fn an_issuer_with_its_keys_in_two_places_is_one() {
    let (old, new) = (signer(STAFF), signer(STAFF));
    let same = "subject_prefix = \"p:\"";
    KeyWatch::new(&access(&[(&old, ""), (&new, "")])).unwrap();
    KeyWatch::new(&access(&[(&old, same), (&new, same)])).unwrap();
    assert!(KeyWatch::new(&access(&[(&old, same), (&new, "")])).is_err());
}
