//! Voices, stems, timestamps and speakers: the requests, and how the responses are read.

use std::{fs, path::Path};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use pollinations_emulator::Emulator;
use pollinations_ext::{ErrorKind, File, Pollinations};
use pollinations_tests::{Recorder, Script, Step};
use serde_json::json;

fn recording() -> File {
    File::bytes(&b"ID3\x04sound"[..])
}

async fn emulated() -> (Emulator, Pollinations) {
    let emulator = Emulator::start().await.unwrap();
    let client = Pollinations::builder().base_url(emulator.base_url()).key("sk_test".parse().unwrap());
    (emulator, client.build().unwrap())
}

#[tokio::test]
async fn requests_of_speech_and_music_with_every_setting() {
    let recorder = Recorder::answering("audio/mpeg", "ID3").await;
    let client = recorder.client();
    let speech = client.speech("Hello").instructions("Whisper").negative_prompt("noise").seconds(5.0).seed(7).steps(50);
    let speech = speech.looped(true).prompt_influence(0.5).safe(true);
    let plan = json!({ "sections": [{ "name": "intro", "duration_ms": 3000 }] });
    let music = client.music("a waltz").composition_plan(plan).conditioning_ref(json!({ "id": "a1" }));
    let music = music.reference_audio("https://example.com/a.mp3").store_for_inpainting(true).safety_checks("secrets");
    let _ = speech.clone().send().await.unwrap();
    let _ = music.clone().send().await.unwrap();
    let _ = speech.clone().seed(-1).send_get().await.unwrap();
    insta::assert_snapshot!(recorder.requests());

    for (request, problem) in [
        (client.speech("a").composition_plan("plan"), "create_speech: `composition_plan` must be a JSON object"),
        (client.speech("a").conditioning_ref(json!([])), "create_speech: `conditioning_ref` must be a JSON object"),
        (client.speech("a").seed(-1), "create_speech: `seed` must not be negative; -1 is only allowed with GET"),
    ] {
        assert_eq!(request.send().await.unwrap_err().to_string(), problem);
    }
    let problem = "generate_audio: `composition_plan` is not supported with GET; send the request with POST";
    assert_eq!(music.send_get().await.unwrap_err().to_string(), problem);
    assert!(recorder.take().is_empty());
}

#[tokio::test]
async fn requests_for_voices_stems_and_speakers() {
    let recorder = Recorder::answering("audio/mpeg", "ID3").await;
    let client = recorder.client();
    let _ = client.change_voice(recording()).send().await.unwrap();
    let request = client.change_voice(recording().name("talk.mp3")).voice("nova").model("elevenlabs/sts");
    let _ = request.response_format("wav").header("x-trace", "1").send().await.unwrap();
    let _ = client.isolate_voice(recording()).model("elevenlabs/isolator").query("trace", "1").send().await.unwrap();
    let stems = client.separate_stems(recording()).variation("two_stems_v1").model("elevenlabs/stems");
    let _ = stems.send().await.unwrap();
    let diarized = client.transcribe(recording()).model("elevenlabs/scribe-v2").speakers_expected(2);
    diarized.response_format("diarized_json").send_raw().await.unwrap();
    insta::assert_snapshot!(recorder.requests());
}

#[tokio::test]
async fn a_recording_that_is_too_large_is_not_sent() {
    let recorder = Recorder::answering("audio/mpeg", "ID3").await;
    let client = recorder.client();
    let large = || File::bytes(vec![0; 50 * 1024 * 1024 + 1]);
    let errors = [
        client.change_voice(large()).send().await.unwrap_err(),
        client.isolate_voice(large()).send().await.unwrap_err(),
        client.separate_stems(large()).send().await.unwrap_err(),
    ];
    for (error, operation) in errors.iter().zip(["change_voice", "isolate_voice", "separate_stems"]) {
        assert_eq!((error.kind(), error.operation()), (ErrorKind::TooLarge, Some(operation)));
    }
    assert!(recorder.take().is_empty());
}

