//! Opening draws: from here on neither rules nor seeds can be exchanged unnoticed.

use contract::patron::loyalty::v1 as contract;
use events::NewEvent;
use sqlx::PgTransaction;
use uuid::Uuid;

use super::frozen::{rules, seeds, span};
use crate::app::set_aside::set_aside;
use crate::app::{AppError, Loyalty};
use crate::domain::draws::{Digest, Tally, commitment};
use crate::domain::program::{Draw, Program};
use crate::store::draws::{self, DrawRow};

/// Opens the draws of a program in force that are not open yet and have not ended.
pub(super) async fn open_all(loyalty: &Loyalty, program: &Program) -> Result<(), AppError> {
    let mut db = loyalty.db.pool().acquire().await?;
    let now = loyalty.now();
    let program_id = program.program_id.as_str();
    for draw in &program.document.draws {
        let (_, ends_at) = span(draw, now);
        let draw_id = draw.draw_id.as_str();
        if ends_at > now && draws::find(&mut *db, program_id, draw_id).await?.is_none() {
            let opened = open(loyalty, program, draw).await;
            set_aside(opened, "the opening of a draw", draw_id)?;
        }
    }
    Ok(())
}

async fn open(loyalty: &Loyalty, program: &Program, draw: &Draw) -> Result<(), AppError> {
    let mut tx = loyalty.db.begin().await?;
    let row = promise(loyalty, program, draw)?;
    if draws::insert(&mut tx, &row).await? {
        let event = contract::DrawOpened {
            program_id: row.program_id.clone(),
            draw_id: row.draw_id.clone(),
            commitment: row.commitment.to_string(),
            start_time: Some(::contract::time::timestamp(row.starts_at)),
            end_time: Some(::contract::time::timestamp(row.ends_at)),
        };
        announce(loyalty, &mut tx, &row, event).await?;
        tx.commit().await?;
        loyalty.outbox.committed();
    }
    Ok(())
}

/// Announces something of a draw itself.
pub(super) async fn announce<E: prost::Message + prost::Name>(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    row: &DrawRow,
    event: E,
) -> Result<(), AppError> {
    let name = format!("{}/{}", row.program_id, row.draw_id);
    let subject = Uuid::new_v5(&Uuid::NAMESPACE_URL, name.as_bytes());
    let event = NewEvent::about(subject, None, &event);
    Ok(loyalty.outbox.append(tx, event).await?)
}

fn promise(loyalty: &Loyalty, program: &Program, draw: &Draw) -> Result<DrawRow, AppError> {
    let opened_at = loyalty.now();
    let (starts_at, ends_at) = span(draw, opened_at);
    let program_id = program.program_id.as_str();
    let rules = rules(program_id, draw, (starts_at, ends_at));
    rules.check().map_err(super::DrawsError::from)?;
    let nonce = loyalty.clock.new_id();
    let seeds = seeds(loyalty.secret.expose(), &rules, nonce);
    Ok(DrawRow {
        program_id: program_id.to_owned(),
        draw_id: rules.draw_id.clone(),
        program_version: program.version,
        starts_at,
        ends_at,
        opened_at,
        nonce,
        commitment: commitment(&rules.digest(), opened_at, &seeds.head()),
        ticket_count: 0,
        chain: Digest::default(),
        tally: Tally::none(&rules),
        told: None,
        closing: None,
    })
}
