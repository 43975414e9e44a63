//! Asks a model for a spoken reply and saves it as `reply.wav`.

use std::{error::Error, fs};

use pollinations_ext::Pollinations;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let pollinations = Pollinations::from_env()?;
    let reply = pollinations.chat("openai-audio").user("Say good morning").speak("alloy", "wav").send().await?;
    let sound = reply.audio_bytes()?.ok_or("the model did not speak")?;
    fs::write("reply.wav", &sound)?;
    println!("reply.wav ({} bytes): {}", sound.len(), reply.audio().map_or("", |audio| &audio.transcript));
    Ok(())
}
