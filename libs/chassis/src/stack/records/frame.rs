//! The one message of a unary request, as gRPC frames it.

use std::borrow::Cow;
use std::io::Read as _;

use flate2::read::GzDecoder;
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::MAX_MESSAGE_BYTES;

/// A flag for compression, and the length.
pub(super) const PREFIX_BYTES: usize = 5;

const ENCODING: HeaderName = HeaderName::from_static("grpc-encoding");

/// How messages are compressed that say they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    None,
    Gzip,
    /// One that no server here understands.
    Other,
}

pub(super) fn encoding(headers: &HeaderMap) -> Encoding {
    match headers.get(ENCODING).map(HeaderValue::as_bytes) {
        None | Some(b"identity") => Encoding::None,
        Some(b"gzip") => Encoding::Gzip,
        Some(_) => Encoding::Other,
    }
}

/// The message, when the body holds exactly one; more would be looked at by nobody.
pub(super) fn message(body: &[u8], encoding: Encoding) -> Option<Cow<'_, [u8]>> {
    let (flag, rest) = body.split_first()?;
    let (length, message) = rest.split_first_chunk::<4>()?;
    if usize::try_from(u32::from_be_bytes(*length)) != Ok(message.len()) {
        return None;
    }
    match (flag, encoding) {
        (0, _) => Some(Cow::Borrowed(message)),
        (1, Encoding::Gzip) => unpacked(message).map(Cow::Owned),
        _ => None,
    }
}

/// No more than a message may hold, however well it was packed.
fn unpacked(packed: &[u8]) -> Option<Vec<u8>> {
    let limit = u64::try_from(MAX_MESSAGE_BYTES).ok()?;
    let mut message = Vec::new();
    let mut reader = GzDecoder::new(packed).take(limit + 1);
    reader.read_to_end(&mut message).ok()?;
    (message.len() <= MAX_MESSAGE_BYTES).then_some(message)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn framed(flag: u8, message: &[u8]) -> Vec<u8> {
        let length = u32::try_from(message.len()).unwrap();
        [&[flag][..], &length.to_be_bytes(), message].concat()
    }

    #[test]
    fn one_message_is_read_packed_or_not_and_nothing_else_is() {
        let plain = framed(0, b"hello");
        assert_eq!(message(&plain, Encoding::None).unwrap(), &b"hello"[..]);
        let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
        packer.write_all(b"hello").unwrap();
        let packed = framed(1, &packer.finish().unwrap());
        assert_eq!(message(&packed, Encoding::Gzip).unwrap(), &b"hello"[..]);
        assert_eq!(message(&packed, Encoding::None), None);
        assert_eq!(message(&packed, Encoding::Other), None);
        assert_eq!(message(b"", Encoding::None), None);
        let two = [plain.clone(), plain].concat();
        assert_eq!(message(&two, Encoding::None), None);
    }

    #[test]
    fn what_unpacks_to_more_than_a_message_may_hold_is_not_read() {
        let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
        packer.write_all(&vec![0; MAX_MESSAGE_BYTES + 1]).unwrap();
        let bomb = framed(1, &packer.finish().unwrap());
        assert_eq!(message(&bomb, Encoding::Gzip), None);
    }
}
