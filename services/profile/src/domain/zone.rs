//! Time zones.

use calendar::Zone;

/// Whether IANA's database has a zone of this name.
pub(crate) fn is_known(name: &str) -> bool {
    // jiff answers this name too, as a zone that says that nothing is known.
    const PLACEHOLDER: &str = "Etc/Unknown";
    !name.eq_ignore_ascii_case(PLACEHOLDER) && jiff::tz::db().get(name).is_ok()
}

/// The zone of this name. Customers may have been entered with another spelling.
pub(crate) fn of(name: &str) -> Option<Zone> {
    let known = Zone::parse(name);
    let known = known.or_else(|unknown| Zone::parse(&unknown.did_you_mean.unwrap_or_default()));
    known.ok()
}

#[cfg(test)]
mod tests {
    use super::{is_known, of};

    #[test]
    fn zones_are_told_from_other_text() {
        assert!(is_known("Europe/London") && is_known("UTC") && is_known("Asia/Shanghai"));
        assert!(!is_known("Europe/Atlantis") && !is_known("+01:00") && !is_known("Etc/Unknown"));
        assert!(!is_known("../../etc/passwd"));
    }

    #[test]
    fn a_zone_is_known_in_any_spelling() {
        let name = |written| of(written).map(|zone| zone.name().to_owned());
        assert_eq!(name("Asia/Shanghai").as_deref(), Some("Asia/Shanghai"));
        assert_eq!(name("asia/shanghai").as_deref(), Some("Asia/Shanghai"));
        assert_eq!((name(""), name("Europe/Atlantis")), (None, None));
    }
}
