use chassis::Refusal;
use contract::patron::loyalty::v1::ErrorReason;
use tonic::Code;

use crate::app::challenges::ChallengesError;

impl From<ChallengesError> for Refusal {
    fn from(error: ChallengesError) -> Self {
        let message = error.to_string();
        let failed = |reason| Self::new(Code::FailedPrecondition, reason, message.clone());
        match &error {
            ChallengesError::NotFound { .. } => {
                Self::new(Code::NotFound, ErrorReason::ChallengeNotFound, message)
            }
            ChallengesError::NotRunning => failed(ErrorReason::ChallengeNotRunning),
            ChallengesError::NotActive => failed(ErrorReason::MemberNotActive),
            ChallengesError::NotEligible => failed(ErrorReason::ChallengeNotEligible),
            ChallengesError::NotQuiz => failed(ErrorReason::ChallengeNotQuiz),
            ChallengesError::AttemptsUsed { attempts } => {
                failed(ErrorReason::QuizAttemptsUsed).metadata("attempts", attempts.to_string())
            }
            ChallengesError::Answers(answers) => {
                let reason = ErrorReason::QuizAnswersInvalid;
                Self::new(Code::InvalidArgument, reason, message.clone())
                    .metadata("question_id", answers.question_id())
                    .field("answers", message)
            }
        }
    }
}
