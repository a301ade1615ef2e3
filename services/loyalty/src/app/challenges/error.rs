use crate::domain::challenges::AnswersError;

/// Why nothing can be done in a challenge.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ChallengesError {
    /// The program has no such challenge.
    #[error("the program has no challenge {challenge_id}")]
    NotFound {
        /// What was asked for.
        challenge_id: String,
    },
    /// It has not begun, or it is over.
    #[error("the challenge does not run now")]
    NotRunning,
    /// The member may not do anything.
    #[error("the membership is suspended or closed")]
    NotActive,
    /// The member's tier does not take part.
    #[error("the member's tier does not take part")]
    NotEligible,
    /// It is no quiz.
    #[error("the challenge is no quiz")]
    NotQuiz,
    /// It has been answered as often as is allowed.
    #[error("the quiz has been answered {attempts} times, as often as is allowed")]
    AttemptsUsed {
        /// How often.
        attempts: u8,
    },
    /// The answers are not one for each question.
    #[error(transparent)]
    Answers(#[from] AnswersError),
}
