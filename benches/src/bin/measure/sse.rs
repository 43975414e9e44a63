//! From bytes to typed chunks: streams of 10,000 events of 219 bytes each, in pieces of 1 to 256 and 1 to 4,096 bytes.
//!
//! - `strict`: serde_json on events that are cut apart already, into a struct that serde's derive reads
//! - `limit`: the same into our type, which reads leniently
//! - `ours`: a whole `ChatStream`, which also keeps the reply as it grows
//! - `decoder`: `sse::Decoder` with serde_json behind it, which is what the decoders of others do that come after it
//!
//! Making the list of pieces is part of all but the first two.

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
            // One more chunk ends the reply.
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
