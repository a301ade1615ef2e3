//! A commit whose acknowledgement is lost: the consumer can't know, and must not do it again.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use chassis::Clock;
use events::Consumer;
use postgres::{Database, DatabaseConfig, DatabaseUrl};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};

use crate::effects::Effects;
use crate::world::{Announcer, Applying, SOURCE, Task, config, event, until};

const SOCKET: &str = ".s.PGSQL.5432";

/// Stands between a client and PostgreSQL. When it is armed, it swallows the answer to the next
/// COMMIT and cuts the connection.
#[derive(Default)]
struct Proxy {
    is_armed: AtomicBool,
    cuts: AtomicU32,
}

impl Proxy {
    async fn serve(self: Arc<Self>, listener: UnixListener, server: String) {
        while let Ok((client, _)) = listener.accept().await {
            let server = UnixStream::connect(&server).await.unwrap();
            let proxy = Arc::clone(&self);
            tokio::spawn(async move { proxy.pass(client, server).await });
        }
    }

    async fn pass(&self, mut client: UnixStream, mut server: UnixStream) -> std::io::Result<()> {
        let (mut up, mut down) = (vec![0; 65_536], vec![0; 65_536]);
        let mut is_cut = false;
        loop {
            tokio::select! {
                sent = client.read(&mut up) => match sent? {
                    0 => return Ok(()),
                    length => {
                        let is_commit = up[..length].windows(6).any(|word| word == b"COMMIT");
                        is_cut |= is_commit && self.is_armed.swap(false, Ordering::SeqCst);
                        server.write_all(&up[..length]).await?;
                    }
                },
                received = server.read(&mut down) => match received? {
                    0 => return Ok(()),
                    _ if is_cut => {
                        self.cuts.fetch_add(1, Ordering::SeqCst);
                        return Ok(());
                    }
                    length => client.write_all(&down[..length]).await?,
                },
            }
        }
    }
}

fn through(proxy: &Path, url: &DatabaseUrl) -> (DatabaseUrl, String) {
    let (start, rest) = url.expose().split_once("host=").unwrap();
    let (socket, end) = rest.split_once('&').unwrap();
    let there = DatabaseUrl::new(format!("{start}host={}&{end}", proxy.display()));
    (there, format!("{socket}/{SOCKET}"))
}

#[tokio::test]
async fn an_effect_whose_commit_was_not_acknowledged_is_not_repeated() {
    let (announcer, applying) = (Announcer::new().await, Applying::new().await);
    let folder = tempfile::tempdir_in("/tmp").unwrap();
    let (url, server) = through(folder.path(), &applying.test.app_url());
    let proxy = Arc::new(Proxy::default());
    let listener = UnixListener::bind(folder.path().join(SOCKET)).unwrap();
    tokio::spawn(Arc::clone(&proxy).serve(listener, server));
    let db = Database::connect_lazy(&DatabaseConfig::new(url)).unwrap();
    let (feed, clock) = (announcer.feed(), Clock::system());
    let _consumer = Task::start(Consumer::new(
        db,
        SOURCE,
        feed,
        Effects::default(),
        config(),
        clock,
    ));

    let mut amounts = Vec::new();
    for round in 1..=5 {
        proxy.is_armed.store(true, Ordering::SeqCst);
        amounts.push(i64::from(round));
        announcer.announce(&[event(1, i64::from(round))]).await;
        applying.until_amounts(1, &amounts).await;
        until("a commit was cut", || async {
            proxy.cuts.load(Ordering::SeqCst) >= round
        })
        .await;
    }
    // Those that come next find the consumer where it should be.
    announcer.announce(&[event(1, 6)]).await;
    amounts.push(6);
    applying.until_amounts(1, &amounts).await;
}
