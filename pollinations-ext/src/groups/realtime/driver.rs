//! The task of a session. It owns the WebSocket, and moves events between the socket and the two halves of the
//! session.

use std::{sync::Arc, time::Duration};

use futures_core::Stream;
use futures_util::{
    Sink, SinkExt, StreamExt,
    future::{Either, select},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::{Semaphore, mpsc},
    time::{Instant, timeout},
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Bytes, Error as WsError, Message,
        error::ProtocolError,
        protocol::{CloseFrame, Role, WebSocketConfig, frame::coding::CloseCode},
    },
};

use super::{
    event::RealtimeEvent,
    receiver::{Incoming, RealtimeReceiver},
    sender::{Order, RealtimeSender},
};
use crate::{
    base::error::{Error, ErrorKind},
    key::Keyring,
};

/// The maximum number of events in each queue.
const SENDING: usize = 64;
const RECEIVING: usize = 256;

/// How long to wait for the server to confirm a close.
pub(super) const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// The limits of a session.
pub(super) struct Limits {
    pub(super) operation: &'static str,
    pub(super) max_message: usize,
    /// At least the size of one message.
    pub(super) max_queue: usize,
    /// The maximum time without any data from the server.
    pub(super) idle: Duration,
    /// The interval of pings.
    pub(super) ping: Duration,
}

/// Starts the task of a session on a connection whose handshake is done.
pub(super) async fn start<S>(connection: S, limits: Limits, keys: Arc<Keyring>) -> (RealtimeSender, RealtimeReceiver)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let config =
        WebSocketConfig::default().max_message_size(Some(limits.max_message)).max_frame_size(Some(limits.max_message));
    let socket = WebSocketStream::from_raw_socket(connection, Role::Client, Some(config)).await;
    let (orders, ordered) = mpsc::channel(SENDING);
    let (incoming, received) = mpsc::channel(RECEIVING);
    let sender = RealtimeSender::new(orders, limits.max_message, limits.operation);
    let receiver = RealtimeReceiver::new(received);
    tokio::spawn(run(socket, ordered, Inbox::new(incoming, limits.max_queue), limits, keys));
    (sender, receiver)
}

/// Reads and writes until the session has ended, then reports why.
async fn run<S>(
    socket: WebSocketStream<S>,
    mut ordered: mpsc::Receiver<Order>,
    inbox: Inbox,
    limits: Limits,
    keys: Arc<Keyring>,
) where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let (mut sink, stream) = socket.split();
    let reading = std::pin::pin!(read(stream, &inbox, &limits, &keys));
    let end = {
        let writing = std::pin::pin!(write(&mut sink, &mut ordered, &inbox, limits.ping));
        match select(reading, writing).await {
            Either::Left((end, _)) => end,
            // If the reader has an error too, it is more precise about why writing failed.
            Either::Right((Err(error), reading)) => match timeout(CLOSE_TIMEOUT, reading).await {
                Ok(end) => end,
                Err(_) => End::Broken(broken(error)),
            },
            Either::Right((Ok(()), reading)) => {
                // The session is closed from this side. Give the server time to confirm.
                let _ = timeout(CLOSE_TIMEOUT, reading).await;
                End::Closed
            }
        }
    };
    // Let senders see immediately that the session has ended.
    drop(ordered);
    if let End::Broken(error) = end {
        if let Some(code) = close_code(&error) {
            let frame = CloseFrame { code, reason: "".into() };
            let _ = timeout(CLOSE_TIMEOUT, sink.send(Message::Close(Some(frame)))).await;
        }
        inbox.put(Err(error.with_operation(limits.operation).redacted(&keys)), 0).await;
    }
}

/// How a session has ended.
enum End {
    Closed,
    Broken(Error),
}

/// The queue of received events.
struct Inbox {
    events: mpsc::Sender<Incoming>,
    /// The free space in the queue, in bytes.
    room: Arc<Semaphore>,
}

impl Inbox {
    fn new(events: mpsc::Sender<Incoming>, bytes: usize) -> Self {
        let bytes = bytes.min(Semaphore::MAX_PERMITS).min(u32::MAX as usize);
        Self { events, room: Arc::new(Semaphore::new(bytes)) }
    }

    /// Queues an event of this size as soon as there is room. Drops it if there is no receiver.
    async fn put(&self, event: Result<RealtimeEvent, Error>, bytes: usize) {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        let room = std::pin::pin!(Arc::clone(&self.room).acquire_many_owned(bytes));
        // Without a receiver, waiting for room would never end.
        let gone = std::pin::pin!(self.events.closed());
        let Either::Left((room, _)) = select(room, gone).await else { return };
        // An error means that the receiver was dropped. The semaphore is never closed.
        let _ = self.events.send((event, room.ok())).await;
    }
}

