//! Lets Gemini run code, and prints the text and the images.

use std::error::Error;

use pollinations_ext::{Pollinations, types::Tool};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let pollinations = Pollinations::from_env()?;
    let reply = pollinations.chat("gemini").user("Plot a sine wave").tool(Tool::code_execution()).send().await?;
    println!("{}", reply.text());
    for url in reply.image_urls() {
        println!("an image: {}…", url.chars().take(40).collect::<String>());
    }
    Ok(())
}
