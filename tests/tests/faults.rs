//! Every fault of the server or the network with every kind of call, over real sockets. The test writes the results to
//! the first table in `docs/reliability.md`.

use std::{
    fmt::Write as _,
    io::Write as _,
    panic::AssertUnwindSafe,
    time::{Duration, Instant, SystemTime},
};

use futures_util::{FutureExt, future::join_all};
use pollinations_ext::{Error, ErrorKind, File, Pollinations, RetryPolicy};
use pollinations_tests::{Document, Script, Step, Then};
use tokio::{runtime::Handle, time::sleep};

const KEY: &str = "sk_not_for_anybody_else_0123456789";

/// The timeout of a whole call.
const DEADLINE: Duration = Duration::from_secs(6);

/// The timeout of an attempt, if the next attempt joins the generation that is still running.
const ATTEMPT: Duration = Duration::from_secs(1);

/// The idle timeout between two pieces of a body.
const IDLE: Duration = Duration::from_millis(500);

/// The limit of a response that is held in memory.
const MAX_RESPONSE: usize = 1024 * 1024;

/// How much longer than the deadline the test itself may take on a busy machine.
const SLACK: Duration = Duration::from_secs(6);

/// The kinds of calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Call {
    Json,
    Stream,
    Download,
    Upload,
}

const CALLS: [Call; 4] = [Call::Json, Call::Stream, Call::Download, Call::Upload];

