//! Answers a question about a recording: `cargo run --example listen -- talk.mp3`.

use std::{env, error::Error};

use pollinations_ext::{File, Pollinations};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let path = env::args().nth(1).ok_or("which recording?")?;
    let pollinations = Pollinations::from_env()?;
    let request = pollinations.chat("openai-audio").user("In which mood is the speaker?").audio(File::path(path));
    println!("{}", request.send().await?.text());
    Ok(())
}
