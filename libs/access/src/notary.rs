use jsonwebtoken::jwk::{Jwk, ThumbprintHash};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::SignError;

/// The `typ` of signed statements, so that none is taken for a token.
const TYPE: &str = "patron-statement";

/// Signs statements that are to be believed later, also by people who have no access to the service:
/// JSON Web Signatures (RFC 7515, ES256). Cheap to clone.
#[derive(Clone)]
pub struct Notary {
    key: EncodingKey,
    header: Header,
}

/// Why a signed statement is not to be believed.
#[derive(Debug, thiserror::Error)]
pub enum StatementError {
    /// The PEM text holds no P-256 key, private (PKCS #8) or public (SubjectPublicKeyInfo).
    #[error("the text holds no P-256 key in PEM")]
    Key(#[source] jsonwebtoken::errors::Error),
    /// It is signed by another key, was changed, or is no statement.
    #[error("the statement is not what this key has signed")]
    Signature(#[source] jsonwebtoken::errors::Error),
    /// It is signed by this key, but is something else.
    #[error("what is signed is no statement")]
    Type,
}

impl Notary {
    /// Signs with the P-256 private key in this PEM text (PKCS #8).
    pub fn from_pem(pem: &str) -> Result<Self, SignError> {
        let key = EncodingKey::from_ec_pem(pem.as_bytes()).map_err(SignError::Key)?;
        let public = Jwk::from_encoding_key(&key, Algorithm::ES256).map_err(SignError::Key)?;
        let key_id = public.thumbprint(ThumbprintHash::SHA256);
        let header = Header {
            typ: Some(TYPE.to_owned()),
            kid: Some(key_id.map_err(SignError::Key)?),
            ..Header::new(Algorithm::ES256)
        };
        Ok(Self { key, header })
    }

    /// Signs a statement, which is written as JSON.
    pub fn sign(&self, statement: &impl Serialize) -> Result<String, SignError> {
        jsonwebtoken::encode(&self.header, statement, &self.key).map_err(SignError::Token)
    }
}

impl std::fmt::Debug for Notary {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let key_id = &self.header.kid;
        formatter
            .debug_struct("Notary")
            .field("key_id", key_id)
            .finish_non_exhaustive()
    }
}

/// Reads a statement that was signed by the key in this PEM text, of which either half will do.
pub fn read_statement<T: DeserializeOwned + Clone>(
    signed: &str,
    pem: &str,
) -> Result<T, StatementError> {
    let key = verification_key(pem).map_err(StatementError::Key)?;
    let mut validation = Validation::new(Algorithm::ES256);
    // It is no token: it names no audience and does not lapse.
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    let read = jsonwebtoken::decode::<T>(signed.trim(), &key, &validation);
    let read = read.map_err(StatementError::Signature)?;
    if read.header.typ.as_deref() != Some(TYPE) {
        return Err(StatementError::Type);
    }
    Ok(read.claims)
}

fn verification_key(pem: &str) -> Result<DecodingKey, jsonwebtoken::errors::Error> {
    match EncodingKey::from_ec_pem(pem.as_bytes()) {
        Ok(private) => DecodingKey::from_jwk(&Jwk::from_encoding_key(&private, Algorithm::ES256)?),
        Err(_) => DecodingKey::from_ec_pem(pem.as_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use p256::elliptic_curve::rand_core::OsRng;
    use p256::pkcs8::{EncodePrivateKey as _, EncodePublicKey as _, LineEnding};
    use serde_json::{Value, json};

    use super::*;

    fn keys() -> (String, String) {
        let key = p256::SecretKey::random(&mut OsRng);
        let private = key.to_pkcs8_pem(LineEnding::LF).unwrap().to_string();
        (
            private,
            key.public_key().to_public_key_pem(LineEnding::LF).unwrap(),
        )
    }

    #[test]
    fn a_statement_is_read_with_either_half_of_its_key_and_with_no_other() {
        let ((private, public), (_, other)) = (keys(), keys());
        let said = json!({"sound": true, "entries": 7});
        let signed = Notary::from_pem(&private).unwrap().sign(&said).unwrap();
        for key in [&private, &public] {
            assert_eq!(read_statement::<Value>(&signed, key).unwrap(), said);
        }
        let refused = read_statement::<Value>(&signed, &other).unwrap_err();
        assert!(
            matches!(refused, StatementError::Signature(_)),
            "{refused:?}"
        );
        let refused = read_statement::<Value>(&signed, "no key").unwrap_err();
        assert!(matches!(refused, StatementError::Key(_)), "{refused:?}");
    }

    #[test]
    fn a_changed_statement_and_a_token_of_the_same_key_are_refused() {
        let (private, public) = keys();
        let signed = Notary::from_pem(&private)
            .unwrap()
            .sign(&json!({"sound": false}))
            .unwrap();
        let [header, payload, signature] = *signed.split('.').collect::<Vec<_>>() else {
            panic!("{signed}")
        };
        let changed = payload.replacen(
            &payload[8..9],
            if &payload[8..9] == "A" { "B" } else { "A" },
            1,
        );
        let changed = format!("{header}.{changed}.{signature}");
        assert!(read_statement::<Value>(&changed, &public).is_err());

        let signer = crate::Signer::from_pem("patron", "patron", &private).unwrap();
        let now = "2025-03-09T10:00:00Z".parse().unwrap();
        let token = signer.sign(
            &crate::Claims::default(),
            now,
            jiff::SignedDuration::from_hours(1),
        );
        let refused = read_statement::<Value>(token.unwrap().expose(), &public).unwrap_err();
        assert!(matches!(refused, StatementError::Type), "{refused:?}");
    }
}
