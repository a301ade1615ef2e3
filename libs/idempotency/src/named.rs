//! The ids that an encoded message names.

use std::collections::BTreeSet;

use uuid::Uuid;

/// Letters of an id.
const LETTERS: usize = 36;

/// Each id once that stands somewhere in these bytes as text, whatever it is part of. In order, so that equal
/// answers have equal ids.
pub(crate) fn ids_in(bytes: &[u8]) -> Vec<Uuid> {
    let found: BTreeSet<Uuid> = bytes.windows(LETTERS).filter_map(id).collect();
    found.into_iter().collect()
}

fn id(letters: &[u8]) -> Option<Uuid> {
    // Most windows are none, and that is seen at two letters.
    let is_likely = letters.get(8) == Some(&b'-') && letters.get(13) == Some(&b'-');
    is_likely.then(|| Uuid::try_parse_ascii(letters).ok())?
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_id_is_found_wherever_it_stands(
            before in "[0-9a-f-]{0,40}", between in "[ -~]{0,8}", ids in proptest::array::uniform2(any::<u128>()),
        ) {
            let [one, two] = ids.map(Uuid::from_u128);
            let text = format!("{before}{one}{between}{two}");
            let found = ids_in(text.as_bytes());
            prop_assert!(found.contains(&one) && found.contains(&two), "{text}");
        }
    }

    #[test]
    fn each_id_is_found_once_and_nothing_else() {
        let id = Uuid::from_u128(7);
        let text = format!("customers/{id}/orders/{id}, {}", id.simple());
        assert_eq!(ids_in(text.as_bytes()), [id]);
        assert!(ids_in(b"00000000-0000").is_empty());
    }
}
