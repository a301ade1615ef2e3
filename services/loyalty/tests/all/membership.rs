//! The life of a membership: it begins, rests, goes on and ends, and each step is refused by name
//! where it does not belong.

use contract::patron::loyalty::v1 as api;
use contract::patron::loyalty::v1::membership_change::Kind;
use testkit::{metadata, reason};
use tonic::Code;
use uuid::Uuid;

use crate::all::accounts::{
    WHY, close, enrol, gifted, give, has, id, member, memberships, spend, suspend,
};
use crate::all::support::{Bench, holding};

async fn reactivate(bench: &Bench, customer_id: Uuid) -> Result<api::Member, tonic::Status> {
    let request = api::ReactivateMemberRequest {
        customer_id: customer_id.to_string(),
        reason: WHY.to_owned(),
        request_id: id(bench),
    };
    let back = memberships(bench).reactivate_member(request).await?;
    Ok(back.into_inner())
}

async fn lookup(bench: &Bench, card_number: &str) -> Result<String, tonic::Status> {
    let card_number = card_number.to_owned();
    let request = api::LookupMemberRequest { card_number };
    let found = memberships(bench).lookup_member(request).await?;
    Ok(found.into_inner().customer_id)
}

/// What happened to a membership, the latest first, read in pages of two.
async fn history(bench: &Bench, customer_id: Uuid) -> Vec<api::MembershipChange> {
    let mut changes = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = api::ListMembershipChangesRequest {
            customer_id: customer_id.to_string(),
            page_size: 2,
            page_token,
        };
        let page = memberships(bench).list_membership_changes(request).await;
        let page = page.unwrap().into_inner();
        changes.extend(page.changes);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return changes;
        }
    }
}

/// Whether the last digit checks the others, counted as ISO/IEC 7812-1 says.
fn checks(card_number: &str) -> bool {
    let digits = card_number
        .chars()
        .rev()
        .map(|digit| digit.to_digit(10).unwrap());
    let weighed = digits.enumerate().map(|(place, digit)| match place % 2 {
        0 => digit,
        _ if digit > 4 => digit * 2 - 9,
        _ => digit * 2,
    });
    weighed.sum::<u32>() % 10 == 0
}

#[tokio::test]
async fn a_customer_joins_once_and_a_suspended_member_earns_but_does_not_spend() {
    let bench = Bench::start().await;
    let customer_id = gifted(&bench, 100).await;
    let again = api::EnrolMemberRequest {
        customer_id: customer_id.to_string(),
        program_id: String::new(),
        request_id: id(&bench),
    };
    let refused = memberships(&bench).enrol_member(again.clone()).await;
    let refused = refused.unwrap_err();
    assert_eq!(reason(&refused), "MEMBER_ALREADY_ENROLLED");
    assert_eq!(metadata(&refused, "program_id"), "default");
    let nowhere = api::EnrolMemberRequest {
        customer_id: id(&bench),
        program_id: "nowhere".to_owned(),
        request_id: id(&bench),
    };
    let refused = memberships(&bench).enrol_member(nowhere).await.unwrap_err();
    assert_eq!(refused.code(), Code::NotFound);

    let suspended = suspend(&bench, customer_id).await.unwrap();
    assert_eq!(suspended.state(), api::member::State::Suspended);
    let refused = spend(&bench, customer_id, 1).await.unwrap_err();
    assert_eq!(reason(&refused), "MEMBER_NOT_ACTIVE");
    give(&bench, customer_id, 5).await;
    let refused = suspend(&bench, customer_id).await.unwrap_err();
    assert_eq!(reason(&refused), "MEMBER_STATE_CONFLICT");
    assert_eq!(metadata(&refused, "state"), "SUSPENDED");
    reactivate(&bench, customer_id).await.unwrap();
    let refused = reactivate(&bench, customer_id).await.unwrap_err();
    assert_eq!(metadata(&refused, "state"), "ACTIVE");
    spend(&bench, customer_id, 105).await.unwrap();

    let changes = history(&bench, customer_id).await;
    let kinds: Vec<Kind> = changes.iter().map(api::MembershipChange::kind).collect();
    assert_eq!(kinds, [Kind::Reactivated, Kind::Suspended, Kind::Enrolled]);
    assert_eq!(
        (changes[0].number, changes[0].changed_by.as_str()),
        (3, "user:somebody")
    );
    let suspended: Vec<api::MemberSuspended> = bench.announced(customer_id).await;
    let reactivated: Vec<api::MemberReactivated> = bench.announced(customer_id).await;
    assert_eq!((suspended.len(), reactivated.len()), (1, 1));
    bench.assert_sound().await;
}

