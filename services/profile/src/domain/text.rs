//! Text that can be stored.

use super::invalid::{Invalid, Problem};

/// Refuses U+0000, which PostgreSQL can't store and nobody means.
pub(crate) fn check(field: impl FnOnce() -> String, text: &str) -> Result<(), Invalid> {
    if text.contains('\0') {
        return Err(Invalid::new(field(), Problem::NulCharacter));
    }
    Ok(())
}
