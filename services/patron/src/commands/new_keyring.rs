//! `patron access new-keyring`: secrets under which personal data is sealed and found.

use seal::Keyring;

use crate::output::say;

/// Prints a new keyring, for a file that only the services can read.
pub(crate) fn run(id: &str) -> anyhow::Result<()> {
    let text = Keyring::generate(id)?;
    // An id that the file could not hold is refused here and not when a service starts.
    Keyring::parse(&text)?;
    say(text);
    Ok(())
}
