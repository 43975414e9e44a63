//! Functions that send a file of 400 MB.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
};

use bytes::BytesMut;
use futures_util::stream;
use pollinations_ext::{File, Pollinations};
use reqwest::{Body, multipart};
use tokio::io::AsyncReadExt;

/// How much of the file bare reqwest reads at a time: as much as the client, in bytes.
const PIECE: usize = 64 * 1024;

/// The size of the file.
pub const FILE: u64 = 400_000_000;

/// Makes the file. It is sparse, so reading it does not depend on the disk.
///
/// # Panics
///
/// If the file cannot be written.
pub fn file() -> PathBuf {
    let path = std::env::temp_dir().join(format!("pollinations-upload-{}.mp4", std::process::id()));
    let mut file = std::fs::File::create(&path).expect("a file");
    // The client checks from the first bytes that the file is an image, audio or a video, as the service requires.
    file.write_all(b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom").expect("room");
    file.set_len(FILE).expect("room");
    path
}

/// `Media::upload` from a path.
///
/// # Panics
///
/// If anything fails.
pub async fn ours(client: &Pollinations, path: &Path) {
    client.media().upload(File::path(path)).send().await.expect("an upload");
}

/// A form with the file as a stream of large pieces. `Body::from(file)` reads 8 KiB at a time, which takes many times as
/// long.
///
/// # Panics
///
/// If anything fails.
pub async fn bare(client: &reqwest::Client, url: &str, path: &Path) {
    let file = tokio::fs::File::open(path).await.expect("a file");
    let pieces = stream::try_unfold(file, |mut file| async move {
        let mut piece = BytesMut::with_capacity(PIECE);
        let read = file.read_buf(&mut piece).await?;
        Ok::<_, std::io::Error>((read > 0).then(|| (piece.freeze(), file)))
    });
    let part = multipart::Part::stream_with_length(Body::wrap_stream(pieces), FILE).file_name("x.mp4");
    let part = part.mime_str("video/mp4").expect("a type");
    let form = multipart::Form::new().part("file", part);
    let response = client.post(format!("{url}/upload")).multipart(form).send().await.expect("a reply");
    assert!(response.bytes().await.expect("a reply").starts_with(b"{"));
}
