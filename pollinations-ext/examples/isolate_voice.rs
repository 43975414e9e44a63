//! Removes everything but speech from a recording: `cargo run --example isolate_voice -- street.mp3`.

use std::{env, error::Error};

use pollinations_ext::{File, Pollinations};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let recording = File::path(env::args().nth(1).ok_or("which recording?")?);
    let pollinations = Pollinations::from_env()?;
    let voice = pollinations.isolate_voice(recording).send().await?;
    println!("voice.mp3 ({} bytes)", voice.save("voice.mp3").await?);
    Ok(())
}
