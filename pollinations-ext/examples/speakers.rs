//! Transcribes an interview with its speakers: `cargo run --example speakers -- interview.mp3`.

use std::{env, error::Error};

use pollinations_ext::{File, Pollinations};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let interview = File::path(env::args().nth(1).ok_or("which recording?")?);
    let pollinations = Pollinations::from_env()?;
    let request = pollinations.transcribe(interview).model("elevenlabs/scribe-v2").speakers_expected(2);
    for segment in request.diarized().await?.segments() {
        let speaker = segment.speaker.as_deref().unwrap_or("someone");
        println!("[{:.1} s] {speaker}: {}", segment.start.unwrap_or_default(), segment.text);
    }
    Ok(())
}
