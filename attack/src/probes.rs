//! Single calls that must be refused, each for its reason: forged tokens, and requests that are not what they
//! seem.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use jiff::SignedDuration;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Duration, timeout};

use crate::report::Row;
use crate::victim::Victim;

/// Longest wait for an answer.
const BOUND: Duration = Duration::from_secs(15);

/// Calls that must all be refused in one way.
pub(crate) struct Probe {
    pub(crate) name: &'static str,
    asvs: &'static str,
    /// The statuses that are a proper refusal; 0: the connection was closed without an answer.
    refusals: &'static [u16],
    calls: fn(&Victim) -> anyhow::Result<Vec<Call>>,
}

/// One call: what it is, and its bytes over HTTP/1.1.
type Call = (String, Vec<u8>);

pub(crate) const ALL: &[Probe] = &[
    Probe {
        name: "alg none",
        asvs: "9.1.2",
        refusals: &[401],
        calls: alg_none,
    },
    Probe {
        name: "key confusion",
        asvs: "9.1.2",
        refusals: &[401],
        calls: key_confusion,
    },
    Probe {
        name: "kid and jku",
        asvs: "9.1.3",
        refusals: &[401],
        calls: foreign_keys,
    },
    Probe {
        name: "changed tokens",
        asvs: "9.1.1",
        refusals: &[401],
        calls: changed,
    },
    Probe {
        name: "time, audience",
        asvs: "9.2.1",
        refusals: &[401],
        calls: out_of_place,
    },
    Probe {
        name: "malformed timeout",
        asvs: "2.2.1",
        refusals: &[400],
        calls: timeouts,
    },
    Probe {
        name: "smuggling",
        asvs: "4.2.1",
        refusals: &[400, 0],
        calls: smuggling,
    },
];

/// Makes the calls of a probe.
pub(crate) async fn run(victim: &Victim, probe: &Probe) -> anyhow::Result<Row> {
    let calls = (probe.calls)(victim)?;
    let mut faults = Vec::new();
    for (what, bytes) in &calls {
        let status = status(victim, bytes).await?;
        if !probe.refusals.contains(&status) {
            faults.push(format!("{what}: answered {status}"));
        }
    }
    // The same call with what it should have is answered, so the refusals are not for another reason.
    let good = victim.authorization("anna", &["machine"])?;
    let status = status(victim, &get(&good, "")).await?;
    if status != 200 {
        faults.push(format!("a good call: answered {status}"));
    }
    Ok(Row::of_calls(probe.name, probe.asvs, calls.len(), faults))
}

fn get(authorization: &str, more: &str) -> Vec<u8> {
    let head = "GET /v1/programs HTTP/1.1\r\nhost: patron\r\nconnection: close\r\n";
    format!("{head}authorization: {authorization}\r\n{more}\r\n").into_bytes()
}

/// The status of the answer; 0 when there was none.
async fn status(victim: &Victim, bytes: &[u8]) -> anyhow::Result<u16> {
    let mut stream = TcpStream::connect(victim.address).await?;
    stream.write_all(bytes).await?;
    let mut answer = Vec::new();
    // A reset while it is read ends it, too.
    drop(timeout(BOUND, stream.read_to_end(&mut answer)).await?);
    let text = String::from_utf8_lossy(&answer);
    let status = text
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    Ok(status.unwrap_or_default())
}

fn part(json: &Value) -> String {
    BASE64.encode(json.to_string())
}

/// What a good token says.
fn claims(victim: &Victim) -> Value {
    let now = chassis::Clock::system().now().as_second();
    json!({
        "iss": victim.issuer.issuer(), "aud": "patron", "sub": "mallory",
        "iat": now, "exp": now + 3600, "roles": ["operator"],
    })
}

/// The id of the key that is believed.
fn key_id(victim: &Victim) -> anyhow::Result<String> {
    let jwks: Value = serde_json::from_str(&victim.issuer.jwks()?)?;
    let id = jwks.pointer("/keys/0/kid").and_then(Value::as_str);
    Ok(id.unwrap_or_default().to_owned())
}

fn bearer(header: &Value, claims: &Value, signature: &str) -> Vec<u8> {
    let token = format!("{}.{}.{signature}", part(header), part(claims));
    get(&format!("Bearer {token}"), "")
}

