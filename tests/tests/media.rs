//! Files on the media service: uploads with ids and tags, galleries, deletion.

use std::{
    fs,
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_util::TryStreamExt;
use pollinations_emulator::{Emulator, Fault};
use pollinations_ext::{ErrorKind, File, Pollinations, RetryPolicy};
use pollinations_tests::{Recorder, Script, Step};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

const MIB: u64 = 1024 * 1024;

fn client(url: &str) -> Pollinations {
    let quick = RetryPolicy::default().base_delay(Duration::from_millis(1));
    Pollinations::builder().base_url(url).key("sk_test".parse().unwrap()).retry(quick).build().unwrap()
}

fn picture() -> File {
    File::bytes(PNG).name("cat.png")
}

/// An image file of this size. The file is sparse, so it takes almost no space on disk.
fn sparse(folder: &Path, size: u64) -> File {
    let path = folder.join(format!("{size}.png"));
    fs::write(&path, PNG).unwrap();
    fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(size).unwrap();
    File::path(path)
}

#[tokio::test]
async fn requests_of_the_media_methods() {
    let recorder = Recorder::json(json!({ "id": "mine", "url": "u", "contentType": "image/png", "size": 8 })).await;
    let media = recorder.client().media();
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("cat.png"), PNG).unwrap();
    let on_disk = File::path(folder.path().join("cat.png"));
    media.upload(on_disk.clone()).id("mine.png").tag("cats").tag("black & white").send().await.unwrap();
    media.upload(on_disk.clone()).id("mine.png").tag("cats").base64().send().await.unwrap();
    media.upload(on_disk).raw().send().await.unwrap();
    let _ = media.gallery("black & white").send().await;
    let _ = media.gallery("cats").limit(5).cursor("a=b").send().await;
    let _ = media.gallery("cats").files().next().await;
    media.metadata("https://media.pollinations.ai/mine.png").await.unwrap();
    media.delete("mine.png").await.unwrap();
    insta::assert_snapshot!(recorder.requests());
}

#[tokio::test]
async fn invalid_arguments_are_rejected_before_the_request_is_sent() {
    let recorder = Recorder::json(json!({})).await;
    let media = recorder.client().media();
    let folder = tempfile::tempdir().unwrap();
    let long = "x".repeat(129);
    for (upload, kind) in [
        (media.upload(picture()).id("a b"), ErrorKind::InvalidRequest),
        (media.upload(picture()).id(""), ErrorKind::InvalidRequest),
        (media.upload(picture()).id(".hidden"), ErrorKind::InvalidRequest),
        (media.upload(picture()).id(&long), ErrorKind::InvalidRequest),
        (media.upload(picture()).tag(""), ErrorKind::InvalidRequest),
        (media.upload(picture()).tag("cats,dogs"), ErrorKind::InvalidRequest),
        (media.upload(picture()).tag("a\nb"), ErrorKind::InvalidRequest),
        (media.upload(picture()).raw().id("mine"), ErrorKind::InvalidRequest),
        (media.upload(picture()).tag("cats").raw(), ErrorKind::InvalidRequest),
        (media.upload(File::bytes(&b"%PDF-1.7"[..])), ErrorKind::InvalidRequest),
        (media.upload(File::path(folder.path().join("none.png"))), ErrorKind::Io),
        (media.upload(sparse(folder.path(), 400 * MIB + 1)), ErrorKind::TooLarge),
        (media.upload(sparse(folder.path(), 400 * MIB + 1)).raw(), ErrorKind::TooLarge),
        (media.upload(sparse(folder.path(), 100 * MIB + 1)).base64(), ErrorKind::TooLarge),
    ] {
        let shown = format!("{upload:?}");
        let error = upload.send().await.unwrap_err();
        assert_eq!((error.kind(), error.operation(), error.attempts()), (kind, Some("upload_media"), 0), "{shown}");
    }
    for id in ["", "..", "a b", "https://media.pollinations.ai/"] {
        assert_eq!(media.metadata(id).await.unwrap_err().kind(), ErrorKind::InvalidRequest);
        assert_eq!(media.delete(id).await.unwrap_err().kind(), ErrorKind::InvalidRequest);
    }
    assert!(recorder.take().is_empty());
}

