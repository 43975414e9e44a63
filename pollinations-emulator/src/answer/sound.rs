//! Sounds that play, in every format of the service.
//!
//! WAV, PCM and FLAC files have a tone. MP3, AAC and Opus files would need a real encoder, so they are silent.

use super::words::count;

/// Samples per second.
const RATE: u32 = 24_000;

/// Seconds of speech per word.
const SECONDS_A_WORD: f64 = 0.3;

/// The maximum length of a sound, in seconds.
pub(crate) const LONGEST: f64 = 300.0;

/// Bytes per second of recordings in unknown formats: the rate of an MP3 file at 128 kbit/s.
const USUAL_RATE: f64 = 16_000.0;

/// How long it takes to speak a text, in seconds.
#[allow(clippy::cast_precision_loss, reason = "a text has few words")]
pub(crate) fn length(text: &str) -> f64 {
    (count(text) as f64 * SECONDS_A_WORD).max(SECONDS_A_WORD)
}

/// This many seconds of sound, but at most [`LONGEST`].
pub(crate) fn encode(seconds: f64, format: &str) -> Vec<u8> {
    let seconds = seconds.min(LONGEST);
    match format {
        "pcm" => bytes(&tone(seconds)),
        "mp3" => mp3(seconds, MONO),
        "aac" => aac(seconds),
        "opus" => opus(seconds),
        "flac" => flac(&tone(seconds)),
        _ => wav(&bytes(&tone(seconds))),
    }
}

/// An MP3 file of this many seconds with two channels, as stems have.
pub(crate) fn stereo_mp3(seconds: f64) -> Vec<u8> {
    mp3(seconds.min(LONGEST), STEREO)
}

/// The length of a recording, in seconds: exact for a WAV file, and estimated from the size for any other.
pub(crate) fn duration(recording: &[u8]) -> f64 {
    #[allow(clippy::cast_precision_loss, reason = "a request is not that large")]
    let usual = recording.len() as f64 / USUAL_RATE;
    wav_duration(recording).unwrap_or(usual)
}

/// Calculates it from the byte rate in the `fmt ` chunk and the size of the `data` chunk, which may be cut short.
fn wav_duration(recording: &[u8]) -> Option<f64> {
    let number = |bytes: &[u8]| bytes.try_into().ok().map(u32::from_le_bytes);
    let mut rest = recording.strip_prefix(b"RIFF")?.get(4..)?.strip_prefix(b"WAVE")?;
    let mut rate = None;
    loop {
        let (name, size) = (rest.get(..4)?, number(rest.get(4..8)?)?);
        rest = rest.get(8..)?;
        let content = rest.get(..usize::try_from(size).ok()?).unwrap_or(rest);
        match name {
            b"fmt " => rate = number(content.get(8..12)?).filter(|rate| *rate > 0),
            b"data" => return Some(f64::from(u32::try_from(content.len()).ok()?) / f64::from(rate?)),
            _ => {}
        }
        // Chunks begin at even offsets.
        rest = rest.get(content.len() + content.len() % 2..)?;
    }
}

/// The number of units that fill these seconds, at least one.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most 300 s")]
fn units(seconds: f64, a_second: f64) -> usize {
    (seconds * a_second).ceil().max(1.0) as usize
}

/// A tone of 440 Hz with one channel.
fn tone(seconds: f64) -> Vec<i16> {
    let rate = f64::from(RATE);
    (0..units(seconds, rate))
        .map(|index| {
            #[allow(clippy::cast_precision_loss, reason = "at most 300 s")]
            let phase = index as f64 / rate * 440.0 * std::f64::consts::TAU;
            #[allow(clippy::cast_possible_truncation, reason = "a quarter of the range")]
            let sample = (phase.sin() * 8192.0) as i16;
            sample
        })
        .collect()
}

/// Samples as 16-bit little endian numbers.
fn bytes(samples: &[i16]) -> Vec<u8> {
    samples.iter().flat_map(|sample| sample.to_le_bytes()).collect()
}

