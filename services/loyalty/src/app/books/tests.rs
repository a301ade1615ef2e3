use contract::patron::loyalty::v1::OperationDetails;
use uuid::Uuid;

use super::{Need, Posted};
use crate::app::AppError;
use crate::app::desk::{Desk, accrue, redeem};
use crate::app::writer::Command;
use crate::domain::ledger::{Cause, Kind, Points, Refund, Restoration, WalletId, expire, restore};

#[tokio::test]
async fn many_commands_on_a_wallet_are_decided_one_after_the_other_over_one_reading() {
    let desk = Desk::new().await;
    let customer_id = desk.member(&[100, 50]).await;
    let commands = [
        redeem(customer_id, 120),
        redeem(customer_id, 40),
        redeem(customer_id, 30),
    ];
    let needs: Vec<Need> = commands.iter().map(Command::need).collect();
    let credit = accrue(customer_id, 5);
    let told = desk
        .on_books(&needs, |books| {
            let mut told = Vec::new();
            for command in &commands {
                let decided = command.decide(books);
                let entered = decided.and_then(|decision| decision.enter(books, ""));
                told.push(
                    entered
                        .map(|reply| reply.available_after)
                        .map_err(|e| e.to_string()),
                );
            }
            let decision = credit.decide(books)?;
            told.push(Ok(decision.enter(books, "")?.available_after));
            Ok(told)
        })
        .await;
    let refusal = "40 points are required and 30 available".to_owned();
    assert_eq!(told.unwrap(), [Ok(30), Err(refusal), Ok(0), Ok(5)]);
    assert_eq!(desk.available(customer_id).await, 5);
    assert_eq!(desk.differences().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_spend_of_more_lots_than_the_first_look_takes_still_finds_them_all() {
    let desk = Desk::new().await;
    let customer_id = desk.member(&[1; 70]).await;
    let spent = desk.act(&redeem(customer_id, 69)).await.unwrap();
    assert_eq!((spent.lots.len(), spent.available_after), (69, 1));
    let refused = desk.act(&redeem(customer_id, 2)).await.unwrap_err();
    assert_eq!(refused.to_string(), "2 points are required and 1 available");
    assert_eq!(desk.differences().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_spend_reads_the_first_few_lots_or_as_many_as_it_needs_and_a_credit_none() {
    let desk = Desk::new().await;
    let customer_id = desk.member(&[10; 8]).await;
    let loaded = async |need: Need| {
        desk.on_books(&[need], |books| {
            Ok(books.wallet(customer_id, None)?.lots().len())
        })
        .await
        .unwrap()
    };
    let spending = |points| Need::of(customer_id).spending(Points::new(points));
    assert_eq!(loaded(Need::of(customer_id)).await, 0);
    assert_eq!(loaded(spending(15)).await, 4);
    assert_eq!(loaded(spending(55)).await, 6);
    assert_eq!(loaded(Need::of(customer_id).all_live_lots()).await, 8);
}

#[tokio::test]
async fn whoever_is_no_member_is_missing_and_the_others_are_served() {
    let desk = Desk::new().await;
    let member = desk.member(&[10]).await;
    let nobody = Uuid::from_u128(1);
    let needs = [Need::of(nobody), Need::of(member)];
    let found = desk.on_books(&needs, |books| {
        assert!(matches!(
            books.wallet(nobody, None),
            Err(AppError::MemberNotFound)
        ));
        let other = WalletId::parse("MILES").unwrap();
        let missing = books.wallet(member, Some(other));
        assert!(matches!(missing, Err(AppError::WalletNotFound { .. })));
        Ok(books.wallet(member, None)?.balances().available.get())
    });
    assert_eq!(found.await.unwrap(), 10);
}

#[tokio::test]
async fn what_was_spent_is_given_back_in_parts_and_each_part_is_remembered() {
    let desk = Desk::new().await;
    let customer_id = desk.member(&[100, 50]).await;
    let spent = desk.act(&redeem(customer_id, 120)).await.unwrap();
    let redemption_id: Uuid = spent.redemption_id.parse().unwrap();
    for (refunded, available) in [(10, 70), (10, 70), (30, 150)] {
        give_back(&desk, customer_id, redemption_id, refunded).await;
        assert_eq!(desk.available(customer_id).await, available);
    }
    assert_eq!(desk.differences().await, Vec::<String>::new());
    desk.arrange("UPDATE restorations SET restored = restored + 1")
        .await;
    let told = desk.differences().await;
    let expected =
        format!("redemption {redemption_id}: points given back is 121, recomputed it is 120");
    assert!(told[0].ends_with(&expected), "{told:?}");
}

async fn give_back(desk: &Desk, customer_id: Uuid, redemption_id: Uuid, refunded: i64) {
    let needs = [Need::of(customer_id).redemption(redemption_id)];
    let given = desk.on_books(&needs, |books| {
        let open = books.redemption(customer_id, redemption_id)?;
        let wallet = books.wallet(customer_id, Some(open.wallet_id))?;
        let policies = books.policies(customer_id, open.wallet_id)?;
        let restoration = Restoration {
            spent: &open.spent,
            refund: Refund { refunded, paid: 30 },
            cause: Cause {
                reference: "return",
                effective_at: books.now(),
            },
        };
        let restored = books.decide(|occasion| restore(wallet, restoration, &policies, occasion));
        if let Some(restored) = restored.unwrap() {
            books.keep_restored(customer_id, redemption_id, restored.spent)?;
            books.post(Posted::new(customer_id, restored.posting).about(redemption_id))?;
        }
        Ok(())
    });
    given.await.unwrap();
}

#[tokio::test]
async fn lapsed_points_go_to_expiry_and_are_counted_in_their_lots() {
    let desk = Desk::new().await;
    let customer_id = desk.member(&[100, 50]).await;
    // By hand, so that the hash of the operation that made the lot no longer fits.
    desk.arrange("UPDATE lots SET expires_at = '2025-01-01' WHERE original = 100")
        .await;
    let needs = [Need::of(customer_id).all_live_lots()];
    let expired = desk.on_books(&needs, |books| {
        let wallet = books.wallet(customer_id, None)?;
        let cause = Cause {
            reference: "2025-06-01",
            effective_at: books.now(),
        };
        let expired = books
            .decide(|occasion| expire(wallet, cause, occasion))?
            .unwrap();
        let points = expired.points;
        books.post(
            Posted::new(customer_id, expired.posting)
                .explained(Kind::Expire, OperationDetails::default()),
        )?;
        Ok(points.get())
    });
    assert_eq!(expired.await.unwrap(), 100);
    assert_eq!(desk.available(customer_id).await, 50);
    let told = desk.differences().await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("hash"), "{told:?}");
}

#[tokio::test]
async fn transactions_that_meet_on_the_same_holders_do_not_wait_for_each_other_in_a_circle() {
    let desk = Desk::new().await;
    let members = [desk.member(&[500]).await, desk.member(&[500]).await];
    let round = async |first: usize| {
        for _ in 0..20 {
            let needs = [members[first], members[1 - first]]
                .map(|member| Need::of(member).spending(Points::new(1)));
            let commands = members.map(|member| redeem(member, 1));
            desk.on_books(&needs, |books| {
                for command in &commands {
                    command.decide(books)?.enter(books, "")?;
                }
                Ok(())
            })
            .await
            .unwrap();
        }
    };
    futures_util::future::join_all(vec![round(0), round(1), round(0), round(1)]).await;
    for member in members {
        assert_eq!(desk.available(member).await, 420);
    }
    assert_eq!(desk.differences().await, Vec::<String>::new());
}