#[tokio::test]
async fn an_upload_is_retried_from_the_beginning_after_a_503() {
    let emulator = Emulator::builder().fault(Fault::status(503)).start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cat.png");
    let mut bytes = PNG.to_vec();
    bytes.extend((0..300_000_u32).flat_map(u32::to_le_bytes));
    fs::write(&path, &bytes).unwrap();
    let client = client(emulator.base_url());
    for upload in [client.media().upload(File::path(&path)), client.media().upload(File::path(&path)).raw()] {
        emulator.inject(Fault::status(503));
        let uploaded = upload.send().await.unwrap();
        assert_eq!(client.media().fetch(&uploaded.id).await.unwrap().bytes().await.unwrap(), bytes);
    }
    let sent: Vec<_> = emulator.journal().into_iter().filter(|entry| entry.method == "POST").collect();
    let statuses: Vec<u16> = sent.iter().map(|entry| entry.status).collect();
    assert_eq!(statuses, [503, 503, 200, 503, 200]);
    let length = |entry: &pollinations_emulator::Entry| {
        let header = entry.headers.iter().find(|(name, _)| name == "content-length").unwrap();
        header.1.parse::<usize>().unwrap()
    };
    assert_eq!(length(&sent[0]), length(&sent[2]));
    assert_eq!(length(&sent[4]), bytes.len());
    // The retry has the same form boundary, so the two requests are identical.
    assert_eq!(sent[0].body, sent[2].body);
}

#[tokio::test]
async fn a_file_that_changes_between_attempts_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cat.png");
    fs::write(&path, PNG).unwrap();
    let script = Script::play(vec![Step::json(503, "{}")]).await;
    let changed = path.clone();
    let client = Pollinations::builder().base_url(&script.url).key("sk_test".parse().unwrap());
    let quick = RetryPolicy::default().base_delay(Duration::from_millis(1));
    let client = client.retry(quick).observer(move |_| fs::write(&changed, b"\x89PNG\r\n\x1a\nmore").unwrap());
    let error = client.build().unwrap().media().upload(File::path(&path)).send().await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), error.outcome_unknown()), (ErrorKind::Io, 2, false), "{error:?}");
    assert!(error.to_string().contains("no longer 8 bytes"), "{error}");
}

#[tokio::test]
async fn an_upload_with_a_lost_response_is_not_retried_and_its_id_can_be_checked() {
    let emulator = Emulator::start().await.unwrap();
    let media = client(emulator.base_url()).media();
    emulator.inject(Fault::reset().carried_out().operation("upload_media"));
    let error = media.upload(picture()).id("mine").send().await.unwrap_err();
    assert!(error.outcome_unknown() && error.attempts() == 1, "{error:?}");
    assert!(media.exists("mine").await.unwrap());
    let error = media.upload(picture()).id("mine").send().await.unwrap_err();
    assert_eq!((error.status().unwrap().as_u16(), error.attempts()), (409, 1));
    assert_eq!(error.message(), "A file with this id exists");
}

