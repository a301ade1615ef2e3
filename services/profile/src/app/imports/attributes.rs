//! Attributes that files set: who may set them, what the rows come to, and what is taken back.

use chassis::{Deadline, Refusal};
use contract::exposure::{Class, Exposure, Seen, mask};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::app::App;
use crate::app::attributes::{AttributeError, class_of};
use crate::domain::attribute::asked::Step;
use crate::domain::attribute::definition::{Attribute, Key};
use crate::domain::attribute::standing::Change;
use crate::domain::ids::CustomerId;
use crate::domain::imports::attributes::{Said, Sheet, read};
use crate::domain::imports::columns::Target;
use crate::domain::imports::crowd::Crowd;
use crate::domain::imports::{Fault, Import, Plan};
use crate::refusals::imports as refusals;
use crate::store::StoreError;
use crate::store::attributes::{self, Imported};

/// What an import does to attributes.
#[derive(Clone, Debug, Default)]
pub(super) struct Written {
    pub(super) changes: Vec<Change>,
    /// Changes of before that stand again, and under which ids.
    pub(super) again: Vec<(CustomerId, Uuid)>,
}

/// Refuses columns of attributes that there are not, that take no values, or that are hidden from the caller.
pub(super) async fn check_attributes(db: &mut PgConnection, plan: &Plan) -> Result<(), Refusal> {
    let columns = columns(plan);
    let known = known(db, plan).await?;
    for (_, key) in &columns {
        let attribute = known.iter().find(|it| it.key == **key);
        let attribute = attribute.ok_or_else(|| AttributeError::NotFound((*key).clone()))?;
        if attribute.archived {
            return Err(AttributeError::Archived((*key).clone()).into());
        }
    }
    check_exposed(&columns, &known)
}

impl App {
    /// Refuses to go on with a file of attributes that are hidden from who sends it.
    pub(super) async fn check_sender(
        &self,
        deadline: Deadline,
        plan: &Plan,
    ) -> Result<(), Refusal> {
        let columns = columns(plan);
        if columns.is_empty() || Exposure::current().is_all() {
            return Ok(());
        }
        let mut tx = self.snapshot(deadline).await?;
        check_exposed(&columns, &known(&mut tx, plan).await?)
    }

    /// The attributes of those whom rows speak of; of a file without attributes nothing is asked.
    pub(super) async fn sheet(
        &self,
        db: &mut PgConnection,
        plan: &Plan,
        crowd: &Crowd,
    ) -> Result<Sheet, StoreError> {
        if columns(plan).is_empty() {
            return Ok(Sheet::default());
        }
        let known = known(db, plan).await?;
        let homes: Vec<Uuid> = crowd.homes().iter().map(|home| home.0).collect();
        let kept = attributes::kept(db, &self.keyring, &homes).await?;
        Ok(Sheet::of(known, kept, |home| crowd.person_of(home)))
    }

    /// What the rows of an import have set.
    pub(super) fn set_by(&self, import: &Import, steps: Vec<Step>) -> Written {
        let change = |(home, key, value): Step| {
            let by = (import.plan.channel.as_str(), import.created_by.as_str());
            self.noted((home, key, value), by)
        };
        Written {
            changes: steps.into_iter().map(change).collect(),
            again: Vec::new(),
        }
    }

    /// Values that stand by the word of an import return to what they were; those that were changed since stay.
    pub(super) async fn taken_back(
        &self,
        db: &mut PgConnection,
        import: &Import,
        homes: &[Uuid],
    ) -> Result<Written, StoreError> {
        if columns(&import.plan).is_empty() {
            return Ok(Written::default());
        }
        let set = attributes::imported(db, &self.keyring, import.id, homes).await?;
        let again = set.iter().filter_map(|it| {
            let before = it.before.as_ref()?;
            before.value.is_some().then_some((it.home, before.change))
        });
        Ok(Written {
            again: again.collect(),
            changes: set.into_iter().map(|it| self.back(import, it)).collect(),
        })
    }

    /// What is told of a value that returns to what it was.
    fn back(&self, import: &Import, set: Imported) -> Change {
        let Imported { home, key, before } = set;
        match before {
            None => {
                let by = (import.plan.channel.as_str(), import.created_by.as_str());
                self.noted((home, key, None), by)
            }
            Some(before) => {
                let by = (before.source.as_str(), before.actor.as_str());
                self.noted((home, key, before.value), by)
            }
        }
    }

    fn noted(&self, (home, key, value): Step, (source, actor): (&str, &str)) -> Change {
        Change {
            id: self.clock.new_id(),
            home,
            by: home,
            key,
            value,
            source: source.to_owned(),
            actor: actor.to_owned(),
            at: self.now(),
        }
    }
}

impl Written {
    /// Without what happens to these.
    pub(super) fn without(&mut self, gone: impl Fn(CustomerId) -> bool) {
        self.changes.retain(|change| !gone(change.home));
        self.again.retain(|(home, _)| !gone(*home));
    }
}

/// The values of a row, as they are kept.
pub(super) fn values(sheet: &Sheet, said: &[Said]) -> Result<Vec<(Key, String)>, Fault> {
    let value = |said: &Said| {
        let fault = |wrong| refusals::attribute_fault(&wrong, said);
        let attribute = sheet.attribute(&said.key).map_err(fault)?;
        if is_mask(attribute, &said.text) {
            return Err(refusals::masked_fault(said));
        }
        let value = read(attribute, &said.text).map_err(fault)?;
        Ok((said.key.clone(), value))
    };
    said.iter().map(value).collect()
}

/// Whether a text is what somebody was shown in place of a value: who sends a file may see more than who exported it.
/// But people do write stars in what is nothing but text.
fn is_mask(attribute: &Attribute, text: &str) -> bool {
    let is_shown_masks = match class_of(attribute.definition.sensitivity) {
        None => false,
        Some(Class::FreeText) => Exposure::current().of(Class::FreeText) != Seen::Clear,
        Some(Class::Contact | Class::Personal | Class::Sensitive) => true,
    };
    is_shown_masks && mask::is_mask(text)
}

/// The columns of attributes, by their places.
fn columns(plan: &Plan) -> Vec<(usize, &Key)> {
    let columns = (0..).zip(&plan.columns);
    let keys = columns.filter_map(|(at, column)| match &column.target {
        Target::Attribute(key) => Some((at, key)),
        _ => None,
    });
    keys.collect()
}

async fn known(db: &mut PgConnection, plan: &Plan) -> Result<Vec<Attribute>, StoreError> {
    let columns = columns(plan);
    let keys: Vec<&str> = columns.iter().map(|(_, key)| key.0.as_str()).collect();
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    attributes::named(db, &keys).await
}

/// As with a call that sets them: who may not read what others wrote may still write.
fn check_exposed(columns: &[(usize, &Key)], known: &[Attribute]) -> Result<(), Refusal> {
    let exposure = Exposure::current();
    let is_hidden = |key: &Key| {
        let attribute = known.iter().find(|it| it.key == *key);
        let class = attribute.and_then(|it| class_of(it.definition.sensitivity));
        class.is_some_and(|class| class != Class::FreeText && exposure.of(class) == Seen::Hidden)
    };
    let hidden = columns.iter().filter(|(_, key)| is_hidden(key));
    let hidden: Vec<usize> = hidden.map(|(at, _)| *at).collect();
    if hidden.is_empty() {
        Ok(())
    } else {
        Err(refusals::hidden_columns(&hidden))
    }
}
