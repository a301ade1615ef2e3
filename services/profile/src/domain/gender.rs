//! Gender, as stated.

/// Gender, as the customer stated it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Gender {
    /// Not known.
    #[default]
    Unknown,
    Female,
    Male,
    Other,
    /// Asked, and not told.
    Undisclosed,
}
