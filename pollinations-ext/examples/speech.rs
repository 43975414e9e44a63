//! Reads a text aloud, saved as `morning.mp3`.

use std::error::Error;

use pollinations_ext::Pollinations;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let pollinations = Pollinations::from_env()?;
    let speech = pollinations.speech("Good morning, everybody").voice("nova").speed(1.1).send().await?;
    println!("morning.mp3 ({} bytes)", speech.save("morning.mp3").await?);
    Ok(())
}
