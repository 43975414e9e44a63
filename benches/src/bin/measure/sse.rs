//! From bytes to typed chunks: streams of 10,000 events of 219 bytes each, in pieces of 1 to 256 and 1 to 4,096 bytes.
//!
//! - `strict`: serde_json on events that are already split, into a struct with serde's derive
//! - `limit`: the same into our type, which reads leniently
//! - `ours`: a whole `ChatStream`, which also collects the reply
//! - `decoder`: `sse::Decoder` and then serde_json
//! - the others: the decoder of another crate and then serde_json
//!
//! All but the first two include the time to make the list of pieces.

use std::hint::black_box;

use pollinations_benches::{
    EVENT, EVENTS, decode, events, pieces,
    rounds::{Contestant, Rounds, timed},
};

pub fn main() {
    let stream = events(EVENTS);
    let whole = stream.slice(..EVENTS * EVENT);
    for longest in [256, 4096] {
        let (whole, pieces) = (&whole, &pieces(stream.clone(), longest));
        let cut = |decode: fn(&[u8]) -> usize| -> Contestant<'_> {
            assert_eq!(decode(whole), EVENTS);
            timed(move || decode(black_box(whole)))
        };
        let read = |decode: fn(&[bytes::Bytes]) -> usize| -> Contestant<'_> {
            // The reply ends with one more chunk.
            assert_eq!(decode(pieces), EVENTS + 1);
            timed(move || decode(black_box(pieces)))
        };
        let contestants = vec![
            ("strict", cut(decode::strict)),
            ("ours", read(decode::ours)),
            ("limit", cut(decode::limit)),
            ("decoder", read(decode::decoder)),
            ("sse-stream", read(decode::sse_stream)),
            ("sseer", read(decode::sseer)),
            ("eventsource-stream", read(decode::eventsource_stream)),
        ];
        Rounds::from_args().run(&format!("sse/{longest}"), contestants);
    }
}
