//! Realtime sessions: text and audio in both directions, over one WebSocket.
//!
//! [`Pollinations::realtime`](crate::Pollinations::realtime) returns a [`RealtimeRequest`], which opens a
//! [`RealtimeSession`]. A session sends and receives [`RealtimeEvent`]s: JSON objects with a `type`, as defined by
//! OpenAI's Realtime API. The service passes all of OpenAI's events through.
//!
//! You can [split](RealtimeSession::split) a session into a [`RealtimeSender`] and a [`RealtimeReceiver`], to use
//! them in two tasks. For example, one task reads a microphone and the other plays the answers.
//!
//! # Limits
//!
//! | limit | default | set with |
//! |---|---|---|
//! | size of a message, in either direction | 16 MiB | [`RealtimeRequest::max_message_bytes`] |
//! | received events that you have not read yet | 256 events and 32 MiB | [`RealtimeRequest::max_queue_bytes`] |
//! | events queued for sending | 64 events | – |
//! | time without any data from the server, including pongs | 120 s | [`Builder::idle_timeout`](crate::Builder::idle_timeout) |
//!
//! When the queue of received events is full, the session stops reading, and TCP makes the server wait. No event is
//! dropped. The session sends a ping after a quarter of the idle timeout (at most 30 s) and answers the server's
//! pings, even while your program neither reads nor sends.

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
