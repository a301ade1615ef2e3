//! Whose word counts for more.

use super::source::{ACTIVITY, CRM};

/// The channels from the most to the least trusted. Those that are not named stand between the two
/// groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Trust {
    pub(crate) first: Vec<String>,
    pub(crate) last: Vec<String>,
}

impl Default for Trust {
    /// What an operator entered stands over all; what an order happened to carry under all.
    fn default() -> Self {
        Self {
            first: vec![CRM.to_owned()],
            last: vec![ACTIVITY.to_owned()],
        }
    }
}

impl Trust {
    /// The rank of a channel: the greater, the more trusted.
    pub(crate) fn rank(&self, channel: &str) -> usize {
        let place = |channels: &[String]| channels.iter().position(|known| known == channel);
        let unnamed = self.last.len();
        match (place(&self.first), place(&self.last)) {
            (Some(at), _) => unnamed.saturating_add(self.first.len()).saturating_sub(at),
            (None, Some(at)) => unnamed.saturating_sub(at).saturating_sub(1),
            (None, None) => unnamed,
        }
    }
}
