//! The name that was probably meant.

/// Of these names the one that differs least from another one, if it is at most a third of it.
pub(super) fn nearest<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let most = 1 + name.chars().count().min(64) / 3;
    let distances = known.map(|known| (distance(name, known), known));
    let (least, nearest) = distances.min_by_key(|(distance, _)| *distance)?;
    (least <= most).then_some(nearest)
}

/// Levenshtein's distance of the first 64 characters, in any case.
fn distance(one: &str, other: &str) -> usize {
    let letters = |text: &str| -> Vec<char> {
        let lower = text.chars().flat_map(char::to_lowercase);
        lower.filter(|letter| *letter != '_').take(64).collect()
    };
    let (one, other) = (letters(one), letters(other));
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (index, letter) in one.iter().enumerate() {
        let mut diagonal = index;
        let mut left = index + 1;
        for (place, wanted) in row.iter_mut().zip(std::iter::once(&'\0').chain(&other)) {
            if *wanted == '\0' {
                *place = left;
                continue;
            }
            let above = *place;
            left = (diagonal + usize::from(letter != wanted))
                .min(above + 1)
                .min(left + 1);
            (diagonal, *place) = (above, left);
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_near_when_little_of_it_is_wrong() {
        let known = || ["tierId", "threshold", "keepThreshold", "fallsTo"].into_iter();
        let near = |name| nearest(name, known());
        assert_eq!(near("treshold"), Some("threshold"));
        assert_eq!(near("falls_to"), Some("fallsTo"));
        assert_eq!(near("tier_ID"), Some("tierId"));
        assert_eq!(near("discount"), None);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("abc", ""), 3);
    }
}
