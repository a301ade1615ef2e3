use std::slice;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use calendar::{MonthDay, Span, Zone};
use futures_util::StreamExt as _;
use jiff::SignedDuration;
use jiff::civil::Date;
use sqlx::PgConnection;
use tokio_util::sync::CancellationToken;
use tonic::{Code, Status};
use uuid::Uuid;

use super::anniversaries::give_due;
use crate::app::books::{Books, Need};
use crate::app::{AppError, Loyalty};
use crate::domain::packages::{LATE_DAYS, due_on, occasions_of};
use crate::domain::program::{PackageOccasion, Program};
use crate::store::end_of_day;
use crate::store::packages::{birthdays, days};

/// How often is looked for birthdays: as often as a day begins somewhere.
const CELEBRATING: Duration = Duration::from_mins(15);
/// How often is looked for customers whose birthday has to be asked for.
const ASKING: Duration = Duration::from_secs(5);
/// Customers that are asked for at a time, and of these at once.
const QUESTIONS: i64 = 200;
const AT_ONCE: usize = 8;
/// Members in one transaction.
const BATCH: i64 = 100;
/// Who was not answered comes up again after this time, and after twice as long each time.
const FIRST_RETRY: SignedDuration = SignedDuration::from_secs(60);

/// Who knows birthdays: the profile service. They do not travel in events, being personal.
#[async_trait]
pub trait Profiles: Send + Sync {
    /// What is known of a customer.
    async fn profile(&self, customer_id: Uuid) -> Result<Profile, Status>;
}

/// What is asked of a profile.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// Month and day of birth; `None`: not known.
    pub birthday: Option<MonthDay>,
    /// The customer's own zone; `None`: not known.
    pub zone: Option<Zone>,
}

/// Notes that the birthdays of customers have to be asked for: they are new, or have changed.
pub(crate) async fn ask_for_birthdays(
    loyalty: &Loyalty,
    db: &mut PgConnection,
    customer_ids: &[Uuid],
) -> Result<(), AppError> {
    if customer_ids.is_empty() {
        return Ok(());
    }
    Ok(birthdays::ask(db, customer_ids, loyalty.now()).await?)
}

/// Asks for birthdays until it is told to stop.
pub(crate) async fn keep_asking(
    loyalty: Loyalty,
    profiles: Arc<dyn Profiles>,
    stop: CancellationToken,
) {
    let mut interval = tokio::time::interval(ASKING);
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    while stop.run_until_cancelled(interval.tick()).await.is_some() {
        loop {
            match ask_some(&loyalty, &*profiles).await {
                Ok(true) if !stop.is_cancelled() => {}
                Ok(_) => break,
                Err(error) => {
                    tracing::warn!(%error, "birthdays could not be asked for; it is tried again");
                    break;
                }
            }
        }
    }
}

/// Asks for the birthdays of some customers; true when there may be more of them.
pub(crate) async fn ask_some(loyalty: &Loyalty, profiles: &dyn Profiles) -> Result<bool, AppError> {
    let now = loyalty.now();
    let due = birthdays::take(loyalty.db.pool(), now, FIRST_RETRY, QUESTIONS).await?;
    let is_more = due.len() >= usize::try_from(QUESTIONS).unwrap_or(usize::MAX);
    let questions = due.into_iter().map(|(customer_id, attempts)| async move {
        let asked = ask(loyalty, profiles, customer_id, attempts).await;
        if let Err(error) = asked {
            // Without the customer's id: a log that tells who has no birthday tells something.
            tracing::debug!(%error, attempts, "a birthday is asked for again later");
        }
    });
    let mut questions = futures_util::stream::iter(questions).buffer_unordered(AT_ONCE);
    while questions.next().await.is_some() {}
    Ok(is_more)
}

