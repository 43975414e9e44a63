//! Transcribes a recording, with subtitles: `cargo run --example transcribe -- talk.mp3`.

use std::{env, error::Error};

use pollinations_ext::{File, Pollinations};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let recording = File::path(env::args().nth(1).ok_or("which recording?")?);
    let pollinations = Pollinations::from_env()?;
    let transcript = pollinations.transcribe(recording.clone()).language("en").verbose().await?;
    println!("{} ({:?} s)", transcript.text(), transcript.duration());
    println!("\n{}", pollinations.transcribe(recording).srt().await?);
    Ok(())
}
