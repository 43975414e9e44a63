//! Detects when speech starts and stops.

/// Bytes per millisecond: 24,000 samples per second, 16 bits each.
pub(super) const BYTES_A_MS: usize = 48;

/// The length of a frame, in milliseconds.
const FRAME_MS: usize = 20;

/// The mean amplitude above which a frame is speech.
const LOUD: u64 = 300;

/// A change from silence to speech or back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// Speech starts, at this time in milliseconds.
    Started(usize),
    /// Speech has stopped, at this time in milliseconds: there was silence for long enough.
    Stopped(usize),
}

/// Listens to PCM with one channel, 16 bits, little endian.
#[derive(Debug, Default)]
pub(super) struct Ear {
    rest: Vec<u8>,
    at_ms: usize,
    is_speech: bool,
    silence_ms: usize,
}

impl Ear {
    /// Listens to more sound. `patience_ms` of silence end a turn.
    pub(super) fn listen(&mut self, samples: &[u8], patience_ms: usize) -> Vec<Heard> {
        self.rest.extend_from_slice(samples);
        let frames = std::mem::take(&mut self.rest);
        let mut frames = frames.chunks_exact(FRAME_MS * BYTES_A_MS);
        let mut heard = Vec::new();
        for frame in &mut frames {
            let is_loud = loudness(frame) > LOUD;
            if is_loud && !self.is_speech {
                self.is_speech = true;
                heard.push(Heard::Started(self.at_ms));
            }
            self.at_ms += FRAME_MS;
            self.silence_ms = if is_loud { 0 } else { self.silence_ms + FRAME_MS };
            if self.is_speech && self.silence_ms >= patience_ms {
                self.is_speech = false;
                heard.push(Heard::Stopped(self.at_ms));
            }
        }
        self.rest = frames.remainder().to_vec();
        heard
    }
}

/// The mean amplitude of a frame.
fn loudness(frame: &[u8]) -> u64 {
    let samples = frame.chunks_exact(2).filter_map(|sample| sample.try_into().ok()).map(i16::from_le_bytes);
    let sum: u64 = samples.map(|sample| u64::from(sample.unsigned_abs())).sum();
    sum / (frame.len() as u64 / 2).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_starts_with_sound_and_ends_with_silence() {
        let silence = vec![0; 200 * BYTES_A_MS];
        let speech: Vec<u8> = 8_000_i16.to_le_bytes().repeat(200 * BYTES_A_MS / 2);
        let mut ear = Ear::default();
        assert_eq!(ear.listen(&silence, 500), []);
        assert_eq!(ear.listen(&speech, 500), [Heard::Started(200)]);
        assert_eq!(ear.listen(&silence.repeat(2), 500), []);
        assert_eq!(ear.listen(&silence[..101 * BYTES_A_MS], 500), [Heard::Stopped(900)]);
        // The result does not depend on the size of the pieces.
        let mut ear = Ear::default();
        let all = [speech, silence.repeat(3)].concat();
        let heard: Vec<Heard> = all.chunks(7).flat_map(|piece| ear.listen(piece, 500)).collect();
        assert_eq!(heard, [Heard::Started(0), Heard::Stopped(700)]);
    }
}
