//! Third-party decoders can read the audio, images and videos of the emulator.

use std::io::Cursor;

use image::{GenericImageView, ImageFormat};
use pollinations_emulator::Emulator;
use symphonia::core::{codecs::CODEC_TYPE_OPUS, errors::Error, io::MediaSourceStream, probe::Hint};

async fn get(emulator: &Emulator, path: &str) -> (String, Vec<u8>) {
    let response = reqwest::get(format!("{}{path}&key=sk_test", emulator.base_url())).await.unwrap();
    let response = response.error_for_status().unwrap();
    let kind = response.headers()["content-type"].to_str().unwrap().to_owned();
    (kind, response.bytes().await.unwrap().to_vec())
}

/// The decoded length of audio in seconds. For Opus, which has no decoder here, the length given by its packets.
fn seconds(format: &str, bytes: Vec<u8>) -> f64 {
    let stream = MediaSourceStream::new(Box::new(Cursor::new(bytes)), Default::default());
    let mut hint = Hint::new();
    hint.with_extension(format);
    let probed = symphonia::default::get_probe().format(&hint, stream, &Default::default(), &Default::default());
    let probed = probed.unwrap_or_else(|error| panic!("{format}: {error}"));
    let mut reader = probed.format;
    let parameters = reader.default_track().unwrap().codec_params.clone();
    let mut decoder = symphonia::default::get_codecs().make(&parameters, &Default::default()).ok();
    assert!(decoder.is_some() || parameters.codec == CODEC_TYPE_OPUS, "{format} has no decoder");
    let mut total = 0.0;
    loop {
        let packet = match reader.next_packet() {
            Ok(packet) => packet,
            Err(Error::IoError(_)) => return total,
            Err(error) => panic!("{format}: {error}"),
        };
        total += match &mut decoder {
            Some(decoder) => {
                let decoded = decoder.decode(&packet).unwrap();
                decoded.frames() as f64 / f64::from(decoded.spec().rate)
            }
            // Opus always counts samples at 48 kHz (RFC 7845, section 4).
            None => packet.dur as f64 / 48_000.0,
        };
    }
}

#[tokio::test]
async fn sounds_decode_and_have_the_requested_length() {
    let emulator = Emulator::start().await.unwrap();
    for (format, expected) in [
        ("mp3", "audio/mpeg"),
        ("wav", "audio/wav"),
        ("flac", "audio/flac"),
        ("aac", "audio/aac"),
        ("opus", "audio/opus"),
    ] {
        let (kind, bytes) = get(&emulator, &format!("/audio/music?duration=3&response_format={format}")).await;
        assert_eq!(kind, expected);
        let length = seconds(if format == "opus" { "ogg" } else { format }, bytes);
        assert!((2.9..3.2).contains(&length), "{format}: {length} s");
    }
    let (kind, bytes) = get(&emulator, "/audio/music?duration=3&response_format=pcm").await;
    assert_eq!((kind.as_str(), bytes.len()), ("audio/pcm", 3 * 24_000 * 2));
}

/// Sends a recording in a form, and returns the content type and the body of the response.
async fn send(emulator: &Emulator, path: &str, recording: &[u8]) -> (String, Vec<u8>) {
    let head = b"--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n\r\n".as_slice();
    let body = [head, recording, b"\r\n--b--\r\n"].concat();
    let request = reqwest::Client::new().post(format!("{}{path}", emulator.base_url())).bearer_auth("sk_test");
    let request = request.header("content-type", "multipart/form-data; boundary=b").body(body);
    let response = request.send().await.unwrap().error_for_status().unwrap();
    let kind = response.headers()["content-type"].to_str().unwrap().to_owned();
    (kind, response.bytes().await.unwrap().to_vec())
}

