use super::{DrawRules, PrizeRule, Transcript};

/// What a draw has given away so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Pieces won, by the place of the prize in the rules.
    pub won: Vec<i64>,
    /// Points that they cost.
    pub spent_points: i64,
}

impl Tally {
    /// Nothing yet.
    pub fn none(rules: &DrawRules) -> Self {
        Self {
            won: vec![0; rules.prizes.len()],
            spent_points: 0,
        }
    }

    /// How many of a prize could still be won: what stock and budget leave.
    pub fn left(&self, rules: &DrawRules, place: usize) -> i64 {
        let Some(prize) = rules.prizes.get(place) else {
            return 0;
        };
        let won = self.won.get(place).copied().unwrap_or(prize.stock);
        let stock = prize.stock.saturating_sub(won);
        stock.min(self.affordable(rules, prize)).max(0)
    }

    fn affordable(&self, rules: &DrawRules, prize: &PrizeRule) -> i64 {
        let left = rules.budget_points.map(|all| all - self.spent_points);
        let pieces = left.map(|left| left.checked_div(prize.cost_points).unwrap_or(i64::MAX));
        pieces.unwrap_or(i64::MAX)
    }

    /// Counts one piece more.
    pub fn count(&mut self, rules: &DrawRules, place: usize) {
        let cost = rules.prizes.get(place).map_or(0, |prize| prize.cost_points);
        self.spent_points = self.spent_points.saturating_add(cost);
        if let Some(won) = self.won.get_mut(place) {
            *won = won.saturating_add(1);
        }
    }

    /// Binds a hash to it.
    pub(super) fn written(&self, transcript: Transcript) -> Transcript {
        let count = i64::try_from(self.won.len()).unwrap_or(i64::MAX);
        let transcript = transcript.number(count);
        let won = self.won.iter();
        won.fold(transcript, |transcript, won| transcript.number(*won))
            .number(self.spent_points)
    }
}
