//! What can never be right, whatever is stored.

use std::fmt;

/// A field that can't be accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {problem}")]
pub(crate) struct Invalid {
    /// Where it stands, for example `lines[2].amount`.
    pub(crate) field: String,
    /// What is wrong with it.
    pub(crate) problem: Problem,
}

impl Invalid {
    pub(crate) fn new(field: impl Into<String>, problem: Problem) -> Self {
        Self {
            field: field.into(),
            problem,
        }
    }

    /// The same, seen from the message that holds the faulty one as `parent`.
    pub(crate) fn within(self, parent: impl fmt::Display) -> Self {
        Self {
            field: format!("{parent}.{}", self.field),
            problem: self.problem,
        }
    }
}

/// What is wrong with a field. The texts hold no values: they may be personal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Problem {
    #[error("is required")]
    Missing,
    #[error("is required to grant")]
    MissingInGrant,
    #[error("is required for a type that is chosen from")]
    NoChoices,
    #[error("must hold a letter or a figure")]
    SearchesForNothing,
    #[error("can't be given together with customer_id")]
    Ambiguous,
    #[error("must not hold the character U+0000")]
    NulCharacter,
    #[error("must be a time of the years 1 to 9999")]
    TimeOutOfRange,
    #[error("must be at most one hour ahead of now")]
    InFuture,
    #[error("must be an ISO 4217 currency code")]
    UnknownCurrency,
    #[error("must be in the same currency as the other lines")]
    MixedCurrencies,
    #[error("must not be negative")]
    Negative,
    #[error("the sum is more than can be counted")]
    SumTooLarge,
    #[error("is too large to be announced in one event")]
    TooLarge,
    #[error("must be unique among the lines")]
    DuplicateLine,
    #[error("must not be listed twice")]
    DuplicateIdentifier,
    #[error("must not hold two values of a kind of which a person has one")]
    SecondValue,
    #[error("stands for nobody in particular")]
    IdentifiesNobody,
    #[error("must be another customer")]
    SameCustomer,
    #[error("is a channel of Patron's own")]
    ReservedChannel,
    #[error("must be a real date")]
    NotADate,
    #[error("must not be in the future")]
    BirthInFuture,
    #[error("must be a BCP 47 language tag")]
    NotALanguage,
    #[error("must be an IANA time zone")]
    UnknownTimeZone,
    #[error("must name at least one field")]
    EmptyMask,
    #[error("names a field that does not exist")]
    UnknownField,
    #[error("names a field that can't be changed")]
    ReadOnlyField,
    #[error("must be a name of small letters, digits and underscores, at most 32")]
    NotAName,
    #[error("must not be named twice")]
    NamedTwice,
    #[error("is not in the contact policy")]
    NotInPolicy,
    #[error("is of no use where no consent is required")]
    NeedsNoConsent,
    #[error("must differ from the beginning")]
    NoTimeBetween,
    #[error("must leave some time of the day to each channel")]
    NeverFree,
    #[error("must be a time of the day")]
    NotATime,
    #[error("must be one of Patron's services that hold something of people")]
    UnknownService,
    #[error("must be 0 or at least 31: younger contacts count for caps")]
    TooFewDays,
    #[error("must be a UUID")]
    NotAnId,
    #[error("must be a hash of 32 bytes")]
    NotAHash,
    #[error("must be later than the decision")]
    EndsBeforeDecision,
    #[error("must not have space around it or control characters in it")]
    NotATag,
    #[error("must be in the future")]
    NotInFuture,
    #[error("is a source of Patron's own")]
    ReservedSource,
    #[error("must be a date, for example 1990-05-17")]
    NotWrittenAsDate,
    #[error("must be female, male, other or undisclosed")]
    NotAGender,
    #[error("must be a time such as 2025-03-09T10:00:00Z")]
    NotWrittenAsTime,
    #[error("names nothing that can be imported")]
    NotImportable,
    #[error("must not be before the year 2000, as of a clock that was never set")]
    ClockNotSet,
    #[error("is what another column is already")]
    SameColumn,
    #[error("needs either a column or a constant")]
    NotOneOrigin,
    #[error("must have at most 200 characters")]
    LineTooLong,
    #[error("must be another account manager")]
    SameManager,
    #[error("must be identifiers or postal_address")]
    NotConfirmable,
    #[error("must be 0, or not below review_from_permille")]
    BelowReview,
    #[error("must be a whole number such as -42, of 64 bits")]
    NotWrittenAsInteger,
    #[error("must be true or false")]
    NotWrittenAsBoolean,
    #[error("must be one of the attribute's choices")]
    NotAChoice,
    #[error("is for attributes of another sensitivity")]
    OtherSensitivity,
    #[error("must not be longer")]
    TooLong,
    #[error("is a word that conditions need themselves")]
    ReservedWord,
    #[error("can't be changed")]
    TypeFixed,
    #[error("must keep the choices that there are")]
    ChoiceTaken,
    #[error("is for another type of attribute")]
    NotOfThisType,
    #[error("must be 0 in the first step, and in each other one more than in the one before")]
    NotRising,
    #[error("must not be 0 in all parts")]
    NothingCounts,
    #[error("must be less than in the band above")]
    NotBelow,
}
