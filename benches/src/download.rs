//! Functions that save a video to a file. Each panics if the length is wrong.

use std::path::Path;

use futures_util::StreamExt;
use pollinations_ext::Pollinations;
use tokio::{fs::File, io::AsyncWriteExt};

use crate::VIDEO;

fn request(client: &reqwest::Client, url: &str) -> reqwest::RequestBuilder {
    client.get(format!("{url}/image/x?model=veo"))
}

/// `Download::save`.
///
/// # Panics
///
/// If anything fails.
pub async fn ours(client: &Pollinations, path: &Path) {
    let written = client.video("x", "veo").send().await.expect("a video").save(path).await.expect("a file");
    assert_eq!(written, VIDEO as u64);
}

/// Writes each piece when it arrives. With `is_synced`, waits until the file is on disk, as `Download::save` does.
///
/// # Panics
///
/// If anything fails.
pub async fn bare(client: &reqwest::Client, url: &str, path: &Path, is_synced: bool) {
    let mut bytes = request(client, url).send().await.expect("a video").bytes_stream();
    let mut file = File::create(path).await.expect("a file");
    let mut written = 0;
    while let Some(piece) = bytes.next().await {
        let piece = piece.expect("a piece");
        file.write_all(&piece).await.expect("room");
        written += piece.len();
    }
    file.flush().await.expect("room");
    if is_synced {
        file.sync_data().await.expect("a disk");
    }
    assert_eq!(written, VIDEO);
}

/// Reads everything before writing it.
///
/// # Panics
///
/// If anything fails.
pub async fn in_memory(client: &reqwest::Client, url: &str, path: &Path) {
    let bytes = request(client, url).send().await.expect("a video").bytes().await.expect("the whole video");
    assert_eq!(bytes.len(), VIDEO);
    tokio::fs::write(path, bytes).await.expect("room");
}
