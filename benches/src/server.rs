//! A server whose answers were prepared in advance.

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

use crate::{EVENT, REPLY, embeddings, events};

/// The number of events in one chunk of HTTP's chunked encoding.
const EVENTS_A_CHUNK: usize = 8;

/// How many bytes are written at once.
const BLOCK: usize = 64 * 1024;

/// The answer of a server to all requests.
#[derive(Clone, Copy, Debug)]
pub enum Answer {
    /// A whole reply.
    Reply,
    /// A stream of this many events.
    Events(usize),
    /// A video of this many bytes.
    Video(usize),
    /// One event, and then nothing while the client stays connected.
    Idle,
    /// The headers at once, and a moment later one event and the end.
    First,
    /// The reply to an upload.
    Upload,
    /// Vectors as JSON numbers.
    Embeddings,
    /// Vectors in base64.
    EmbeddingsBase64,
}

/// A server with its own thread. It runs until the process ends.
#[derive(Clone, Debug)]
pub struct Server {
    /// The URL of the server.
    pub url: String,
    wrote: Arc<Mutex<Instant>>,
}

impl Server {
    /// Starts a server that gives this answer to all requests.
    ///
    /// # Panics
    ///
    /// If no port is available.
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
                        // A client that disconnects is not an error.
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
    /// If the server has panicked.
    pub fn wrote(&self) -> Instant {
        *self.wrote.lock().expect("no panic")
    }
}

const STREAM_HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";

/// The part of the answer that is prepared in advance.
fn written(answer: Answer) -> Bytes {
    let mut bytes = BytesMut::new();
    match answer {
        Answer::Reply => json(&mut bytes, REPLY),
        Answer::Upload => json(
            &mut bytes,
            r#"{"id":"0123456789abcdef","url":"https://media.pollinations.ai/0123456789abcdef","contentType":"video/mp4","size":1}"#,
        ),
        Answer::Embeddings => json(&mut bytes, &embeddings::json()),
        Answer::EmbeddingsBase64 => json(&mut bytes, &embeddings::base64()),
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

/// A whole response with this body.
fn json(bytes: &mut BytesMut, body: &str) {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ";
    bytes.extend_from_slice(format!("{head}{}\r\n\r\n{body}", body.len()).as_bytes());
}

async fn serve(mut socket: TcpStream, answer: Answer, bytes: Bytes, clock: Arc<Mutex<Instant>>) -> std::io::Result<()> {
    socket.set_nodelay(true)?;
    let mut buffer = BytesMut::with_capacity(4096);
    while request(&mut socket, &mut buffer).await? {
        socket.write_all(&bytes).await?;
        match answer {
            Answer::Reply | Answer::Events(_) | Answer::Upload | Answer::Embeddings | Answer::EmbeddingsBase64 => {}
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
                // By then the client waits for the event.
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

/// The end of a chunked body.
const END: &[u8] = b"0\r\n\r\n";

/// Reads a request and drops its bytes as they arrive. Returns false if there are no more requests.
async fn request(socket: &mut TcpStream, buffer: &mut BytesMut) -> std::io::Result<bool> {
    let mut left = loop {
        if let Some((head, body)) = head(buffer) {
            let _ = buffer.split_to(head);
            break body;
        }
        if socket.read_buf(buffer).await? == 0 {
            return Ok(false);
        }
    };
    loop {
        let whole = match &mut left {
            Some(left) => {
                let here = buffer.split_to((*left).min(buffer.len())).len();
                *left -= here;
                *left == 0
            }
            // The client sends nothing more until it has the answer, so the buffer ends with the end of the body.
            None if buffer.ends_with(END) => {
                buffer.clear();
                true
            }
            None => {
                let _ = buffer.split_to(buffer.len().saturating_sub(END.len()));
                false
            }
        };
        if whole {
            return Ok(true);
        }
        buffer.reserve(BLOCK);
        if socket.read_buf(buffer).await? == 0 {
            return Ok(false);
        }
    }
}

/// The length of the head at the start of the buffer, if it is complete, and of the body after it, unless that is
/// chunked. Nothing else is parsed, because the time that the server takes is part of the result.
fn head(buffer: &[u8]) -> Option<(usize, Option<usize>)> {
    let (mut length, mut in_chunks, mut at) = (None, false, 0);
    loop {
        let line = at + buffer.get(at..)?.iter().position(|byte| *byte == b'\n')?;
        let text = buffer[at..line].trim_ascii_end();
        at = line + 1;
        let value = |name: &str| {
            let is_it = text.get(..name.len())?.eq_ignore_ascii_case(name.as_bytes());
            is_it.then(|| &text[name.len()..])
        };
        match text.first() {
            None => return Some((at, length.or((!in_chunks).then_some(0)))),
            Some(b'c' | b'C') => {
                let number = value("content-length: ").and_then(|value| std::str::from_utf8(value).ok()?.parse().ok());
                length = number.or(length);
            }
            Some(b't' | b'T') => in_chunks |= value("transfer-encoding: ").is_some(),
            Some(_) => {}
        }
    }
}