impl Call {
    /// The content type and the body of a successful response.
    fn answer(self) -> (&'static str, Vec<u8>) {
        match self {
            Self::Json => ("application/json", br#"{"balance": 3.5}"#.to_vec()),
            Self::Stream => {
                let mut events = String::new();
                for word in ["one ", "two ", "three"] {
                    events +=
                        &format!("data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{word}\"}}}}]}}\n\n");
                }
                events +=
                    "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
                ("text/event-stream", events.into_bytes())
            }
            Self::Download => ("image/jpeg", b"a picture, or so it says".to_vec()),
            Self::Upload => {
                let body = r#"{"id":"0123456789abcdef","url":"https://media.pollinations.ai/0123456789abcdef","contentType":"image/png","size":4,"duplicate":false}"#;
                ("application/json", body.as_bytes().to_vec())
            }
        }
    }

    fn healthy(self) -> Step {
        let (kind, body) = self.answer();
        respond(200, kind, "", &body, 0, Then::Close)
    }

    /// Makes the call and reads its whole response.
    async fn make(self, client: &Pollinations, folder: &tempfile::TempDir) -> Result<(), Error> {
        match self {
            Self::Json => client.account().balance().await.map(|balance| assert_eq!(balance.balance, 3.5)),
            Self::Stream => {
                let stream = client.chat("openai").user("count").stream().await?;
                stream.finish().await.map(|reply| assert_eq!(reply.text(), "one two three"))
            }
            Self::Download => client.image("a cat").send().await?.save(folder.path().join("cat.jpg")).await.map(|_| ()),
            Self::Upload => {
                let file = File::bytes(vec![1, 2, 3, 4]).name("cat.png").content_type("image/png");
                client.media().upload(file).send().await.map(|upload| assert_eq!(upload.id, "0123456789abcdef"))
            }
        }
    }
}

/// A raw response. Its `Content-Length` is `missing` bytes more than the length of the body.
fn respond(status: u16, kind: &str, headers: &str, body: &[u8], missing: usize, then: Then) -> Step {
    let length = body.len() + missing;
    let head = format!(
        "HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n"
    );
    Step::Raw([head.as_bytes(), body].concat(), then)
}

/// An error in the error envelope of the service.
fn status(status: u16, headers: &str) -> Step {
    let body = r#"{"success":false,"error":{"code":"X","message":"in the service's words"}}"#;
    respond(status, "application/json", headers, body.as_bytes(), 0, Then::Close)
}

/// The same with an error code.
fn coded(status: u16, code: &str) -> Step {
    let body = format!(r#"{{"success":false,"error":{{"code":"{code}","message":"in the service's words"}}}}"#);
    respond(status, "application/json", "", body.as_bytes(), 0, Then::Close)
}

/// A 402 or 403 as the service sends it today: a reply of the assistant for chats, an HTTP status for other requests.
fn refusal(call: Call, status: u16, reference: &str) -> Step {
    if call != Call::Stream {
        return coded(status, "X");
    }
    let text = format!("Sorry. [Go here](https://enter.pollinations.ai/keys?ref={reference}).");
    let events = format!(
        "data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{text}\"}},\"finish_reason\":\"stop\"}}]}}\n\n\
         data: {{\"choices\":[],\"usage\":{{\"prompt_tokens\":0,\"completion_tokens\":0,\"total_tokens\":0}}}}\n\n\
         data: [DONE]\n\n"
    );
    respond(200, "text/event-stream", "cache-control: private, no-store\r\n", events.as_bytes(), 0, Then::Close)
}

/// The expected outcomes if the response is lost. The balance is retried because it only reads, and the image because
/// the service coalesces it.
fn lost(kind: ErrorKind) -> [Outcome; 4] {
    [Fails(kind, RETRIED), Unknown(kind), Fails(kind, RETRIED), Unknown(kind)]
}

/// The expected outcome of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// The call fails with this error after this number of requests.
    Fails(ErrorKind, u32),
    /// The call fails with this error after one request, and the service may have processed it.
    Unknown(ErrorKind),
    /// The call succeeds, because the fault does not affect this kind of call.
    Succeeds,
}

use Outcome::{Fails, Succeeds, Unknown};

/// A row of the table: a fault and its outcome for each kind of call.
struct Row {
    name: &'static str,
    fault: Box<dyn Fn(Call) -> Step>,
    outcomes: [Outcome; 4],
    /// The least time that the call spends waiting.
    waits: Duration,
    promise: &'static str,
}

/// The number of requests that the default policy sends.
const RETRIED: u32 = 3;

fn row(
    name: &'static str,
    outcomes: impl Into<Outcomes>,
    promise: &'static str,
    fault: impl Fn(Call) -> Step + 'static,
) -> Row {
    Row { name, fault: Box::new(fault), outcomes: outcomes.into().0, waits: Duration::ZERO, promise }
}

struct Outcomes([Outcome; 4]);

impl From<Outcome> for Outcomes {
    fn from(outcome: Outcome) -> Self {
        Self([outcome; 4])
    }
}

impl From<[Outcome; 4]> for Outcomes {
    fn from(outcomes: [Outcome; 4]) -> Self {
        Self(outcomes)
    }
}

fn rows() -> Vec<Row> {
    use ErrorKind::{Api, Connect, Connection, Decode, Timeout, TooLarge, Truncated};
    let bomb = gzip_bomb();
    let again = "A retry may succeed.";
    let whole = "Retried if the service coalesces the request, as for an image, or if the request only reads. A \
                 download starts again from the beginning. A stream may have been billed, and an upload may have \
                 succeeded, so neither is retried.";
    let final_ = "A retry would get the same response.";
    let part = |call: Call, keep: usize| {
        let (kind, body) = call.answer();
        (kind, body[..body.len() - keep].to_vec())
    };
    let mut rows = vec![
        row("connection refused", Fails(Connect, RETRIED), again, |_| Step::Close),
        row("connection reset before the response", lost(Connection), whole, |_| Step::Raw(Vec::new(), Then::Reset)),
        row("connection closed before the body", lost(Connection), whole, |call| {
            respond(200, call.answer().0, "", b"", 10, Then::Close)
        }),
        row(
            "connection reset in the body",
            [Fails(Connection, RETRIED), Fails(Connection, 1), Fails(Connection, RETRIED), Unknown(Connection)],
            whole,
            move |call| {
                let (kind, body) = part(call, 10);
                respond(200, kind, "", &body, 10, Then::Reset)
            },
        ),
        row(
            "no response (timeout)",
            [Fails(Timeout, 1), Unknown(Timeout), Fails(Timeout, RETRIED), Unknown(Timeout)],
            "Coalesced requests are retried after `Builder::attempt_timeout`, and the service continues the \
             generation that is running. All other calls fail after `Builder::timeout`.",
            |_| Step::Silence,
        ),
        row(
            "response stalls (timeout)",
            [Fails(Timeout, 1), Fails(Timeout, 1), Fails(Timeout, RETRIED), Unknown(Timeout)],
            "JSON calls and uploads fail after `Builder::timeout`. A stream fails after `Builder::idle_timeout`. A \
             download starts again after `Builder::idle_timeout`.",
            move |call| {
                let (kind, body) = part(call, 10);
                respond(200, kind, "", &body, 10, Then::Silence)
            },
        ),
        row(
            "connection closed in the body",
            [Fails(Connection, RETRIED), Fails(Connection, 1), Fails(Connection, RETRIED), Unknown(Connection)],
            whole,
            move |call| {
                let (kind, body) = part(call, 10);
                respond(200, kind, "", &body, 10, Then::Close)
            },
        ),
        row(
            "stream cut between events",
            [Fails(Decode, 1), Fails(Truncated, 1), Succeeds, Fails(Decode, 1)],
            "A stream is an error if it ends without `[DONE]` and before the model has finished. The other bodies \
             are as long as their `Content-Length` says, so the client cannot see that something is missing.",
            move |call| {
                let (kind, body) = call.answer();
                let end = body.windows(2).position(|two| two == b"\n\n").map_or(body.len() - 1, |at| at + 2);
                respond(200, kind, "", &body[..end], 0, Then::Close)
            },
        ),
        row(
            "bytes that are not UTF-8",
            [Fails(Decode, 1), Succeeds, Succeeds, Fails(Decode, 1)],
            "Invalid bytes become U+FFFD. The JSON call and the upload fail because in this test their essential \
             fields are missing.",
            |call| {
                let body: &[u8] = match call {
                    Call::Stream => {
                        b"data: {\"id\":\"\xff\",\"choices\":[{\"delta\":{\"content\":\"one two three\"}}]}\n\ndata: \
                          [DONE]\n\n"
                    }
                    _ => b"{\"\xff\": \"\xff\"}",
                };
                respond(200, call.answer().0, "", body, 0, Then::Close)
            },
        ),
        row("invalid JSON", [Fails(Decode, 1), Fails(Decode, 1), Succeeds, Fails(Decode, 1)], final_, |call| {
            let body = if call == Call::Stream { "data: {no json\n\n" } else { "{no json" };
            respond(200, call.answer().0, "", body.as_bytes(), 0, Then::Close)
        }),
        row(
            "another content type",
            [Fails(Decode, 1), Fails(Decode, 1), Fails(Decode, 1), Fails(Decode, 1)],
            "An HTML page is not saved as an image.",
            |_| respond(200, "text/html", "", b"<title>Welcome to this network</title>", 0, Then::Close),
        ),
        row("an error as an HTML page", Fails(Api, RETRIED), "The error message is the title of the page.", |_| {
            respond(502, "text/html", "", b"<html><title>Bad Gateway</title></html>", 0, Then::Close)
        }),
        row(
            "an error without a body",
            Fails(Api, RETRIED),
            "The error message is the status text, such as \"Internal Server Error\".",
            |_| respond(500, "text/plain", "", b"", 0, Then::Close),
        ),
        row("an error of 10 MiB", Fails(Api, 1), "The client reads 64 KiB and keeps 1 KiB.", |_| {
            respond(400, "text/plain", "", &vec![b'x'; 10 * 1024 * 1024], 0, Then::Close)
        }),
        row("400", Fails(Api, 1), final_, |_| status(400, "")),
        row(
            "402",
            Fails(Api, RETRIED),
            "Retried, because somebody may be adding pollen. `PaymentPolicy` has alternatives: use the next key, ask \
             the user, wait for the daily reset, or fail at once.",
            |_| status(402, ""),
        ),
        row("402 `INSUFFICIENT_BALANCE`", Fails(Api, RETRIED), "The same. `Error::payment` is `Balance`.", |_| {
            coded(402, "INSUFFICIENT_BALANCE")
        }),
        row("402 `KEY_BUDGET_EXHAUSTED`", Fails(Api, RETRIED), "The same. `Error::payment` is `KeyBudget`.", |_| {
            coded(402, "KEY_BUDGET_EXHAUSTED")
        }),
        row("402 `QUEST_POLLEN_ONLY`", Fails(Api, RETRIED), "The same. `Error::payment` is `QuestPollen`.", |_| {
            coded(402, "QUEST_POLLEN_ONLY")
        }),
        row(
            "402 as a reply of the assistant (streams)",
            Fails(Api, RETRIED),
            "The same error as for status 402, before the stream returns a chunk.",
            |call| refusal(call, 402, "agent_key_budget"),
        ),
        row(
            "403 as a reply of the assistant (streams)",
            Fails(Api, 1),
            "The key may not use the model. `Error::fix_url` is the page where the user can allow it.",
            |call| refusal(call, 403, "agent_grant"),
        ),
        row("408", Fails(Api, RETRIED), again, |_| status(408, "")),
        Row {
            waits: Duration::from_secs(2),
            ..row(
                "429, `Retry-After` in seconds",
                Fails(Api, RETRIED),
                "`Retry-After` is honored as long as it fits within the call's timeout.",
                |_| status(429, "retry-after: 1\r\n"),
            )
        },
        Row {
            // A date has whole seconds, so up to one of the two seconds may already have passed.
            waits: Duration::from_secs(1),
            ..row("429, `Retry-After` as a date", Fails(Api, RETRIED), "The same.", |_| {
                let soon = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(2));
                status(429, &format!("retry-after: {soon}\r\n"))
            })
        },
        Row {
            waits: Duration::from_secs(2),
            ..row(
                "429, rate limit of a publishable key",
                Fails(Api, RETRIED),
                "The delay is `retryAfterSeconds` in the body. `Error::rate_limit` is `Key`.",
                |_| {
                    let body = br#"{"error":"Too many requests","message":"Slow down","retryAfterSeconds":1}"#;
                    respond(429, "application/json", "", body, 0, Then::Close)
                },
            )
        },
        Row {
            waits: Duration::from_secs(3),
            ..row(
                "429, rate limit of an IP address",
                Fails(Api, RETRIED),
                "Without `Retry-After`, the first delay is at least a second, and each delay is longer than the \
                 last. `Error::rate_limit` is `Address`.",
                |_| coded(429, "RATE_LIMITED"),
            )
        },
        row(
            "429, `Retry-After` beyond the deadline",
            Fails(Api, 1),
            "The delay is longer than the call's timeout, so the call fails at once.",
            |_| status(429, "retry-after: 3600\r\n"),
        ),
    ];
    for (name, code) in [("500", 500), ("502", 502), ("503", 503), ("504", 504)] {
        rows.push(row(name, Fails(Api, RETRIED), again, move |_| status(code, "")));
    }
    let in_front = "Cloudflare could not reach the service, or got no response in time. A retry continues a \
                    generation that is still running.";
    for (name, code) in
        [("520", 520), ("521", 521), ("522", 522), ("523", 523), ("524", 524), ("527", 527), ("529", 529), ("530", 530)]
    {
        rows.push(row(name, Fails(Api, RETRIED), in_front, move |_| {
            let page = format!("<html><title>example.com | {code}: not from the service</title></html>");
            respond(code, "text/html", "", page.as_bytes(), 0, Then::Close)
        }));
    }
    for (name, code) in [("525", 525), ("526", 526)] {
        rows.push(row(name, Fails(Api, 1), "The server's certificate is invalid.", move |_| status(code, "")));
    }
    rows.extend([
        row("endless redirects", Fails(Connection, 1), "The client follows five redirects.", |_| {
            Step::Answer(307, vec![("location", "/again".to_owned())], String::new())
        }),
        row(
            "redirect to another host",
            Fails(Api, 1),
            "The client follows the redirect without the key.",
            // `check` replaces this step, because the URL of the other host is only known there.
            |_| Step::Close,
        ),
        row(
            "an event of more than 8 MiB, a response of more than `max_response_bytes`",
            [Fails(TooLarge, 1), Fails(TooLarge, 1), Succeeds, Fails(TooLarge, 1)],
            "Downloads stream to disk in constant memory and have no limit.",
            |call| {
                let mut body = if call == Call::Stream { b"data: ".to_vec() } else { Vec::new() };
                let size = if call == Call::Stream { 9 * 1024 * 1024 } else { MAX_RESPONSE + 1 };
                body.resize(body.len() + size, b'x');
                respond(200, call.answer().0, "", &body, 0, Then::Close)
            },
        ),
        row(
            "a gzip bomb",
            Fails(Decode, 1),
            "The client asks for uncompressed bodies and rejects compressed ones. If you pass an HTTP client that \
             decompresses, the limits above apply to the decompressed body.",
            move |call| respond(200, call.answer().0, "content-encoding: gzip\r\n", &bomb, 0, Then::Close),
        ),
    ]);
    rows
}

