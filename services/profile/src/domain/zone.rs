//! Time zones.

/// Whether IANA's database has a zone of this name.
pub(crate) fn is_known(name: &str) -> bool {
    // jiff answers this name too, as a zone that says that nothing is known.
    const PLACEHOLDER: &str = "Etc/Unknown";
    !name.eq_ignore_ascii_case(PLACEHOLDER) && jiff::tz::db().get(name).is_ok()
}

#[cfg(test)]
mod tests {
    use super::is_known;

    #[test]
    fn zones_are_told_from_other_text() {
        assert!(is_known("Europe/London") && is_known("UTC") && is_known("Asia/Shanghai"));
        assert!(!is_known("Europe/Atlantis") && !is_known("+01:00") && !is_known("Etc/Unknown"));
        assert!(!is_known("../../etc/passwd"));
    }
}
