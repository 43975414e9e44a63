//! A large upload takes no more memory than a small one. Alone in its program, since it counts what the process holds.

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

/// What is uploaded.
const SIZE: usize = 160 * MIB;

/// Bytes that the heap may grow by while it is.
const FLAT: usize = 8 * MIB;

/// A picture of this many bytes, of which the disk has the first few.
fn picture(folder: &Path, size: usize) -> File {
    let path = folder.join(format!("{size}.png"));
    fs::write(&path, b"\x89PNG\r\n\x1a\n").unwrap();
    fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(size as u64).unwrap();
    File::path(path)
}

fn client(url: &str) -> Pollinations {
    Pollinations::builder().base_url(url).key("sk_test".parse().unwrap()).retry(RetryPolicy::none()).build().unwrap()
}

/// A server that forgets what it reads, but for how much it was. It answers one upload after the other.
async fn forgetful() -> (String, tokio::sync::mpsc::UnboundedReceiver<usize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (tell, told) = tokio::sync::mpsc::unbounded_channel();
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
            tell.send(seen).unwrap();
            let body = r#"{"id":"a","url":"u","contentType":"image/png","size":1}"#;
            let answer =
                format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
            socket.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    (url, told)
}

async fn the_client_holds_little(folder: &Path) {
    let (url, mut told) = forgetful().await;
    let media = client(&url).media();
    // What is made once, such as certificates, is no part of it.
    media.upload(picture(folder, MIB)).send().await.unwrap();
    told.recv().await.unwrap();
    for (upload, exact) in [
        (media.upload(picture(folder, SIZE)).id("mine").tag("large"), false),
        (media.upload(picture(folder, SIZE)).raw(), true),
    ] {
        HEAP.reset_peak_usage();
        let before = HEAP.current_usage();
        upload.send().await.unwrap();
        let grown = HEAP.peak_usage().saturating_sub(before);
        let seen = told.recv().await.unwrap();
        assert!(if exact { seen == SIZE } else { seen > SIZE && seen < SIZE + 4096 }, "{seen} bytes came");
        println!("{} KiB for {} MiB", grown / 1024, SIZE / MIB);
        assert!(grown < FLAT, "the heap has grown by {grown} bytes");
    }
}

async fn the_emulator_holds_a_file_once(folder: &Path) {
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
        assert!(grown < STORED + FLAT, "the heap has grown by {grown} bytes");
    }
}

/// One test, since both parts look at the same heap.
#[test]
fn memory_does_not_grow_with_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        the_client_holds_little(folder.path()).await;
        the_emulator_holds_a_file_once(folder.path()).await;
    });
}
