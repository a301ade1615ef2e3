/// Cuts the row off that was read only to see whether another page follows; gives the last row of
/// this page when one does.
pub(super) fn cut<T>(rows: &mut Vec<T>, size: u16) -> Option<&T> {
    let has_more = rows.len() > usize::from(size);
    rows.truncate(usize::from(size));
    if has_more { rows.last() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_a_successor_only_when_a_row_was_left_over() {
        let mut rows = vec![1, 2, 3];
        assert_eq!(cut(&mut rows, 2).copied(), Some(2));
        assert_eq!(rows, [1, 2]);
        assert_eq!(cut(&mut rows, 2), None);
    }
}