fn alg_none(victim: &Victim) -> anyhow::Result<Vec<Call>> {
    let (kid, claims) = (key_id(victim)?, claims(victim));
    let names = ["none", "None", "NONE", "nOnE", ""];
    let call = |name: &&str| {
        let header = json!({"alg": name, "kid": kid, "typ": "JWT"});
        (format!("alg {name:?}"), bearer(&header, &claims, ""))
    };
    let mut calls: Vec<Call> = names.iter().map(call).collect();
    let header = json!({"kid": kid});
    calls.push(("no alg".to_owned(), bearer(&header, &claims, "")));
    Ok(calls)
}

/// The public half of the key, which everybody knows, taken for a secret.
fn key_confusion(victim: &Victim) -> anyhow::Result<Vec<Call>> {
    let (kid, claims, jwks) = (key_id(victim)?, claims(victim), victim.issuer.jwks()?);
    let mut calls = Vec::new();
    for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
        for secret in [jwks.as_bytes(), kid.as_bytes(), b""] {
            let header = Header {
                kid: Some(kid.clone()),
                ..Header::new(algorithm)
            };
            let token = jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(secret))?;
            let call = get(&format!("Bearer {token}"), "");
            calls.push((format!("{algorithm:?} by {} bytes", secret.len()), call));
        }
    }
    Ok(calls)
}

/// Keys of the attacker, which the token itself names.
fn foreign_keys(victim: &Victim) -> anyhow::Result<Vec<Call>> {
    let folder = tempfile::tempdir()?;
    let own = access::DevelopmentIssuer::open(&folder.path().join("key.pem"), "patron")?;
    let key = EncodingKey::from_ec_pem(own.pem().as_bytes())?;
    let (kid, claims) = (key_id(victim)?, claims(victim));
    let own_jwks: Value = serde_json::from_str(&own.jwks()?)?;
    let jwk = own_jwks.pointer("/keys/0").cloned().unwrap_or_default();
    let own_kid = jwk.get("kid").cloned().unwrap_or_default();
    let headers = [
        (
            "another key under this name",
            json!({"alg": "ES256", "kid": kid}),
        ),
        (
            "a key in the token",
            json!({"alg": "ES256", "kid": own_kid, "jwk": jwk}),
        ),
        (
            "jku",
            json!({"alg": "ES256", "kid": own_kid, "jku": "http://127.0.0.1:1/jwks"}),
        ),
        (
            "x5u",
            json!({"alg": "ES256", "kid": own_kid, "x5u": "http://127.0.0.1:1/x5"}),
        ),
        (
            "a file",
            json!({"alg": "ES256", "kid": "../../../../dev/null"}),
        ),
        (
            "a query",
            json!({"alg": "ES256", "kid": "x' UNION SELECT 'key'--"}),
        ),
        ("no name", json!({"alg": "ES256"})),
        (
            "an extension",
            json!({"alg": "ES256", "kid": kid, "crit": ["b64"], "b64": false}),
        ),
    ];
    let mut calls = Vec::new();
    for (what, header) in headers {
        let signed = format!("{}.{}", part(&header), part(&claims));
        let signature = jsonwebtoken::crypto::sign(signed.as_bytes(), &key, Algorithm::ES256)?;
        let call = get(&format!("Bearer {signed}.{signature}"), "");
        calls.push((what.to_owned(), call));
    }
    Ok(calls)
}

/// A good token with other claims under its signature, and parts of it.
fn changed(victim: &Victim) -> anyhow::Result<Vec<Call>> {
    let good = victim.authorization("mallory", &["analyst"])?;
    let parts: Vec<&str> = good.trim_start_matches("Bearer ").split('.').collect();
    let [header, payload, signature] = *parts else {
        anyhow::bail!("a token has three parts");
    };
    let more = part(&claims(victim));
    let tokens = [
        ("other claims", format!("{header}.{more}.{signature}")),
        ("no signature", format!("{header}.{payload}.")),
        ("two parts", format!("{header}.{payload}")),
        (
            "four parts",
            format!("{good}.x").trim_start_matches("Bearer ").to_owned(),
        ),
        (
            "half a signature",
            format!("{header}.{payload}.{}", signature.split_at(40).0),
        ),
        (
            "a key of nobody",
            format!("patron_000000000000_{}", "0".repeat(64)),
        ),
        ("half a key", "patron_000000000000_".to_owned()),
        ("9 kB", format!("{header}.{}.{signature}", "A".repeat(9000))),
    ];
    let call =
        |(what, token): (&str, String)| (what.to_owned(), get(&format!("Bearer {token}"), ""));
    Ok(tokens.into_iter().map(call).collect())
}

