//! Images saved to files.

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
async fn a_picture_of_the_size_that_was_asked_for() {
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
async fn a_broken_download_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cat.jpg");
    let script = Script::play(vec![Step::ShortBody("image/jpeg", "half a picture".to_owned())]).await;
    let error = client(&script.url).image("a cat").send().await.unwrap().save(&path).await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Connection, Some("generate_image")));
    assert!(files(&folder).is_empty(), "{:?}", files(&folder));

    // What was there before stays.
    fs::write(&path, "the old picture").unwrap();
    client(&script.url).image("a cat").send().await.unwrap().save(&path).await.unwrap_err();
    assert_eq!(fs::read_to_string(&path).unwrap(), "the old picture");
    assert_eq!(files(&folder), ["cat.jpg"]);
}

#[tokio::test]
async fn a_folder_that_is_not_there() {
    let emulator = Emulator::start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("missing").join("cat.jpg");
    let image = client(emulator.base_url()).image("a cat").size(16, 16).send().await.unwrap();
    let error = image.save(&path).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io);
    assert!(error.to_string().starts_with("generate_image: cannot write"), "{error}");
}

#[tokio::test]
async fn other_ways_to_read_it() {
    let emulator = Emulator::start().await.unwrap();
    let request = client(emulator.base_url()).image("a cat").size(16, 16).seed(3);
    let bytes = request.clone().send().await.unwrap().bytes().await.unwrap();
    let mut written = Vec::new();
    request.send().await.unwrap().write_to(&mut written).await.unwrap();
    assert_eq!(bytes, written, "the same seed gives the same picture");
}

#[tokio::test]
async fn prompts_that_cannot_stand_in_an_address() {
    for prompt in ["", ".", ".."] {
        let error = client("http://127.0.0.1:9").image(prompt).send().await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Request, 0), "{prompt:?}");
    }
}
