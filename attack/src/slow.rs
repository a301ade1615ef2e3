//! Clients that are slow on purpose, or ask or send too much.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::sleep;

use crate::floods::{Attacker, Flood};
use crate::wire::{Connection, DATA, END_HEADERS, END_STREAM, HEADERS, frame, literals};

/// How many slow clients there are.
const CLIENTS: usize = 400;

pub(crate) const ALL: &[Flood] = &[
    Flood {
        name: "call flood",
        asvs: "2.4.1",
        act: "good calls by one caller",
        connections: 200,
        run: |attacker| Box::pin(call_flood(attacker)),
    },
    Flood {
        name: "forged flood",
        asvs: "2.4.1",
        act: "forged tokens, each another one",
        connections: 100,
        run: |attacker| Box::pin(forged_flood(attacker)),
    },
    Flood {
        name: "slow headers",
        asvs: "15.2.2",
        act: "bytes of headers, one by one",
        connections: CLIENTS,
        run: |attacker| Box::pin(slow_headers(attacker)),
    },
    Flood {
        name: "slow bodies",
        asvs: "15.2.2",
        act: "bytes of bodies, one by one",
        connections: CLIENTS,
        run: |attacker| Box::pin(slow_body(attacker)),
    },
    Flood {
        name: "slow readers",
        asvs: "15.2.2",
        act: "answers that nobody reads",
        connections: 32,
        run: |attacker| Box::pin(unread(attacker)),
    },
    Flood {
        name: "anonymous streams",
        asvs: "15.2.2",
        act: "streams of health without a token",
        connections: 4,
        run: |attacker| Box::pin(anonymous(attacker)),
    },
    Flood {
        name: "oversize bodies",
        asvs: "15.2.2",
        act: "MB sent of 100 MB bodies",
        connections: 4,
        run: |attacker| Box::pin(oversize(attacker, false)),
    },
    Flood {
        name: "oversize headers",
        asvs: "15.2.2",
        act: "MB sent of 10 MB headers",
        connections: 4,
        run: |attacker| Box::pin(oversize(attacker, true)),
    },
];

/// The same good call again and again, by one caller on many connections, whatever the answer.
async fn call_flood(attacker: Attacker) -> io::Result<()> {
    let mut stream = TcpStream::connect(attacker.address).await?;
    let call = format!(
        "GET /v1/programs HTTP/1.1\r\nhost: x\r\nauthorization: {}\r\n\r\n",
        attacker.authorization
    );
    let mut answer = vec![0; 1 << 14];
    loop {
        stream.write_all(call.as_bytes()).await?;
        if stream.read(&mut answer).await? == 0 {
            return Ok(());
        }
        attacker.did(1);
    }
}

/// Calls with tokens that look good up to their signature, which is the expensive part, and are all different.
async fn forged_flood(attacker: Attacker) -> io::Result<()> {
    let mut stream = TcpStream::connect(attacker.address).await?;
    let (good, _) = attacker.authorization.rsplit_once('.').unwrap_or_default();
    let mut answer = vec![0; 1 << 14];
    loop {
        // 64 bytes in base64, of which those before the last are new each time.
        let signature = format!("{:0>85}A", attacker.did(1));
        let call = format!(
            "GET /v1/programs HTTP/1.1\r\nhost: x\r\nauthorization: {good}.{signature}\r\n\r\n"
        );
        stream.write_all(call.as_bytes()).await?;
        if stream.read(&mut answer).await? == 0 {
            return Ok(());
        }
    }
}

/// Headers over HTTP/1.1 that come by the byte and never end.
async fn slow_headers(attacker: Attacker) -> io::Result<()> {
    let mut stream = TcpStream::connect(attacker.address).await?;
    stream
        .write_all(b"GET /v1/programs HTTP/1.1\r\nhost: x\r\nx: ")
        .await?;
    drip(attacker, stream).await
}

/// The same with a body, by somebody who may call.
async fn slow_body(attacker: Attacker) -> io::Result<()> {
    let mut stream = TcpStream::connect(attacker.address).await?;
    let head = format!(
        "POST /v1/activities:batchRecord HTTP/1.1\r\nhost: x\r\nauthorization: {}\r\n\
         content-type: application/json\r\ncontent-length: 1000000\r\n\r\n",
        attacker.authorization
    );
    stream.write_all(head.as_bytes()).await?;
    drip(attacker, stream).await
}

async fn drip(attacker: Attacker, mut stream: TcpStream) -> io::Result<()> {
    let mut answer = [0; 1024];
    loop {
        stream.write_all(b" ").await?;
        attacker.did(1);
        tokio::select! {
            // Answered, or closed: done with it.
            read = stream.read(&mut answer) => return read.map(drop),
            () = sleep(Duration::from_millis(500)) => {}
        }
    }
}

/// Many large answers on each connection, none of which is read.
async fn unread(attacker: Attacker) -> io::Result<()> {
    let mut connection = Connection::open(attacker.address, false).await?;
    let head = literals(&[
        (":method", "GET"),
        (":scheme", "http"),
        (":authority", "patron"),
        (":path", "/openapi.json"),
    ]);
    for _ in 0..200 {
        let Some(stream) = connection.stream() else {
            return Ok(());
        };
        let bytes = frame(HEADERS, END_HEADERS | END_STREAM, stream, &head);
        connection.send(&bytes).await?;
        attacker.did(1);
    }
    std::future::pending().await
}

/// As many streams as a connection takes for which nobody says who they are, kept for as long as they are borne with.
async fn anonymous(attacker: Attacker) -> io::Result<()> {
    let mut connection = Connection::open(attacker.address, true).await?;
    let head = literals(&[
        (":method", "POST"),
        (":scheme", "http"),
        (":authority", "patron"),
        (":path", "/grpc.health.v1.Health/Watch"),
        ("content-type", "application/grpc"),
        ("te", "trailers"),
    ]);
    for _ in 0..200 {
        let Some(stream) = connection.stream() else {
            return Ok(());
        };
        let mut bytes = frame(HEADERS, END_HEADERS, stream, &head);
        // A message without a byte: the health of the whole.
        bytes.extend(frame(DATA, END_STREAM, stream, &[0; 5]));
        connection.send(&bytes).await?;
        attacker.did(1);
    }
    std::future::pending().await
}

/// More than anybody takes, as fast as it is taken: a body that announces its size, or one header.
async fn oversize(attacker: Attacker, is_header: bool) -> io::Result<()> {
    let mut stream = TcpStream::connect(attacker.address).await?;
    let (authorization, megabyte) = (&attacker.authorization, vec![b' '; 1 << 20]);
    let (end, times) = if is_header {
        ("x: ", 10)
    } else {
        ("content-length: 104857600\r\n\r\n", 100)
    };
    let head = format!(
        "POST /v1/activities:batchRecord HTTP/1.1\r\nhost: x\r\nauthorization: {authorization}\r\n\
         content-type: application/json\r\n{end}"
    );
    stream.write_all(head.as_bytes()).await?;
    for _ in 0..times {
        stream.write_all(&megabyte).await?;
        attacker.did(1);
    }
    Ok(())
}