#[tokio::test]
async fn timestamps_are_read_into_types() {
    let alignment = |text: &str| {
        let characters: Vec<String> = text.chars().map(String::from).collect();
        let starts: Vec<f64> = (0..characters.len()).map(|index| index as f64 / 4.0).collect();
        let ends: Vec<f64> = starts.iter().map(|start| start + 0.25).collect();
        json!({
            "characters": characters, "character_start_times_seconds": starts, "character_end_times_seconds": ends,
        })
    };
    let answer = json!({
        "audio_base64": BASE64_STANDARD.encode("sound"),
        "alignment": alignment("5 km"),
        "normalized_alignment": alignment("five kilometers"),
    });
    let recorder = Recorder::json(answer).await;
    let client = recorder.client();
    client.speech_with_timestamps("5 km").send().await.unwrap();
    let request = client.speech_with_timestamps("5 km").voice("nova").model("elevenlabs/eleven-v4");
    let speech = request.response_format("wav").seed(7).field("language", "en").send().await.unwrap();
    insta::assert_snapshot!(recorder.requests());
    assert_eq!(speech.audio().as_ref(), b"sound");
    let words = |words: Vec<pollinations_ext::TimedText>| -> Vec<(String, f64, f64)> {
        words.into_iter().map(|word| (word.text, word.start, word.end)).collect()
    };
    assert_eq!(words(speech.words()), [("5".to_owned(), 0.0, 0.25), ("km".to_owned(), 0.5, 1.0)]);
    assert_eq!(words(speech.spoken_words())[1], ("kilometers".to_owned(), 1.25, 3.75));
    assert_eq!((speech.characters().len(), speech.spoken_characters().len(), speech.duration()), (4, 15, 3.75));

    // A reply without alignment still has its audio. A reply without audio is an error.
    let recorder = Recorder::json(json!({ "audio_base64": "AAEC", "alignment": null })).await;
    let speech = recorder.client().speech_with_timestamps("x").send().await.unwrap();
    assert_eq!((speech.audio().len(), speech.words(), speech.duration()), (3, vec![], 0.0));
    for body in [json!({ "alignment": alignment("x") }), json!({ "audio_base64": "?" })] {
        let recorder = Recorder::json(body).await;
        let error = recorder.client().speech_with_timestamps("x").send().await.unwrap_err();
        assert_eq!((error.kind(), error.operation()), (ErrorKind::Decode, Some("create_speech_with_timestamps")));
    }
}

#[tokio::test]
async fn timestamps_match_the_length_of_the_audio() {
    let (_emulator, client) = emulated().await;
    let text = "It is 5 km to the sea & back";
    let speech = client.speech_with_timestamps(text).response_format("pcm").send().await.unwrap();
    let read: String = speech.characters().iter().map(|character| character.text.as_str()).collect();
    assert_eq!(read, text);
    let spoken: Vec<String> = speech.spoken_words().into_iter().map(|word| word.text).collect();
    assert_eq!(spoken.join(" "), "It is five km to the sea and back");
    // 24,000 samples per second, 2 bytes each.
    let seconds = speech.audio().len() as f64 / 48_000.0;
    assert!((seconds - speech.duration()).abs() < 0.01, "{seconds} {}", speech.duration());
    let error = client.speech_with_timestamps("Hello").response_format("flac").send().await.unwrap_err();
    assert_eq!(error.status().map(|status| status.as_u16()), Some(400));
}

#[tokio::test]
async fn the_emulator_returns_audio_as_long_as_the_recording() {
    let (emulator, client) = emulated().await;
    let sound = client.music("rain").duration(5.0).response_format("wav").send().await.unwrap().bytes().await.unwrap();
    let recording = || File::bytes(sound.clone()).name("rain.wav");
    let changed = client.change_voice(recording()).response_format("wav").send().await.unwrap();
    assert_eq!(changed.bytes().await.unwrap(), sound);
    let isolated = client.isolate_voice(recording()).send().await.unwrap();
    assert!(isolated.headers().get("link").is_some());
    let isolated = isolated.bytes().await.unwrap();
    assert!((isolated.len() as f64 / 16_000.0 - 5.0).abs() < 0.1, "{}", isolated.len());
    let short = client.speech("Hi").response_format("wav").send().await.unwrap().bytes().await.unwrap();
    let error = client.isolate_voice(File::bytes(short)).send().await.unwrap_err();
    assert_eq!(error.status().map(|status| status.as_u16()), Some(400));
    let charges = emulator.charges();
    client.change_voice(recording()).voice("nova").send().await.unwrap().bytes().await.unwrap();
    assert_eq!(emulator.charges(), charges + 1);
}

