//! E-mail addresses: the domain in ASCII and small letters, the rest as it is stated, since only the
//! domain can tell whether case matters there.

use super::Unreadable;

/// Most bytes of what stands before the `@` (RFC 5321).
const MOST_LOCAL: usize = 64;
/// Most bytes of a domain.
const MOST_DOMAIN: usize = 253;

/// The address as it is known.
pub(crate) fn read(stated: &str) -> Result<String, Unreadable> {
    let stated = stated.trim().replace('＠', "@");
    let (local, domain) = stated.rsplit_once('@').ok_or(Unreadable::NotAnAddress)?;
    if !is_local(local) {
        return Err(Unreadable::NotAnAddress);
    }
    let domain = idna::domain_to_ascii(domain).map_err(|_| Unreadable::NotAnAddress)?;
    let domain = domain.trim_end_matches('.');
    if !is_domain(domain) {
        return Err(Unreadable::NotAnAddress);
    }
    Ok(format!("{local}@{domain}"))
}

fn is_local(local: &str) -> bool {
    let is_strange = |letter: char| {
        letter.is_whitespace() || letter.is_control() || "@,;:<>()[]\"\\".contains(letter)
    };
    let is_whole = !local.is_empty() && local.len() <= MOST_LOCAL;
    is_whole && !local.contains(is_strange)
}

fn is_domain(domain: &str) -> bool {
    let is_label = |label: &str| {
        let mut letters = label.bytes();
        let is_letter = |it: u8| it.is_ascii_alphanumeric() || it == b'-' || it == b'_';
        !label.is_empty() && letters.all(is_letter)
    };
    domain.len() <= MOST_DOMAIN && domain.contains('.') && domain.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_address_is_the_same_however_its_domain_is_written() {
        for (stated, known) in [
            (" Ada+shop@Example.COM ", "Ada+shop@example.com"),
            ("ada@Bücher.example", "ada@xn--bcher-kva.example"),
            ("ada@xn--bcher-kva.example", "ada@xn--bcher-kva.example"),
            ("王@例子.测试", "王@xn--fsqu00a.xn--0zwm56d"),
            ("a.b@ｅｘａｍｐｌｅ.com", "a.b@example.com"),
            ("ada＠example.com.", "ada@example.com"),
            ("o'hara@mail.example.co.uk", "o'hara@mail.example.co.uk"),
        ] {
            assert_eq!(read(stated).as_deref(), Ok(known), "{stated}");
        }
        for stated in [
            "",
            "ada",
            "@example.com",
            "ada@",
            "ada@localhost",
            "ada lovelace@example.com",
            "a@b@example.com",
            "ada@exa mple.com",
            "ada@example..com",
            "<ada@example.com>",
        ] {
            assert_eq!(read(stated), Err(Unreadable::NotAnAddress), "{stated}");
        }
    }

    proptest! {
        #[test]
        fn reading_what_was_read_changes_nothing(stated in "\\PC{0,12}@\\PC{1,12}\\.[a-zA-Zäß例]{1,5}") {
            if let Ok(known) = read(&stated) {
                prop_assert_eq!(read(&known), Ok(known));
            }
        }
    }
}