#[tokio::test]
async fn pages_of_a_gallery_are_requested_only_when_needed() {
    let emulator = Emulator::start().await.unwrap();
    let media = client(emulator.base_url()).media();
    for number in 0..7 {
        let tag = if number == 2 { "dogs" } else { "cats" };
        media.upload(picture()).id(format!("p{number}")).tag(tag).tag("pets").send().await.unwrap();
    }
    emulator.clear_journal();
    let ids = |files: Vec<pollinations_ext::types::MediaEntry>| -> Vec<String> {
        files.into_iter().map(|file| file.id).collect()
    };
    let mut files = media.gallery("cats").limit(2).files();
    assert_eq!(files.next().await.unwrap().unwrap().id, "p6");
    assert_eq!(emulator.journal().len(), 1, "the next page was requested too early");
    let rest = ids(files.try_collect().await.unwrap());
    assert_eq!(rest, ["p5", "p4", "p3", "p1", "p0"]);
    assert_eq!(emulator.journal().len(), 3);
    assert!(emulator.journal().iter().all(|entry| entry.headers.iter().all(|(name, _)| name != "authorization")));
    let all = ids(media.gallery("pets").files().try_collect().await.unwrap());
    assert_eq!(all.len(), 7);
    assert!(media.gallery("birds").files().next().await.is_none());

    let page = media.gallery("cats").limit(4).send().await.unwrap();
    assert!(page.has_more);
    let next = media.gallery("cats").cursor(page.next_cursor.unwrap()).send().await.unwrap();
    assert_eq!(
        (ids(next.items), next.has_more, next.next_cursor),
        (vec!["p1".to_owned(), "p0".to_owned()], false, None)
    );
}

fn page(ids: &[&str], cursor: Value) -> Step {
    let items: Vec<Value> = ids.iter().map(|id| json!({ "id": id, "url": "u" })).collect();
    Step::json(200, json!({ "items": items, "nextCursor": cursor }).to_string())
}

