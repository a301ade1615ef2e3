//! HTTP/2 by hand: no library would send what attackers send.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedWriteHalf;
use tokio::task::JoinHandle;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Kinds of frames (RFC 9113 section 6).
pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const RST_STREAM: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const PING: u8 = 6;
pub(crate) const CONTINUATION: u8 = 9;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;

/// What a connection may send before it is granted more (RFC 9113 section 6.9.2).
const FIRST_WINDOW: i64 = 65_535;

pub(crate) const END_STREAM: u8 = 1;
pub(crate) const END_HEADERS: u8 = 4;

/// A connection to write frames to. What comes back is read and thrown away.
pub(crate) struct Connection {
    writer: OwnedWriteHalf,
    told_to_go: Arc<AtomicBool>,
    /// Bytes of bodies that it may still send, over all streams.
    window: Arc<AtomicI64>,
    reader: JoinHandle<()>,
    next_stream: u32,
}

impl Connection {
    /// Connects; with `reads` false it never takes what it is sent.
    pub(crate) async fn open(address: SocketAddr, reads: bool) -> std::io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (mut from, mut writer) = stream.into_split();
        writer.write_all(PREFACE).await?;
        writer.write_all(&frame(SETTINGS, 0, 0, &[])).await?;
        let told_to_go = Arc::new(AtomicBool::new(false));
        let window = Arc::new(AtomicI64::new(FIRST_WINDOW));
        let (told, granted) = (Arc::clone(&told_to_go), Arc::clone(&window));
        let reader = tokio::spawn(async move {
            if !reads {
                std::future::pending::<()>().await;
            }
            let mut head = [0; 9];
            let mut payload = Vec::new();
            while from.read_exact(&mut head).await.is_ok() {
                let [a, b, c, kind, _, stream @ ..] = head;
                let length = usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c);
                payload.resize(length, 0);
                if from.read_exact(&mut payload).await.is_err() {
                    break;
                }
                if kind == GOAWAY {
                    break;
                }
                let whole = kind == WINDOW_UPDATE && stream == [0; 4];
                if let (true, Ok(more)) = (whole, <[u8; 4]>::try_from(payload.as_slice())) {
                    let more = i64::from(u32::from_be_bytes(more));
                    granted.fetch_add(more, Ordering::Relaxed);
                }
            }
            told.store(true, Ordering::Relaxed);
        });
        Ok(Self {
            writer,
            told_to_go,
            window,
            reader,
            next_stream: 1,
        })
    }

    /// The number of a new stream; none when the connection is no good any more.
    pub(crate) fn stream(&mut self) -> Option<u32> {
        let stream = self.next_stream;
        self.next_stream = stream.checked_add(2)?;
        (!self.is_closing()).then_some(stream)
    }

    /// Whether the other side has told it to go.
    pub(crate) fn is_closing(&self) -> bool {
        self.told_to_go.load(Ordering::Relaxed)
    }

    /// Waits until it may send so many bytes of bodies; false when it is told to go instead.
    pub(crate) async fn may_send(&self, bytes: i64) -> bool {
        while self.window.load(Ordering::Relaxed) < bytes {
            if self.is_closing() {
                return false;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        self.window.fetch_sub(bytes, Ordering::Relaxed);
        !self.is_closing()
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.writer.write_all(bytes).await
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

/// One frame.
pub(crate) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len())
        .unwrap_or(u32::MAX)
        .to_be_bytes();
    let mut bytes = Vec::with_capacity(9 + payload.len());
    bytes.extend(length.into_iter().skip(1));
    bytes.extend([kind, flags]);
    bytes.extend(stream.to_be_bytes());
    bytes.extend(payload);
    bytes
}

/// Headers as HPACK literals that are not indexed (RFC 7541 section 6.2.2).
pub(crate) fn literals(fields: &[(&str, &str)]) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in fields {
        block.push(0);
        text(&mut block, name);
        text(&mut block, value);
    }
    block
}

/// One header that goes into the table of the connection (section 6.2.1).
pub(crate) fn indexed_literal(name: &str, value: &str) -> Vec<u8> {
    let mut block = vec![0x40];
    text(&mut block, name);
    text(&mut block, value);
    block
}

/// The header that went into the table last.
pub(crate) const LAST_INDEXED: u8 = 0x80 | 0x3e;

fn text(block: &mut Vec<u8>, text: &str) {
    integer(block, text.len());
    block.extend(text.as_bytes());
}

/// An integer with a prefix of seven bits (section 5.1).
fn integer(block: &mut Vec<u8>, value: usize) {
    let Some(mut rest) = value.checked_sub(0x7f) else {
        block.push(u8::try_from(value).unwrap_or(0x7e));
        return;
    };
    block.push(0x7f);
    while rest >= 0x80 {
        block.push(u8::try_from(rest & 0x7f).unwrap_or_default() | 0x80);
        rest >>= 7;
    }
    block.push(u8::try_from(rest).unwrap_or_default());
}
