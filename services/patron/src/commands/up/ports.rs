//! Ports that are held until they are used.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};

/// A port that can't be had.
#[derive(Debug, thiserror::Error)]
#[error("127.0.0.1:{port} can't be used; stop what uses it, or give another --port (0: any)")]
pub(crate) struct PortError {
    port: u16,
    source: io::Error,
}

/// Holds a port of the loopback; 0 takes any. Nobody else gets it until the listener is dropped,
/// right before the real one is bound.
pub(crate) fn hold(port: u16) -> Result<TcpListener, PortError> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    TcpListener::bind(address).map_err(|source| PortError { port, source })
}

/// The address of a held port, and the end of its being held.
pub(crate) fn release(held: TcpListener) -> Result<SocketAddr, PortError> {
    held.local_addr()
        .map_err(|source| PortError { port: 0, source })
}
