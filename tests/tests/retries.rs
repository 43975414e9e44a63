//! Which requests are retried, how often, and what the final error says, over real sockets.

use std::time::Duration;

use pollinations_ext::{ErrorKind, Pollinations, RetryPolicy};
use pollinations_tests::{Script, Step};

const KEY: &str = "sk_must_never_show";

fn client(script: &Script) -> Pollinations {
    let quick = RetryPolicy::default().base_delay(Duration::from_millis(1));
    Pollinations::builder().base_url(&script.url).key(KEY.parse().unwrap()).retry(quick).build().unwrap()
}

fn balance() -> Step {
    Step::json(200, r#"{"balance": 3.5}"#)
}

fn envelope(status: u16, code: &str, message: &str) -> Step {
    let body = format!(
        r#"{{"status":{status},"success":false,"error":{{"code":"{code}","message":"{message}","timestamp":"t","requestId":"req_1"}}}}"#
    );
    Step::json(status, body)
}

#[tokio::test]
async fn temporary_statuses_are_retried_with_the_same_request() {
    let statuses = [402, 408, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 527, 529, 530];
    let each = statuses.map(|status| async move {
        let script = Script::play(vec![Step::json(status, "{}"), Step::json(status, "{}"), balance()]).await;
        assert_eq!(client(&script).account().balance().await.unwrap().balance, 3.5, "{status}");
        let requests = script.requests();
        assert_eq!(requests.len(), 3, "{status}");
        assert!(requests.iter().all(|request| *request == requests[0]), "{status}: {requests:?}");
    });
    futures_util::future::join_all(each).await;
}

#[tokio::test]
async fn a_chat_is_retried_with_the_same_body() {
    let reply =
        r#"{"id":"1","created":1,"model":"m","object":"chat.completion","choices":[{"message":{"content":"ok"}}]}"#;
    let script = Script::play(vec![Step::json(503, ""), Step::json(200, reply)]).await;
    let answer = client(&script).chat("openai").user("Hello").seed(5).send().await.unwrap();
    assert_eq!(answer.text(), "ok");
    let requests = script.requests();
    assert_eq!(requests.len(), 2);
    assert_eq!(requests[0], requests[1]);
    assert!(requests[1].ends_with(r#"{"messages":[{"role":"user","content":"Hello"}],"model":"openai","seed":5}"#));
}

#[tokio::test]
async fn permanent_statuses_are_not_retried() {
    for status in [400, 401, 403, 404, 409, 413, 422, 501, 525, 526] {
        let script = Script::play(vec![envelope(status, "BAD_REQUEST", "no"), balance()]).await;
        let error = client(&script).account().balance().await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Api, 1), "{status}");
        assert!(!error.is_retryable(), "{status}");
        assert_eq!(script.requests().len(), 1, "{status}");
    }
}

#[tokio::test]
async fn the_error_has_the_code_message_request_id_and_number_of_attempts() {
    let script = Script::play(vec![envelope(402, "PAYMENT_REQUIRED", "No pollen left")]).await;
    let error = client(&script).account().balance().await.unwrap_err();
    assert!(error.is_payment_required() && error.is_retryable());
    assert_eq!(
        error.to_string(),
        "account_balance: 402 PAYMENT_REQUIRED: No pollen left (request req_1, after 3 attempts)"
    );
    assert_eq!(script.requests().len(), 3);
}

#[tokio::test]
async fn an_html_error_page_is_an_api_error_with_the_title_as_its_message() {
    let page = "<html><head><title>520: unknown error</title></head><body>…</body></html>";
    let script =
        Script::play(vec![Step::Answer(520, vec![("content-type", "text/html".to_owned())], page.to_owned())]).await;
    let error = client(&script).account().balance().await.unwrap_err();
    assert_eq!(error.to_string(), "account_balance: 520: 520: unknown error (after 3 attempts); try again later");
    assert!(error.is_retryable());
}

#[tokio::test]
async fn a_read_is_retried_after_a_broken_connection() {
    let script = Script::play(vec![Step::Close, Step::ShortBody("application/json", "{".to_owned()), balance()]).await;
    assert_eq!(client(&script).account().balance().await.unwrap().balance, 3.5);
    assert_eq!(script.requests().len(), 3);
}

#[tokio::test]
async fn a_refused_connection_is_retried_and_then_a_connect_error() {
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let quick = RetryPolicy::default().base_delay(Duration::from_millis(1));
    let builder = Pollinations::builder().base_url(format!("http://127.0.0.1:{port}")).key(KEY.parse().unwrap());
    let error = builder.retry(quick).build().unwrap().account().balance().await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), error.status()), (ErrorKind::Connect, 3, None));
    assert!(error.is_retryable());
    let text = error.to_string();
    assert!(text.starts_with("account_balance: cannot connect to the server"), "{text}");
    assert!(!text.contains('\n'), "{text}");
}

