//! Reads a text aloud, saved as `spoken.mp3`, with subtitles word by word in `spoken.srt`.

use std::{error::Error, fmt::Write, fs};

use pollinations_ext::Pollinations;

fn time(seconds: f64) -> String {
    let milliseconds = (seconds * 1000.0).round() as u64;
    let (seconds, rest) = (milliseconds / 1000, milliseconds % 1000);
    format!("{:02}:{:02}:{:02},{rest:03}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let pollinations = Pollinations::from_env()?;
    let speech = pollinations.speech_with_timestamps("Good morning, everybody").voice("nova").send().await?;
    fs::write("spoken.mp3", speech.audio())?;
    let mut subtitles = String::new();
    for (index, word) in speech.words().iter().enumerate() {
        let (start, end) = (time(word.start), time(word.end));
        writeln!(subtitles, "{}\n{start} --> {end}\n{}\n", index + 1, word.text)?;
    }
    fs::write("spoken.srt", &subtitles)?;
    println!("{subtitles}spoken.mp3 ({:.1} s)", speech.duration());
    Ok(())
}