/// Why a birthday was not learnt this time.
#[derive(Debug, thiserror::Error)]
enum AskError {
    #[error("the profile was not told: {0}")]
    Profile(#[source] Status),
    #[error("the customer is no member yet")]
    NoMember,
    #[error(transparent)]
    App(#[from] AppError),
}

async fn ask(
    loyalty: &Loyalty,
    profiles: &dyn Profiles,
    customer_id: Uuid,
    attempts: i32,
) -> Result<(), AskError> {
    let profile = match profiles.profile(customer_id).await {
        Ok(profile) => profile,
        // Who is gone has no birthday.
        Err(status) if status.code() == Code::NotFound => Profile::default(),
        Err(status) => return Err(AskError::Profile(status)),
    };
    let mut tx = loyalty.db.begin().await.map_err(AppError::from)?;
    let mut books = Books::open(loyalty, &mut tx, &[Need::of(customer_id)]).await?;
    let Ok(holder) = books.holder(customer_id) else {
        return Err(AskError::NoMember);
    };
    let program = Arc::clone(&holder.program);
    let zone = profile.zone.as_ref().map(Zone::name);
    days::keep_birthday(&mut tx, customer_id, profile.birthday, zone)
        .await
        .map_err(AppError::from)?;
    if let Some(birthday) = profile.birthday {
        let zone = profile.zone.as_ref().unwrap_or(&program.document.zone);
        let today = zone.date_of(books.now());
        let packages = &program.document.packages;
        for due in due_on(packages, PackageOccasion::Birthday, birthday, None, today) {
            give_due(loyalty, &mut tx, &mut books, customer_id, due).await?;
        }
    }
    books.write(&mut tx).await?;
    birthdays::answered(&mut *tx, customer_id, attempts)
        .await
        .map_err(AppError::from)?;
    tx.commit().await.map_err(AppError::from)?;
    loyalty.outbox.committed();
    Ok(())
}

/// Celebrates birthdays as days begin, until it is told to stop.
pub(crate) async fn keep_celebrating(loyalty: Loyalty, stop: CancellationToken) {
    let mut interval = tokio::time::interval(CELEBRATING);
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    while stop.run_until_cancelled(interval.tick()).await.is_some() {
        if let Err(error) = celebrate(&loyalty).await {
            tracing::warn!(%error, "birthdays could not be celebrated; it is tried again");
        }
    }
}

/// Gives the packages of all birthdays that have come, in all zones, since it was looked last; of the
/// last week at most.
pub(crate) async fn celebrate(loyalty: &Loyalty) -> Result<(), AppError> {
    let mut db = loyalty.db.pool().acquire().await?;
    for program_id in end_of_day::programs(&mut *db).await? {
        let program = loyalty
            .programs
            .at(&mut db, &program_id, loyalty.now())
            .await?;
        let mut packages = program.document.packages.iter();
        if packages.any(|package| package.occasion == PackageOccasion::Birthday) {
            for zone in zones(&mut db, &program).await? {
                celebrate_in(loyalty, &program, &zone).await?;
            }
        }
    }
    Ok(())
}

/// The zones in which members' days begin: those of their own, and the program's.
async fn zones(db: &mut PgConnection, program: &Program) -> Result<Vec<Zone>, AppError> {
    let names = days::zones(db).await?;
    let mut zones: Vec<Zone> = names
        .iter()
        .filter_map(|name| Zone::parse(name).ok())
        .collect();
    if !zones.contains(&program.document.zone) {
        zones.push(program.document.zone.clone());
    }
    Ok(zones)
}

async fn celebrate_in(loyalty: &Loyalty, program: &Program, zone: &Zone) -> Result<(), AppError> {
    let program_id = program.program_id.as_str();
    let today = zone.date_of(loyalty.now());
    let yesterday = Span::days(1).before(today);
    let mut tx = loyalty.db.begin().await?;
    let Some(last) = days::begin(&mut tx, program_id, zone.name(), yesterday).await? else {
        return Ok(());
    };
    tx.commit().await?;
    let first = last
        .tomorrow()
        .unwrap_or(last)
        .max(Span::days(LATE_DAYS).before(today));
    let mut day = first;
    while day <= today {
        for birthday in occasions_of(&program.document.packages, PackageOccasion::Birthday, day) {
            celebrate_all(loyalty, program, zone, (birthday, day)).await?;
        }
        days::end(loyalty.db.pool(), program_id, zone.name(), day).await?;
        let Ok(next) = day.tomorrow() else { break };
        day = next;
    }
    Ok(())
}

/// All members of a zone with this birthday, in batches. A package is given once, so that doing a day
/// again, or at the same time as another replica, does no harm.
async fn celebrate_all(
    loyalty: &Loyalty,
    program: &Program,
    zone: &Zone,
    (birthday, today): (MonthDay, Date),
) -> Result<(), AppError> {
    let mut wanted = days::Celebrated {
        program_id: program.program_id.as_str(),
        day: birthday,
        time_zone: zone.name(),
        with_those_of_no_zone: *zone == program.document.zone,
        after: None,
        limit: BATCH,
    };
    loop {
        let members = days::celebrated(loyalty.db.pool(), wanted).await?;
        let Some(last) = members.last() else {
            return Ok(());
        };
        wanted.after = Some(*last);
        congratulate_all(loyalty, &members, (birthday, today)).await?;
    }
}

/// Together, or where that fails each alone: who can't be congratulated keeps nobody else waiting, and is asked for again,
/// which makes up for it.
async fn congratulate_all(
    loyalty: &Loyalty,
    customer_ids: &[Uuid],
    occasion: (MonthDay, Date),
) -> Result<(), AppError> {
    match congratulate(loyalty, customer_ids, occasion).await {
        Err(error) if !error.is_passing() => {}
        done => return done,
    }
    for customer_id in customer_ids {
        let one = slice::from_ref(customer_id);
        match congratulate(loyalty, one, occasion).await {
            Err(error) if !error.is_passing() => {
                tracing::error!(%error, "a birthday could not be celebrated; the customer is asked for again");
                birthdays::ask(loyalty.db.pool(), one, loyalty.now()).await?;
            }
            done => done?,
        }
    }
    Ok(())
}

async fn congratulate(
    loyalty: &Loyalty,
    customer_ids: &[Uuid],
    (birthday, today): (MonthDay, Date),
) -> Result<(), AppError> {
    let mut tx = loyalty.db.begin().await?;
    let needs: Vec<Need> = customer_ids
        .iter()
        .map(|customer_id| Need::of(*customer_id))
        .collect();
    let mut books = Books::open(loyalty, &mut tx, &needs).await?;
    for customer_id in customer_ids {
        let program = Arc::clone(&books.holder(*customer_id)?.program);
        let packages = &program.document.packages;
        for due in due_on(packages, PackageOccasion::Birthday, birthday, None, today) {
            give_due(loyalty, &mut tx, &mut books, *customer_id, due).await?;
        }
    }
    books.write(&mut tx).await?;
    tx.commit().await?;
    loyalty.outbox.committed();
    Ok(())
}
