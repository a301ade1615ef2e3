use std::collections::HashMap;

use crate::Caller;

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
    granted: HashMap<&'static str, Vec<Pattern>>,
}

impl Default for Roles {
    fn default() -> Self {
        let entry = |&(role, patterns): &(&'static str, &[&'static str])| {
            (role, patterns.iter().copied().map(Pattern).collect())
        };
        Self {
            granted: TABLE.iter().map(entry).collect(),
        }
    }
}

impl Roles {
    /// Decides whether the caller holds the permission, and by which role.
    pub fn authorise(&self, caller: &Caller, permission: &str) -> Decision {
        let grants = |role: &&String| {
            let patterns = self.granted.get(role.as_str());
            patterns.is_some_and(|patterns| patterns.iter().any(|p| p.matches(permission)))
        };
        match caller.roles.iter().find(grants) {
            Some(role) => Decision::Allowed { role: role.clone() },
            None => Decision::Denied,
        }
    }

    /// [`Roles::authorise`] for those who need no reason.
    pub fn allows(&self, caller: &Caller, permission: &str) -> bool {
        self.authorise(caller, permission).is_allowed()
    }
}

#[derive(Debug, Clone, Copy)]
struct Pattern(&'static str);

impl Pattern {
    fn matches(self, permission: &str) -> bool {
        let mut wanted = self.0.split('.').peekable();
        let mut parts = permission.split('.');
        while let Some(want) = wanted.next() {
            let Some(part) = parts.next().filter(|part| !part.is_empty()) else {
                return false;
            };
            let is_last = wanted.peek().is_none();
            match want {
                "*" if is_last => return true,
                "*" => {}
                _ if want != part => return false,
                _ => {}
            }
        }
        parts.next().is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &'static str, permission: &str) -> bool {
        Pattern(pattern).matches(permission)
    }

    #[test]
    fn a_star_stands_for_one_part_in_the_middle_and_for_the_rest_at_the_end() {
        assert!(matches("*", "loyalty.members.read"));
        assert!(matches("complaints.*", "complaints.cases.write"));
        assert!(matches("profile.*.read", "profile.customers.read"));
        assert!(!matches("profile.*.read", "profile.customers.write"));
        assert!(!matches("profile.*.read", "profile.customers.notes.read"));
        assert!(!matches("profile.customers.read", "profile.customers"));
        assert!(!matches("profile.customers", "profile.customers.read"));
        assert!(!matches("*", ""));
    }

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
}
