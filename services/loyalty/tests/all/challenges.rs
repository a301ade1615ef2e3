//! Challenges over the API.

use contract::patron::loyalty::v1 as api;
use contract::patron::loyalty::v1::challenge_service_client::ChallengeServiceClient;
use testkit::{Bearer, Caller, metadata, reason};
use tonic::Code;

use api::answer_quiz_request::QuizAnswer;
use api::challenge::{Goal, Question, QuizGoal};

use crate::all::shop::Shop;

fn challenges(shop: &Shop) -> ChallengeServiceClient<Caller> {
    ChallengeServiceClient::with_interceptor(shop.bench.channel(), Bearer::of(&["operator"]))
}

/// A program with a quiz of one question.
async fn shop() -> Shop {
    Shop::open(|document| {
        document.challenges = vec![api::Challenge {
            challenge_id: "quiz".to_owned(),
            goal: Some(Goal::Quiz(QuizGoal {
                questions: vec![Question {
                    question_id: "one".to_owned(),
                    text: "Which?".to_owned(),
                    choices: vec!["this".to_owned(), "that".to_owned()],
                    right_choice: 1,
                }],
                attempts: 2,
            })),
            milestones: vec![api::Milestone {
                count: 1,
                grants: vec![api::Grant {
                    grant: Some(api::grant::Grant::BadgeId("wise".to_owned())),
                }],
            }],
            ..api::Challenge::default()
        }];
    })
    .await
}

#[tokio::test]
async fn a_quiz_is_shown_without_its_answers_judged_and_rewarded_with_a_badge() {
    let shop = shop().await;
    let member = shop.bench.member(10).await;
    let answer = |question: &str, choice| api::AnswerQuizRequest {
        customer_id: member.to_string(),
        challenge_id: "quiz".to_owned(),
        request_id: shop.id(),
        answers: vec![QuizAnswer {
            question_id: question.to_owned(),
            choice,
        }],
    };
    let status = challenges(&shop)
        .answer_quiz(answer("two", 1))
        .await
        .unwrap_err();
    assert_eq!(
        (status.code(), reason(&status).as_str()),
        (Code::InvalidArgument, "QUIZ_ANSWERS_INVALID")
    );
    assert_eq!(metadata(&status, "question_id"), "one");
    let judged = challenges(&shop)
        .answer_quiz(answer("one", 1))
        .await
        .unwrap()
        .into_inner();
    assert_eq!((judged.right_count, judged.attempts_left), (1, 1));
    assert_eq!(judged.reached, [1]);

    let request = api::ListChallengesRequest {
        customer_id: member.to_string(),
        ..api::ListChallengesRequest::default()
    };
    let listed = challenges(&shop)
        .list_challenges(request)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(listed.challenges.len(), 1);
    assert_eq!(listed.challenges[0].progress, 1);
    assert!(listed.challenges[0].milestones[0].reach_time.is_some());
    assert_eq!(listed.challenges[0].questions[0].choices, ["this", "that"]);
    let request = api::ListBadgesRequest {
        customer_id: member.to_string(),
        ..api::ListBadgesRequest::default()
    };
    let badges = challenges(&shop)
        .list_badges(request)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(badges.badges.len(), 1);
    assert_eq!(badges.badges[0].badge_id, "wise");
}
