//! Downloads to files, their progress, and URLs of media.

use std::{fs, time::Duration};

use pollinations_emulator::Emulator;
use pollinations_ext::{ErrorKind, Pollinations, RetryPolicy};
use pollinations_tests::{Script, Step};

fn client(url: &str) -> Pollinations {
    let quick = RetryPolicy::default().base_delay(Duration::from_millis(1));
    Pollinations::builder().base_url(url).key("sk_test".parse().unwrap()).retry(quick).build().unwrap()
}

/// The names of the files in a folder.
fn files(folder: &tempfile::TempDir) -> Vec<String> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[tokio::test]
async fn a_saved_image_has_the_requested_size() {
    let emulator = Emulator::start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cat.jpg");
    let image = client(emulator.base_url()).image("a cat").model("flux").size(320, 200).send().await.unwrap();
    assert_eq!((image.content_type(), image.model()), (Some("image/jpeg"), Some("flux")));
    let length = image.content_length();
    let written = image.save(&path).await.unwrap();
    assert_eq!(Some(written), length);
    let picture = image::open(&path).unwrap();
    assert_eq!((picture.width(), picture.height()), (320, 200));
    assert_eq!(files(&folder), ["cat.jpg"]);
}

#[tokio::test]
async fn a_failed_download_leaves_no_partial_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cat.jpg");
    let script = Script::play(vec![Step::ShortBody("image/jpeg", "half a picture".to_owned())]).await;
    let error = client(&script.url).image("a cat").send().await.unwrap().save(&path).await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Connection, Some("generate_image")));
    assert!(files(&folder).is_empty(), "{:?}", files(&folder));

    // An existing file is kept.
    fs::write(&path, "the old picture").unwrap();
    client(&script.url).image("a cat").send().await.unwrap().save(&path).await.unwrap_err();
    assert_eq!(fs::read_to_string(&path).unwrap(), "the old picture");
    assert_eq!(files(&folder), ["cat.jpg"]);
}

#[tokio::test]
async fn saving_to_a_missing_folder_is_an_io_error() {
    let emulator = Emulator::start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("missing").join("cat.jpg");
    let image = client(emulator.base_url()).image("a cat").size(16, 16).send().await.unwrap();
    let error = image.save(&path).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io);
    assert!(error.to_string().starts_with("generate_image: cannot write"), "{error}");
}

#[tokio::test]
async fn bytes_and_write_to_return_the_same_image() {
    let emulator = Emulator::start().await.unwrap();
    let request = client(emulator.base_url()).image("a cat").size(16, 16).seed(3);
    let bytes = request.clone().send().await.unwrap().bytes().await.unwrap();
    let mut written = Vec::new();
    request.send().await.unwrap().write_to(&mut written).await.unwrap();
    assert_eq!(bytes, written, "the same seed must return the same image");
}

#[tokio::test]
async fn prompts_that_cannot_be_part_of_a_url_are_rejected() {
    for prompt in ["", ".", ".."] {
        let error = client("http://127.0.0.1:9").image(prompt).send().await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::InvalidRequest, 0), "{prompt:?}");
    }
}

#[tokio::test]
async fn download_progress_is_reported_as_bytes_arrive() {
    let pieces = vec![vec![1; 10], vec![2; 5]];
    let script = Script::play(vec![Step::Pieces { kind: "video/mp4", pieces, cut: false }]).await;
    let told = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let log = std::sync::Arc::clone(&told);
    let video = client(&script.url).video("a cat", "wan").send().await.unwrap();
    let mut written = Vec::new();
    let length =
        video.on_progress(move |progress| log.lock().unwrap().push(progress)).write_to(&mut written).await.unwrap();
    assert_eq!((length, written.len()), (15, 15));
    let told = told.lock().unwrap();
    assert_eq!(told.last().map(|progress| (progress.transferred, progress.total)), Some((15, None)));
    assert!(told.is_sorted_by_key(|progress| progress.transferred));
}

#[tokio::test]
async fn urls_for_web_pages_never_contain_a_secret_key() {
    let secret = client("http://127.0.0.1:1");
    for result in [secret.image("a cat").url(), secret.text("a cat").url(), secret.speech("a cat").url()] {
        let error = result.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidKey);
        assert!(!format!("{error} {error:?}").contains("sk_test"));
    }
    let image = secret.image("50% / ?").size(5, 6).query("nologo", "true");
    let url = "http://127.0.0.1:1/image/50%25%20%2F%20%3F?height=6&width=5&nologo=true";
    assert_eq!(image.url_without_key().unwrap(), url);
    assert_eq!(image.url_with_secret_key().unwrap(), format!("{url}&key=sk_test"));
    let publishable = secret.with_key("pk_test".parse().unwrap());
    assert_eq!(publishable.image("x").url().unwrap(), "http://127.0.0.1:1/image/x?key=pk_test");
    // The URL works without the client.
    let emulator = Emulator::start().await.unwrap();
    let url = client(emulator.base_url()).image("a/b").size(8, 8).url_with_secret_key().unwrap();
    assert_eq!(reqwest::get(url).await.unwrap().headers()["content-type"], "image/jpeg");
    assert_eq!(publishable.image("").url().unwrap_err().kind(), ErrorKind::InvalidRequest);
    let file = publishable.image("x").reference_file(pollinations_ext::File::path("cat.png"));
    assert_eq!(file.url().unwrap_err().kind(), ErrorKind::InvalidRequest);
}

#[tokio::test]
async fn upload_progress_starts_again_with_each_attempt() {
    let emulator = Emulator::builder().fault(pollinations_emulator::Fault::status(503)).start().await.unwrap();
    let told = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let log = std::sync::Arc::clone(&told);
    let mut picture = b"\x89PNG\r\n\x1a\n".to_vec();
    picture.resize(100_000, 7);
    let media = client(emulator.base_url()).media();
    let upload = media.upload(pollinations_ext::File::bytes(picture).name("cat.png"));
    let stored = upload.on_progress(move |progress| log.lock().unwrap().push(progress)).send().await.unwrap();
    assert_eq!(stored.size, 100_000);
    let told = told.lock().unwrap();
    let (total, last) = (told[0].total.unwrap(), told.last().unwrap());
    assert!(total > 100_000, "the total must include the multipart form around the file");
    assert_eq!(last.transferred, total);
    let whole = told.iter().filter(|progress| progress.transferred == total).count();
    assert_eq!(whole, 2, "{told:?}");
    let lengths: Vec<_> = emulator
        .journal()
        .iter()
        .map(|entry| entry.headers.iter().find(|(name, _)| name == "content-length").unwrap().1.clone())
        .collect();
    assert_eq!(lengths, [total.to_string(), total.to_string()], "every attempt must send Content-Length");
}