/// A RIFF file with one `fmt ` and one `data` chunk (Microsoft, "Multimedia Programming Interface", 1991).
fn wav(samples: &[u8]) -> Vec<u8> {
    let length = u32::try_from(samples.len()).unwrap_or(u32::MAX - 36);
    let mut bytes = Vec::with_capacity(44 + samples.len());
    bytes.extend_from_slice(b"RIFF");
    bytes.extend_from_slice(&(36 + length).to_le_bytes());
    bytes.extend_from_slice(b"WAVEfmt ");
    bytes.extend_from_slice(&16_u32.to_le_bytes());
    bytes.extend_from_slice(&1_u16.to_le_bytes()); // PCM
    bytes.extend_from_slice(&1_u16.to_le_bytes()); // channels
    bytes.extend_from_slice(&RATE.to_le_bytes());
    bytes.extend_from_slice(&(RATE * 2).to_le_bytes()); // bytes a second
    bytes.extend_from_slice(&2_u16.to_le_bytes()); // bytes a frame
    bytes.extend_from_slice(&16_u16.to_le_bytes()); // bits a sample
    bytes.extend_from_slice(b"data");
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(samples);
    bytes
}

/// The last byte of an MP3 frame header, for one channel and for two.
const MONO: u8 = 0xC4;
const STEREO: u8 = 0x04;

/// Silence as MPEG-1 layer III: frames at 128 kbit/s and 44.1 kHz whose side information is all zero (ISO/IEC 11172-3,
/// section 2.4.1.7), 417 bytes and 1152 samples each.
fn mp3(seconds: f64, channels: u8) -> Vec<u8> {
    const FRAME: usize = 417;
    let mut bytes = vec![0; FRAME * units(seconds, 44_100.0 / 1152.0)];
    for frame in bytes.chunks_exact_mut(FRAME) {
        frame[..4].copy_from_slice(&[0xFF, 0xFB, 0x90, channels]);
    }
    bytes
}

/// Silence as AAC: frames of 1024 samples in the LC profile, one channel, each behind an ADTS header (ISO/IEC 13818-7,
/// section 6.2).
fn aac(seconds: f64) -> Vec<u8> {
    // A channel element whose spectrum is all zero, and the end element.
    const SILENCE: [u8; 6] = [0x00, 0xC8, 0x00, 0x80, 0x23, 0x80];
    // 24 kHz has index 6 in the table of rates.
    const HEADER: [u8; 7] = [0xFF, 0xF1, 0x58, 0x40, 13 >> 3, ((13 & 7) << 5) | 0x1F, 0xFC];
    let frame = [&HEADER[..], &SILENCE].concat();
    frame.repeat(units(seconds, f64::from(RATE) / 1024.0))
}

/// Silence as Opus (RFC 6716) in Ogg (RFC 7845): packets of 20 ms.
fn opus(seconds: f64) -> Vec<u8> {
    // CELT, full band, 20 ms, one frame: nothing is coded.
    const SILENCE: [u8; 3] = [0xF8, 0xFF, 0xFE];
    let mut head = b"OpusHead\x01\x01\0\0".to_vec();
    head.extend_from_slice(&RATE.to_le_bytes());
    head.extend_from_slice(&[0, 0, 0]);
    let mut tags = b"OpusTags\x08\0\0\0emulator".to_vec();
    tags.extend_from_slice(&[0; 4]);
    let packets = units(seconds, 50.0);
    let mut file = page(0, 0, 2, &[&head]);
    file.extend(page(1, 0, 0, &[&tags]));
    let mut done = 0;
    for number in 2.. {
        let count = (packets - done).min(50);
        done += count;
        let last = done == packets;
        file.extend(page(number, done as u64 * 960, if last { 4 } else { 0 }, &vec![&SILENCE[..]; count]));
        if last {
            break;
        }
    }
    file
}

/// A page of Ogg (RFC 3533, section 6) with packets of less than 255 bytes.
fn page(number: u32, position: u64, flags: u8, packets: &[&[u8]]) -> Vec<u8> {
    let mut page = b"OggS\0".to_vec();
    page.push(flags);
    page.extend_from_slice(&position.to_le_bytes());
    page.extend_from_slice(&1_u32.to_le_bytes());
    page.extend_from_slice(&number.to_le_bytes());
    page.extend_from_slice(&[0; 4]);
    page.push(u8::try_from(packets.len()).unwrap_or(u8::MAX));
    page.extend(packets.iter().map(|packet| u8::try_from(packet.len()).unwrap_or(u8::MAX)));
    packets.iter().for_each(|packet| page.extend_from_slice(packet));
    let check = crc(&page, 32, 0x04C1_1DB7);
    page[22..26].copy_from_slice(&check.to_le_bytes());
    page
}