#[tokio::test]
async fn voices_and_stems_are_as_long_as_the_recording() {
    let emulator = Emulator::start().await.unwrap();
    let (_, recording) = get(&emulator, "/audio/rain?duration=6&response_format=wav").await;
    for path in ["/v1/audio/voice-changer", "/v1/audio/voice-isolator"] {
        let (kind, sound) = send(&emulator, path, &recording).await;
        assert_eq!(kind, "audio/mpeg", "{path}");
        assert!((5.9..6.2).contains(&seconds("mp3", sound)), "{path}");
    }
    let (kind, archive) = send(&emulator, "/alpha/audio/stem-separation", &recording).await;
    assert_eq!(kind, "application/zip");
    let mut archive = zip::ZipArchive::new(Cursor::new(archive)).unwrap();
    assert_eq!(archive.len(), 6);
    for index in 0..archive.len() {
        let mut stem = Vec::new();
        std::io::copy(&mut archive.by_index(index).unwrap(), &mut stem).unwrap();
        // The header of the first frame says stereo (ISO/IEC 11172-3, section 2.4.2.3).
        assert_eq!(stem[3] >> 6, 0);
        assert!((5.9..6.2).contains(&seconds("mp3", stem)), "{index}");
    }
}

#[tokio::test]
async fn images_have_the_requested_size_and_are_reproducible() {
    let emulator = Emulator::start().await.unwrap();
    let (kind, jpeg) = get(&emulator, "/image/a%20cat?width=40&height=30&seed=7").await;
    assert_eq!((kind.as_str(), image::guess_format(&jpeg).unwrap()), ("image/jpeg", ImageFormat::Jpeg));
    assert_eq!(image::load_from_memory(&jpeg).unwrap().dimensions(), (40, 30));
    assert_eq!(get(&emulator, "/image/a%20cat?width=40&height=30&seed=7").await.1, jpeg);
    assert_ne!(get(&emulator, "/image/a%20cat?width=40&height=30&seed=8").await.1, jpeg);
    assert_ne!(get(&emulator, "/image/a%20dog?width=40&height=30&seed=7").await.1, jpeg);
    let (kind, png) = get(&emulator, "/image/x?width=8&height=8&transparent=true").await;
    assert_eq!((kind.as_str(), image::guess_format(&png).unwrap()), ("image/png", ImageFormat::Png));
    // Sizes above the maximum are reduced to it.
    let (_, large) = get(&emulator, "/image/x?width=99999999999&height=1").await;
    assert_eq!(image::load_from_memory(&large).unwrap().dimensions(), (2048, 1));
}

/// Collects the boxes of an MP4 file: the path, the start of the content, and its length.
fn boxes(bytes: &[u8], start: usize, end: usize, path: &str, found: &mut Vec<(String, usize, usize)>) {
    let mut at = start;
    while at < end {
        let length = u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
        let name = format!("{path}/{}", std::str::from_utf8(&bytes[at + 4..at + 8]).unwrap());
        assert!(length >= 8 && at + length <= end, "{name} is {length} bytes long");
        if ["moov", "trak", "mdia", "minf", "dinf", "stbl"].iter().any(|container| name.ends_with(container)) {
            boxes(bytes, at + 8, at + length, &name, found);
        }
        found.push((name, at + 8, length - 8));
        at += length;
    }
    assert_eq!(at, end);
}

#[tokio::test]
async fn a_video_has_correct_frame_offsets() {
    let emulator = Emulator::start().await.unwrap();
    let (kind, bytes) = get(&emulator, "/image/a%20cat?model=seedance&duration=3&width=640&height=480").await;
    assert_eq!(kind, "video/mp4");
    let mut found = Vec::new();
    boxes(&bytes, 0, bytes.len(), "", &mut found);
    let word = |name: &str, index: usize| {
        let (_, start, _) = found.iter().find(|(path, ..)| path.ends_with(name)).unwrap();
        u32::from_be_bytes(bytes[start + index * 4..start + index * 4 + 4].try_into().unwrap()) as usize
    };
    let (count, duration, scale) = (word("stsz", 2), word("mvhd", 4), word("mvhd", 3));
    assert_eq!((count, duration / scale), (12, 3));
    let mut at = word("stco", 2);
    for index in 0..count {
        let length = word("stsz", 3 + index);
        let picture = image::load_from_memory_with_format(&bytes[at..at + length], ImageFormat::Jpeg).unwrap();
        assert_eq!(picture.dimensions(), (64, 48));
        at += length;
    }
    assert_eq!(at, bytes.len());
}
