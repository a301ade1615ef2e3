use std::num::NonZeroU64;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::{Digest, Seed};

/// Rounds after which the search for an unbiased number ends. That one round of four words is not
/// enough happens, for bounds up to 2³², less than once in 2¹²⁸ draws.
const ROUNDS: u32 = 64;

/// A number below `bound`, each equally likely: HMAC-SHA256 of the message under the seed, taken as
/// words of 64 bits, of which those are thrown away that would favour small numbers.
pub fn uniform(seed: &Seed, message: &Digest, bound: NonZeroU64) -> u64 {
    let span = 1_u128 << 64;
    let limit = span - span % u128::from(bound.get());
    let words = (0..ROUNDS).flat_map(|round| words(seed, message, round));
    let fair = words.into_iter().find(|word| u128::from(*word) < limit);
    fair.unwrap_or_default() % bound
}

fn words(seed: &Seed, message: &Digest, round: u32) -> [u64; 4] {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of every length")]
    let mut mac =
        Hmac::<Sha256>::new_from_slice(&seed.expose().0).expect("HMAC takes keys of every length");
    mac.update(&message.0);
    mac.update(&round.to_be_bytes());
    let code: [u8; 32] = mac.finalize().into_bytes().into();
    let (chunks, _) = code.as_chunks::<8>();
    let mut words = [0; 4];
    for (word, chunk) in words.iter_mut().zip(chunks) {
        *word = u64::from_be_bytes(*chunk);
    }
    words
}
