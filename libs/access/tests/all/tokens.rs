//! A token is believed only when a trusted key of its own issuer signed it, with that key's one
//! algorithm, for this audience, for now.

use access::{IssuerKind, KeySetError, Proof, Signer, TokenError, TrustedKey, Verifier};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use p256::elliptic_curve::rand_core::OsRng;
use p256::pkcs8::{EncodePrivateKey as _, LineEnding};
use serde_json::{Value, json};

const ISSUER: &str = "https://issuer.example";

struct Issuer {
    pem: String,
    key_id: String,
    jwks: String,
}

impl Issuer {
    fn new() -> Self {
        let pem = p256::SecretKey::random(&mut OsRng)
            .to_pkcs8_pem(LineEnding::LF)
            .unwrap();
        let signer = Signer::from_pem(ISSUER, "patron", &pem).unwrap();
        let jwks = signer.jwks().unwrap();
        let parsed: Value = serde_json::from_str(&jwks).unwrap();
        let key_id = parsed["keys"][0]["kid"].as_str().unwrap().to_owned();
        Self {
            pem: pem.as_str().to_owned(),
            key_id,
            jwks,
        }
    }

    fn verifier(&self, kind: IssuerKind) -> Verifier {
        Verifier::new(
            TrustedKey::from_jwks(ISSUER, kind, &self.jwks).unwrap(),
            "patron",
        )
    }

    fn sign(&self, claims: &Value) -> String {
        let header = Header {
            kid: Some(self.key_id.clone()),
            ..Header::new(Algorithm::ES256)
        };
        let key = EncodingKey::from_ec_pem(self.pem.as_bytes()).unwrap();
        jsonwebtoken::encode(&header, claims, &key).unwrap()
    }
}

fn now() -> Timestamp {
    "2025-03-09T10:00:00Z".parse().unwrap()
}

fn claims() -> Value {
    json!({
        "iss": ISSUER,
        "aud": ["other", "patron"],
        "sub": "ann",
        "exp": now().as_second() + 60,
        "nbf": now().as_second(),
        "roles": ["agent"],
        "region": "north",
    })
}

fn with(claim: &str, value: Value) -> Value {
    let mut claims = claims();
    claims[claim] = value;
    claims
}

fn without(claim: &str) -> Value {
    let mut claims = claims();
    claims.as_object_mut().unwrap().remove(claim);
    claims
}

/// The error that a token with these claims and a good signature meets.
fn refused(claims: &Value) -> TokenError {
    let issuer = Issuer::new();
    issuer
        .verifier(IssuerKind::People)
        .verify(&issuer.sign(claims), now())
        .unwrap_err()
}

/// A token of these parts, with whatever signature.
fn assemble(header: &Value, claims: &Value, signature: &[u8]) -> String {
    let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let header = part(header.to_string().as_bytes());
    let claims = part(claims.to_string().as_bytes());
    format!("{header}.{claims}.{}", part(signature))
}

#[test]
fn a_good_token_tells_who_calls_each_time() {
    let issuer = Issuer::new();
    let verifier = issuer.verifier(IssuerKind::People);
    let token = issuer.sign(&claims());
    for _ in 0..2 {
        let caller = verifier.verify(&token, now()).unwrap();
        assert_eq!(caller.id(), "user:ann");
        assert_eq!(
            (&caller.roles[..], &caller.regions[..]),
            (&["agent".into()][..], &["north".into()][..])
        );
        assert!(!caller.is_service());
        assert_eq!(caller.token.expose(), token);
        assert!(!format!("{caller:?}").contains(&token));
    }
}

#[test]
fn every_required_claim_is_required() {
    for claim in ["iss", "aud", "sub", "exp"] {
        match refused(&without(claim)) {
            TokenError::MissingClaim { claim: missing } => assert_eq!(missing, claim),
            other => panic!("{claim}: {other:?}"),
        }
    }
}

