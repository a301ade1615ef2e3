//! Who sees how much of personal data.
//!
//! The contract gives fields a sensitivity; policies say how much of each class a caller sees. What stands
//! between is here: the build writes a walk over the personal fields of each message ([`Personal`]), the codec
//! walks each answer on its way out ([`cover`]) and each request on its way in ([`admit`]), as the call that it
//! runs in is exposed ([`within`]). For a caller that sees all it costs the look at a thread-local.

mod admit;
mod cover;
pub mod mask;

use std::fmt;

use tonic::Status;

use crate::checks::At;
use crate::google::r#type::Date;

pub(crate) use admit::admit;
pub(crate) use cover::cover;

/// A class of personal data: a sensitivity that the contract declares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// A way to reach a person.
    Contact,
    /// Tells who a person is.
    Personal,
    /// Damaging when known.
    Sensitive,
    /// Text that people wrote.
    FreeText,
}

impl Class {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::Contact,
        Self::Personal,
        Self::Sensitive,
        Self::FreeText,
    ];

    /// Its name in the contract, without `SENSITIVITY_`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Contact => "CONTACT",
            Self::Personal => "PERSONAL",
            Self::Sensitive => "SENSITIVE",
            Self::FreeText => "FREE_TEXT",
        }
    }
}

/// How much of a field a caller sees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Seen {
    /// Nothing: the field is empty.
    #[default]
    Hidden,
    /// Enough to recognise it: `138****5678`.
    Masked,
    /// All of it.
    Clear,
}

impl fmt::Display for Seen {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Hidden => "hidden",
            Self::Masked => "masked",
            Self::Clear => "clear",
        })
    }
}

/// How much a caller sees of each class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Exposure {
    contact: Seen,
    personal: Seen,
    sensitive: Seen,
    free_text: Seen,
    /// Classes that conditions of the caller may read although the caller is not shown them; bits by [`Class`].
    used: u8,
}

impl Exposure {
    /// Everything: Patron's own services, operators, and work that no call began.
    pub const ALL: Self = Self::each(Seen::Clear);
    /// Nothing: whoever is not known.
    pub const NONE: Self = Self::each(Seen::Hidden);

    const fn each(seen: Seen) -> Self {
        Self {
            contact: seen,
            personal: seen,
            sensitive: seen,
            free_text: seen,
            used: 0,
        }
    }

    /// With so much of one class.
    #[must_use]
    pub fn with(mut self, class: Class, seen: Seen) -> Self {
        match class {
            Class::Contact => self.contact = seen,
            Class::Personal => self.personal = seen,
            Class::Sensitive => self.sensitive = seen,
            Class::FreeText => self.free_text = seen,
        }
        self
    }

    /// How much is seen of a class.
    pub fn of(self, class: Class) -> Seen {
        match class {
            Class::Contact => self.contact,
            Class::Personal => self.personal,
            Class::Sensitive => self.sensitive,
            Class::FreeText => self.free_text,
        }
    }

    /// With conditions that may read a class which is not shown in clear.
    #[must_use]
    pub fn with_use(mut self, class: Class) -> Self {
        self.used |= bit(class);
        self
    }

    /// Whether conditions that the caller writes may read a class: what is shown in clear, and what the policies say.
    pub fn may_use(self, class: Class) -> bool {
        self.of(class) == Seen::Clear || self.used & bit(class) != 0
    }

    /// True when nothing is kept back.
    pub fn is_all(self) -> bool {
        Class::ALL
            .into_iter()
            .all(|class| self.of(class) == Seen::Clear)
    }

    /// The exposure of the call that this code runs in. Outside of any, all: jobs and tests call nobody's
    /// behalf but the service's own.
    pub fn current() -> Self {
        CURRENT.try_with(|exposure| *exposure).unwrap_or(Self::ALL)
    }
}

fn bit(class: Class) -> u8 {
    match class {
        Class::Contact => 1,
        Class::Personal => 2,
        Class::Sensitive => 4,
        Class::FreeText => 8,
    }
}

tokio::task_local! {
    static CURRENT: Exposure;
}

/// Runs the handling of a call as its caller is exposed.
pub fn within<F: Future>(exposure: Exposure, future: F) -> impl Future<Output = F::Output> {
    CURRENT.scope(exposure, future)
}

/// Runs a function as a caller is exposed: for answers, which are encoded as they are polled for.
pub fn within_sync<T>(exposure: Exposure, function: impl FnOnce() -> T) -> T {
    CURRENT.sync_scope(exposure, function)
}

/// A message that goes through the codec.
pub trait Exposed {
    /// Takes from an answer what its reader may not see.
    fn cover(&mut self, _exposure: Exposure) {}

    /// Refuses a request that holds what its caller can't mean or may not say.
    fn admit(&mut self, _exposure: Exposure) -> Result<(), Status> {
        Ok(())
    }
}

/// A message that holds personal data, itself or below it. Written by the build.
pub trait Personal {
    /// Visits each field that has a sensitivity; `at` is where this message stands.
    fn visit_personal<V: Visit>(&mut self, at: &At<'_>, visit: &mut V);
}

/// What is done with each personal field.
pub trait Visit {
    /// A text.
    fn text(&mut self, at: &At<'_>, class: Class, text: &mut String);

    /// A date.
    fn date(&mut self, at: &At<'_>, class: Class, date: &mut Option<Date>);

    /// Anything else, which has no masked form.
    fn other<T: Default + PartialEq>(&mut self, at: &At<'_>, class: Class, value: &mut T);

    /// A text that may be absent.
    fn maybe_text(&mut self, at: &At<'_>, class: Class, text: &mut Option<String>) {
        if let Some(inner) = text {
            self.text(at, class, inner);
            if inner.is_empty() {
                *text = None;
            }
        }
    }

    /// Several texts.
    fn texts(&mut self, at: &At<'_>, class: Class, texts: &mut Vec<String>) {
        for (index, text) in texts.iter_mut().enumerate() {
            self.text(&at.index(index), class, text);
        }
        texts.retain(|text| !text.is_empty());
    }
}

#[cfg(test)]
mod tests;
