use ::contract::checks::At;
use calendar::Period;
use contract::challenge::Goal as WireGoal;
use contract::patron::loyalty::v1 as contract;

use super::values::{or, period, whole};
use super::{Fault, Reader};
use crate::domain::program::{
    Challenge, ChallengeId, Counted, Goal, Measure, Milestone, Question, QuestionId, Vocabulary,
};

impl<'d> Reader<'d> {
    pub(super) fn challenge(
        &mut self,
        at: &At<'_>,
        challenge: &'d contract::Challenge,
    ) -> Option<Challenge> {
        let goal = self.goal(at, challenge.goal.as_ref());
        let (start, end) = (challenge.start_time.as_ref(), challenge.end_time.as_ref());
        let window = self.window(at, start, end);
        let gates = self.gates(at, "gates", &challenge.gates);
        let counts = challenge.milestones.iter().map(|milestone| milestone.count);
        self.ascending(&at.field("milestones"), "count", counts);
        let milestones = self.list(at, "milestones", &challenge.milestones, Self::milestone);
        Some(Challenge {
            challenge_id: ChallengeId::new(&challenge.challenge_id),
            display_name: challenge.display_name.clone(),
            goal: goal?,
            window: window?,
            gates: gates?,
            milestones: milestones?,
            repeat: period(challenge.repeat()),
        })
    }

    fn milestone(&mut self, at: &At<'_>, milestone: &'d contract::Milestone) -> Option<Milestone> {
        let grants = self.list(at, "grants", &milestone.grants, Self::grant)?;
        let count = milestone.count;
        Some(Milestone { count, grants })
    }

    fn goal(&mut self, at: &At<'_>, goal: Option<&'d WireGoal>) -> Option<Goal> {
        match goal {
            Some(WireGoal::Counter(counter)) => {
                let at = &at.field("counter");
                let is_act = !counter.activity_type.is_empty();
                self.only_with(
                    counter.count_money && is_act,
                    at,
                    "count_money",
                    "purchases",
                );
                let what = self.counted(at, &counter.activity_type, &counter.condition)?;
                let measure = self.measure(at, counter)?;
                Some(Goal::Counter {
                    counted: what,
                    measure,
                })
            }
            Some(WireGoal::Streak(streak)) => self.streak(&at.field("streak"), streak),
            Some(WireGoal::Quiz(quiz)) => self.quiz(&at.field("quiz"), quiz),
            None => {
                self.problems
                    .add(at, Fault::NoneOf("counter, streak, quiz"));
                None
            }
        }
    }

    fn measure(
        &mut self,
        at: &At<'_>,
        counter: &contract::challenge::CounterGoal,
    ) -> Option<Measure> {
        let code = &counter.currency_code;
        let is_alone = !code.is_empty() && !counter.count_money;
        self.only_with(is_alone, at, "currency_code", "count_money");
        if !counter.count_money {
            return Some(Measure::Times);
        }
        let currency = match code.as_str() {
            "" => None,
            code => Some(self.currency(&at.field("currency_code"), code)?),
        };
        Some(Measure::Money { currency })
    }

    fn streak(&mut self, at: &At<'_>, streak: &'d contract::challenge::StreakGoal) -> Option<Goal> {
        let counted = self.counted(at, &streak.activity_type, &streak.condition);
        let period = period(streak.period());
        if !matches!(period, Period::Day | Period::Week | Period::Month) {
            self.problems.add(&at.field("period"), Fault::StreakPeriod);
            return None;
        }
        Some(Goal::Streak {
            counted: counted?,
            period,
            freezes: whole(streak.freezes),
        })
    }

    fn counted(&mut self, at: &At<'_>, activity: &str, condition: &'d str) -> Option<Counted> {
        let activity_type = match activity {
            "" => Some(None),
            name => self
                .activity_type(&at.field("activity_type"), name)
                .map(Some),
        };
        let vocabulary = match activity {
            "" => Vocabulary::Order,
            _ => Vocabulary::Activity,
        };
        let condition = self.condition(at, "condition", (condition, vocabulary));
        Some(Counted {
            activity_type: activity_type?,
            condition: condition?,
        })
    }

    fn quiz(&mut self, at: &At<'_>, quiz: &'d contract::challenge::QuizGoal) -> Option<Goal> {
        let ids = quiz
            .questions
            .iter()
            .map(|question| question.question_id.as_str());
        self.unique(&at.field("questions"), "question_id", ids);
        let questions = self.list(at, "questions", &quiz.questions, |reader, at, question| {
            Some(reader.question(at, question))
        })?;
        let attempts = or(quiz.attempts, 1);
        Some(Goal::Quiz {
            questions,
            attempts,
        })
    }

    fn question(&mut self, at: &At<'_>, question: &'d contract::challenge::Question) -> Question {
        let right_choice = whole(question.right_choice);
        let count = question.choices.len();
        if right_choice >= count {
            let fault = Fault::NoSuchChoice { choices: count };
            self.problems.add(&at.field("right_choice"), fault);
        }
        Question {
            question_id: QuestionId::new(&question.question_id),
            text: question.text.clone(),
            choices: question.choices.clone(),
            right_choice,
        }
    }
}
