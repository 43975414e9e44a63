//! Generates ten seconds of music, saved as `waltz.mp3`.

use std::error::Error;

use pollinations_ext::Pollinations;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let pollinations = Pollinations::from_env()?;
    let music = pollinations.music("a slow waltz for two violins").duration(10.0).instrumental(true).send().await?;
    println!("waltz.mp3 ({} bytes)", music.save("waltz.mp3").await?);
    Ok(())
}
