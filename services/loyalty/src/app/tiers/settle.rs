use events::NewEvent;
use sqlx::PgTransaction;
use uuid::Uuid;

use super::news::News;
use super::question::Question;
use crate::app::books::Books;
use crate::app::packages::{self, Move};
use crate::app::{AppError, Loyalty};
use crate::domain::program::LadderId;
use crate::domain::tiers::{Record, Settlement};
use crate::store::tiers::changes::{self, NewChange};
use crate::store::tiers::standings;
use crate::wire;

/// Settles where members stand of whom something is new: writes and announces what has changed, and
/// gives the packages of tiers that were reached. The members are open in the books, and what is new
/// is in the store.
pub(crate) async fn settle(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    books: &mut Books,
    news: &News,
) -> Result<(), AppError> {
    let questions = Question::all(loyalty, tx, books, news).await?;
    if questions.is_empty() {
        return Ok(());
    }
    let additions = Question::additions(tx, &questions).await?;
    let mut settled = Settled::default();
    for question in questions {
        let of_member = additions.get(&question.customer_id);
        let answer = question.answer(of_member.map_or(&[], Vec::as_slice));
        settled.add(question, answer, || books.new_id());
    }
    settled.write(tx, books).await?;
    packages::follow_tiers(loyalty, tx, books, &settled.moves).await
}

/// What there is to write.
#[derive(Default)]
struct Settled {
    records: Vec<(Uuid, LadderId, Record)>,
    changes: Vec<NewChange>,
    moves: Vec<Move>,
}

impl Settled {
    fn add(&mut self, question: Question, answer: Settlement, new_id: impl Fn() -> Uuid) {
        let Question {
            customer_id,
            ladder_id,
            record,
            reference,
            ..
        } = question;
        if is_worth_keeping(record.as_ref(), &answer.record) {
            self.records
                .push((customer_id, ladder_id.clone(), answer.record));
        }
        for change in answer.changes {
            let past = answer.past.as_deref();
            self.moves
                .push(Move::of(customer_id, &ladder_id, &change, past));
            self.changes.push(NewChange {
                customer_id,
                change_id: new_id(),
                ladder_id: ladder_id.to_string(),
                change,
                reference: reference.clone(),
            });
        }
    }

    async fn write(&self, tx: &mut PgTransaction<'_>, books: &mut Books) -> Result<(), AppError> {
        let now = books.now();
        if !self.records.is_empty() {
            standings::write(tx, &self.records).await?;
        }
        if !self.changes.is_empty() {
            changes::insert(tx, &self.changes, now).await?;
        }
        for change in &self.changes {
            let event = wire::tiers::changed(change, now);
            let member = change.customer_id;
            books.announce(NewEvent::about(member, Some(member), &event));
        }
        Ok(())
    }
}

/// Whether a record says more than the one that is kept. That it is newer alone does not: settling
/// can go on from the older one. Nor does it for those who never had a tier, and so most members
/// have no row.
fn is_worth_keeping(kept: Option<&Record>, new: &Record) -> bool {
    match kept {
        Some(kept) => {
            kept.shown != new.shown || kept.earned != new.earned || kept.due_on != new.due_on
        }
        None => new.shown.tier_id().is_some() || new.due_on.is_some(),
    }
}
