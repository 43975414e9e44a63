//! Replaces the voice in a recording: `cargo run --example change_voice -- talk.mp3`.

use std::{env, error::Error};

use pollinations_ext::{File, Pollinations};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let recording = File::path(env::args().nth(1).ok_or("which recording?")?);
    let pollinations = Pollinations::from_env()?;
    let changed = pollinations.change_voice(recording).voice("nova").send().await?;
    println!("changed.mp3 ({} bytes)", changed.save("changed.mp3").await?);
    Ok(())
}
