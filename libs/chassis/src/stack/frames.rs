use std::io::Read as _;

use bytes::{Buf as _, Bytes, BytesMut};
use flate2::bufread::GzDecoder;

use crate::service::MAX_MESSAGE_BYTES;

/// The flag that says whether a message is compressed, and its length.
const PREFIX: usize = 5;

/// Finds the messages in the body of a gRPC call while it passes. What breaks the protocol is left to
/// whoever decodes it, and ends the looking.
#[derive(Default)]
pub(super) struct Frames {
    /// What has come of a message that is not whole yet.
    rest: BytesMut,
    is_broken: bool,
}

impl Frames {
    /// Takes the next bytes, and shows each message that is whole now, uncompressed.
    pub(super) fn push(&mut self, bytes: &Bytes, mut show: impl FnMut(&[u8])) {
        if self.is_broken {
            return;
        }
        // Nearly always a body is one piece, which needs no copy.
        let mut piece = if self.rest.is_empty() {
            bytes.clone()
        } else {
            self.rest.extend_from_slice(bytes);
            self.rest.split().freeze()
        };
        while let Some(message) = self.next(&mut piece) {
            match message {
                Message::Plain(message) => show(&message),
                Message::Gzip(message) => match unpacked(&message) {
                    Some(message) => show(&message),
                    None => self.is_broken = true,
                },
            }
        }
        if !self.is_broken {
            self.rest.extend_from_slice(&piece);
        }
    }

    /// The first message of a piece, if it is whole.
    fn next(&mut self, piece: &mut Bytes) -> Option<Message> {
        let (prefix, rest) = piece.split_first_chunk::<PREFIX>()?;
        let [flag, length @ ..] = *prefix;
        let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
        if length > MAX_MESSAGE_BYTES || flag > 1 {
            self.is_broken = true;
            return None;
        }
        if rest.len() < length {
            return None;
        }
        piece.advance(PREFIX);
        let message = piece.split_to(length);
        Some(match flag {
            0 => Message::Plain(message),
            _ => Message::Gzip(message),
        })
    }
}

enum Message {
    Plain(Bytes),
    Gzip(Bytes),
}

/// The only compression that our servers speak. What is larger than a message may be is cut off.
fn unpacked(message: &Bytes) -> Option<Vec<u8>> {
    let mut unpacked = Vec::new();
    let limit = u64::try_from(MAX_MESSAGE_BYTES).unwrap_or(u64::MAX);
    let read = GzDecoder::new(message.as_ref())
        .take(limit)
        .read_to_end(&mut unpacked);
    read.ok().map(|_| unpacked)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use bytes::BufMut as _;
    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn framed(flag: u8, message: &[u8]) -> BytesMut {
        let mut frame = BytesMut::new();
        frame.put_u8(flag);
        frame.put_u32(u32::try_from(message.len()).unwrap());
        frame.put_slice(message);
        frame
    }

    fn zipped(message: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(message).unwrap();
        encoder.finish().unwrap()
    }

    fn seen(pieces: impl IntoIterator<Item = Bytes>) -> Vec<String> {
        let (mut frames, mut seen) = (Frames::default(), Vec::new());
        for piece in pieces {
            frames.push(&piece, |message| {
                seen.push(String::from_utf8(message.to_vec()).unwrap());
            });
        }
        seen
    }

    #[test]
    fn messages_are_found_however_the_body_is_cut() {
        let mut body = framed(0, b"one");
        body.unsplit(framed(1, &zipped(b"two")));
        body.unsplit(framed(0, b""));
        let body = body.freeze();
        let whole = seen([body.clone()]);
        assert_eq!(whole, ["one", "two", ""]);
        for cut in 1..body.len() {
            let pieces = [body.slice(..cut), body.slice(cut..)];
            assert_eq!(seen(pieces), whole, "cut at {cut}");
        }
        assert_eq!(seen(body.chunks(1).map(Bytes::copy_from_slice)), whole);
    }

    #[test]
    fn what_breaks_the_protocol_ends_the_looking_and_takes_no_memory() {
        let mut frames = Frames::default();
        let endless = Bytes::from_static(&[0, 0xff, 0xff, 0xff, 0xff, 1, 2, 3]);
        for _ in 0..1000 {
            frames.push(&endless, |_| panic!("there is no message"));
        }
        assert_eq!(frames.rest.len(), 0);
        let not_zipped = framed(1, b"not zipped").freeze();
        assert_eq!(seen([not_zipped, framed(0, b"later").freeze()]), [""; 0]);
    }
}