/// Tokens that were or will be good, or are good elsewhere.
fn out_of_place(victim: &Victim) -> anyhow::Result<Vec<Call>> {
    let now = chassis::Clock::system().now();
    let (hour, roles) = (SignedDuration::from_hours(1), ["operator"]);
    let old = victim
        .issuer
        .token("mallory", &roles, now - hour - hour, hour)?;
    let key = EncodingKey::from_ec_pem(victim.issuer.pem().as_bytes())?;
    let kid = key_id(victim)?;
    let signed = |name: &str, value: Value| -> anyhow::Result<String> {
        let mut claims = claims(victim);
        if let Some(claims) = claims.as_object_mut() {
            claims.insert(name.to_owned(), value);
        }
        let header = Header {
            kid: Some(kid.clone()),
            ..Header::new(Algorithm::ES256)
        };
        Ok(jsonwebtoken::encode(&header, &claims, &key)?)
    };
    let tokens = [
        ("expired", old.expose().to_owned()),
        (
            "not yet good",
            signed("nbf", json!(now.as_second() + 3600))?,
        ),
        ("of another audience", signed("aud", json!("billing"))?),
        ("of no audience", signed("aud", json!([]))?),
        (
            "of another issuer",
            signed("iss", json!("https://evil.example"))?,
        ),
        ("of the services", signed("iss", json!("patron-services"))?),
        (
            "of the role of services",
            signed("roles", json!(["service"]))?,
        ),
        ("of nobody", signed("sub", json!(""))?),
        ("for ever", signed("exp", json!(1e300))?),
    ];
    let call =
        |(what, token): (&str, String)| (what.to_owned(), get(&format!("Bearer {token}"), ""));
    Ok(tokens.into_iter().map(call).collect())
}

fn timeouts(victim: &Victim) -> anyhow::Result<Vec<Call>> {
    let good = victim.authorization("mallory", &["machine"])?;
    let timeouts = [
        "",
        "1",
        "S",
        "-1S",
        "1.5S",
        "999999999S",
        "1x",
        "1 S",
        "0x1S",
        "\u{661}S",
    ];
    let call = |value: &&str| {
        let header = format!("grpc-timeout: {value}\r\n");
        (format!("{value:?}"), get(&good, &header))
    };
    Ok(timeouts.iter().map(call).collect())
}

/// Requests whose end two readers could see at different places.
fn smuggling(victim: &Victim) -> anyhow::Result<Vec<Call>> {
    let good = victim.authorization("mallory", &["machine"])?;
    let both = "content-length: 4\r\ntransfer-encoding: chunked\r\n";
    let calls = [
        (
            "two lengths",
            "content-length: 1\r\ncontent-length: 2\r\n",
            "ab",
        ),
        ("a negative length", "content-length: -1\r\n", ""),
        ("a length with a sign", "content-length: +1\r\n", "a"),
        (
            "another coding last",
            "transfer-encoding: chunked, x\r\n",
            "0\r\n\r\n",
        ),
        ("a space before the colon", "content-length : 1\r\n", "a"),
        ("a folded header", "x: a\r\n b\r\n", ""),
        (
            "a broken chunk",
            "transfer-encoding: chunked\r\n",
            "zz\r\n\r\n",
        ),
        ("a length and chunks", both, "zz\r\n\r\n"),
    ];
    let call = |(what, header, body): (&str, &str, &str)| {
        let head = "POST /v1/activities:batchRecord HTTP/1.1\r\nhost: patron\r\nconnection: close\r\n\
                    content-type: application/json\r\n";
        let bytes = format!("{head}authorization: {good}\r\n{header}\r\n{body}");
        (what.to_owned(), bytes.into_bytes())
    };
    Ok(calls.into_iter().map(call).collect())
}
