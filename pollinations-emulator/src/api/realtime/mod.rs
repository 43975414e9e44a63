//! `GET /v1/realtime` and `/realtime`: WebSockets that speak the protocol of OpenAI's Realtime API.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    response::Response,
    routing::get,
};
use futures_util::{SinkExt, StreamExt};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::{sync::watch, time::sleep};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Error, Message,
        handshake::server::create_response_with_body,
        protocol::{CloseFrame, Role, WebSocketConfig, frame::coding::CloseCode},
    },
};

use self::session::Session;
use crate::{
    base::{failure::Failure, key::Key},
    gate::{Caller, Params},
    state,
};

mod ear;
mod item;
mod response;
mod session;
mod settings;

const DEFAULT_MODEL: &str = "openai/gpt-realtime-2.1";

/// The size limit of a message, in bytes.
const MAX_MESSAGE: usize = 16 * 1024 * 1024;

/// The pause between two events, so that they do not arrive all at once and clients can interrupt.
const PAUSE: Duration = Duration::from_millis(2);

pub(super) fn routes() -> Router<Arc<state::State>> {
    Router::new().route("/v1/realtime", get(open)).route("/realtime", get(open))
}

async fn open(
    Caller(key): Caller,
    State(state): State<Arc<state::State>>,
    query: Params,
    mut request: Request,
) -> Result<Response, Failure> {
    let model = query.text("model").unwrap_or(DEFAULT_MODEL).to_owned();
    let upgrade = request.extensions_mut().remove::<OnUpgrade>();
    // An error means that the request is not a WebSocket handshake.
    let response = create_response_with_body(&request, Body::empty).ok();
    let (Some(upgrade), Some(mut response)) = (upgrade, response) else { return Err(Failure::upgrade_required()) };
    // `realtime` is the only subprotocol of the Realtime API. Browsers offer it.
    let offered = request.headers().get_all("sec-websocket-protocol").iter();
    let mut offered = offered.filter_map(|list| list.to_str().ok()).flat_map(|list| list.split(','));
    if offered.any(|name| name.trim() == "realtime") {
        response.headers_mut().insert("sec-websocket-protocol", axum::http::HeaderValue::from_static("realtime"));
    }
    state.ledger.afford(&key, "realtime", &model)?;
    let is_older = request.headers().get("openai-beta").is_some_and(|beta| beta == "realtime=v1");
    let mut session = Session::new(&model, is_older);
    let closing = state.closing.subscribe();
    tokio::spawn(async move {
        // An error means that the client has disconnected already.
        if let Ok(connection) = upgrade.await {
            let config =
                WebSocketConfig::default().max_message_size(Some(MAX_MESSAGE)).max_frame_size(Some(MAX_MESSAGE));
            let socket = WebSocketStream::from_raw_socket(TokioIo::new(connection), Role::Server, Some(config)).await;
            // However the connection ends, the session is over and is charged.
            let _ = talk(socket, &mut session, closing).await;
            settle(&state, &key, &model, &session);
        }
    });
    Ok(response)
}

/// Charges a session for all its responses.
fn settle(state: &state::State, key: &Key, model: &str, session: &Session) {
    let tokens = session.tokens();
    if tokens.is_some() {
        state.ledger.settle(key, "realtime", model, tokens);
    }
}

/// Exchanges events until one side closes the connection.
async fn talk<S>(
    mut socket: WebSocketStream<S>,
    session: &mut Session,
    mut closing: watch::Receiver<bool>,
) -> Result<(), Error>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    loop {
        tokio::select! {
            message = socket.next() => match message {
                Some(Ok(Message::Text(text))) => session.take(text.as_bytes()),
                Some(Ok(Message::Binary(bytes))) => session.take(&bytes),
                Some(Ok(_)) => {}
                Some(Err(Error::Capacity(_))) => {
                    return socket.close(Some(frame(CloseCode::Size, "the message is too large"))).await;
                }
                Some(Err(Error::Utf8(_))) => {
                    return socket.close(Some(frame(CloseCode::Invalid, "the message is not UTF-8"))).await;
                }
                Some(Err(Error::Protocol(_))) => {
                    return socket.close(Some(frame(CloseCode::Protocol, "the frame is malformed"))).await;
                }
                Some(Err(error)) => return Err(error),
                None => return Ok(()),
            },
            () = sleep(PAUSE), if session.has_events() => {
                if let Some(event) = session.next() {
                    socket.send(Message::text(event.to_string())).await?;
                }
            }
            () = closed(&mut closing) => {
                return socket.close(Some(frame(CloseCode::Away, "the emulator stops"))).await;
            }
        }
    }
}

/// Waits until the emulator stops.
async fn closed(closing: &mut watch::Receiver<bool>) {
    // An error means that it has stopped already.
    let _ = closing.wait_for(|is_closing| *is_closing).await.map(drop);
}

fn frame(code: CloseCode, reason: &'static str) -> CloseFrame {
    CloseFrame { code, reason: reason.into() }
}
