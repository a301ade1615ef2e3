//! Language tags.

/// Whether a text has the form of a BCP 47 tag (RFC 5646, section 2.1): a language of 2 to 8
/// letters, then subtags of 1 to 8 letters and digits; or a private tag `x-…`. Whether the subtags
/// are registered is not asked, the register grows.
pub(crate) fn is_tag(text: &str) -> bool {
    let mut subtags = text.split('-');
    let language = subtags.next().unwrap_or_default();
    let private = language.eq_ignore_ascii_case("x");
    let is_language = (2..=8).contains(&language.len())
        && language.bytes().all(|byte| byte.is_ascii_alphabetic());
    let mut rest = subtags.peekable();
    let something_follows = rest.peek().is_some();
    let well_formed = rest.all(|subtag| {
        (1..=8).contains(&subtag.len()) && subtag.bytes().all(|byte| byte.is_ascii_alphanumeric())
    });
    well_formed && (is_language || private && something_follows) && !text.ends_with("-x")
}

#[cfg(test)]
mod tests {
    use super::is_tag;

    #[test]
    fn tags_are_told_from_other_text() {
        for tag in [
            "en",
            "en-GB",
            "zh-Hans",
            "zh-Hant-HK",
            "de-1996",
            "sl-rozaj-biske",
            "x-shop",
        ] {
            assert!(is_tag(tag), "{tag}");
        }
        for text in [
            "",
            "e",
            "en_GB",
            "en-",
            "-GB",
            "english!",
            "x",
            "en-x",
            "12",
            "deutschland",
        ] {
            assert!(!is_tag(text), "{text}");
        }
    }
}