/// 64 MiB of zeros, compressed to about 64 KiB (RFC 1952).
fn gzip_bomb() -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(&vec![0; 64 * 1024 * 1024]).unwrap();
    encoder.finish().unwrap()
}

/// Uses short timeouts only if the fault makes the call wait. Other calls could run into them on a busy machine.
fn client(url: &str, waits: bool) -> Pollinations {
    let (attempt, idle) = if waits { (ATTEMPT, IDLE) } else { (DEADLINE, DEADLINE) };
    Pollinations::builder()
        .base_url(url)
        .media_url(url)
        .key(KEY.parse().unwrap())
        .retry(RetryPolicy::default().base_delay(Duration::from_millis(1)))
        .timeout(DEADLINE)
        .attempt_timeout(attempt)
        .idle_timeout(idle)
        .max_response_bytes(MAX_RESPONSE)
        .build()
        .unwrap()
}

/// Checks that no part of the key is in the messages or the debug output of an error.
fn assert_no_key(error: &Error) {
    let mut said = format!("{error} {error:?} {error:#?}");
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        let _ = write!(said, " {error} {error:?}");
        source = error.source();
    }
    for piece in KEY.as_bytes().windows(8) {
        let piece = String::from_utf8_lossy(piece);
        assert!(!said.contains(&*piece), "{piece} is in {said}");
    }
}