#[tokio::test]
async fn the_delay_that_the_server_asks_for_is_honored() {
    let later = |wait: &str| Step::Answer(429, vec![("retry-after-ms", wait.to_owned())], String::new());
    let script = Script::play(vec![later("80"), balance()]).await;
    let start = std::time::Instant::now();
    client(&script).account().balance().await.unwrap();
    assert!(start.elapsed() >= Duration::from_millis(80));
}

#[tokio::test]
async fn a_retry_after_beyond_the_timeout_fails_at_once() {
    let later = Step::Answer(503, vec![("retry-after", "3600".to_owned())], String::new());
    let script = Script::play(vec![later, balance()]).await;
    let error = client(&script).account().balance().await.unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(3600)));
    assert_eq!(script.requests().len(), 1);
    assert_eq!(error.to_string(), "account_balance: 503: Service Unavailable (retry after 3600 s)");
}

#[tokio::test]
async fn the_timeout_covers_all_attempts_of_a_call() {
    let script = Script::play(vec![Step::json(503, ""), Step::Silence]).await;
    let quick = RetryPolicy::default().base_delay(Duration::from_millis(1));
    let client = Pollinations::builder()
        .base_url(&script.url)
        .key(KEY.parse().unwrap())
        .retry(quick)
        .timeout(Duration::from_millis(200))
        .build()
        .unwrap();
    let error = client.account().balance().await.unwrap_err();
    assert!(error.is_timeout());
    assert_eq!(error.attempts(), 2);

    // The generated client has the same timeout, but its own error type.
    let script = Script::play(vec![Step::Silence]).await;
    let builder = Pollinations::builder().base_url(&script.url).key(KEY.parse().unwrap());
    let client = builder.timeout(Duration::from_millis(200)).build().unwrap();
    match client.api().account_balance().send().await {
        Err(pollinations_ext::api::Error::CommunicationError(error)) => assert!(error.is_timeout()),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_single_call_can_have_its_own_policy() {
    let script = Script::play(vec![Step::json(500, "")]).await;
    let request = client(&script).chat("openai").user("Hello").retry(RetryPolicy::none());
    assert_eq!(request.send().await.unwrap_err().attempts(), 1);
    assert_eq!(script.requests().len(), 1);
}

#[tokio::test]
async fn the_generated_client_is_retried_and_keeps_the_error_body() {
    let script = Script::play(vec![Step::json(500, "{}"), balance()]).await;
    assert_eq!(client(&script).api().account_balance().send().await.unwrap().balance, 3.5);
    assert_eq!(script.requests().len(), 2);

    let script = Script::play(vec![envelope(401, "UNAUTHORIZED", "Who are you?")]).await;
    match client(&script).api().account_balance().send().await {
        Err(pollinations_ext::api::Error::ErrorResponse(error)) => assert_eq!(error.error.message, "Who are you?"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_decode_error_has_the_body_without_the_key() {
    let script = Script::play(vec![Step::json(200, r#"["plenty", "sk_must_never_show"]"#)]).await;
    let error = client(&script).account().balance().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert_eq!(error.body(), Some(r#"["plenty", "[key]"]"#));
}

#[tokio::test]
async fn a_response_above_the_limit_is_too_large_and_not_retried() {
    let script = Script::play(vec![Step::json(200, "x".repeat(2000))]).await;
    let builder = Pollinations::builder().base_url(&script.url).key(KEY.parse().unwrap()).max_response_bytes(1000);
    let error = builder.build().unwrap().account().balance().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    assert_eq!(script.requests().len(), 1);
}

#[tokio::test]
async fn no_error_contains_the_key() {
    let echo = format!(r#"{{"error":"the key {KEY} is unknown"}}"#);
    let steps = [
        Step::json(401, echo),
        Step::Close,
        Step::json(200, format!("{KEY} is not JSON")),
        Step::json(200, format!(r#""{KEY}""#)),
        Step::Answer(302, vec![("location", "ftp://nowhere".to_owned())], String::new()),
        Step::ShortBody("application/json", KEY.to_owned()),
    ];
    for step in steps {
        let script = Script::play(vec![step.clone()]).await;
        for placement in [pollinations_ext::KeyPlacement::Header, pollinations_ext::KeyPlacement::Query] {
            let client = Pollinations::builder()
                .base_url(&script.url)
                .key(KEY.parse().unwrap())
                .key_placement(placement)
                .retry(RetryPolicy::none())
                .build()
                .unwrap();
            let error = client.account().balance().await.unwrap_err();
            let mut shown = format!("{error} {error:?} {error:#?} {client:?} {:?}", client.api());
            let mut source = std::error::Error::source(&error);
            while let Some(cause) = source {
                shown += &format!(" {cause} {cause:?}");
                source = cause.source();
            }
            assert!(!shown.contains("must_never"), "{step:?}: {shown}");
        }
    }
}

#[tokio::test]
async fn a_redirect_to_another_origin_is_followed_without_the_key() {
    use pollinations_ext::KeyPlacement::{Header, Query};
    for placement in [Header, Query] {
        let other = Script::play(vec![balance()]).await;
        // A different port is a different origin.
        let away = Step::Answer(307, vec![("location", format!("{}/elsewhere", other.url))], String::new());
        let script = Script::play(vec![away]).await;
        let builder = Pollinations::builder().base_url(&script.url).key(KEY.parse().unwrap()).key_placement(placement);
        builder.build().unwrap().account().balance().await.unwrap();
        let request = other.requests().remove(0);
        assert!(request.starts_with("GET /elsewhere"), "{request}");
        assert!(!request.contains("sk_"), "{request}");
        assert!(script.requests()[0].contains("sk_"));
    }
}

#[tokio::test]
async fn the_observer_is_called_for_every_attempt() {
    let busy = Step::Answer(429, vec![("retry-after-ms", "20".to_owned())], String::new());
    let script = Script::play(vec![busy, Step::Close, balance()]).await;
    let heard = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let log = std::sync::Arc::clone(&heard);
    let client = Pollinations::builder()
        .base_url(&script.url)
        .key(KEY.parse().unwrap())
        .retry(RetryPolicy::default().base_delay(Duration::from_millis(1)))
        .observer(move |attempt| {
            assert!(attempt.elapsed < Duration::from_secs(10));
            let delay = attempt.delay.map(|delay| delay.as_millis());
            log.lock().unwrap().push((
                attempt.operation.to_owned(),
                attempt.number,
                attempt.status,
                attempt.error,
                delay,
            ));
        })
        .build()
        .unwrap();
    client.account().balance().await.unwrap();
    let heard = heard.lock().unwrap();
    let numbers: Vec<(u32, Option<u16>)> =
        heard.iter().map(|(_, number, status, ..)| (*number, status.map(|status| status.as_u16()))).collect();
    assert_eq!(numbers, [(1, Some(429)), (2, None), (3, Some(200))]);
    assert_eq!(heard[0].4, Some(20));
    assert_eq!(heard[1].3, Some(pollinations_ext::ErrorKind::Connection));
    assert_eq!((heard[2].3, heard[2].4), (None, None));
    assert!(heard.iter().all(|(operation, ..)| operation == "account_balance"));
}