#[tokio::test]
async fn stems_are_saved_to_a_folder() {
    let (_emulator, client) = emulated().await;
    let sound = client.music("a waltz").duration(3.0).send().await.unwrap().bytes().await.unwrap();
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("new").join("stems");
    let song = || File::bytes(sound.clone());
    let stems = client.separate_stems(song()).save_to(&folder).await.unwrap();
    let names: Vec<&str> = stems.iter().map(|stem| stem.name.as_str()).collect();
    assert_eq!(names, ["vocals", "drums", "bass", "guitar", "piano", "other"]);
    for stem in &stems {
        let bytes = fs::read(&stem.path).unwrap();
        assert_eq!(bytes.len() as u64, stem.size);
        assert!(bytes.starts_with(b"\xff\xfb"), "{}", stem.name);
        assert_eq!(stem.path, folder.join(format!("{}.mp3", stem.name)));
    }
    // Existing stems are replaced. Other files in the folder stay.
    fs::write(folder.join("vocals.mp3"), "old").unwrap();
    fs::write(folder.join("notes.txt"), "mine").unwrap();
    client.separate_stems(song()).variation("two_stems_v1").save_to(&folder).await.unwrap();
    assert!(fs::read(folder.join("vocals.mp3")).unwrap().len() > 1000);
    assert_eq!(
        found(&folder),
        [
            "bass.mp3",
            "drums.mp3",
            "guitar.mp3",
            "instrumental.mp3",
            "notes.txt",
            "other.mp3",
            "piano.mp3",
            "vocals.mp3"
        ]
    );
    let error = client.separate_stems(song()).max_bytes(1000).save_to(&folder).await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::TooLarge, Some("separate_stems")));
    let error = client.separate_stems(song()).variation("three").save_to(&folder).await.unwrap_err();
    assert_eq!(error.status().map(|status| status.as_u16()), Some(400));
}

fn found(folder: &Path) -> Vec<String> {
    let mut found: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    found.sort();
    found
}

#[tokio::test]
async fn no_file_is_left_of_a_malicious_or_truncated_archive() {
    let zipped = |name: &str| -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        writer.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        std::io::Write::write_all(&mut writer, b"evil").unwrap();
        writer.finish().unwrap().into_inner()
    };
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("stems");
    let good = zipped("vocals.mp3");
    for archive in [zipped("../evil.mp3"), zipped("/tmp/evil.mp3"), good[..good.len() - 10].to_vec(), b"PK".to_vec()] {
        let pieces = Step::Pieces { kind: "application/zip", pieces: vec![archive], cut: false };
        let script = Script::play(vec![pieces]).await;
        let client = Pollinations::builder().base_url(&script.url).key("sk_test".parse().unwrap()).build().unwrap();
        let error = client.separate_stems(recording()).save_to(&folder).await.unwrap_err();
        assert_eq!((error.kind(), error.operation()), (ErrorKind::Decode, Some("separate_stems")), "{error}");
        assert_eq!(found(parent.path()), ["stems"]);
        assert!(found(&folder).is_empty());
    }
    let script = Script::play(vec![Step::Pieces { kind: "application/zip", pieces: vec![good], cut: false }]).await;
    let client = Pollinations::builder().base_url(&script.url).key("sk_test".parse().unwrap()).build().unwrap();
    let error = client.separate_stems(recording()).max_bytes(20).save_to(&folder).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    assert!(found(&folder).is_empty());
    client.separate_stems(recording()).save_to(&folder).await.unwrap();
    assert_eq!(found(&folder), ["vocals.mp3"]);
}

#[tokio::test]
async fn diarized_transcripts_name_the_speakers() {
    let (_emulator, client) = emulated().await;
    let transcribe = || client.transcribe(recording()).model("elevenlabs/scribe-v2");
    let transcript = transcribe().speakers_expected(3).diarized().await.unwrap();
    let speakers: Vec<&str> = transcript.segments().iter().filter_map(|segment| segment.speaker.as_deref()).collect();
    assert_eq!(speakers, ["A", "B", "C", "A", "B"]);
    let said: Vec<&str> = transcript.segments().iter().map(|segment| segment.text.as_str()).collect();
    assert_eq!(said.join(" "), transcript.text());
    assert_eq!(transcript.segments().last().unwrap().end, transcript.duration());
    // A verbose transcript has segments without speakers. A plain transcript has no segments.
    let verbose = client.transcribe(recording()).verbose().await.unwrap();
    assert_eq!((verbose.segments().len(), verbose.segments()[0].speaker.as_deref()), (1, None));
    assert!(client.transcribe(recording()).send().await.unwrap().segments().is_empty());
    for request in [client.transcribe(recording()), transcribe().speakers_expected(0)] {
        let error = request.diarized().await.unwrap_err();
        assert_eq!(error.status().map(|status| status.as_u16()), Some(400), "{error}");
    }
}
