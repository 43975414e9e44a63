//! Accepts and serves connections.

use std::convert::Infallible;

use axum::{Router, extract::Request};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::{conn::auto, graceful::GracefulShutdown},
};
use tokio::{net::TcpListener, sync::oneshot};
use tower_service::Service;

use super::socket::Socket;
use crate::fault::{self, Connection};

/// Accepts connections until it is told to stop, then waits until the open ones are done. Dropping it closes them.
pub(super) async fn serve(listener: TcpListener, app: Router, stopped: oneshot::Receiver<()>) {
    let graceful = GracefulShutdown::new();
    let http1 = auto::Builder::new(TokioExecutor::new()).http1_only();
    let mut connections = tokio::task::JoinSet::new();
    tokio::pin!(stopped);
    loop {
        tokio::select! {
            _ = &mut stopped => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else {
                    // Probably too many open files. Wait until others are closed.
                    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
                    continue;
                };
                // Small pieces of a stream must not wait for more data.
                let _ = stream.set_nodelay(true);
                let connection = Connection::default();
                let socket = Socket::new(stream, connection.clone());
                let app = app.clone();
                let service = service_fn(move |request: Request<Incoming>| {
                    let (mut app, connection) = (app.clone(), connection.clone());
                    async move {
                        let mut request = request.map(axum::body::Body::new);
                        request.extensions_mut().insert(connection.clone());
                        let response: Result<_, Infallible> = app.call(request).await;
                        let response = response.unwrap_or_else(|never| match never {});
                        fault::send(response, &connection)
                    }
                });
                let serving = http1.serve_connection_with_upgrades(TokioIo::new(socket), service).into_owned();
                let serving = graceful.watch(serving);
                connections.spawn(async move {
                    // An error only means that the client has disconnected.
                    let _ = serving.await;
                });
            }
        }
    }
    drop(listener);
    graceful.shutdown().await;
}
