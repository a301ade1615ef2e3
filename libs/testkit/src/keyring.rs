use seal::Keyring;

/// Secrets of their own: what one keyring seals, no other opens.
pub fn keyring() -> Keyring {
    Keyring::parse(&Keyring::generate("test").unwrap()).unwrap()
}
