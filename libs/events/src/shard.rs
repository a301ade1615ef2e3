use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// Into how many shards every feed is divided. It can never change: cursors are kept by shard.
pub const SHARDS: u8 = 64;

/// The shard of a customer, or of a subject that concerns none: the first byte of the SHA-256 of
/// the id's 16 bytes, modulo 64. It can never change: two shards have no order between them.
pub fn shard_of(id: Uuid) -> u8 {
    let [first, ..]: [u8; 32] = Sha256::digest(id.as_bytes()).into();
    first % SHARDS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shard_of_an_id_never_changes() {
        // `printf '0195790ca00070008000000000000001' | xxd -r -p | sha256sum`
        let shard = |text: &str| shard_of(text.parse().unwrap());
        assert_eq!(shard("0195790c-a000-7000-8000-000000000001"), 0xa4 % 64);
        assert_eq!(shard("00000000-0000-0000-0000-000000000000"), 0x37);
    }

    #[test]
    fn ids_spread_over_all_shards() {
        let mut hit = [0_u32; SHARDS as usize];
        for number in 0..6_400_u128 {
            hit[usize::from(shard_of(Uuid::from_u128(number)))] += 1;
        }
        assert!(
            hit.iter().all(|&count| (50..150).contains(&count)),
            "{hit:?}"
        );
    }
}