/// A cell of the table, with everything that is needed to check it.
struct Cell<'a> {
    row: &'a Row,
    call: Call,
    expected: Outcome,
    folder: tempfile::TempDir,
    /// The target of the redirect.
    elsewhere: Script,
    script: Option<Script>,
    port: u16,
    client: Pollinations,
}

/// Building a client takes a while, because it reads the system's certificates, so this happens before any call.
async fn prepare(row: &Row, call: Call, expected: Outcome) -> Cell<'_> {
    let elsewhere = Script::play(vec![Step::json(401, r#"{"error":"no key"}"#)]).await;
    let script = Script::play(vec![call.healthy()]).await;
    let port = script.url.rsplit(':').next().unwrap().parse().unwrap();
    let client = client(&script.url, !row.waits.is_zero() || row.name.ends_with("(timeout)"));
    Cell { row, call, expected, folder: tempfile::tempdir().unwrap(), elsewhere, script: Some(script), port, client }
}

async fn check(cell: Cell<'_>) {
    let Cell { row, call, expected, folder, elsewhere, mut script, port, client } = cell;
    let name = format!("{} × {call:?}", row.name);
    let fault = match row.name {
        "redirect to another host" => {
            let other = elsewhere.url.replace("127.0.0.1", "localhost");
            Step::Answer(307, vec![("location", format!("{other}/elsewhere"))], String::new())
        }
        _ => (row.fault)(call),
    };
    if let Some(script) = &script {
        script.go_on_with(vec![fault.clone()]);
    }
    if row.name == "connection refused" {
        drop(script.take());
        // Give the task of the script time to close its listener.
        sleep(Duration::from_millis(20)).await;
    }

    let begun = Instant::now();
    let result = call.make(&client, &folder).await;
    let elapsed = begun.elapsed();
    assert!(elapsed < DEADLINE + SLACK, "{name}: {elapsed:?}");
    assert!(elapsed >= row.waits, "{name}: {elapsed:?}");
    let saved = std::fs::read_dir(folder.path()).unwrap().count();
    match (&result, expected) {
        (Ok(()), Succeeds) => assert_eq!(saved, usize::from(call == Call::Download), "{name}"),
        (Err(error), Fails(..) | Unknown(_)) => {
            let (kind, attempts, is_unknown) = match expected {
                Fails(kind, attempts) => (kind, attempts, false),
                Unknown(kind) => (kind, 1, true),
                Succeeds => unreachable!("matched above"),
            };
            assert_eq!(error.outcome_unknown(), is_unknown, "{name}: {error:?}");
            let sent = script.as_ref().map(|script| script.requests().len());
            // Errors of an open stream do not count attempts.
            let attempts_told = if error.attempts() == 0 { 1 } else { error.attempts() };
            assert_eq!((error.kind(), attempts_told), (kind, attempts), "{name}: {error:?}");
            // Each followed redirect is a request too.
            let followed = if row.name == "endless redirects" { 5 } else { 0 };
            assert!(sent.is_none_or(|sent| sent == attempts as usize + followed), "{name}: {sent:?} requests");
            assert_eq!(saved, 0, "{name}: a partial file was left");
            assert!(error.body().is_none_or(|body| body.len() <= 1024), "{name}");
            assert_no_key(error);
        }
        _ => panic!("{name}: {result:?} instead of {expected:?}"),
    }
    let seen = elsewhere.requests().concat();
    assert_eq!(seen.is_empty(), row.name != "redirect to another host", "{name}");
    assert!(!seen.contains("sk_") && !seen.to_lowercase().contains("authorization"), "{name}: {seen}");

    // If the fault occurs only once, requests that are retried succeed, and the others still fail.
    let script = match script {
        Some(script) => script,
        None => Script::play_at(port, vec![call.healthy()]).await,
    };
    let can_be_once = row.waits.is_zero() && !["connection refused", "endless redirects"].contains(&row.name);
    if can_be_once {
        script.go_on_with(vec![fault, call.healthy()]);
        let result = call.make(&client, &folder).await;
        let recovers = match expected {
            Fails(_, attempts) => attempts > 1,
            Unknown(_) => false,
            Succeeds => true,
        };
        assert_eq!(result.is_ok(), recovers, "{name}: {result:?}");
    }
    // The client can still be used afterwards.
    script.go_on_with(vec![call.healthy()]);
    call.make(&client, &folder).await.unwrap_or_else(|error| panic!("{name}: not usable afterwards: {error}"));
    drop(client);
    for _ in 0..200 {
        if script.open_connections() == 0 {
            return;
        }
        sleep(Duration::from_millis(10)).await;
    }
    panic!("{name}: {} connections were left open", script.open_connections());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_has_the_expected_outcome_for_every_kind_of_call() {
    let rows = rows();
    let cells = rows.iter().flat_map(|row| CALLS.into_iter().zip(row.outcomes).map(move |cell| (row, cell)));
    // Another test server could take a port that was just closed, so these cells run first, one at a time.
    let (alone, together): (Vec<_>, Vec<_>) = cells.partition(|(row, _)| row.name == "connection refused");
    for (row, (call, outcome)) in alone {
        check(prepare(row, call, outcome).await).await;
    }
    let mut prepared = Vec::new();
    for (row, (call, outcome)) in together {
        prepared.push(prepare(row, call, outcome).await);
    }
    let checks = prepared.into_iter().map(|cell| AssertUnwindSafe(check(cell)).catch_unwind());
    // Each failed check has already printed its own message.
    let wrong = join_all(checks).await.into_iter().filter(Result::is_err).count();
    assert_eq!(wrong, 0, "some cells failed; see the messages above");
    // The calls leave no tasks behind, such as connections or timers.
    for _ in 0..200 {
        if Handle::current().metrics().num_alive_tasks() == 0 {
            break;
        }
        sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(Handle::current().metrics().num_alive_tasks(), 0, "tasks are still alive");

    let mut table =
        String::from("| fault | JSON | stream | download | upload | what is promised |\n|---|---|---|---|---|---|\n");
    for row in &rows {
        let cells: Vec<String> = row.outcomes.iter().map(ToString::to_string).collect();
        let _ = writeln!(table, "| {} | {} | {} |", row.name, cells.join(" | "), row.promise);
    }
    Document::new("docs/reliability.md").section("faults", &table);
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Succeeds => formatter.write_str("succeeds"),
            Unknown(kind) => write!(formatter, "`{kind:?}`, outcome unknown"),
            Fails(kind, 1) => write!(formatter, "`{kind:?}`"),
            Fails(kind, attempts) => write!(formatter, "`{kind:?}` after {attempts} attempts"),
        }
    }
}