/// Reads messages until the connection ends.
async fn read<S>(mut messages: S, inbox: &Inbox, limits: &Limits, keys: &Keyring) -> End
where
    S: Stream<Item = Result<Message, WsError>> + Unpin,
{
    let mut closed = None;
    loop {
        let patience = if closed.is_some() { CLOSE_TIMEOUT } else { limits.idle };
        let message = match timeout(patience, messages.next()).await {
            Ok(Some(Ok(message))) => message,
            Ok(Some(Err(WsError::ConnectionClosed | WsError::AlreadyClosed)) | None) => {
                return closed.unwrap_or_else(|| End::Broken(broken(reset())));
            }
            // After the closing handshake, it does not matter how the connection ends.
            Ok(Some(Err(_))) | Err(_) if closed.is_some() => return closed.unwrap_or(End::Closed),
            Ok(Some(Err(error))) => return End::Broken(broken(error)),
            Err(_) => {
                let message = format!("the server sent nothing for {} s, not even a pong", patience.as_secs_f64());
                return End::Broken(Error::new(ErrorKind::Timeout, message));
            }
        };
        let bytes: Bytes = match message {
            Message::Text(text) => text.into(),
            Message::Binary(bytes) => bytes,
            Message::Close(frame) => {
                closed = Some(ending(frame));
                continue;
            }
            // The pong is sent with the next read.
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => continue,
        };
        if !bytes.trim_ascii().is_empty() {
            let event = RealtimeEvent::read(&bytes, keys).map_err(|error| error.with_operation(limits.operation));
            inbox.put(event, bytes.len()).await;
        }
    }
}

/// Writes queued messages and pings, until the session is to be closed.
async fn write<S>(
    sink: &mut S,
    ordered: &mut mpsc::Receiver<Order>,
    inbox: &Inbox,
    every: Duration,
) -> Result<(), WsError>
where
    S: Sink<Message, Error = WsError> + Unpin,
{
    let mut has_senders = true;
    let mut last_ping = Instant::now();
    loop {
        let left = every.saturating_sub(last_ping.elapsed());
        let order = if has_senders {
            timeout(left, ordered.recv()).await
        } else {
            // All senders were dropped, but the receiver may still read.
            timeout(left, async {
                inbox.events.closed().await;
                Some(Order::Close)
            })
            .await
        };
        match order {
            Ok(Some(Order::Send(message))) => sink.send(Message::text(message)).await?,
            Ok(Some(Order::Close)) => {
                let frame = CloseFrame { code: CloseCode::Normal, reason: "".into() };
                return sink.send(Message::Close(Some(frame))).await;
            }
            Ok(None) => has_senders = false,
            Err(_) => {
                last_ping = Instant::now();
                sink.send(Message::Ping(Bytes::new())).await?;
            }
        }
    }
}

/// How the session ended, according to a close frame of the server.
fn ending(frame: Option<CloseFrame>) -> End {
    match frame {
        None => End::Closed,
        Some(frame) if matches!(frame.code, CloseCode::Normal | CloseCode::Status) => End::Closed,
        Some(frame) => {
            let reason = frame.reason.trim();
            let reason = if reason.is_empty() { "it gave no reason" } else { reason };
            let message = format!("the server closed the session with code {}: {reason}", u16::from(frame.code));
            End::Broken(Error::new(ErrorKind::Stream, message))
        }
    }
}

/// Converts a WebSocket error.
fn broken(error: WsError) -> Error {
    match error {
        WsError::Io(error) => Error::broken(error),
        WsError::Capacity(error) => {
            Error::new(ErrorKind::TooLarge, format!("a message is larger than the limit: {error}"))
        }
        WsError::Protocol(ProtocolError::ResetWithoutClosingHandshake) => {
            Error::new(ErrorKind::Connection, "the connection broke: the server did not close the session")
        }
        error => Error::new(ErrorKind::Decode, format!("the server violated the WebSocket protocol: {error}")),
    }
}

fn reset() -> WsError {
    WsError::Protocol(ProtocolError::ResetWithoutClosingHandshake)
}

/// The close code for an error that the server caused (RFC 6455, section 7.4.1).
fn close_code(error: &Error) -> Option<CloseCode> {
    match error.kind() {
        ErrorKind::TooLarge => Some(CloseCode::Size),
        ErrorKind::Decode => Some(CloseCode::Protocol),
        _ => None,
    }
}
