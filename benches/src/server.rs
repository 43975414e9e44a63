//! A server that answers with bytes that are there already.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use bytes::{Bytes, BytesMut};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::{EVENT, REPLY, events};

/// Events in one chunk of HTTP's chunked coding.
const EVENTS_A_CHUNK: usize = 8;

/// Bytes that are written at once.
const BLOCK: usize = 64 * 1024;

/// What a server answers to everything.
#[derive(Clone, Copy, Debug)]
pub enum Answer {
    /// A whole reply.
    Reply,
    /// A stream of so many events.
    Events(usize),
    /// A video of so many bytes.
    Video(usize),
    /// One event, and then nothing more while the client stays.
    Idle,
    /// The head at once, and a moment later one event and the end.
    First,
}

/// A server on a thread of its own. It ends with the process.
#[derive(Clone, Debug)]
pub struct Server {
    /// Where it listens.
    pub url: String,
    wrote: Arc<Mutex<Instant>>,
}

impl Server {
    /// Starts a server that answers this to everything.
    ///
    /// # Panics
    ///
    /// When no port can be had.
    pub fn start(answer: Answer) -> Self {
        let wrote = Arc::new(Mutex::new(Instant::now()));
        let clock = Arc::clone(&wrote);
        let listener = std::net::TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).expect("a free port");
        listener.set_nonblocking(true).expect("a socket");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async move {
                let listener = TcpListener::from_std(listener).expect("a socket");
                let bytes = written(answer);
                loop {
                    let Ok((socket, _)) = listener.accept().await else { return };
                    let (bytes, clock) = (bytes.clone(), Arc::clone(&clock));
                    tokio::spawn(async move {
                        // A client that has gone away has had enough.
                        let _ = serve(socket, answer, bytes, clock).await;
                    });
                }
            });
        });
        Self { url, wrote }
    }

    /// When the first byte of the last event was written.
    ///
    /// # Panics
    ///
    /// When the server has panicked.
    pub fn wrote(&self) -> Instant {
        *self.wrote.lock().expect("no panic")
    }
}

const STREAM_HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";

/// Everything that can be written beforehand.
fn written(answer: Answer) -> Bytes {
    let mut bytes = BytesMut::new();
    match answer {
        Answer::Reply => {
            let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ";
            bytes.extend_from_slice(format!("{head}{}\r\n\r\n{REPLY}", REPLY.len()).as_bytes());
        }
        Answer::Events(count) => {
            bytes.extend_from_slice(STREAM_HEAD.as_bytes());
            for chunk in events(count).chunks(EVENTS_A_CHUNK * EVENT) {
                bytes.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
                bytes.extend_from_slice(chunk);
                bytes.extend_from_slice(b"\r\n");
            }
            bytes.extend_from_slice(b"0\r\n\r\n");
        }
        Answer::Video(length) => {
            let head = "HTTP/1.1 200 OK\r\ncontent-type: video/mp4\r\ncontent-length: ";
            bytes.extend_from_slice(format!("{head}{length}\r\n\r\n").as_bytes());
        }
        Answer::Idle | Answer::First => bytes.extend_from_slice(STREAM_HEAD.as_bytes()),
    }
    bytes.freeze()
}

async fn serve(mut socket: TcpStream, answer: Answer, bytes: Bytes, clock: Arc<Mutex<Instant>>) -> std::io::Result<()> {
    socket.set_nodelay(true)?;
    let mut buffer = BytesMut::with_capacity(4096);
    while request(&mut socket, &mut buffer).await? {
        socket.write_all(&bytes).await?;
        match answer {
            Answer::Reply | Answer::Events(_) => {}
            Answer::Video(length) => {
                let block = vec![7; BLOCK];
                let mut left = length;
                while left > 0 {
                    let part = left.min(BLOCK);
                    socket.write_all(&block[..part]).await?;
                    left -= part;
                }
            }
            Answer::Idle => socket.write_all(&event()).await?,
            Answer::First => {
                // The client is waiting by then.
                tokio::time::sleep(Duration::from_millis(2)).await;
                let event = event();
                *clock.lock().expect("no panic") = Instant::now();
                socket.write_all(&event).await?;
                let end =
                    "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
                socket.write_all(format!("{:x}\r\n{end}\r\n0\r\n\r\n", end.len()).as_bytes()).await?;
            }
        }
    }
    Ok(())
}

/// One event as one chunk.
fn event() -> Vec<u8> {
    let event = events(1).slice(..EVENT);
    [format!("{:x}\r\n", event.len()).as_bytes(), &event, b"\r\n"].concat()
}

/// Reads a request and forgets it; false when there are no more.
async fn request(socket: &mut TcpStream, buffer: &mut BytesMut) -> std::io::Result<bool> {
    loop {
        if let Some(length) = length(buffer)
            && buffer.len() >= length
        {
            let _ = buffer.split_to(length);
            return Ok(true);
        }
        if socket.read_buf(buffer).await? == 0 {
            return Ok(false);
        }
    }
}

/// Bytes of the request at the beginning, if its head is there.
fn length(buffer: &[u8]) -> Option<usize> {
    let head = buffer.windows(4).position(|end| end == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&buffer[..head]).ok()?;
    let body = text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    Some(head + body.unwrap_or_default())
}