#[tokio::test]
async fn a_membership_ends_when_nothing_is_held_and_its_points_are_given_up_and_for_good() {
    let bench = Bench::start().await;
    let customer_id = gifted(&bench, 100).await;
    let card_number = member(&bench, customer_id).await.card_number;
    let hold = holding(&bench, customer_id, 30);
    let hold = bench.holds().create_hold(hold).await.unwrap().into_inner();
    let refused = close(&bench, customer_id, true).await.unwrap_err();
    assert_eq!(reason(&refused), "MEMBER_HAS_OPEN_HOLDS");
    assert_eq!(metadata(&refused, "held"), "30");
    let release = api::ReleaseHoldRequest {
        customer_id: customer_id.to_string(),
        hold_id: hold.hold_id,
        request_id: id(&bench),
    };
    bench.holds().release_hold(release).await.unwrap();
    let refused = close(&bench, customer_id, false).await.unwrap_err();
    assert_eq!(reason(&refused), "MEMBER_HAS_POINTS");
    assert_eq!(metadata(&refused, "points"), "100");

    let request = api::CloseMemberRequest {
        customer_id: customer_id.to_string(),
        reason: WHY.to_owned(),
        forfeit_points: true,
        request_id: id(&bench),
    };
    let closed = memberships(&bench).close_member(request.clone()).await;
    let closed = closed.unwrap().into_inner();
    assert_eq!(closed.state(), api::member::State::Closed);
    assert_eq!(closed.card_number, "");
    let again = memberships(&bench).close_member(request).await.unwrap();
    assert_eq!(again.into_inner(), closed, "the same request once more");
    assert_eq!(has(&bench, customer_id).await, (0, 0));

    for refused in [
        close(&bench, customer_id, true).await.unwrap_err(),
        suspend(&bench, customer_id).await.unwrap_err(),
        reactivate(&bench, customer_id).await.unwrap_err(),
    ] {
        assert_eq!(reason(&refused), "MEMBER_STATE_CONFLICT");
        assert_eq!(metadata(&refused, "state"), "CLOSED");
    }
    let refused = lookup(&bench, &card_number).await.unwrap_err();
    assert_eq!(reason(&refused), "CARD_NOT_FOUND");
    let ended: Vec<api::MemberClosed> = bench.announced(customer_id).await;
    assert_eq!(ended.len(), 1);
    bench.assert_sound().await;
}

#[tokio::test]
async fn a_card_is_replaced_once_for_each_request_and_only_the_latest_leads_to_its_member() {
    let bench = Bench::start().await;
    let customer_id = enrol(&bench, "").await;
    let first = member(&bench, customer_id).await.card_number;
    let request = api::ReissueCardRequest {
        customer_id: customer_id.to_string(),
        reason: WHY.to_owned(),
        request_id: id(&bench),
    };
    let card = memberships(&bench).reissue_card(request.clone()).await;
    let card = card.unwrap().into_inner();
    let again = memberships(&bench).reissue_card(request).await.unwrap();
    assert_eq!(again.into_inner(), card);
    assert_ne!(card.card_number, first);
    assert!(checks(&first) && checks(&card.card_number));

    let spaced = format!("{} {}", &card.card_number[..4], &card.card_number[4..]);
    let found = lookup(&bench, &spaced).await.unwrap();
    assert_eq!(found, customer_id.to_string());
    let refused = lookup(&bench, &first).await.unwrap_err();
    assert_eq!(reason(&refused), "CARD_NOT_FOUND");
    let check = card.card_number.chars().last().unwrap();
    let check = (check.to_digit(10).unwrap() + 1) % 10;
    let slipped = format!("{}{check}", &card.card_number[..15]);
    let refused = lookup(&bench, &slipped).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    let reissued: Vec<api::CardReissued> = bench.announced(customer_id).await;
    assert_eq!(reissued.len(), 1);
    close(&bench, customer_id, false).await.unwrap();
    let request = api::ReissueCardRequest {
        customer_id: customer_id.to_string(),
        reason: WHY.to_owned(),
        request_id: id(&bench),
    };
    let refused = memberships(&bench).reissue_card(request).await.unwrap_err();
    assert_eq!(metadata(&refused, "state"), "CLOSED");
}
