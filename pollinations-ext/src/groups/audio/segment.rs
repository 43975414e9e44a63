//! Transcript segments.

use serde_json::{Map, Value};

/// A segment of a transcript: what is said, when, and by whom.
///
/// The document does not define the fields of a segment; they depend on the model. [`details`](Self::details) has all
/// of them.
///
/// # Examples
///
/// ```
/// # fn example(segment: pollinations_ext::TranscriptSegment) {
/// println!("{}: {}", segment.speaker.as_deref().unwrap_or("someone"), segment.text);
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct TranscriptSegment {
    /// What is said. Empty if the segment has no text.
    pub text: String,
    /// The start, in seconds from the start of the recording.
    pub start: Option<f64>,
    /// The end, in seconds from the start of the recording.
    pub end: Option<f64>,
    /// The speaker, by a name that the model gives, such as `A` or `speaker_0`. Numbers are converted to text.
    pub speaker: Option<String>,
    /// The whole segment as JSON, unchanged.
    pub details: Map<String, Value>,
}

impl TranscriptSegment {
    pub(super) fn new(details: Map<String, Value>) -> Self {
        let number = |name: &str| match details.get(name)? {
            Value::String(text) => text.trim().parse().ok(),
            value => value.as_f64(),
        };
        let text = |name: &str| match details.get(name)? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        };
        Self {
            text: text("text").unwrap_or_default(),
            start: number("start"),
            end: number("end"),
            // ElevenLabs has its own name for it, which comes second.
            speaker: text("speaker").or_else(|| text("speaker_id")),
            details,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn segment(value: Value) -> TranscriptSegment {
        TranscriptSegment::new(value.as_object().unwrap().clone())
    }

    #[test]
    fn segments_of_several_providers_are_read() {
        let openai = segment(
            json!({ "id": "seg_1", "type": "transcript.text.segment", "start": 0, "end": 1.5, "text": "Hi", "speaker": "A" }),
        );
        assert_eq!((openai.start, openai.end, openai.speaker.as_deref()), (Some(0.0), Some(1.5), Some("A")));
        let elevenlabs = segment(json!({ "text": "Hi", "start": "0.5", "speaker_id": "speaker_0" }));
        assert_eq!(
            (elevenlabs.start, elevenlabs.end, elevenlabs.speaker.as_deref()),
            (Some(0.5), None, Some("speaker_0"))
        );
        let numbered = segment(json!({ "text": "Hi", "speaker": 1, "confidence": 0.9 }));
        assert_eq!((numbered.speaker.as_deref(), &numbered.details["confidence"]), (Some("1"), &json!(0.9)));
        let bare = segment(json!({ "speaker": null }));
        assert_eq!((bare.text.as_str(), bare.speaker), ("", None));
    }
}
