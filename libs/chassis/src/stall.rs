//! Connections whose client does not take what it is sent.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

/// A stream that fails when nothing of what is written can be sent for a while. Answers wait in memory
/// meanwhile, and nothing else would ever end that: TCP itself is content with a client that acknowledges
/// that it takes nothing.
pub(crate) struct Stalling<S> {
    inner: S,
    bound: Duration,
    /// Made when a write has to wait for the first time: most never do.
    timer: Option<Pin<Box<Sleep>>>,
    waits: bool,
}

impl<S> Stalling<S> {
    pub(crate) fn new(inner: S, bound: Duration) -> Self {
        Self {
            inner,
            bound,
            timer: None,
            waits: false,
        }
    }

    /// What a write comes to, given how it went.
    fn judge<T>(
        &mut self,
        polled: Poll<io::Result<T>>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<T>> {
        if polled.is_ready() {
            self.waits = false;
            return polled;
        }
        let bound = self.bound;
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep(bound)));
        if !self.waits {
            timer.as_mut().reset(Instant::now() + bound);
            self.waits = true;
        }
        match timer.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Stalling<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Stalling<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.inner).poll_write(context, bytes);
        self.judge(polled, context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.inner).poll_write_vectored(context, pieces);
        self.judge(polled, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    #[tokio::test]
    async fn a_write_that_is_taken_slowly_goes_on_and_one_that_nobody_takes_fails() {
        let bound = Duration::from_secs(1);
        let (ours, mut theirs) = tokio::io::duplex(10);
        let mut ours = Stalling::new(ours, bound);
        let reading = tokio::spawn(async move {
            let mut bytes = [0; 5];
            for _ in 0..10 {
                sleep(bound / 8).await;
                theirs.read_exact(&mut bytes).await.unwrap();
            }
            theirs
        });
        let begun = Instant::now();
        ours.write_all(&[0; 60]).await.unwrap();
        assert!(
            begun.elapsed() > bound,
            "slower than the bound in all, but it went on"
        );
        let _theirs = reading.await.unwrap();
        let failed = ours.write_all(&[0; 60]).await.unwrap_err();
        assert_eq!(failed.kind(), io::ErrorKind::TimedOut);
    }
}
