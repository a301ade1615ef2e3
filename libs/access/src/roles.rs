use std::collections::HashMap;

use crate::Caller;
use crate::caller::SERVICE_ROLE;
use crate::scope::matches;

/// What a role may do: patterns over permissions `<service>.<resources>.<verb>`.
///
/// `*` in the middle stands for one part, at the end for all that follow.
const TABLE: &[(&str, &[&str])] = &[
    // Runs the system.
    ("operator", &["*"]),
    // Customer service: sees the customer, works on cases, puts right what went wrong.
    (
        "agent",
        &[
            "profile.*.read",
            "profile.customers.write",
            "profile.sources.write",
            "profile.identities.write",
            "profile.activities.write",
            "profile.consents.write",
            "profile.contacts.write",
            "loyalty.*.read",
            "loyalty.members.*",
            "loyalty.households.write",
            "loyalty.transfers.write",
            "loyalty.redemptions.write",
            "loyalty.coupons.use",
            "loyalty.coupons.void",
            "loyalty.benefits.use",
            "loyalty.referrals.write",
            // Asks for a correction; whoever approves it is somebody else.
            "loyalty.adjustments.write",
            "complaints.*",
            "survey.*.read",
            "recommendation.*.read",
        ],
    ),
    // Plans campaigns and surveys; does not touch people's records.
    (
        "marketing",
        &[
            "profile.traits.read",
            "profile.segments.*",
            "profile.tags.*",
            "profile.contact_policy.*",
            "profile.contacts.*",
            "loyalty.programs.*",
            "loyalty.simulations.*",
            "loyalty.rewards.read",
            "loyalty.stocks.write",
            // Issues coupons and takes them back; using one is the member's, through a shop.
            "loyalty.coupons.issue",
            "loyalty.coupons.read",
            "loyalty.coupons.void",
            "loyalty.draws.read",
            "loyalty.liability.read",
            "survey.*",
            "recommendation.*",
        ],
    ),
    // Reads figures; of people no more than the ids that simulations and draws name.
    (
        "analyst",
        &[
            "profile.segments.read",
            "loyalty.programs.read",
            "loyalty.rewards.read",
            "loyalty.draws.read",
            "loyalty.simulations.*",
            "loyalty.liability.*",
            "survey.questionnaires.read",
            "survey.scores.read",
            "recommendation.*.read",
        ],
    ),
    // Reads everything, changes nothing, may have the ledger and what it owes recomputed.
    (
        "auditor",
        &[
            "*.*.read",
            "loyalty.ledger.verify",
            "loyalty.liability.write",
        ],
    ),
    // Answers what people ask for about their own data: erases them, holds back what a law wants kept.
    (
        "privacy-officer",
        &[
            "profile.customers.read",
            "profile.sources.read",
            "profile.identities.read",
            "profile.erasures.*",
            "profile.legal_holds.*",
            "profile.suppressions.write",
        ],
    ),
    // A shop, an app or another backend, on behalf of its customers.
    (
        "machine",
        &[
            "profile.*.read",
            "profile.customers.write",
            "profile.sources.write",
            "profile.activities.write",
            "profile.consents.write",
            "profile.contacts.write",
            "loyalty.*.read",
            "loyalty.accruals.write",
            "loyalty.activities.write",
            "loyalty.redemptions.write",
            "loyalty.coupons.use",
            "loyalty.benefits.use",
            "loyalty.challenges.write",
            "loyalty.draws.write",
            "loyalty.referrals.write",
            "loyalty.households.write",
            "loyalty.transfers.write",
            "complaints.cases.*",
            "survey.invitations.read",
            "survey.questionnaires.read",
            "survey.responses.write",
            "recommendation.*",
            "events.feed.read",
        ],
    ),
    // Patron's services among themselves: they follow each other's events and ask for what the
    // events do not tell, and before they write to somebody.
    (
        "service",
        &["events.feed.read", "*.*.read", "profile.contacts.write"],
    ),
];

/// Whether a caller may do something, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// It may, by this role.
    Allowed {
        /// The role that grants it.
        role: String,
    },
    /// This role grants it, but the caller's scopes do not cover it.
    OutOfScope {
        /// The role that would grant it.
        role: String,
    },
    /// None of its roles grants it.
    Denied,
}

impl Decision {
    /// True when it may.
    pub fn is_allowed(&self) -> bool {
        matches!(self, Self::Allowed { .. })
    }
}

/// Which roles hold which permissions.
#[derive(Debug, Clone)]
pub struct Roles {
    granted: HashMap<&'static str, &'static [&'static str]>,
}

impl Default for Roles {
    fn default() -> Self {
        Self {
            granted: TABLE.iter().copied().collect(),
        }
    }
}

impl Roles {
    /// Decides whether the caller holds the permission, and by which role.
    pub fn authorise(&self, caller: &Caller, permission: &str) -> Decision {
        let grants = |role: &&String| {
            let patterns = self.granted.get(role.as_str());
            patterns.is_some_and(|patterns| patterns.iter().any(|p| matches(p, permission)))
        };
        let Some(role) = caller.roles.iter().find(grants).cloned() else {
            return Decision::Denied;
        };
        let scopes = caller.scopes.as_deref();
        if scopes.is_none_or(|scopes| scopes.iter().any(|scope| scope.covers(permission))) {
            Decision::Allowed { role }
        } else {
            Decision::OutOfScope { role }
        }
    }

    /// Whether there is such a role that a caller from outside may be given.
    pub fn can_be_given(&self, role: &str) -> bool {
        role != SERVICE_ROLE && self.granted.contains_key(role)
    }

    /// [`Roles::authorise`] for those who need no reason.
    pub fn allows(&self, caller: &Caller, permission: &str) -> bool {
        self.authorise(caller, permission).is_allowed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_grant_what_the_table_says_and_unknown_roles_grant_nothing() {
        let roles = Roles::default();
        let caller = |role: &str| Caller {
            roles: vec!["unheard-of".to_owned(), role.to_owned()],
            ..Caller::service("any")
        };
        assert_eq!(
            roles.authorise(&caller("operator"), "anything.at.all"),
            Decision::Allowed {
                role: "operator".to_owned()
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
        let role = "machine".to_owned();
        assert!(decide("loyalty.*.read", "loyalty.members.read").is_allowed());
        assert_eq!(
            decide("loyalty.*.read", "loyalty.redemptions.write"),
            Decision::OutOfScope { role: role.clone() }
        );
        assert_eq!(decide("*", "loyalty.programs.write"), Decision::Denied);
        assert_eq!(
            decide("", "loyalty.members.read"),
            Decision::OutOfScope { role }
        );
    }
}
