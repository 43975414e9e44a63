//! Compares events from a stream that is split anywhere with a decoder that sees the whole stream.

use bytes::Bytes;
use pollinations_ext::sse::Decoder;

/// The first byte decides how the rest is split.
pub(super) fn run(input: &[u8]) {
    let Some((seed, stream)) = input.split_first() else { return };
    let expected = reference(stream);
    assert_eq!(decode([stream]), expected, "in one piece");
    assert_eq!(decode(stream.chunks(1)), expected, "byte by byte");
    assert_eq!(decode(pieces(u32::from(*seed), stream)), expected, "cut by {seed}");

    // Only the size limit may end a stream early.
    let mut limited = Decoder::new().max_event(16);
    let mut rest = Bytes::copy_from_slice(stream);
    let mut found = 0;
    while let Ok(true) = limited.advance(&mut rest) {
        assert_eq!(limited.data(), expected[found]);
        assert!(limited.data().len() <= 16);
        found += 1;
    }
}

/// Splits a stream into chunks of 0 to 16 bytes, with a linear congruential generator.
fn pieces(mut seed: u32, stream: &[u8]) -> Vec<&[u8]> {
    let mut pieces = Vec::new();
    let mut rest = stream;
    while !rest.is_empty() {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let (piece, tail) = rest.split_at(rest.len().min(seed as usize >> 28));
        pieces.push(piece);
        rest = tail;
    }
    pieces
}

fn decode<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<Vec<u8>> {
    let mut decoder = Decoder::new();
    let mut events = Vec::new();
    for piece in pieces {
        let mut piece = Bytes::copy_from_slice(piece);
        while decoder.advance(&mut piece).expect("an event smaller than the limit") {
            events.push(decoder.data().to_vec());
        }
        assert!(piece.is_empty(), "the decoder must consume all bytes");
    }
    events
}

/// A literal implementation of the standard: first line endings, then lines, then events.
fn reference(stream: &[u8]) -> Vec<Vec<u8>> {
    let stream = stream.strip_prefix("\u{feff}".as_bytes()).unwrap_or(stream);
    let mut lines = vec![Vec::new()];
    let mut bytes = stream.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\r' => {
                bytes.next_if_eq(&b'\n');
                lines.push(Vec::new());
            }
            b'\n' => lines.push(Vec::new()),
            byte => lines.last_mut().expect("one line at least").push(byte),
        }
    }
    // The last line has no ending.
    lines.pop();
    let mut events = Vec::new();
    let mut data: Vec<u8> = Vec::new();
    for line in lines {
        if line.is_empty() {
            if !data.is_empty() {
                data.pop();
                events.push(std::mem::take(&mut data));
            }
            continue;
        }
        let (field, value) = match line.iter().position(|byte| *byte == b':') {
            Some(colon) => (&line[..colon], &line[colon + 1..]),
            None => (&line[..], &[][..]),
        };
        if field == b"data" {
            data.extend_from_slice(value.strip_prefix(b" ").unwrap_or(value));
            data.push(b'\n');
        }
    }
    events
}
