use seal::Keyring;

/// Secrets of their own: what one keyring seals, no other opens.
pub fn keyring() -> Keyring {
    Keyring::parse(&Keyring::generate("test").unwrap()).unwrap()
}

/// Keyrings of before, amid and after a rotation of both kinds of keys, from `old` to `new`.
pub fn keyrings() -> [Keyring; 3] {
    let [old, new] = ["old", "new"].map(|id| Keyring::generate(id).unwrap());
    let both = ["master", "index"].map(|kind| entry(&new, kind) + &entry(&old, kind));
    [old, both.concat(), new].map(|text| Keyring::parse(&text).unwrap())
}

/// The entry of a kind in the text of a keyring that has one of each.
fn entry(text: &str, kind: &str) -> String {
    let mut entries = text.split("[[").skip(1);
    let of_kind = entries.find(|entry| entry.starts_with(kind));
    format!("[[{}\n", of_kind.unwrap())
}
