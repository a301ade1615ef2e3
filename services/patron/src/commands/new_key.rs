//! `patron access new-key`: a key for a machine, and what the gateway is told of it.

use access::{ApiKey, NewApiKey, Roles};
use chassis::Clock;
use jiff::SignedDuration;

use crate::cli::NewKey;
use crate::output::say;

/// Prints a new key, which nobody can print again, and its entry for the file of API keys.
pub(crate) fn run(asked: NewKey) -> anyhow::Result<()> {
    let key = random_key()?;
    let life = SignedDuration::from_hours(i64::from(asked.days) * 24);
    let new = NewApiKey {
        name: asked.name,
        roles: asked.roles,
        scopes: asked.scopes,
        regions: asked.regions,
        expires_at: Clock::system().now().checked_add(life)?,
    };
    let entry = new.entry(&key, &Roles::default())?;
    say(format_args!(
        "# The key. Give it to the machine and keep it nowhere else: it is not shown again.\n{}\n",
        key.expose()
    ));
    say(format_args!(
        "# The entry for the file of API keys (gateway.api_keys_file). It holds nothing secret.\n{entry}"
    ));
    Ok(())
}

fn random_key() -> Result<ApiKey, getrandom::Error> {
    let (mut id, mut secret) = ([0; 6], [0; 32]);
    getrandom::fill(&mut id)?;
    getrandom::fill(&mut secret)?;
    Ok(ApiKey::from_random(id, secret))
}
