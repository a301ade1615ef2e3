use std::collections::HashMap;
use std::sync::Arc;

use calendar::FIRST_DAY;
use jiff::civil::Date;
use sqlx::{PgConnection, PgTransaction};
use uuid::Uuid;

use super::news::News;
use super::{Histories, History};
use crate::app::books::Books;
use crate::app::{AppError, Loyalty};
use crate::domain::program::LadderId;
use crate::domain::tiers::{Addition, Case, Era, Gift, Record, Settlement, Touch, settle};
use crate::store::tiers::{gifts, metrics, standings};

/// Where a member stands on a ladder now, with all that the answer depends on but what has counted.
pub(super) struct Question {
    pub(super) customer_id: Uuid,
    pub(super) ladder_id: LadderId,
    pub(super) record: Option<Record>,
    /// What it is caused by.
    pub(super) reference: String,
    history: Arc<History>,
    joined_on: Date,
    today: Date,
    touch: Touch,
    gifts: Vec<Gift>,
}

impl Question {
    /// What has to be asked because of what is new: not about ladders that it does not touch.
    pub(super) async fn all(
        loyalty: &Loyalty,
        tx: &mut PgTransaction<'_>,
        books: &Books,
        news: &News,
    ) -> Result<Vec<Self>, AppError> {
        let customer_ids = news.customer_ids();
        let mut records = standings::records(&mut **tx, &customer_ids).await?;
        let mut histories = Histories::default();
        let mut questions = Vec::new();
        for (customer_id, member) in news.members() {
            let holder = books.holder(customer_id)?;
            let program_id = holder.program.program_id.as_str();
            let history = histories.of(loyalty, tx, program_id, books.now()).await?;
            let today = history.zone().date_of(books.now());
            for ladder_id in history.ladder_ids() {
                let touch = member.touch(&ladder_id, &history.eras(&ladder_id));
                let record = records.remove(&(customer_id, ladder_id.clone()));
                if touch != Touch::Nothing || is_due(record.as_ref(), today) {
                    questions.push(Self {
                        customer_id,
                        ladder_id,
                        record,
                        reference: member.reference.clone(),
                        joined_on: history.zone().date_of(holder.enrolled_at),
                        today,
                        touch,
                        gifts: Vec::new(),
                        history: Arc::clone(&history),
                    });
                }
            }
        }
        if !questions.is_empty() {
            Self::add_gifts(tx, &mut questions).await?;
        }
        Ok(questions)
    }

    /// About one ladder, to be read and not changed.
    pub(super) async fn to_read(
        loyalty: &Loyalty,
        db: &mut PgConnection,
        member: (Uuid, Date, Arc<History>),
        ladder_id: &LadderId,
    ) -> Result<Self, AppError> {
        let (customer_id, joined_on, history) = member;
        let mut records = standings::records(&mut *db, &[customer_id]).await?;
        let mut question = [Self {
            customer_id,
            ladder_id: ladder_id.clone(),
            record: records.remove(&(customer_id, ladder_id.clone())),
            reference: String::new(),
            joined_on,
            today: history.zone().date_of(loyalty.now()),
            touch: Touch::Nothing,
            gifts: Vec::new(),
            history,
        }];
        Self::add_gifts(db, &mut question).await?;
        let [question] = question;
        Ok(question)
    }

    async fn add_gifts(db: &mut PgConnection, questions: &mut [Self]) -> Result<(), AppError> {
        let mut customer_ids: Vec<Uuid> = questions.iter().map(|one| one.customer_id).collect();
        customer_ids.dedup();
        let mut gifts = gifts::of_members(db, &customer_ids).await?;
        for question in questions {
            let key = (question.customer_id, question.ladder_id.clone());
            question.gifts = gifts.remove(&key).unwrap_or_default();
        }
        Ok(())
    }

    /// What has counted, as far as the answers depend on it, by member.
    pub(super) async fn additions(
        db: &mut PgConnection,
        questions: &[Self],
    ) -> Result<HashMap<Uuid, Vec<Addition>>, AppError> {
        let mut wanted: HashMap<Uuid, Date> = HashMap::new();
        for question in questions {
            let eras = question.history.eras(&question.ladder_id);
            let needed = question
                .touch
                .needs(question.record.as_ref(), question.joined_on, &eras);
            let first = wanted.entry(question.customer_id).or_insert(Date::MAX);
            *first = needed.unwrap_or(FIRST_DAY).min(*first);
        }
        let wanted: Vec<(Uuid, Date)> = wanted.into_iter().collect();
        Ok(metrics::since(db, &wanted).await?)
    }

    /// The answer.
    pub(super) fn answer(&self, additions: &[Addition]) -> Settlement {
        self.with_case(additions, |case| {
            settle(self.record.as_ref(), self.touch, case)
        })
    }

    /// Looks at the case that it is about.
    pub(super) fn with_case<T>(
        &self,
        additions: &[Addition],
        look: impl FnOnce(&Case<'_>) -> T,
    ) -> T {
        let eras = self.history.eras(&self.ladder_id);
        let eras: Vec<Era<'_>> = eras
            .into_iter()
            .map(|era| era.counting(additions))
            .collect();
        look(&Case {
            joined_on: self.joined_on,
            eras: &eras,
            gifts: &self.gifts,
            today: self.today,
        })
    }
}

/// Whether something happens by itself on a day that is over.
fn is_due(record: Option<&Record>, today: Date) -> bool {
    let due_on = record.and_then(|record| record.due_on);
    due_on.is_some_and(|due_on| due_on < today)
}
