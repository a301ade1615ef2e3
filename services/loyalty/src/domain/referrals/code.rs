use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use uuid::Uuid;

use crate::domain::coupons::Code;

/// Characters without the check character: of 31¹⁰ codes, whoever tries one does not find one.
const LENGTH: u8 = 10;

/// The code of a member: computed under a secret, so that it can't be told from the customer id, and
/// the same each time. Should it be taken, the next `attempt` gives another.
pub fn code_of(secret: &[u8; 32], customer_id: Uuid, attempt: u8) -> Option<Code> {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of every length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes keys of every length");
    mac.update(b"patron referral code 1");
    mac.update(customer_id.as_bytes());
    mac.update(&[attempt]);
    let random: [u8; 32] = mac.finalize().into_bytes().into();
    // Of 32 bytes at least 10 are of use, but for one code in 10¹⁸; that one is tried anew.
    Code::from_random(LENGTH, &mut random.into_iter())
}
