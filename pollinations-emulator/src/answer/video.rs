//! Videos that play: MP4 files (ISO/IEC 14496-12) with one track of JPEG frames.

use super::picture;

/// The height of a frame, in pixels.
const HEIGHT: u16 = 48;

/// The largest width of a frame, in pixels.
const MAX_WIDTH: f64 = 192.0;

/// Ticks per second, and frames per second.
const TIMESCALE: u32 = 1000;
const FRAMES_A_SECOND: u32 = 4;

/// A small video of this many seconds with this ratio of width to height.
pub(crate) fn mp4(prompt: &str, seed: i64, seconds: f64, ratio: f64) -> Vec<u8> {
    // Codecs expect even sizes.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
    let width = ((f64::from(HEIGHT) * ratio / 2.0).round() * 2.0).clamp(16.0, MAX_WIDTH) as u16;
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
    let count = (seconds.clamp(1.0, 15.0) * f64::from(FRAMES_A_SECOND)) as u32;
    let frames: Vec<Vec<u8>> = (0..i64::from(count))
        .filter_map(|index| picture::jpeg(prompt, seed.wrapping_add(index), width.into(), HEIGHT.into()))
        .collect();
    let kind = boxed(b"ftyp", &[b"isom\0\0\x02\0isomiso2mp41"]);
    // The offset of the frames depends on the length of the boxes before them, but not the other way round.
    let length = kind.len() + movie(&frames, width, 0).len() + 8;
    let movie = movie(&frames, width, u32::try_from(length).unwrap_or_default());
    [kind, movie, boxed(b"mdat", &frames.iter().map(Vec::as_slice).collect::<Vec<_>>())].concat()
}

/// A box (section 4.2): length, type and content.
fn boxed(kind: &[u8; 4], content: &[&[u8]]) -> Vec<u8> {
    let length = 8 + content.iter().map(|part| part.len()).sum::<usize>();
    let mut bytes = u32::try_from(length).unwrap_or_default().to_be_bytes().to_vec();
    bytes.extend_from_slice(kind);
    content.iter().for_each(|part| bytes.extend_from_slice(part));
    bytes
}

/// Numbers of four bytes each, big endian.
fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_be_bytes()).collect()
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or_default()
}

/// The movie box (section 8.2.1): one track with one chunk of frames. `pixels` is their width, and `offset` the place
/// of the first frame in the file.
fn movie(frames: &[Vec<u8>], pixels: u16, offset: u32) -> Vec<u8> {
    // No rotation, no scaling (section 8.2.2).
    const MATRIX: [u32; 9] = [0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000];
    let tick = TIMESCALE / FRAMES_A_SECOND;
    let duration = number(frames.len()) * tick;
    let (width, height) = (u32::from(pixels) << 16, u32::from(HEIGHT) << 16);

    let header = [
        words(&[0, 0, 0, TIMESCALE, duration, 0x1_0000, 0x100_0000, 0, 0]),
        words(&MATRIX),
        words(&[0; 6]),
        words(&[2]),
    ];
    // Flags 3: the track is enabled, and used in the movie (section 8.3.2).
    let track = [words(&[3, 0, 0, 1, 0, duration, 0, 0, 0, 0]), words(&MATRIX), words(&[width, height])].concat();
    let media = words(&[0, 0, 0, TIMESCALE, duration, 0x55C4_0000]);
    let handler = [words(&[0, 0]), b"vide".to_vec(), words(&[0, 0, 0]), b"video\0".to_vec()].concat();
    let here = boxed(b"dref", &[&words(&[0, 1]), &boxed(b"url ", &[&words(&[1])])]);

    // A visual sample entry (section 12.1.3) for JPEG frames.
    let mut entry = vec![0; 6];
    entry.extend_from_slice(&1_u16.to_be_bytes());
    entry.extend_from_slice(&[0; 16]);
    entry.extend_from_slice(&pixels.to_be_bytes());
    entry.extend_from_slice(&HEIGHT.to_be_bytes());
    entry.extend_from_slice(&words(&[0x48_0000, 0x48_0000, 0]));
    entry.extend_from_slice(&1_u16.to_be_bytes());
    entry.extend_from_slice(&[0; 32]);
    entry.extend_from_slice(&24_u16.to_be_bytes());
    entry.extend_from_slice(&[0xFF, 0xFF]);
    let description = boxed(b"stsd", &[&words(&[0, 1]), &boxed(b"jpeg", &[&entry])]);

    let sizes: Vec<u32> = frames.iter().map(|frame| number(frame.len())).collect();
    let table = boxed(
        b"stbl",
        &[
            &description,
            &boxed(b"stts", &[&words(&[0, 1, number(frames.len()), tick])]),
            &boxed(b"stsc", &[&words(&[0, 1, 1, number(frames.len()), 1])]),
            &boxed(b"stsz", &[&words(&[0, 0, number(frames.len())]), &words(&sizes)]),
            &boxed(b"stco", &[&words(&[0, 1, offset])]),
        ],
    );
    let information = boxed(b"minf", &[&boxed(b"vmhd", &[&words(&[1, 0, 0])]), &boxed(b"dinf", &[&here]), &table]);
    boxed(
        b"moov",
        &[
            &boxed(b"mvhd", &[&header.concat()]),
            &boxed(
                b"trak",
                &[
                    &boxed(b"tkhd", &[&track]),
                    &boxed(b"mdia", &[&boxed(b"mdhd", &[&media]), &boxed(b"hdlr", &[&handler]), &information]),
                ],
            ),
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_have_the_requested_aspect_ratio() {
        for (ratio, width) in [(16.0 / 9.0, 86), (1.0, 48), (9.0 / 16.0, 28), (100.0, 192), (0.0, 16)] {
            let video = mp4("a cat", 1, 1.0, ratio);
            let entry = video.windows(4).position(|part| part == b"jpeg").unwrap();
            // After the type: 6 reserved bytes, the index of the data, and 16 unused bytes (section 12.1.3).
            let found = u16::from_be_bytes([video[entry + 28], video[entry + 29]]);
            assert_eq!(found, width, "{ratio}");
        }
    }
}
