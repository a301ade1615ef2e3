/// The candidate that is the likeliest to have been meant, if any is likely.
pub(super) fn near<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    // A third of the letters, at least one: `tire` is `tier`, `a` is not `now`.
    let tolerance = (name.len() / 3).clamp(1, 3);
    candidates
        .into_iter()
        // Also keeps a name of a thousand letters from being compared letter by letter.
        .filter(|candidate| candidate.len().abs_diff(name.len()) <= tolerance)
        .map(|candidate| (distance(name, candidate), candidate))
        .filter(|(distance, _)| *distance <= tolerance)
        .min()
        .map(|(_, candidate)| candidate.to_owned())
}

/// Letters to add, drop, replace or swap with their neighbour (optimal string alignment), whatever
/// their case.
fn distance(from: &str, to: &str) -> usize {
    let from: Vec<char> = from.to_lowercase().chars().collect();
    let to: Vec<char> = to.to_lowercase().chars().collect();
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=to.len()).collect();
    for (row, letter) in from.iter().enumerate() {
        let mut current = vec![row + 1];
        for (column, other) in to.iter().enumerate() {
            let cell = |cells: &[usize], column: usize| cells.get(column).copied();
            let replaced = cell(&last, column).map(|cost| cost + usize::from(letter != other));
            let dropped = cell(&last, column + 1).map(|cost| cost + 1);
            let added = cell(&current, column).map(|cost| cost + 1);
            let swapped = column.checked_sub(1).filter(|previous| {
                row > 0 && to.get(*previous) == Some(letter) && from.get(row - 1) == Some(other)
            });
            let swapped = swapped.and_then(|previous| cell(&before_last, previous));
            let costs = [replaced, dropped, added, swapped.map(|cost| cost + 1)];
            current.push(costs.into_iter().flatten().min().unwrap_or(usize::MAX));
        }
        before_last = std::mem::replace(&mut last, current);
    }
    last.last().copied().unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_resembles_a_known_one_is_found_and_others_are_not() {
        let near = |name| near(name, ["amount", "member", "tier", "now"]);
        assert_eq!(near("amuont").as_deref(), Some("amount"));
        assert_eq!(near("Amounts").as_deref(), Some("amount"));
        assert_eq!(near("tire").as_deref(), Some("tier"));
        assert_eq!(near("nwo").as_deref(), Some("now"));
        assert_eq!(near("a"), None);
        assert_eq!(near("birthday"), None);
    }
}
