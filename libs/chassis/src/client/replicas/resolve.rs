use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;
use http::Uri;
use tokio::runtime::Handle;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::CallError;
use super::replica::Replica;
use crate::config::ClientConfig;
use crate::tls::Tls;

/// Addresses that are used at most.
const MOST_REPLICAS: usize = 256;
/// How soon the name may be resolved again after a failure.
const SHORTEST_AGE: Duration = Duration::from_millis(500);

/// A name, and the replicas that it was resolved to last.
#[derive(Debug)]
pub(super) struct Names {
    uri: Uri,
    /// Where they are, when the name is not to be asked for.
    fixed: Arc<[SocketAddr]>,
    config: ClientConfig,
    tls: Option<Tls>,
    known: ArcSwap<Known>,
    resolving: Mutex<()>,
    refreshing: AtomicBool,
}

/// What the last resolution gave; no replicas before the first.
#[derive(Debug, Default)]
struct Known {
    replicas: Arc<[Arc<Replica>]>,
    resolved_at: Option<Instant>,
}

impl Known {
    fn is_younger_than(&self, age: Duration) -> bool {
        self.resolved_at.is_some_and(|at| at.elapsed() < age)
    }
}

impl Names {
    pub(super) fn new(
        uri: Uri,
        fixed: Arc<[SocketAddr]>,
        config: ClientConfig,
        tls: Option<Tls>,
    ) -> Self {
        Self {
            uri,
            fixed,
            config,
            tls,
            known: ArcSwap::default(),
            resolving: Mutex::default(),
            refreshing: AtomicBool::new(false),
        }
    }

    /// The replicas: those that are known, while the name is resolved again beside the call when
    /// that is due. The first call waits for them.
    pub(super) async fn current(names: &Arc<Self>) -> Result<Arc<[Arc<Replica>]>, CallError> {
        let known = names.known.load();
        if known.replicas.is_empty() {
            drop(known);
            return names.resolve_once().await;
        }
        let age = Duration::from_millis(names.config.resolve_interval_ms);
        if !known.is_younger_than(age) {
            Self::refresh(names);
        }
        Ok(Arc::clone(&known.replicas))
    }

    /// Resolves the name again, beside the calls; once at a time, and not too often.
    pub(super) fn refresh(names: &Arc<Self>) {
        // None when a call is dropped because all ends.
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        let is_young = names.known.load().is_younger_than(SHORTEST_AGE);
        if is_young || names.refreshing.swap(true, Ordering::Relaxed) {
            return;
        }
        let names = Arc::clone(names);
        runtime.spawn(async move {
            // What is known stays in use when the resolver fails: it may be right.
            if let Err(error) = names.resolve().await {
                tracing::debug!(error = %error, "a name can't be resolved again");
            }
            names.refreshing.store(false, Ordering::Relaxed);
        });
    }

    /// The first resolution: many calls may wait for it, one does it.
    async fn resolve_once(&self) -> Result<Arc<[Arc<Replica>]>, CallError> {
        let _one = self.resolving.lock().await;
        let known = self.known.load_full();
        if known.replicas.is_empty() {
            return self.resolve().await;
        }
        Ok(Arc::clone(&known.replicas))
    }

    async fn resolve(&self) -> Result<Arc<[Arc<Replica>]>, CallError> {
        let mut addresses = self.addresses().await?;
        addresses.sort_unstable();
        addresses.dedup();
        if addresses.is_empty() {
            return Err(self.nobody());
        }
        let before = self.known.load_full();
        // A replica that is still there keeps its connection and what is known of it.
        let replica = |address: SocketAddr| {
            let known = before
                .replicas
                .iter()
                .find(|known| known.address() == address);
            known.cloned().or_else(|| {
                let fresh = Replica::new(address, &self.uri, &self.config, self.tls.as_ref())?;
                Some(Arc::new(fresh))
            })
        };
        let replicas: Arc<[_]> = addresses.into_iter().filter_map(replica).collect();
        self.known.store(Arc::new(Known {
            replicas: Arc::clone(&replicas),
            resolved_at: Some(Instant::now()),
        }));
        Ok(replicas)
    }

    async fn addresses(&self) -> Result<Vec<SocketAddr>, CallError> {
        if !self.fixed.is_empty() {
            return Ok(self.fixed.to_vec());
        }
        let found = tokio::net::lookup_host(self.target()).await;
        let found = found.map_err(|source| self.unresolved(Some(source)))?;
        Ok(found.take(MOST_REPLICAS).collect())
    }

    fn target(&self) -> (String, u16) {
        let is_tls = self.uri.scheme_str() == Some("https");
        let port = if is_tls { 443 } else { 80 };
        // An address of IPv6 stands in brackets in a URI, and without them for the resolver.
        let host = self.uri.host().unwrap_or_default();
        let host = host.trim_start_matches('[').trim_end_matches(']');
        (host.to_owned(), self.uri.port_u16().unwrap_or(port))
    }

    /// The name is known, but has no address.
    pub(super) fn nobody(&self) -> CallError {
        self.unresolved(None)
    }

    fn unresolved(&self, source: Option<std::io::Error>) -> CallError {
        CallError::Unresolved {
            host: self.target().0,
            source,
        }
    }
}
