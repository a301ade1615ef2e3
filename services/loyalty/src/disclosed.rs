//! What the service hands out of people, for people who ask.

use disclosure::{Kind, Origin, Shape};

const OF_HOLDER: &str = "t.holder_id = ANY ($1)";
const STATE: (&str, &str) = ("state", "patron.loyalty.v1.Member.State");

/// Postings of an operation, which stand packed in its row.
const POSTINGS: &str = "jsonb_build_object('postings', (
    SELECT coalesce(jsonb_agg(jsonb_build_object('account', e.account, 'amount', e.amount,
        'balanceAfter', e.balance_after, 'lotId', e.lot_id) ORDER BY e.entry_number), '[]')
    FROM ledger_entries(t.first_entry, t.entries) AS e))";

/// Memberships: what was done, what it earned, what was given for it.
pub(crate) static SHAPE: Shape = Shape {
    purpose: "the loyalty program that the customer is a member of",
    origin: Origin::Derived,
    kinds: &[
        Kind {
            belongs: OF_HOLDER,
            hidden: &["kind"],
            names: &[STATE],
            ..Kind::of("holders", Origin::Provided)
        },
        Kind {
            belongs: OF_HOLDER,
            ..Kind::of("wallets", Origin::Derived)
        },
        Kind {
            belongs: OF_HOLDER,
            besides: POSTINGS,
            hidden: &["chain", "link", "ordinal"],
            names: &[("kind", "patron.loyalty.v1.LedgerEntry.Operation")],
            encoded: &[("details", "patron.loyalty.v1.OperationDetails")],
            ..Kind::of("operations", Origin::Derived)
        },
        Kind {
            belongs: OF_HOLDER,
            hidden: &["contributor"],
            ..Kind::of("lots", Origin::Derived)
        },
        Kind {
            belongs: "t.holder_id = ANY ($1) OR t.customer_id = ANY ($1)",
            ..Kind::of("holds", Origin::Provided)
        },
        Kind {
            belongs: OF_HOLDER,
            ..Kind::of("restorations", Origin::Derived)
        },
        Kind {
            hidden: &["other_customer_id"],
            names: &[STATE, ("kind", "patron.loyalty.v1.MembershipChange.Kind")],
            ..Kind::of("membership_changes", Origin::Staff)
        },
        Kind {
            belongs: "t.owner_customer_id = ANY ($1)",
            ..Kind::of("households", Origin::Provided)
        },
        // Others are in it too, and what they did is theirs.
        Kind {
            hidden: &["inviter_customer_id"],
            ..Kind::of("household_invitations", Origin::Staff)
        },
        Kind {
            belongs: "t.customer_id = ANY ($1) OR t.recipient_customer_id = ANY ($1)",
            hidden: &["customer_id", "recipient_customer_id"],
            ..Kind::of("transfers", Origin::Provided)
        },
        Kind {
            hidden: &["referrer_id"],
            ..Kind::of("referrals", Origin::Provided)
        },
        Kind::of("sales", Origin::Provided),
        Kind::of("returns", Origin::Provided),
        Kind::of("activities", Origin::Provided),
        Kind::of("reward_orders", Origin::Provided),
        Kind::of("benefit_uses", Origin::Provided),
        Kind::of("draw_tickets", Origin::Provided),
        Kind::of("quiz_attempts", Origin::Provided),
        Kind::of("member_days", Origin::Provided),
        Kind::of("adjustments", Origin::Staff),
        Kind::of("tier_gifts", Origin::Staff),
        Kind::of("tier_gift_withdrawals", Origin::Staff),
    ],
    // What is still to be done, and copies of what stands elsewhere.
    left_out: &["birthday_queue", "parked_ratings", "rule_awards"],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_named_by_the_contract_is_in_it() {
        for kind in SHAPE.kinds {
            for (column, name) in kind.names {
                assert!(
                    contract::pool().get_enum_by_name(name).is_some(),
                    "{column}"
                );
            }
            for (column, name) in kind.encoded {
                assert!(
                    contract::pool().get_message_by_name(name).is_some(),
                    "{column}"
                );
            }
        }
    }
}
