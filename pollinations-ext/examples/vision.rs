//! Describes an image: `cargo run --example vision -- cat.png`.

use std::{env, error::Error};

use pollinations_ext::{File, Pollinations};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let path = env::args().nth(1).ok_or("which picture?")?;
    let pollinations = Pollinations::from_env()?;
    let request = pollinations.chat("openai").user("What is on this picture?").image(File::path(path));
    println!("{}", request.send().await?.text());
    Ok(())
}
