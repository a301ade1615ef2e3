//! Bodies that come compressed.

use std::io::Read as _;

use bytes::Bytes;
use flate2::bufread::GzDecoder;
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use thiserror::Error;

/// A body that cannot be unpacked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum UnpackError {
    #[error("the body is not the gzip that `content-encoding` says it is")]
    Broken,
    #[error("the request body is larger than {limit_bytes} bytes when it is unpacked")]
    TooLarge { limit_bytes: usize },
}

/// Unpacks a body that says it is gzip; the headers then describe what came out. Others stay as they are.
///
/// A small body may unpack to a huge one, so unpacking stops at `limit_bytes`. It is one gzip member: of empty ones
/// there could be a hundred thousand, and all of them work for nothing.
pub(crate) fn unpack(
    headers: &mut HeaderMap,
    body: Bytes,
    limit_bytes: usize,
) -> Result<Bytes, UnpackError> {
    if !is_gzip(headers) {
        return Ok(body);
    }
    let bound = u64::try_from(limit_bytes).unwrap_or(u64::MAX);
    let mut decoder = GzDecoder::new(&*body).take(bound.saturating_add(1));
    let mut plain = Vec::new();
    let unpacked = decoder.read_to_end(&mut plain);
    if plain.len() > limit_bytes {
        return Err(UnpackError::TooLarge { limit_bytes });
    }
    unpacked.map_err(|_| UnpackError::Broken)?;
    if !decoder.into_inner().into_inner().is_empty() {
        return Err(UnpackError::Broken);
    }
    headers.remove(CONTENT_ENCODING);
    headers.remove(CONTENT_LENGTH);
    Ok(plain.into())
}

fn is_gzip(headers: &HeaderMap) -> bool {
    let mut codings = headers.get_all(CONTENT_ENCODING).iter();
    let names: [&[u8]; 2] = [b"gzip", b"x-gzip"];
    let is_one = |value: &[u8]| names.iter().any(|name| value.eq_ignore_ascii_case(name));
    codings
        .next()
        .is_some_and(|it| is_one(it.as_bytes().trim_ascii()))
        && codings.next().is_none()
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn packed(plain: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(plain).unwrap();
        encoder.finish().unwrap()
    }

    fn unpacked(body: Vec<u8>, limit_bytes: usize) -> Result<Bytes, UnpackError> {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("GZIP"));
        let unpacked = unpack(&mut headers, body.into(), limit_bytes);
        assert_eq!(headers.contains_key(CONTENT_ENCODING), unpacked.is_err());
        unpacked
    }

    #[test]
    fn a_bomb_is_refused_at_the_limit() {
        let bomb = packed(&vec![0; 10_000_000]);
        assert!(bomb.len() < 20_000);
        let limit_bytes = 1000;
        let refused = unpacked(bomb, limit_bytes).unwrap_err();
        assert_eq!(refused, UnpackError::TooLarge { limit_bytes });
        assert_eq!(unpacked(packed(&[7; 1000]), 1000).unwrap().len(), 1000);
    }

    #[test]
    fn what_is_cut_off_changed_or_has_more_behind_it_is_refused() {
        let whole = packed(b"{}");
        let mut changed = whole.clone();
        let sum = changed.len() - 6;
        changed[sum] ^= 1;
        for broken in [
            whole[..whole.len() - 1].to_vec(),
            changed,
            [&*whole, &*whole].concat(),
            [&*whole, b" "].concat(),
            Vec::new(),
            b"{}".to_vec(),
        ] {
            assert_eq!(unpacked(broken, 1000), Err(UnpackError::Broken));
        }
    }

    proptest! {
        #[test]
        fn what_was_packed_comes_out_and_never_more_than_the_limit(
            plain in proptest::collection::vec(0_u8..4, 0..5000),
            limit_bytes in 0_usize..5000,
        ) {
            match unpacked(packed(&plain), limit_bytes) {
                Ok(found) => prop_assert!(found == plain && plain.len() <= limit_bytes),
                Err(error) => {
                    prop_assert_eq!(error, UnpackError::TooLarge { limit_bytes });
                    prop_assert!(plain.len() > limit_bytes);
                }
            }
        }
    }
}
