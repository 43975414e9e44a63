//! A small client of each document in `documents`, all compiled together: that this compiles is the first test.

use std::sync::{Arc, Mutex};

#[allow(missing_docs, unreachable_pub, reason = "generated")]
mod clients {
    include!(concat!(env!("OUT_DIR"), "/clients.rs"));
}

/// Keeps the requests, and answers each with the same.
#[derive(Clone, Debug, Default)]
pub struct Recorder(Arc<Mutex<Tape>>);

#[derive(Debug, Default)]
struct Tape {
    requests: Vec<reqwest::Request>,
    status: u16,
    body: String,
}

impl Recorder {
    fn answering(status: u16, body: &str) -> Self {
        Self(Arc::new(Mutex::new(Tape { requests: Vec::new(), status, body: body.to_owned() })))
    }

    fn answer(&self, request: reqwest::Request) -> reqwest::Response {
        let mut tape = self.0.lock().unwrap();
        tape.requests.push(request);
        http::Response::builder().status(tape.status).body(tape.body.clone()).unwrap().into()
    }

    /// The path and the query of the last request.
    fn target(&self) -> String {
        let tape = self.0.lock().unwrap();
        let url = tape.requests.last().unwrap().url();
        url.as_str().strip_prefix("http://localhost").unwrap().to_owned()
    }
}

#[test]
fn all_documents_compile() {
    let documents = std::fs::read_dir("documents").unwrap().count();
    assert_eq!(documents, include_str!(concat!(env!("OUT_DIR"), "/clients.rs")).matches("const WARNINGS").count());
}
