//! A server that plays a script over real sockets: one step per request.

use std::{
    collections::VecDeque,
    net::Ipv4Addr,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// The response to one request.
#[derive(Clone, Debug)]
pub enum Step {
    /// Returns this status, these header lines and this body.
    Answer(u16, Vec<(&'static str, String)>, String),
    /// Starts an event stream and sends these chunks, a moment apart. Then the body ends normally.
    Events(Vec<String>),
    /// Starts an event stream, sends these chunks, and closes the connection.
    CutEvents(Vec<String>),
    /// Starts an event stream, sends these chunks, and then sends nothing more.
    SilentEvents(Vec<String>),
    /// Sends a body of this type in these chunks, a moment apart. Then it ends normally, or the connection is closed.
    Pieces {
        /// The content type.
        kind: &'static str,
        /// The bytes of each chunk. None may be empty, because that would be the end.
        pieces: Vec<Vec<u8>>,
        /// Whether to close the connection.
        cut: bool,
    },
    /// Announces a body that is ten bytes longer than the one it sends.
    ShortBody(&'static str, String),
    /// Sends these bytes, including the head, and then ends the response like this.
    Raw(Vec<u8>, Then),
    /// Closes the connection without a response.
    Close,
    /// Reads the request and never responds.
    Silence,
}

/// How a response ends.
#[derive(Clone, Copy, Debug)]
pub enum Then {
    /// The connection is closed.
    Close,
    /// The connection is reset (RFC 9293, section 3.10.4).
    Reset,
    /// Nothing more is sent.
    Silence,
}

impl Step {
    /// Returns JSON.
    pub fn json(status: u16, body: impl Into<String>) -> Self {
        Self::Answer(status, vec![("content-type", "application/json".to_owned())], body.into())
    }
}

/// A running script. It repeats its last step, and stops when it is dropped.
#[derive(Debug)]
pub struct Script {
    /// The URL of the server.
    pub url: String,
    steps: Arc<Mutex<VecDeque<Step>>>,
    requests: Arc<Mutex<Vec<String>>>,
    connections: Arc<()>,
    server: JoinHandle<()>,
}

impl Script {
    /// Plays these steps, one per connection.
    ///
    /// # Panics
    ///
    /// If no port is free, or there are no steps.
    pub async fn play(steps: Vec<Step>) -> Self {
        Self::play_at(0, steps).await
    }

    /// Plays these steps at this port, or at any free port if it is 0.
    ///
    /// # Panics
    ///
    /// If the port is taken, or there are no steps.
    pub async fn play_at(port: u16, steps: Vec<Step>) -> Self {
        assert!(!steps.is_empty(), "a script needs a step");
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let requests = Arc::new(Mutex::new(Vec::new()));
        let steps = Arc::new(Mutex::new(VecDeque::from(steps)));
        let connections = Arc::new(());
        let (left, seen, open) = (Arc::clone(&steps), Arc::clone(&requests), Arc::clone(&connections));
        let server = tokio::spawn(async move {
            loop {
                let Ok((mut socket, _)) = listener.accept().await else { return };
                let (left, seen, open) = (Arc::clone(&left), Arc::clone(&seen), Arc::clone(&open));
                // In parallel, so that a silent connection does not block the next one. A client may open a
                // connection and send nothing.
                tokio::spawn(async move {
                    let Some(request) = read_request(&mut socket).await else { return };
                    seen.lock().expect("no panic").push(request);
                    let step = next(&mut left.lock().expect("no panic"));
                    // It is not an error of the script if the client disconnects.
                    let _ = perform(&mut socket, step).await;
                    drop(open);
                });
            }
        });
        Self { url, steps, requests, connections, server }
    }

    /// Replaces the remaining steps.
    ///
    /// # Panics
    ///
    /// If there are no steps.
    pub fn go_on_with(&self, steps: Vec<Step>) {
        assert!(!steps.is_empty(), "a script needs a step");
        *self.steps.lock().expect("no panic") = steps.into();
    }

    /// The requests so far, exactly as received.
    ///
    /// # Panics
    ///
    /// If a request could not be recorded because of another panic.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().expect("no panic").clone()
    }

    /// The number of requests in progress.
    pub fn open_connections(&self) -> usize {
        // The script holds one reference, and its server another.
        Arc::strong_count(&self.connections).saturating_sub(2)
    }
}

/// The next step. The last one is repeated.
fn next(steps: &mut VecDeque<Step>) -> Step {
    let step = if steps.len() > 1 { steps.pop_front() } else { steps.front().cloned() };
    step.expect("a script needs a step")
}

impl Drop for Script {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn read_request(socket: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        let mut chunk = [0; 4096];
        let count = socket.read(&mut chunk).await.ok().filter(|count| *count > 0)?;
        bytes.extend_from_slice(&chunk[..count]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
        });
        if body.len() >= length.unwrap_or(0) {
            return Some(text);
        }
    }
}

async fn perform(socket: &mut TcpStream, step: Step) -> std::io::Result<()> {
    let chunked = |kind: &str| {
        format!(
            "HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\nx-request-id: req_script\r\n\
             transfer-encoding: chunked\r\nconnection: close\r\n\r\n"
        )
    };
    let events = chunked("text/event-stream");
    match step {
        Step::Answer(status, headers, body) => {
            let mut head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n", body.len());
            for (name, value) in headers {
                head += &format!("{name}: {value}\r\n");
            }
            socket.write_all(format!("{head}\r\n{body}").as_bytes()).await?;
        }
        Step::Events(pieces) => {
            socket.write_all(events.as_bytes()).await?;
            send_pieces(socket, pieces).await?;
            socket.write_all(b"0\r\n\r\n").await?;
        }
        Step::CutEvents(pieces) => {
            socket.write_all(events.as_bytes()).await?;
            send_pieces(socket, pieces).await?;
        }
        Step::SilentEvents(pieces) => {
            socket.write_all(events.as_bytes()).await?;
            send_pieces(socket, pieces).await?;
            silence(socket).await;
        }
        Step::Pieces { kind, pieces, cut } => {
            socket.write_all(chunked(kind).as_bytes()).await?;
            send_pieces(socket, pieces).await?;
            if !cut {
                socket.write_all(b"0\r\n\r\n").await?;
            }
        }
        Step::ShortBody(kind, body) => {
            let length = body.len() + 10;
            let head = format!("HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\r\n");
            socket.write_all(format!("{head}{body}").as_bytes()).await?;
        }
        Step::Raw(bytes, then) => {
            socket.write_all(&bytes).await?;
            socket.flush().await?;
            match then {
                Then::Close => {}
                Then::Reset => {
                    // Let the client receive the data first.
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    return socket.set_zero_linger();
                }
                Then::Silence => silence(socket).await,
            }
        }
        Step::Close => return Ok(()),
        Step::Silence => silence(socket).await,
    }
    socket.shutdown().await
}

async fn send_pieces<P: AsRef<[u8]>>(socket: &mut TcpStream, pieces: Vec<P>) -> std::io::Result<()> {
    for piece in pieces {
        let piece = piece.as_ref();
        socket.write_all(format!("{:x}\r\n", piece.len()).as_bytes()).await?;
        socket.write_all(piece).await?;
        socket.write_all(b"\r\n").await?;
        socket.flush().await?;
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    Ok(())
}

/// Waits until the client disconnects.
async fn silence(socket: &mut TcpStream) {
    let mut rest = [0; 64];
    while socket.read(&mut rest).await.is_ok_and(|count| count > 0) {}
}
