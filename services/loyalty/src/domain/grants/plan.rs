use uuid::Uuid;

use super::{Given, quantity_of};
use crate::domain::program::Grant;

/// Something to be given now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gift<'a> {
    /// Its place in the list.
    pub position: i16,
    /// What.
    pub grant: &'a Grant,
    /// How much of it is new to the member. 0: the member kept all of it when it was taken back.
    pub fresh: i64,
    /// What an earlier helping came to, where the member kept all of it.
    pub kept_result: Option<Uuid>,
}

/// What of a cause's grants is still to be given, when these were given by the same cause before:
/// those that stand, and of each place the one that was taken back last.
pub fn plan<'a>(grants: &'a [Grant], before: &[Given]) -> Vec<Gift<'a>> {
    let mut gifts = Vec::with_capacity(grants.len());
    for (position, grant) in (0_i16..).zip(grants) {
        let mut here = before.iter().filter(|given| given.position == position);
        if here.clone().any(Given::stands) {
            continue;
        }
        let last = here.by_ref().max_by_key(|given| given.revoked_at);
        // The cause may give something else by now: what was kept of the other thing is no part of
        // this one.
        let last = last.filter(|given| is_same_thing(&given.grant, grant));
        let kept = last.map_or(0, |given| given.kept);
        let fresh = quantity_of(grant).saturating_sub(kept).max(0);
        let kept_result = last
            .filter(|_| fresh == 0)
            .and_then(|given| given.result_id);
        gifts.push(Gift {
            position,
            grant,
            fresh,
            kept_result,
        });
    }
    gifts
}

/// Whether both are of one currency, template, benefit, badge or draw.
fn is_same_thing(one: &Grant, other: &Grant) -> bool {
    match (one, other) {
        (
            Grant::Points { wallet_id: one, .. },
            Grant::Points {
                wallet_id: other, ..
            },
        ) => one == other,
        (Grant::Tickets { draw_id: one, .. }, Grant::Tickets { draw_id: other, .. }) => {
            one == other
        }
        _ => one == other,
    }
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};
    use proptest::prelude::*;

    use super::*;
    use crate::domain::Points;
    use crate::domain::grants::{CauseKind, GrantCause};
    use crate::domain::program::{TemplateId, WalletId};

    fn points(points: i64) -> Grant {
        Grant::Points {
            wallet_id: WalletId::POINTS,
            points: Points::new(points),
        }
    }

    fn given(position: i16, grant: Grant, revoked: Option<(i64, i64)>) -> Given {
        let second = |second| Timestamp::UNIX_EPOCH + SignedDuration::from_secs(second);
        Given {
            grant_id: Uuid::from_u128(7),
            customer_id: Uuid::from_u128(1),
            cause: GrantCause::new(CauseKind::Package, "welcome"),
            position,
            grant,
            result_id: Some(Uuid::from_u128(9)),
            given_at: Timestamp::UNIX_EPOCH,
            revoked_at: revoked.map(|(at, _)| second(at)),
            kept: revoked.map_or(0, |(_, kept)| kept),
        }
    }

    #[test]
    fn what_stands_is_not_given_again() {
        let grants = [points(10), points(20)];
        let gifts = plan(&grants, &[given(0, points(10), None)]);
        assert_eq!(gifts.len(), 1);
        assert_eq!((gifts[0].position, gifts[0].fresh), (1, 20));
        assert!(
            plan(
                &grants,
                &[given(0, points(10), None), given(1, points(20), None)]
            )
            .is_empty()
        );
    }

    #[test]
    fn a_coupon_that_was_kept_is_not_issued_again() {
        let coupon = Grant::Coupon(TemplateId::new("gift"));
        let gifts = plan(
            std::slice::from_ref(&coupon),
            &[given(0, coupon.clone(), Some((1, 1)))],
        );
        assert_eq!(
            (gifts[0].fresh, gifts[0].kept_result),
            (0, Some(Uuid::from_u128(9)))
        );
    }

    #[test]
    fn what_was_kept_of_something_else_does_not_count() {
        let grants = [points(10)];
        let other = Grant::Coupon(TemplateId::new("gift"));
        assert_eq!(plan(&grants, &[given(0, other, Some((1, 1)))])[0].fresh, 10);
    }

    proptest! {
        #[test]
        fn giving_and_taking_back_never_leaves_more_than_one_helping(
            whole in 1_i64..1000,
            turns in prop::collection::vec(0_i64..=100, 1..12),
        ) {
            let grants = [points(whole)];
            let (mut before, mut held) = (Vec::new(), 0_i64);
            for (at, percent) in (0_i64..).zip(turns) {
                let gifts = plan(&grants, &before);
                held += gifts[0].fresh;
                prop_assert_eq!(held, whole);
                let kept = whole * percent / 100;
                held = kept;
                before.push(given(0, points(whole), Some((at, kept))));
            }
        }
    }
}
