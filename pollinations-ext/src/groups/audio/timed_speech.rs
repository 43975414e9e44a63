//! Speech, with the time at which each character is spoken.

use base64::Engine as _;
use bytes::Bytes;
use http::HeaderMap;
use pollinations_api::types::{self, SpeechAlignment};

use crate::base::{
    base64::BASE64,
    error::{Error, ErrorKind},
};

/// A piece of a text, and when it is spoken.
///
/// # Examples
///
/// ```
/// # fn example(word: pollinations_ext::TimedText) {
/// println!("{} takes {:.2} s", word.text, word.end - word.start);
/// # }
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct TimedText {
    /// The text: a character or a word.
    pub text: String,
    /// The start, in seconds from the start of the audio.
    pub start: f64,
    /// The end, in seconds from the start of the audio.
    pub end: f64,
}

/// Speech with timestamps: the audio, and when each character and each word is spoken.
///
/// There are two alignments. [`characters`](Self::characters) and [`words`](Self::words) are about the text that you
/// sent. [`spoken_characters`](Self::spoken_characters) and [`spoken_words`](Self::spoken_words) are about the text as
/// it was read out, with numbers and abbreviations in words: "5 km" becomes "five kilometers".
///
/// # Examples
///
/// ```
/// # fn example(speech: pollinations_ext::TimedSpeech) {
/// println!("{} bytes, {:.1} s", speech.audio().len(), speech.duration());
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct TimedSpeech {
    audio: Bytes,
    characters: Vec<TimedText>,
    spoken: Vec<TimedText>,
    headers: HeaderMap,
}

impl TimedSpeech {
    pub(super) fn new(speech: types::TimedSpeech, headers: HeaderMap) -> Result<Self, Error> {
        let audio = BASE64.decode(&speech.audio_base64);
        let audio = audio.map_err(|_| Error::new(ErrorKind::Decode, "the sound in the response is not base64"))?;
        let (characters, spoken) = (timed(speech.alignment), timed(speech.normalized_alignment));
        Ok(Self { audio: audio.into(), characters, spoken, headers })
    }

    /// The audio, in the format you asked for. The default is mp3.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # fn example(speech: pollinations_ext::TimedSpeech) -> std::io::Result<()> {
    /// std::fs::write("speech.mp3", speech.audio())?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn audio(&self) -> &Bytes {
        &self.audio
    }

    /// Each character of your text, in order.
    ///
    /// Empty if the service sends no timestamps.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(speech: pollinations_ext::TimedSpeech) {
    /// let text: String = speech.characters().iter().map(|character| character.text.as_str()).collect();
    /// # }
    /// ```
    pub fn characters(&self) -> &[TimedText] {
        &self.characters
    }

    /// Each word of your text, in order. Words are separated by white space and include punctuation.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(speech: pollinations_ext::TimedSpeech) {
    /// for word in speech.words() {
    ///     println!("{:.2} s: {}", word.start, word.text);
    /// }
    /// # }
    /// ```
    pub fn words(&self) -> Vec<TimedText> {
        words(&self.characters)
    }

    /// Each character of the text as it was read out, in order.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(speech: pollinations_ext::TimedSpeech) {
    /// let read: String = speech.spoken_characters().iter().map(|character| character.text.as_str()).collect();
    /// # }
    /// ```
    pub fn spoken_characters(&self) -> &[TimedText] {
        &self.spoken
    }

    /// Each word of the text as it was read out, in order.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(speech: pollinations_ext::TimedSpeech) {
    /// println!("{} words were spoken", speech.spoken_words().len());
    /// # }
    /// ```
    pub fn spoken_words(&self) -> Vec<TimedText> {
        words(&self.spoken)
    }

    /// When the last character ends, in seconds. The audio may be a little longer. 0 if the service sends no
    /// timestamps.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(speech: pollinations_ext::TimedSpeech) {
    /// println!("{:.1} s", speech.duration());
    /// # }
    /// ```
    pub fn duration(&self) -> f64 {
        let ends = self.characters.iter().chain(&self.spoken).map(|character| character.end);
        ends.fold(0.0, f64::max)
    }

    /// The headers of the response.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(speech: pollinations_ext::TimedSpeech) {
    /// println!("{:?}", speech.headers().get("x-model-used"));
    /// # }
    /// ```
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }
}

/// Combines the three lists of the response. If they differ in length, the entries that lack a time are dropped.
fn timed(alignment: SpeechAlignment) -> Vec<TimedText> {
    let times = alignment.character_start_times_seconds.into_iter().zip(alignment.character_end_times_seconds);
    alignment.characters.into_iter().zip(times).map(|(text, (start, end))| TimedText { text, start, end }).collect()
}

/// Joins characters into words, which white space separates.
fn words(characters: &[TimedText]) -> Vec<TimedText> {
    let is_space = |character: &TimedText| character.text.chars().all(char::is_whitespace);
    let between = characters.split(is_space);
    let words = between.filter_map(|word| {
        let (first, last) = (word.first()?, word.last()?);
        let text = word.iter().map(|character| character.text.as_str()).collect();
        Some(TimedText { text, start: first.start, end: last.end })
    });
    words.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alignment(text: &str) -> SpeechAlignment {
        let mut alignment = SpeechAlignment::default();
        alignment.characters = text.chars().map(String::from).collect();
        let starts = (0..u8::try_from(alignment.characters.len()).unwrap()).map(f64::from);
        alignment.character_end_times_seconds = starts.clone().map(|start| start + 0.5).collect();
        alignment.character_start_times_seconds = starts.collect();
        alignment
    }

    #[test]
    fn words_are_separated_by_white_space() {
        let spoken = words(&timed(alignment("  It's 5\nkm. ")));
        let all: Vec<(&str, f64, f64)> = spoken.iter().map(|word| (word.text.as_str(), word.start, word.end)).collect();
        assert_eq!(all, [("It's", 2.0, 5.5), ("5", 7.0, 7.5), ("km.", 9.0, 11.5)]);
        assert_eq!(words(&timed(alignment(" \n"))), []);
    }

    #[test]
    fn lists_of_different_lengths_are_cut_to_the_shortest() {
        let mut shorter = alignment("abc");
        shorter.character_end_times_seconds.pop();
        assert_eq!(timed(shorter).len(), 2);
    }

    #[test]
    fn audio_that_is_not_base64_is_an_error() {
        let speech = |sound: &str| {
            let speech = types::TimedSpeech::new(alignment("Hi"), sound, alignment("Hi"));
            TimedSpeech::new(speech, HeaderMap::new())
        };
        let good = speech("AAEC").unwrap();
        assert_eq!((good.audio().as_ref(), good.duration()), (&[0, 1, 2][..], 1.5));
        assert_eq!(speech("?").unwrap_err().kind(), ErrorKind::Decode);
    }
}
