use jiff::{SignedDuration, Timestamp};

use crate::{Caller, CallerKind};

/// How, and how lately, somebody has proven who they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proof {
    /// The `acr` claim: how, in the issuer's own words.
    pub acr: Option<String>,
    /// The `auth_time` claim: when.
    pub authenticated: Option<Timestamp>,
}

/// What a sensitive act takes besides a permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepUp {
    /// How long ago the caller may have authenticated at most.
    pub max_age: SignedDuration,
    /// Whether machines with an API key may call it, too.
    pub api_keys: bool,
}

impl StepUp {
    /// Whether a caller has proven enough, where these names of `acr` count as strong. Patron's own services are
    /// not asked: nobody stands behind them who could be. A machine can't prove anything: whatever its token
    /// says, nobody has authenticated. So it may call what says that it takes API keys, and nothing else.
    pub fn is_met(self, caller: &Caller, strong: &[String], now: Timestamp) -> bool {
        match caller.kind() {
            CallerKind::Service => true,
            CallerKind::Machine => self.api_keys,
            CallerKind::User => self.is_proven(&caller.proof, strong, now),
        }
    }

    fn is_proven(self, proof: &Proof, strong: &[String], now: Timestamp) -> bool {
        let is_strong = proof.acr.as_ref().is_some_and(|acr| strong.contains(acr));
        let is_recent = |at: Timestamp| now.duration_since(at) <= self.max_age;
        is_strong && proof.authenticated.is_some_and(is_recent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::constant(1_750_000_000, 0);
    const STEP_UP: StepUp = StepUp {
        max_age: SignedDuration::from_mins(15),
        api_keys: false,
    };

    fn is_met(acr: Option<&str>, minutes_ago: Option<i64>) -> bool {
        let before = |minutes| NOW - SignedDuration::from_mins(minutes);
        let caller = Caller {
            subject: "user:ann".to_owned(),
            proof: Proof {
                acr: acr.map(str::to_owned),
                authenticated: minutes_ago.map(before),
            },
            ..Caller::service("any")
        };
        STEP_UP.is_met(&caller, &["phr".to_owned()], NOW)
    }

    #[test]
    fn a_sensitive_act_takes_a_strong_and_recent_proof() {
        assert!(is_met(Some("phr"), Some(15)));
        assert!(!is_met(Some("phr"), Some(16)));
        assert!(!is_met(Some("pwd"), Some(1)));
        assert!(!is_met(Some("phr"), None));
        assert!(!is_met(None, Some(1)));
    }

    #[test]
    fn services_are_not_asked_and_keys_prove_nothing() {
        let service = Caller::service("loyalty");
        assert!(STEP_UP.is_met(&service, &[], NOW));
        let machine = Caller {
            subject: "machine:till".to_owned(),
            ..service
        };
        assert!(!STEP_UP.is_met(&machine, &["phr".to_owned()], NOW));
        let boasting = Caller {
            proof: Proof {
                acr: Some("phr".to_owned()),
                authenticated: Some(NOW),
            },
            ..machine.clone()
        };
        assert!(!STEP_UP.is_met(&boasting, &["phr".to_owned()], NOW));
        let for_pipelines = StepUp {
            api_keys: true,
            ..STEP_UP
        };
        assert!(for_pipelines.is_met(&machine, &[], NOW));
        let person = Caller {
            subject: "user:ann".to_owned(),
            ..machine
        };
        assert!(!for_pipelines.is_met(&person, &["phr".to_owned()], NOW));
    }
}
