//! Transcripts.

use http::HeaderMap;
use pollinations_api::types::Transcription;
use serde_json::{Map, Value};

use super::segment::TranscriptSegment;

/// The transcript of a recording.
///
/// # Examples
///
/// ```
/// # fn example(transcript: pollinations_ext::Transcript) {
/// println!("{} ({:?})", transcript.text(), transcript.language());
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Transcript {
    text: String,
    segments: Vec<TranscriptSegment>,
    details: Map<String, Value>,
    headers: HeaderMap,
}

impl Transcript {
    /// The reply of the service, as a typed value and as JSON.
    pub(super) fn new(transcription: Transcription, details: Map<String, Value>, headers: HeaderMap) -> Self {
        let segments = transcription.segments.into_iter().map(TranscriptSegment::new).collect();
        Self { text: transcription.text, segments, details, headers }
    }

    /// The transcribed text.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(transcript: pollinations_ext::Transcript) {
    /// println!("{}", transcript.text());
    /// # }
    /// ```
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The segments of the transcript in order, with their times. After
    /// [`TranscriptionRequest::diarized`](crate::TranscriptionRequest::diarized), they also have their speakers.
    /// Empty after [`TranscriptionRequest::send`](crate::TranscriptionRequest::send), and if the model returns no
    /// segments.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(transcript: pollinations_ext::Transcript) {
    /// for segment in transcript.segments() {
    ///     println!("{:?} {}", segment.start, segment.text);
    /// }
    /// # }
    /// ```
    pub fn segments(&self) -> &[TranscriptSegment] {
        &self.segments
    }

    /// The language that was spoken, if the model returns it
    /// ([`TranscriptionRequest::verbose`](crate::TranscriptionRequest::verbose)).
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(transcript: pollinations_ext::Transcript) {
    /// println!("{:?}", transcript.language());
    /// # }
    /// ```
    pub fn language(&self) -> Option<&str> {
        self.details.get("language")?.as_str()
    }

    /// The length of the recording in seconds, if the model returns it
    /// ([`TranscriptionRequest::verbose`](crate::TranscriptionRequest::verbose)).
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(transcript: pollinations_ext::Transcript) {
    /// println!("{:?} s", transcript.duration());
    /// # }
    /// ```
    pub fn duration(&self) -> Option<f64> {
        self.details.get("duration")?.as_f64()
    }

    /// The whole reply as JSON, including fields such as `words` with their times. The fields depend on the model.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(transcript: pollinations_ext::Transcript) {
    /// println!("{:?}", transcript.details().get("segments"));
    /// # }
    /// ```
    pub fn details(&self) -> &Map<String, Value> {
        &self.details
    }

    /// The headers of the response.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(transcript: pollinations_ext::Transcript) {
    /// println!("{:?}", transcript.headers());
    /// # }
    /// ```
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }
}
