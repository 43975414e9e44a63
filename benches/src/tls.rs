//! A server that speaks HTTP/2 over TLS, with a self-signed certificate.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Request, Response, body::Incoming, header::CONTENT_TYPE, server::conn::http2, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpListener;
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::aws_lc_rs,
        pki_types::{CertificateDer, PrivateKeyDer},
    },
};

use crate::REPLY;

/// A server that answers every request with a small reply. It runs until the process ends.
#[derive(Clone, Debug)]
pub struct TlsServer {
    /// The URL of the server.
    pub url: String,
    certificate: CertificateDer<'static>,
    accepted: Arc<AtomicUsize>,
}

impl TlsServer {
    /// Starts a server with its own thread.
    ///
    /// # Panics
    ///
    /// If no certificate can be made or no port is available.
    pub fn start() -> Self {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
        let certificate = made.cert.der().clone();
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).expect("a key");
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
        let config = config.with_safe_default_protocol_versions().expect("versions of TLS").with_no_client_auth();
        let mut config = config.with_single_cert(vec![certificate.clone()], key).expect("a certificate");
        config.alpn_protocols = vec![b"h2".to_vec()];
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = std::net::TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).expect("a free port");
        listener.set_nonblocking(true).expect("a socket");
        let url = format!("https://localhost:{}", listener.local_addr().expect("an address").port());
        let accepted = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&accepted);
        thread::spawn(move || crate::runtime().block_on(serve(listener, acceptor, count)));
        Self { url, certificate, accepted }
    }

    /// A client that trusts only this server.
    ///
    /// # Panics
    ///
    /// If the client cannot be made.
    pub fn client(&self) -> reqwest::Client {
        let certificate = reqwest::Certificate::from_der(&self.certificate).expect("a certificate");
        reqwest::Client::builder().tls_certs_only([certificate]).build().expect("a client")
    }

    /// How many connections the server has accepted.
    pub fn connections(&self) -> usize {
        self.accepted.load(Ordering::Relaxed)
    }
}

async fn serve(listener: std::net::TcpListener, acceptor: TlsAcceptor, count: Arc<AtomicUsize>) {
    let listener = TcpListener::from_std(listener).expect("a socket");
    while let Ok((socket, _)) = listener.accept().await {
        count.fetch_add(1, Ordering::Relaxed);
        let acceptor = acceptor.clone();
        tokio::spawn(async move {
            socket.set_nodelay(true).expect("a socket");
            // A client that disconnects is not an error.
            let Ok(stream) = acceptor.accept(socket).await else { return };
            let connection = http2::Builder::new(TokioExecutor::new());
            let _ = connection.serve_connection(TokioIo::new(stream), service_fn(answer)).await;
        });
    }
}

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, hyper::Error> {
    request.into_body().collect().await?;
    let mut response = Response::new(Full::new(Bytes::from_static(REPLY.as_bytes())));
    response.headers_mut().insert(CONTENT_TYPE, "application/json".parse().expect("a value"));
    Ok(response)
}
