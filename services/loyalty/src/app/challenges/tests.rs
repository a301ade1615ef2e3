//! Challenges on a real database.

use chassis::Refusal;
use contract::Period;
use contract::challenge::{CounterGoal, Goal, Question, QuizGoal};
use contract::grant::Grant as WireGrant;
use contract::patron::loyalty::v1 as contract;
use uuid::Uuid;

use super::{quiz, read};
use crate::app::growth::testing::{World, points};
use crate::wire;

fn milestone(count: i64, grants: Vec<contract::Grant>) -> contract::Milestone {
    contract::Milestone { count, grants }
}

fn badge(badge_id: &str) -> contract::Grant {
    contract::Grant {
        grant: Some(WireGrant::BadgeId(badge_id.to_owned())),
    }
}

async fn world() -> World {
    World::new(|document| {
        let question = |id: &str, right_choice| Question {
            question_id: id.to_owned(),
            text: "?".to_owned(),
            choices: vec!["a".to_owned(), "b".to_owned()],
            right_choice,
        };
        document.challenges = vec![
            contract::Challenge {
                challenge_id: "regular".to_owned(),
                goal: Some(Goal::Counter(CounterGoal {
                    condition: "order.total_minor >= 100 && channel == 'app'".to_owned(),
                    ..CounterGoal::default()
                })),
                milestones: vec![
                    milestone(2, vec![points(50), badge("regular")]),
                    milestone(3, vec![points(70)]),
                ],
                repeat: Period::Month.into(),
                ..contract::Challenge::default()
            },
            contract::Challenge {
                challenge_id: "quiz".to_owned(),
                goal: Some(Goal::Quiz(QuizGoal {
                    questions: vec![question("one", 0), question("two", 1)],
                    attempts: 2,
                })),
                milestones: vec![milestone(2, vec![points(10)])],
                ..contract::Challenge::default()
            },
        ];
    })
    .await
}

async fn progress(
    world: &World,
    customer_id: Uuid,
    challenge_id: &str,
) -> contract::MemberChallenge {
    let found = read::challenge(&world.loyalty, customer_id, challenge_id).await;
    wire::challenges::member_challenge(&found.unwrap()).unwrap()
}

#[tokio::test]
async fn milestones_are_given_once_and_taken_back_with_the_purchase_that_they_stood_on() {
    let world = world().await;
    let member = world.member().await;
    let at = world.loyalty.now();
    world.bought(member, ("small", at), (0, 99)).await;
    world.bought(member, ("o-1", at), (0, 100)).await;
    world.bought(member, ("o-1", at), (0, 100)).await;
    assert_eq!(progress(&world, member, "regular").await.progress, 1);
    world.bought(member, ("o-2", at), (0, 500)).await;
    let reached = progress(&world, member, "regular").await;
    assert_eq!((reached.progress, reached.cycle.as_str()), (2, "2026-03"));
    assert!(reached.milestones[0].reach_time.is_some());
    assert!(reached.milestones[1].reach_time.is_none());
    assert_eq!(world.available(member).await, 50);
    let badges = read::badges(&world.loyalty, member, None, 10)
        .await
        .unwrap();
    assert_eq!(badges.rows.len(), 1);

    world.bought(member, ("o-1", at), (100, 0)).await;
    assert_eq!(progress(&world, member, "regular").await.progress, 1);
    assert_eq!(world.available(member).await, 0);
    let badges = read::badges(&world.loyalty, member, None, 10)
        .await
        .unwrap();
    assert!(badges.rows.is_empty());

    world.bought(member, ("o-3", at), (0, 100)).await;
    world.bought(member, ("o-4", at), (0, 100)).await;
    assert_eq!(world.available(member).await, 120);
}

#[tokio::test]
async fn a_late_purchase_counts_for_the_cycle_in_which_it_was_bought() {
    let world = world().await;
    let member = world.member().await;
    let february = "2026-02-10T12:00:00Z".parse().unwrap();
    world
        .bought(member, ("o-1", world.loyalty.now()), (0, 100))
        .await;
    world.bought(member, ("o-2", february), (0, 100)).await;
    assert_eq!(progress(&world, member, "regular").await.progress, 1);
    world.bought(member, ("o-3", february), (0, 100)).await;
    assert_eq!(progress(&world, member, "regular").await.progress, 1);
    assert_eq!(world.available(member).await, 50);
}

#[tokio::test]
async fn a_quiz_tells_how_many_answers_were_right_and_ends_with_its_attempts() {
    let world = world().await;
    let member = world.member().await;
    let answer = async |choices: [i32; 2]| {
        let answers = ["one", "two"].into_iter().zip(choices);
        let answers = answers.map(|(id, choice)| contract::answer_quiz_request::QuizAnswer {
            question_id: id.to_owned(),
            choice,
        });
        let request = contract::AnswerQuizRequest {
            customer_id: member.to_string(),
            challenge_id: "quiz".to_owned(),
            request_id: world.request_id(),
            answers: answers.collect(),
        };
        let answered = quiz::answer(&world.loyalty, &World::call(), request).await;
        answered.map(tonic::Response::into_inner)
    };
    let first = answer([0, 0]).await.unwrap();
    assert_eq!((first.right_count, first.attempts_left), (1, 1));
    assert!(first.reached.is_empty());
    let second = answer([0, 1]).await.unwrap();
    assert_eq!(
        (second.right_count, second.attempts_left, second.reached),
        (2, 0, vec![2])
    );
    assert_eq!(world.available(member).await, 10);
    let third = answer([0, 1]).await.unwrap_err();
    assert_eq!(Refusal::from_status(&third).reason(), "QUIZ_ATTEMPTS_USED");

    let shown = progress(&world, member, "quiz").await;
    assert_eq!((shown.progress, shown.attempts_left), (2, 0));
    assert_eq!(shown.questions.len(), 2);
}