#[tokio::test]
async fn a_gallery_ends_at_its_last_page_at_an_error_or_at_a_repeated_cursor() {
    for (steps, expected, requests) in [
        (vec![page(&["a"], json!("1")), page(&[], json!("2")), page(&["b"], json!(null))], (2, None), 3),
        (vec![page(&["a"], json!("1")), page(&["b"], json!("1"))], (2, None), 2),
        (vec![page(&["a"], json!(""))], (1, None), 1),
        (vec![page(&["a", "b"], json!("1")), Step::json(400, r#"{"error":"Invalid cursor"}"#)], (2, Some(400)), 2),
    ] {
        let script = Script::play(steps).await;
        let mut files = client(&script.url).media().gallery("cats").files();
        let (mut count, mut status) = (0, None);
        while let Some(file) = files.next().await {
            match file {
                Ok(_) => count += 1,
                Err(error) => {
                    assert_eq!(error.message(), "Invalid cursor");
                    status = error.status().map(|status| status.as_u16());
                }
            }
        }
        assert_eq!(((count, status), script.requests().len()), (expected, requests));
        assert!(files.next().await.is_none());
    }
}

#[tokio::test]
async fn only_a_secret_key_can_delete_a_published_file() {
    let emulator = Emulator::start().await.unwrap();
    let secret = client(emulator.base_url());
    let media = secret.media();
    let (published, hidden) =
        (media.upload(picture()).tag("cats").send().await.unwrap(), media.upload(picture()).send().await.unwrap());
    let status = |error: pollinations_ext::Error| error.status().unwrap().as_u16();
    let publishable = secret.with_key("pk_test".parse().unwrap());
    assert_eq!(status(publishable.media().delete(&published.id).await.unwrap_err()), 403);
    let anybody = Pollinations::builder().without_key().base_url(emulator.base_url()).build().unwrap().media();
    assert_eq!(status(anybody.delete(&published.id).await.unwrap_err()), 401);
    assert_eq!(status(anybody.upload(picture()).send().await.unwrap_err()), 401);
    let metadata = anybody.metadata(&published.url).await.unwrap();
    assert_eq!((metadata.size, metadata.content_type.as_str()), (8, "image/png"));

    let deleted = media.delete(&published.url).await.unwrap();
    assert_eq!((deleted.id.as_str(), deleted.deleted), (published.id.as_str(), true));
    assert!(anybody.gallery("cats").send().await.unwrap().items.is_empty());
    assert_eq!(status(anybody.metadata(&published.id).await.unwrap_err()), 404);
    assert_eq!(status(media.delete(&published.id).await.unwrap_err()), 404);
    // A file without tags is not published, and cannot be deleted.
    assert_eq!(status(media.delete(&hidden.id).await.unwrap_err()), 404);
    assert!(anybody.exists(&hidden.id).await.unwrap());
}

#[tokio::test]
async fn errors_of_the_media_service_have_a_string_in_their_error_field() {
    let emulator = Emulator::start().await.unwrap();
    let http = reqwest::Client::new();
    let url = |path: &str| format!("{}{path}", emulator.base_url());
    let upload = |kind: &str, body: &'static str| {
        http.post(url("/upload")).bearer_auth("sk_test").header("content-type", kind).body(body)
    };
    for (request, status, expected) in [
        (http.get(url("/media")), 400, "tag is required"),
        (http.get(url("/media?tag=")), 400, "`tag` is required"),
        (http.get(url("/media?tag=a&limit=0")), 400, "limit"),
        (http.get(url("/media?tag=a&cursor=!")), 400, "`cursor`"),
        (http.get(url("/none/metadata")), 404, "Not found"),
        (http.get(url("/none")).bearer_auth("hunter2"), 404, "Not found"),
        (http.delete(url("/media/none")), 401, "API key"),
        (upload("text/plain", "x"), 415, "Only images"),
        (upload("image/png", ""), 400, "empty"),
        (upload("application/json", "{"), 400, "cannot be read"),
        (upload("application/json", r#"{"data":"!","contentType":"image/png"}"#), 400, "not base64"),
        (upload("application/json", r#"{"data":"eA==","contentType":"image/png","id":"a b"}"#), 400, "`id` must be"),
        (upload("multipart/form-data; boundary=b", "--b--\r\n"), 400, "no field `file`"),
    ] {
        let response = request.send().await.unwrap();
        let found = response.status().as_u16();
        let body: Value = response.json().await.unwrap();
        assert_eq!(found, status, "{body}");
        assert!(body["error"].as_str().unwrap().contains(expected), "{body}");
    }
    let data = r#"{"data":"data:image/gif;base64,R0lGOA==","tags":["a","b,c"]}"#;
    let stored: Value = upload("application/json", data).send().await.unwrap().json().await.unwrap();
    assert_eq!((&stored["contentType"], &stored["tags"]), (&json!("image/gif"), &json!(["a", "b", "c"])));
}

/// Clients other than ours may not check the size before they upload.
#[tokio::test]
async fn the_emulator_rejects_files_that_are_too_large() {
    let emulator = Emulator::start().await.unwrap();
    let address = emulator.base_url().strip_prefix("http://").unwrap().to_owned();
    for (kind, mib) in [("image/png", 402_u64), ("application/json", 140)] {
        let mut socket = tokio::net::TcpStream::connect(&address).await.unwrap();
        let head = format!(
            "POST /upload HTTP/1.1\r\nhost: x\r\nauthorization: Bearer sk_test\r\ncontent-type: {kind}\r\n\
             content-length: {}\r\nconnection: close\r\n\r\n",
            mib * MIB
        );
        socket.write_all(head.as_bytes()).await.unwrap();
        let piece = vec![b'x'; MIB as usize];
        for _ in 0..mib {
            socket.write_all(&piece).await.unwrap();
        }
        let mut answer = String::new();
        socket.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 413 ") && answer.contains("{\"error\":\"File too large"), "{answer}");
    }
}

#[tokio::test]
async fn a_file_from_a_reader_is_uploaded_with_progress() {
    let emulator = Emulator::start().await.unwrap();
    let told = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&told);
    let reader = File::reader(std::io::Cursor::new([PNG, &[7; 100_000]].concat()));
    let upload = client(emulator.base_url()).media().upload(reader);
    let uploaded = upload.on_progress(move |progress| log.lock().unwrap().push(progress)).send().await.unwrap();
    assert_eq!(uploaded.size, 100_008);
    let told = told.lock().unwrap();
    let last = told.last().unwrap();
    assert_eq!(Some(last.transferred), last.total);
}
