use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::sync::{Arc, LazyLock};

use arc_swap::ArcSwap;
use contract::exposure::Exposure;

use crate::caller::SERVICE_ROLE;
use crate::policies::{Grant, Policies, PolicyError, PolicyFile, Profile, Reach, Standing};
use crate::{Caller, MethodRules};

/// Most profiles of callers that are remembered. There are as many as there are combinations of roles and
/// regions in use; who makes up more only makes others be worked out anew.
const MAX_PROFILES: usize = 4096;

/// Whether a caller may do something, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// It may.
    Allowed {
        /// By this policy: file and number.
        policy: String,
        /// For these records.
        reach: Reach,
    },
    /// This policy grants it, but the caller's scopes do not cover it.
    OutOfScope {
        /// The policy that would grant it.
        policy: String,
    },
    /// No policy grants it to its roles.
    Denied,
}

impl Decision {
    /// True when it may.
    pub fn is_allowed(&self) -> bool {
        matches!(self, Self::Allowed { .. })
    }
}

/// Which roles may do what, about whom, and how much of it they see: the policies, and what was decided by them.
///
/// What the policies say depends on a caller's roles, regions and brands alone, so it is worked out once for
/// each combination and permission; who the caller is matters only to whom it looks after. Cheap to clone.
#[derive(Clone)]
pub struct Roles(Arc<Inner>);

struct Inner {
    policies: Policies,
    known: ArcSwap<HashMap<Profile, Arc<Known>>>,
}

/// What is known of a profile.
struct Known {
    /// `None` when the profile can't be told to the policies: then nothing is granted.
    standing: Option<Standing>,
    exposure: Exposure,
    grants: ArcSwap<HashMap<String, Option<Arc<Grant>>>>,
}

impl fmt::Debug for Roles {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.0.policies.roles();
        formatter.debug_tuple("Roles").field(&names).finish()
    }
}

impl Default for Roles {
    fn default() -> Self {
        static BUILT_IN: LazyLock<Roles> = LazyLock::new(|| {
            #[expect(
                clippy::expect_used,
                reason = "a test reads the policies that are compiled in"
            )]
            Roles::read(&PolicyFile::built_in()).expect("the built-in policies hold")
        });
        BUILT_IN.clone()
    }
}

impl Roles {
    /// Reads policies; refuses those that do not parse or speak of what the contract does not know.
    pub fn read(files: &[PolicyFile]) -> Result<Self, PolicyError> {
        let rules = MethodRules::from_pool(contract::pool());
        let rules = rules.map_err(|error| PolicyError::Schema(error.to_string()))?;
        Ok(Self(Arc::new(Inner {
            policies: Policies::read(files, &rules)?,
            known: ArcSwap::default(),
        })))
    }

    /// Decides whether the caller holds the permission, and for whose records.
    pub fn authorise(&self, caller: &Caller, permission: &str) -> Decision {
        let Some(grant) = self.grant(caller, permission) else {
            return Decision::Denied;
        };
        let Some(reach) = grant.scope.reach(caller) else {
            return Decision::Denied;
        };
        let policy = grant.policy.clone();
        let scopes = caller.scopes.as_deref();
        if scopes.is_none_or(|scopes| scopes.iter().any(|scope| scope.covers(permission))) {
            Decision::Allowed { policy, reach }
        } else {
            Decision::OutOfScope { policy }
        }
    }

    /// How much of personal data the caller sees.
    pub fn exposure(&self, caller: &Caller) -> Exposure {
        self.known(caller).exposure
    }

    /// Whether there is such a role that a caller from outside may be given.
    pub fn can_be_given(&self, role: &str) -> bool {
        role != SERVICE_ROLE && self.names().any(|name| name == role)
    }

    /// The roles that the policies speak of, by name.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.policies.roles().iter().map(String::as_str)
    }

    /// [`Roles::authorise`] for those who need no reason.
    pub fn allows(&self, caller: &Caller, permission: &str) -> bool {
        self.authorise(caller, permission).is_allowed()
    }

    fn grant(&self, caller: &Caller, permission: &str) -> Option<Arc<Grant>> {
        let known = self.known(caller);
        if let Some(grant) = known.grants.load().get(permission) {
            return grant.clone();
        }
        let standing = known.standing.as_ref();
        let grant = standing.and_then(|it| it.grant(&self.0.policies, permission));
        let grant = grant.map(Arc::new);
        remember(&known.grants, permission.to_owned(), &grant);
        grant
    }

    fn known(&self, caller: &Caller) -> Arc<Known> {
        let profile = Profile::of(caller);
        if let Some(known) = self.0.known.load().get(&profile) {
            return Arc::clone(known);
        }
        let standing = Standing::new(&self.0.policies, &profile);
        let exposure = standing.as_ref().map(|it| it.exposure(&self.0.policies));
        let known = Arc::new(Known {
            standing,
            exposure: exposure.unwrap_or_default(),
            grants: ArcSwap::default(),
        });
        remember(&self.0.known, profile, &known);
        known
    }
}

/// Adds to a map that is read without a lock. It is copied, which happens once for each combination.
fn remember<K: Clone + Eq + Hash, V: Clone>(map: &ArcSwap<HashMap<K, V>>, key: K, value: &V) {
    map.rcu(|map| {
        let mut map = if map.len() < MAX_PROFILES {
            HashMap::clone(map)
        } else {
            HashMap::new()
        };
        map.insert(key.clone(), value.clone());
        map
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(role: &str) -> Caller {
        Caller {
            roles: vec!["unheard-of".to_owned(), role.to_owned()],
            ..Caller::service("any")
        }
    }

    #[test]
    fn roles_grant_what_the_policies_say_and_unknown_roles_grant_nothing() {
        let roles = Roles::default();
        assert_eq!(
            roles.authorise(&caller("operator"), "loyalty.programs.write"),
            Decision::Allowed {
                policy: "operator.cedar#0".to_owned(),
                reach: Reach::ALL
            }
        );
        assert!(roles.allows(&caller("service"), "events.feed.read"));
        assert!(!roles.allows(&caller("service"), "events.cursors.write"));
        assert!(!roles.allows(&caller("analyst"), "profile.customers.read"));
        assert!(!roles.allows(&caller("unheard-of"), "profile.customers.read"));
    }

    #[test]
    fn scopes_take_away_from_what_roles_grant_and_never_add_to_it() {
        let roles = Roles::default();
        let scoped = |scope: &str| Caller {
            roles: vec!["machine".to_owned()],
            scopes: Some(crate::Scope::split(scope).unwrap()),
            ..Caller::service("any")
        };
        let decide = |scope: &str, permission: &str| roles.authorise(&scoped(scope), permission);
        let policy = "machine.cedar#0".to_owned();
        assert!(decide("loyalty.*.read", "loyalty.members.read").is_allowed());
        assert_eq!(
            decide("loyalty.*.read", "loyalty.redemptions.write"),
            Decision::OutOfScope {
                policy: policy.clone()
            }
        );
        assert_eq!(decide("*", "loyalty.programs.write"), Decision::Denied);
        assert_eq!(
            decide("", "loyalty.members.read"),
            Decision::OutOfScope { policy }
        );
    }
}
