//! Realtime sessions: text and sound both ways over one WebSocket.
//!
//! [`Pollinations::realtime`](crate::Pollinations::realtime) starts a [`RealtimeRequest`], which opens a
//! [`RealtimeSession`]. A session sends and receives [`RealtimeEvent`]s: JSON objects with a `type`, as OpenAI's Realtime
//! API defines them. The service passes them through, so its own list of events is OpenAI's.
//!
//! A session can be [split](RealtimeSession::split) into a [`RealtimeSender`] and a [`RealtimeReceiver`] that two tasks
//! use at once, for example one that reads a microphone and one that plays what comes back.
//!
//! # Limits
//!
//! | what | default | set by |
//! |---|---|---|
//! | one message, in either direction | 16 MiB | [`RealtimeRequest::max_message_bytes`] |
//! | events received and not read yet | 256 events and 32 MiB | [`RealtimeRequest::max_queue_bytes`] |
//! | events queued for sending | 64 events | – |
//! | time without a sign of life from the server, not even a pong | 120 s | [`Builder::idle_timeout`](crate::Builder::idle_timeout) |
//!
//! When a queue of received events is full, the session stops reading, and TCP makes the server wait. Nothing is dropped.
//! A ping goes out whenever a quarter of the idle timeout (30 s at most) has passed, and pings of the server are answered,
//! whether or not your program reads or sends meanwhile.

mod driver;
mod event;
mod receiver;
mod reply;
mod request;
mod sender;
mod session;

pub use event::{RealtimeCall, RealtimeEvent};
pub use receiver::RealtimeReceiver;
pub use reply::RealtimeReply;
pub use request::RealtimeRequest;
pub use sender::RealtimeSender;
pub use session::RealtimeSession;
