//! Voices, stems, speech with timestamps, and transcripts with speakers.

use super::{
    super::{
        Aspect::{Answer, Content, Refusal},
        Spend::{All, None as Free},
    },
    Context, Probe, Running, error_text, expect_status, recording, require, silence,
};

/// The length of audio in seconds that all operations accept, and that is long enough to isolate a voice.
const SHORT: f64 = 1.0;
const LONG: f64 = 5.0;

pub(super) fn all() -> Vec<Probe> {
    let mut probes = refusals();
    probes.extend(speech());
    probes.extend(changes());
    probes
}

fn speech() -> Vec<Probe> {
    vec![
        probe!(All, Answer, "create_speech", "speech with instructions", |context| {
            let speech = context.client()?.speech("Hello").instructions("Whisper").send().await.map_err(error_text)?;
            speech.bytes().await.map(drop).map_err(error_text)
        }),
        probe!(All, Answer, "create_speech_with_timestamps", "speech with timestamps", |context| {
            let text = "Hello there";
            let request = context.client()?.speech_with_timestamps(text).response_format("pcm");
            let speech = request.send().await.map_err(error_text)?;
            require(!speech.audio().is_empty(), "the audio is missing")?;
            let read: String = speech.characters().iter().map(|character| character.text.as_str()).collect();
            require(read == text, "the characters differ from the text")?;
            let times = speech.characters().iter().flat_map(|character| [character.start, character.end]);
            require(times.collect::<Vec<_>>().is_sorted(), "the times are not in order")?;
            // PCM has two bytes a sample, and at most 48,000 samples a second.
            let sound = speech.audio().len() as f64 / 2.0;
            require(speech.duration() > 0.0 && sound / speech.duration() < 50_000.0, "the times do not match the audio")
        }),
        probe!(All, Content, "create_transcription", "transcript with speakers", |context| {
            let request = context.client()?.transcribe(recording()).model("elevenlabs/scribe-v2");
            let transcript = request.speakers_expected(1).diarized().await.map_err(error_text)?;
            // A silent recording may have no segments.
            require(
                transcript.segments().iter().all(|segment| segment.speaker.is_some() && segment.start.is_some()),
                "a segment without a speaker or a time",
            )
        }),
    ]
}

fn changes() -> Vec<Probe> {
    macro_rules! changed {
        ($format:literal) => {
            probe!(All, Answer, "change_voice", concat!("changed voice as ", $format), |context| {
                let request = context.client()?.change_voice(silence(SHORT)).voice("nova");
                let sound = request.response_format($format).send().await.map_err(error_text)?;
                require(!sound.bytes().await.map_err(error_text)?.is_empty(), "the audio is missing")
            })
        };
    }
    vec![
        changed!("mp3"),
        changed!("opus"),
        changed!("aac"),
        changed!("wav"),
        changed!("pcm"),
        probe!(All, Answer, "isolate_voice", "isolated voice", |context| {
            let sound = context.client()?.isolate_voice(silence(LONG)).send().await.map_err(error_text)?;
            require(!sound.bytes().await.map_err(error_text)?.is_empty(), "the audio is missing")
        }),
        probe!(All, Answer, "separate_stems", "two stems", |context| stems(context, "two_stems_v1", 2).await),
        probe!(All, Content, "separate_stems", "six stems", |context| stems(context, "six_stems_v1", 6).await),
    ]
}

fn refusals() -> Vec<Probe> {
    vec![
        probe!(Free, Refusal, "create_speech_with_timestamps", "timestamps without a key", |context| {
            expect_status(context.anonymous_client()?.speech_with_timestamps("Hello").send().await.map(drop), 401)
        }),
        probe!(Free, Refusal, "change_voice", "voice change without a key", |context| {
            expect_status(context.anonymous_client()?.change_voice(recording()).send().await.map(drop), 401)
        }),
        probe!(Free, Refusal, "isolate_voice", "isolation without a key", |context| {
            expect_status(context.anonymous_client()?.isolate_voice(recording()).send().await.map(drop), 401)
        }),
        probe!(Free, Refusal, "separate_stems", "wrong number of stems", |context| {
            let request = context.client()?.separate_stems(recording()).variation("three_stems");
            expect_status(request.send().await.map(drop), 400)
        }),
    ]
}

/// Separates music and checks the archive: it must have this many mp3 files.
async fn stems(context: &Context, variation: &str, count: usize) -> Result<(), String> {
    let archive =
        context.client()?.separate_stems(silence(SHORT)).variation(variation).send().await.map_err(error_text)?;
    let bytes = archive.bytes().await.map_err(error_text)?;
    require(bytes.starts_with(b"PK\x03\x04"), "the archive is not a ZIP file")?;
    // Each file has a header in the central directory of the archive.
    let found = bytes.windows(4).filter(|window| window == b"PK\x01\x02").count();
    require(found == count, &format!("the archive has {found} files, not {count}"))
}