/// FLAC (RFC 9639) with samples that are not compressed.
fn flac(samples: &[i16]) -> Vec<u8> {
    const BLOCK: u16 = 1024;
    let frames: Vec<Vec<u8>> = samples
        .chunks(BLOCK.into())
        .enumerate()
        .map(|(number, block)| {
            let length = u16::try_from(block.len()).unwrap_or(BLOCK);
            // Fixed block size: 1024, or as given at the end of the header. 24 kHz, one channel, 16 bits (section 9.1).
            let mut frame = vec![0xFF, 0xF8, if length == BLOCK { 0xA7 } else { 0x77 }, 0x08];
            frame.extend(coded(u32::try_from(number).unwrap_or_default()));
            if length != BLOCK {
                frame.extend_from_slice(&(length - 1).to_be_bytes());
            }
            frame.push(u8::try_from(crc(&frame, 8, 0x07)).unwrap_or_default());
            // A verbatim subframe (section 9.2.2).
            frame.push(0x02);
            frame.extend(block.iter().flat_map(|sample| sample.to_be_bytes()));
            let check = u16::try_from(crc(&frame, 16, 0x8005)).unwrap_or_default();
            frame.extend_from_slice(&check.to_be_bytes());
            frame
        })
        .collect();
    let mut file = b"fLaC\x80\0\0\x22".to_vec();
    file.extend_from_slice(&[BLOCK.to_be_bytes(), BLOCK.to_be_bytes()].concat());
    for length in [frames.iter().map(Vec::len).min(), frames.iter().map(Vec::len).max()] {
        file.extend_from_slice(&u32::try_from(length.unwrap_or_default()).unwrap_or_default().to_be_bytes()[1..]);
    }
    // Rate (20 bits), channels - 1 (3), bits per sample - 1 (5), number of samples (36) (section 8.2).
    let info = (u64::from(RATE) << 44) | (15 << 36) | (samples.len() as u64 & 0xF_FFFF_FFFF);
    file.extend_from_slice(&info.to_be_bytes());
    // No MD5 checksum.
    file.extend_from_slice(&[0; 16]);
    file.extend(frames.concat());
    file
}

/// A number in the coding of UTF-8 (RFC 9639, section 9.1.5).
fn coded(number: u32) -> Vec<u8> {
    // A sound of 300 s has far fewer blocks than the first number that is not a character.
    char::from_u32(number).unwrap_or_default().to_string().into_bytes()
}

/// A cyclic redundancy check of this many bits, most significant bit first, starting from zero.
fn crc(bytes: &[u8], bits: u32, polynomial: u32) -> u32 {
    let top = 1_u32 << (bits - 1);
    let mask = top | (top - 1);
    bytes.iter().fold(0, |check, byte| {
        let mut check = check ^ (u32::from(*byte) << (bits - 8));
        for _ in 0..8 {
            check = if check & top == 0 { check << 1 } else { (check << 1) ^ polynomial } & mask;
        }
        check
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_of_recordings_is_measured() {
        for seconds in [0.5, 2.0, 10.0] {
            assert!((duration(&encode(seconds, "wav")) - seconds).abs() < 0.001, "{seconds}");
            assert!((duration(&encode(seconds, "mp3")) - seconds).abs() < 0.05, "{seconds}");
        }
        // Headers without usable values.
        assert!(duration(b"RIFF\0\0\0\0WAVEfmt \0") < 0.01);
        assert!(duration(b"RIFF\0\0\0\0WAVEdata\x01\0\0\0x") < 0.01);
    }

    #[test]
    fn checksums_of_every_width_are_correct() {
        // The check values of CRC-8/SMBUS, CRC-16/UMTS and the CRC of Ogg.
        assert_eq!(crc(b"123456789", 8, 0x07), 0xF4);
        assert_eq!(crc(b"123456789", 16, 0x8005), 0xFEE8);
        assert_eq!(crc(b"123456789", 32, 0x04C1_1DB7), 0x89A1_897F);
    }
}