#[test]
fn times_are_checked_with_a_leeway_of_half_a_minute_also_for_tokens_seen_before() {
    let issuer = Issuer::new();
    let verifier = issuer.verifier(IssuerKind::People);
    let token = issuer.sign(&claims());
    let at = |seconds| now() + SignedDuration::from_secs(seconds);
    assert!(matches!(
        verifier.verify(&token, at(-31)),
        Err(TokenError::NotYetValid { .. })
    ));
    assert!(verifier.verify(&token, at(-30)).is_ok());
    assert!(verifier.verify(&token, at(89)).is_ok());
    assert!(matches!(
        verifier.verify(&token, at(90)),
        Err(TokenError::Expired { .. })
    ));
    assert_eq!(refused(&with("exp", json!(1e300))), TokenError::Malformed);
}

#[test]
fn tokens_of_others_are_refused() {
    assert_eq!(
        refused(&with("aud", json!("other"))),
        TokenError::WrongAudience
    );
    let unknown = refused(&with("iss", json!("https://elsewhere.example")));
    assert_eq!(
        unknown,
        TokenError::UnknownIssuer {
            issuer: "https://elsewhere.example".into()
        }
    );
    let (trusted, other) = (Issuer::new(), Issuer::new());
    match trusted
        .verifier(IssuerKind::People)
        .verify(&other.sign(&claims()), now())
    {
        Err(TokenError::UnknownKey { key_id, .. }) => assert_eq!(key_id, other.key_id),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_key_of_one_issuer_is_not_believed_for_another() {
    let (good, evil) = (Issuer::new(), Issuer::new());
    let mut keys = TrustedKey::from_jwks(ISSUER, IssuerKind::People, &good.jwks).unwrap();
    let evil_issuer = "https://evil.example";
    keys.extend(TrustedKey::from_jwks(evil_issuer, IssuerKind::People, &evil.jwks).unwrap());
    let verifier = Verifier::new(keys, "patron");
    assert!(
        verifier
            .verify(&evil.sign(&with("iss", json!(evil_issuer))), now())
            .is_ok()
    );
    let crossed = verifier.verify(&evil.sign(&claims()), now());
    assert!(matches!(crossed, Err(TokenError::UnknownKey { .. })));
}

#[test]
fn unsigned_tokens_and_other_algorithms_are_refused_by_name() {
    let issuer = Issuer::new();
    let verifier = issuer.verifier(IssuerKind::People);
    for algorithm in ["none", "None", "HS256", "RS512", "PS256", ""] {
        let header = json!({ "alg": algorithm, "kid": issuer.key_id });
        let error = verifier
            .verify(&assemble(&header, &claims(), b""), now())
            .unwrap_err();
        assert_eq!(
            error,
            TokenError::AlgorithmRefused {
                algorithm: algorithm.into()
            }
        );
    }
}

#[test]
fn a_public_key_is_never_taken_for_a_secret() {
    let issuer = Issuer::new();
    let verifier = issuer.verifier(IssuerKind::People);
    let header = Header {
        kid: Some(issuer.key_id.clone()),
        ..Header::new(Algorithm::HS256)
    };
    let secret = EncodingKey::from_secret(issuer.jwks.as_bytes());
    let confused = jsonwebtoken::encode(&header, &claims(), &secret).unwrap();
    let error = verifier.verify(&confused, now()).unwrap_err();
    assert_eq!(
        error,
        TokenError::AlgorithmRefused {
            algorithm: "HS256".into()
        }
    );
    let header = json!({ "alg": "RS256", "kid": issuer.key_id });
    let error = verifier
        .verify(&assemble(&header, &claims(), b"x"), now())
        .unwrap_err();
    assert!(matches!(error, TokenError::AlgorithmMismatch { .. }));
}

#[test]
fn a_changed_token_is_refused() {
    let issuer = Issuer::new();
    let verifier = issuer.verifier(IssuerKind::People);
    let token = issuer.sign(&claims());
    let parts: Vec<_> = token.split('.').collect();
    let promoted = URL_SAFE_NO_PAD.encode(with("roles", json!(["operator"])).to_string());
    let changed = format!("{}.{promoted}.{}", parts[0], parts[2]);
    assert_eq!(
        verifier.verify(&changed, now()).unwrap_err(),
        TokenError::BadSignature
    );
}

#[test]
fn malformed_tokens_are_refused_without_a_panic() {
    let verifier = Issuer::new().verifier(IssuerKind::People);
    let critical = assemble(
        &json!({ "alg": "ES256", "kid": "x", "crit": ["b64"] }),
        &claims(),
        b"",
    );
    assert_eq!(
        verifier.verify(&critical, now()).unwrap_err(),
        TokenError::CriticalExtension
    );
    let nameless = assemble(&json!({ "alg": "ES256" }), &claims(), b"");
    assert_eq!(
        verifier.verify(&nameless, now()).unwrap_err(),
        TokenError::MissingKeyId
    );
    let long = "x".repeat(8 * 1024 + 1);
    assert_eq!(
        verifier.verify(&long, now()).unwrap_err(),
        TokenError::TooLong { bytes: 8193 }
    );
    for malformed in ["", ".", "..", "...", "a.b.c", "e30.e30.", "ä.ö.ü"] {
        assert_eq!(
            verifier.verify(malformed, now()).unwrap_err(),
            TokenError::Malformed
        );
    }
}

#[test]
fn nobody_but_the_services_issuer_makes_services() {
    let issuer = Issuer::new();
    let people = issuer.verifier(IssuerKind::People);
    let posing = issuer.sign(&with("sub", json!("service:loyalty")));
    assert_eq!(
        people.verify(&posing, now()).unwrap().id(),
        "user:service:loyalty"
    );
    assert!(!people.verify(&posing, now()).unwrap().is_service());
    let error = refused(&with("roles", json!(["service"])));
    assert_eq!(
        error,
        TokenError::ReservedRole {
            role: "service".into()
        }
    );

    let services = issuer.verifier(IssuerKind::Services);
    let mut claims = with("sub", json!("service:loyalty"));
    claims["roles"] = json!(["operator"]);
    let caller = services.verify(&issuer.sign(&claims), now()).unwrap();
    assert!(caller.is_service());
    assert_eq!(
        caller.roles,
        ["service"],
        "a service's role is not the token's to say"
    );
    let person = services.verify(&issuer.sign(&with("sub", json!("ann"))), now());
    assert_eq!(person.unwrap_err(), TokenError::SubjectRefused);
}

#[test]
fn a_machines_token_proves_nothing_of_how_somebody_authenticated() {
    let issuer = Issuer::new();
    let mut claims = with("sub", json!("machine:till"));
    claims["scope"] = json!("*");
    claims["acr"] = json!("phr");
    claims["auth_time"] = json!(now().as_second());
    let token = issuer.sign(&claims);
    let machine = issuer.verifier(IssuerKind::Machines).verify(&token, now());
    assert_eq!(machine.unwrap().proof, Proof::default());
    let person = issuer.verifier(IssuerKind::People).verify(&token, now());
    assert_eq!(person.unwrap().proof.acr.as_deref(), Some("phr"));
}

#[test]
fn withdrawn_keys_are_believed_no_longer_also_for_tokens_seen_before() {
    let (old, new) = (Issuer::new(), Issuer::new());
    let verifier = old.verifier(IssuerKind::People);
    let token = old.sign(&claims());
    assert!(verifier.verify(&token, now()).is_ok());
    verifier.replace_keys(TrustedKey::from_jwks(ISSUER, IssuerKind::People, &new.jwks).unwrap());
    assert!(matches!(
        verifier.verify(&token, now()),
        Err(TokenError::UnknownKey { .. })
    ));
    assert!(verifier.verify(&new.sign(&claims()), now()).is_ok());
}

#[test]
fn key_sets_give_the_usable_keys_and_say_when_there_is_none() {
    let issuer = Issuer::new();
    let mut set: Value = serde_json::from_str(&issuer.jwks).unwrap();
    let usable = set["keys"][0].clone();
    let mut encryption = usable.clone();
    encryption["use"] = json!("enc");
    let mut relabelled = usable.clone();
    relabelled["alg"] = json!("ES384");
    let secret = json!({ "kty": "oct", "k": "c2VjcmV0", "kid": "secret", "alg": "HS256" });
    let unheard_of = json!({ "kty": "new", "kid": "new" });
    set["keys"] = json!([encryption, relabelled, secret, unheard_of]);
    let none = TrustedKey::from_jwks(ISSUER, IssuerKind::People, &set.to_string());
    assert!(
        matches!(none, Err(KeySetError::NoUsableKey { .. })),
        "{none:?}"
    );
    set["keys"].as_array_mut().unwrap().push(usable);
    let one = TrustedKey::from_jwks(ISSUER, IssuerKind::People, &set.to_string());
    assert_eq!(one.unwrap().len(), 1);
    let malformed = TrustedKey::from_jwks(ISSUER, IssuerKind::People, "{}");
    assert!(matches!(malformed, Err(KeySetError::Malformed { .. })));
}

#[test]
fn rs256_and_eddsa_tokens_of_other_issuers_are_verified() {
    for (algorithm, key_file, jwk) in [
        (Algorithm::RS256, RSA_PEM, RSA_JWK),
        (Algorithm::EdDSA, ED25519_PEM, ED25519_JWK),
    ] {
        let key = match algorithm {
            Algorithm::RS256 => EncodingKey::from_rsa_pem(key_file.as_bytes()).unwrap(),
            _ => EncodingKey::from_ed_pem(key_file.as_bytes()).unwrap(),
        };
        let header = Header {
            kid: Some("other".into()),
            ..Header::new(algorithm)
        };
        let token = jsonwebtoken::encode(&header, &claims(), &key).unwrap();
        let jwks = format!(r#"{{"keys":[{jwk}]}}"#);
        let keys = TrustedKey::from_jwks(ISSUER, IssuerKind::People, &jwks).unwrap();
        let caller = Verifier::new(keys, "patron").verify(&token, now());
        assert_eq!(caller.unwrap().id(), "user:ann", "{algorithm:?}");
    }
}

// Keys made for this test alone.
const RSA_PEM: &str = "-----BEGIN PRIVATE KEY-----
MIIEvAIBADANBgkqhkiG9w0BAQEFAASCBKYwggSiAgEAAoIBAQDBVf5umzQJ6NIo
PBojEEOnvF+2v1ymq6pVErCN2N05Hl7Q4RcaHaJWHlq+BdJlXZcH2h45LSr+IBp5
8P2iPxjceaBilj3zZz8p3nB/dhYCryh7iG42pP/tqzIYgPOVmzu9cOkOlFtYtqEh
aQ30mn/2FKavlB0kC4K9Yh6uRgXjyb1fxKawcQllBknxz4HobJa/orSumiJNawLv
B9LfpYYJ4Xv3pZ6EeHYbqUN+SI6busNRADzFArK9a3I7Y07AZFoVfM9LlOHRDrKA
yTJ/+zR8zxwEuQps2gyNejLeHt1jSC4yy+ugsQGpGXR1czTUwfMW6V15EKCYn+cf
H3kT5n5NAgMBAAECggEAVDtsG7Jg7MRT85Wj6YznfQf0R4F+E1uNXX1EELjgQUd7
FdRLpWQt2wlkjY+px+ILsC8WpeCI76j7AA+/4VVONpiDCRDeMtLT0SEJsG65TjgU
EiYxpnsiyeChdc2Q0qiMUZAE6gY2+iKvdwf3PY+mmocKzEpim9asAmjiZxk47bGw
JqIC71hCrGXXqrtbzXs8D8zl5rfs8f9adhl9I8V/Gp+OaaZS9+9FV/oinveGL1Cn
5pI2k3adfFaIQy6y9pnD393cs8YqfvebRFRFyy3sMimyBU1J9tWiqBgzMI45RaZa
0VZiP8E0Y58xp24cxATKo9FDmDY0Ns8g6u92rqZ2/QKBgQDstm8Vk3GtX47QRTD8
e9df19A8OQOjGk7L1mG30V1crz6j2AB65WQoR6u+n9dBkMxZGaROw+2hPaegr18b
IQ3rMx+Fv6DX8vnGYDWqi69DUK43hpA/DAZemm5nwIueJfRCeWbf1EJ9dwYUQT6I
qneaX2qsJeacmBADpT6DZzyWkwKBgQDRFsTmGw8jmk2T3f5aBbDzIgT38DJOqNrs
GjfjHa3snmcNFShP3X837nGsoZl3XyFiKbZP/DZQXhkmRGXo0XVzU1qDAvvz8enC
TW1hbJxsryoUsWDK1tRCA0Q2aUdO8uEZzVd+WBsGlifObHWME1L07l3I2MhyN+w2
MZ696AHDnwKBgDEOhesEyZRSr3g+Pq60w6fbRA6XCkftFdNstIex3hVtRCAUjdTq
YV1vrQoueh/ecFsu0zx3onG+I1VLwvwOV6Ic0DWZxy2570XLfpO/qyzaNaDQRGis
h01n1+Wso8K8vuhf3JAan0T9O8dK1jjgizT0/Vh76lUdtoPq5Q+6f3X9AoGAaKky
FFC1KkghzwOPPzacFYgQ3p8QP4mMVCTnlrsThV7hDI5rqFaiSLgFlLkrXbJzvnRM
uwrvkRkZE6unK3w1g23U38GNptWQAl/JgbvhLRIdSVBkuAQDKawC6A2Y0S8IeGbu
BeNKW+irskteJ6jAnLP4pAHHjEzr41DBOiQ5RdcCgYBCVigTO4UQnzIaKU7460CG
Ss0pLpu7m4UHhkhf3jdztxW7zkU9k1IFZ0Hhsm092k5NA7hoJ0pJD5plC6PRuJDV
Ge8zaY62hLvdmcZujtHojGj5yuohrX5d0i9C1TdJlaFsrEu2HRVY6gG4G0jc/rMs
p5oCKiDY8GrXr0Mb067dTg==
-----END PRIVATE KEY-----";
const RSA_JWK: &str = r#"{"kty":"RSA","kid":"other","e":"AQAB","n":"wVX-bps0CejSKDwaIxBDp7xftr9cpquqVRKwjdjdOR5e0OEXGh2iVh5avgXSZV2XB9oeOS0q_iAaefD9oj8Y3HmgYpY982c_Kd5wf3YWAq8oe4huNqT_7asyGIDzlZs7vXDpDpRbWLahIWkN9Jp_9hSmr5QdJAuCvWIerkYF48m9X8SmsHEJZQZJ8c-B6GyWv6K0rpoiTWsC7wfS36WGCeF796WehHh2G6lDfkiOm7rDUQA8xQKyvWtyO2NOwGRaFXzPS5Th0Q6ygMkyf_s0fM8cBLkKbNoMjXoy3h7dY0guMsvroLEBqRl0dXM01MHzFuldeRCgmJ_nHx95E-Z-TQ"}"#;
const ED25519_PEM: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIBzfVd/moy3qzM9ht3V0/QMMMHSI8QSOwWaHOo1Fo9ce
-----END PRIVATE KEY-----";
const ED25519_JWK: &str = r#"{"kty":"OKP","crv":"Ed25519","kid":"other","x":"H1iFZKGEp4a7L-YkFL50GY7rC2B-VjOj_pcJM5NHAuM"}"#;
