//! A large upload takes no more memory than a small one. This is a separate test program, because it measures the
//! memory of the process.

use std::{fs, path::Path};

use futures_util::TryStreamExt;
use peak_alloc::PeakAlloc;
use pollinations_emulator::Emulator;
use pollinations_ext::{File, Pollinations, RetryPolicy};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

const MIB: usize = 1024 * 1024;

/// The size of the uploaded file.
const SIZE: usize = 160 * MIB;

/// How many bytes the heap may grow during the upload.
const FLAT: usize = 8 * MIB;

/// An image file of this size. The file is sparse, so it takes almost no space on disk.
fn picture(folder: &Path, size: usize) -> File {
    let path = folder.join(format!("{size}.png"));
    fs::write(&path, b"\x89PNG\r\n\x1a\n").unwrap();
    fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(size as u64).unwrap();
    File::path(path)
}

fn client(url: &str) -> Pollinations {
    Pollinations::builder().base_url(url).key("sk_test".parse().unwrap()).retry(RetryPolicy::none()).build().unwrap()
}

/// A server that discards uploads, and reports the length of each. It accepts one upload at a time.
async fn discarding_server() -> (String, tokio::sync::mpsc::UnboundedReceiver<usize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (sender, lengths) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        let mut buffer = vec![0; 256 * 1024];
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut head = Vec::new();
            let end = loop {
                let count = socket.read(&mut buffer).await.unwrap();
                head.extend_from_slice(&buffer[..count]);
                if let Some(at) = head.windows(4).position(|window| window == b"\r\n\r\n") {
                    break at + 4;
                }
            };
            let text = String::from_utf8_lossy(&head[..end]).to_lowercase();
            let length: usize =
                text.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap();
            let mut seen = head.len() - end;
            while seen < length {
                seen += socket.read(&mut buffer).await.unwrap();
            }
            sender.send(seen).unwrap();
            let body = r#"{"id":"a","url":"u","contentType":"image/png","size":1}"#;
            let answer =
                format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
            socket.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    (url, lengths)
}

async fn assert_client_memory_is_flat(folder: &Path) {
    let (url, mut lengths) = discarding_server().await;
    let media = client(&url).media();
    // The first upload allocates memory that is kept, such as certificates, and is not measured.
    media.upload(picture(folder, MIB)).send().await.unwrap();
    lengths.recv().await.unwrap();
    for (upload, exact) in [
        (media.upload(picture(folder, SIZE)).id("mine").tag("large"), false),
        (media.upload(picture(folder, SIZE)).raw(), true),
    ] {
        HEAP.reset_peak_usage();
        let before = HEAP.current_usage();
        upload.send().await.unwrap();
        let grown = HEAP.peak_usage().saturating_sub(before);
        let seen = lengths.recv().await.unwrap();
        assert!(if exact { seen == SIZE } else { seen > SIZE && seen < SIZE + 4096 }, "{seen} bytes arrived");
        println!("{} KiB for {} MiB", grown / 1024, SIZE / MIB);
        assert!(grown < FLAT, "the heap grew by {grown} bytes");
    }
}

async fn assert_emulator_stores_one_copy(folder: &Path) {
    const STORED: usize = 48 * MIB;
    let emulator = Emulator::start().await.unwrap();
    let media = client(emulator.base_url()).media();
    media.upload(picture(folder, MIB)).send().await.unwrap();
    for upload in [media.upload(picture(folder, STORED)), media.upload(picture(folder, STORED)).raw()] {
        HEAP.reset_peak_usage();
        let before = HEAP.current_usage();
        let uploaded = upload.send().await.unwrap();
        assert_eq!(uploaded.size, STORED as u64);
        let mut read = media.fetch(&uploaded.id).await.unwrap();
        let mut length = 0;
        while let Some(piece) = read.try_next().await.unwrap() {
            length += piece.len();
        }
        assert_eq!(length, STORED);
        let grown = HEAP.peak_usage().saturating_sub(before);
        println!("{} MiB for a file of {} MiB", grown / MIB, STORED / MIB);
        assert!(grown < STORED + FLAT, "the heap grew by {grown} bytes");
    }
}

/// Both parts are one test, because they measure the same heap.
#[test]
fn an_upload_is_never_held_in_memory_by_the_client_and_once_by_the_emulator() {
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        assert_client_memory_is_flat(folder.path()).await;
        assert_emulator_stores_one_copy(folder.path()).await;
    });
}
