//! An answer that is compressed while its client reads it.

use std::hash::{BuildHasher as _, RandomState};
use std::io::{self, Write as _};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use flate2::write::GzEncoder;
use flate2::{Compression, GzBuilder};
use http_body::{Body as HttpBody, Frame};
use tokio::sync::OwnedSemaphorePermit;
use tonic::Status;
use tonic::body::Body;

/// The most that is compressed before others have their turn: well below a millisecond.
const PIECE_BYTES: usize = 64 * 1024;
/// An answer is longer by a random number of bytes, at least one and at most so many.
const MOST_PADDING_BYTES: u64 = 100;

/// A compressed answer.
pub(super) struct GzipBody {
    inner: Body,
    /// What of the last frame is still to be compressed.
    rest: Bytes,
    /// Whether each item is for the client to read at once.
    is_stream: bool,
    /// None after the end.
    packing: Option<Packing>,
}

/// The state of compression, and its place among all.
struct Packing {
    encoder: GzEncoder<Vec<u8>>,
    _place: OwnedSemaphorePermit,
}

impl GzipBody {
    pub(super) fn new(inner: Body, is_stream: bool, place: OwnedSemaphorePermit) -> Self {
        Self {
            inner,
            rest: Bytes::new(),
            is_stream,
            packing: Some(Packing {
                encoder: encoder(),
                _place: place,
            }),
        }
    }

    /// Compresses the next piece of the last frame. What comes of it may be nothing yet.
    fn piece(&mut self) -> io::Result<Bytes> {
        let length = self.rest.len().min(PIECE_BYTES);
        let piece = self.rest.split_to(length);
        let Some(packing) = &mut self.packing else {
            return Ok(Bytes::new());
        };
        packing.encoder.write_all(&piece)?;
        if self.is_stream && self.rest.is_empty() {
            packing.encoder.flush()?;
        }
        Ok(std::mem::take(packing.encoder.get_mut()).into())
    }

    /// The last bytes. Gives the place to others, also when the client takes its time to read them.
    fn end(&mut self) -> Option<io::Result<Bytes>> {
        let packing = self.packing.take()?;
        Some(packing.encoder.finish().map(Bytes::from))
    }
}

impl HttpBody for GzipBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        loop {
            while !self.rest.is_empty() {
                match self.piece() {
                    Ok(packed) if packed.is_empty() => {}
                    packed => return Poll::Ready(Some(framed(packed))),
                }
            }
            if self.packing.is_none() {
                return Poll::Ready(None);
            }
            match ready!(Pin::new(&mut self.inner).poll_frame(context)) {
                // Answers of REST have no trailers.
                Some(Ok(frame)) => self.rest = frame.into_data().unwrap_or_default(),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(self.end().map(framed)),
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.packing.is_none()
    }
}

fn framed(packed: io::Result<Bytes>) -> Result<Frame<Bytes>, Status> {
    // Into memory, so it never fails.
    packed
        .map(Frame::data)
        .map_err(|error| Status::internal(error.to_string()))
}

/// The lowest level: JSON shrinks to a tenth by it, and twice as much time takes off little more.
///
/// A file name of random length in the header, which nobody reads, blurs the length of the answer. Whoever sees
/// lengths on the wire, and can have texts of their own put beside a secret, needs many more answers to tell
/// whether the one repeats the other ("Heal the Breach", Palacios et al., 2022).
fn encoder() -> GzEncoder<Vec<u8>> {
    let random = RandomState::new().hash_one(0_u8);
    let padding = usize::try_from(random % MOST_PADDING_BYTES).unwrap_or_default();
    GzBuilder::new()
        .filename(vec![b'-'; padding])
        .write(Vec::new(), Compression::fast())
}
