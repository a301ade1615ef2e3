//! Who calls.

use std::sync::LazyLock;

use access::{Claims, DevelopmentIssuer, Proof};
use chassis::Clock;
use chassis::config::{IssuerConfig, IssuerRole};
use jiff::{SignedDuration, Timestamp};
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Channel;
use tonic::{Request, Status};

/// A connection that names its caller.
pub type Caller = InterceptedService<Channel, Bearer>;

/// Whoever has no name of its own.
const SOMEBODY: &str = "somebody";

/// Clocks of tests go years ahead.
const YEARS: SignedDuration = SignedDuration::from_hours(24 * 3_650);

/// A key that all tests of a process share; making it takes a while.
static ISSUER: LazyLock<DevelopmentIssuer> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    DevelopmentIssuer::open(&folder.path().join("key.pem"), "patron").unwrap()
});

/// The key of the callers, with which a service can sign, too.
pub fn report_key() -> &'static str {
    ISSUER.pem()
}

/// Who vouches for the callers.
pub(crate) fn issuer() -> IssuerConfig {
    IssuerConfig {
        issuer: ISSUER.issuer().to_owned(),
        jwks_file: None,
        jwks: Some(ISSUER.jwks().unwrap()),
        role: IssuerRole::People,
        subject_prefix: None,
    }
}

/// Sends a token with each call, if there is one. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Bearer(Option<MetadataValue<Ascii>>);

impl Bearer {
    /// Sends nothing.
    pub fn none() -> Self {
        Self(None)
    }

    /// Somebody with these roles; without any, nobody.
    pub fn of(roles: &[&str]) -> Self {
        if roles.is_empty() {
            return Self::none();
        }
        Self::since(Clock::system().now(), roles)
    }

    /// Somebody with these roles, since a time.
    pub fn since(now: Timestamp, roles: &[&str]) -> Self {
        Self::sending(ISSUER.token(SOMEBODY, roles, now, YEARS).unwrap().expose())
    }

    /// Somebody in particular with these roles.
    pub fn named(subject: &str, roles: &[&str]) -> Self {
        let now = Clock::system().now();
        Self::sending(ISSUER.token(subject, roles, now, YEARS).unwrap().expose())
    }

    /// Somebody with this role who is confined to regions.
    pub fn within(role: &str, regions: &[&str]) -> Self {
        Self::within_at(Clock::system().now(), role, regions)
    }

    /// The same since a time.
    pub fn within_at(now: Timestamp, role: &str, regions: &[&str]) -> Self {
        let claims = Claims {
            subject: SOMEBODY.to_owned(),
            roles: vec![role.to_owned()],
            regions: regions.iter().map(|&region| region.to_owned()).collect(),
            proof: Proof {
                acr: Some("phr".to_owned()),
                authenticated: Some(now),
            },
            ..Claims::default()
        };
        Self::signed(&claims, now)
    }

    /// Whoever has these claims.
    pub fn claiming(claims: &Claims) -> Self {
        Self::signed(claims, Clock::system().now())
    }

    fn signed(claims: &Claims, now: Timestamp) -> Self {
        Self::sending(ISSUER.sign(claims, now, YEARS).unwrap().expose())
    }

    fn sending(token: &str) -> Self {
        Self(Some(format!("Bearer {token}").parse().unwrap()))
    }
}

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(token) = &self.0 {
            let metadata = request.metadata_mut();
            metadata.insert("authorization", token.clone());
        }
        Ok(request)
    }
}
