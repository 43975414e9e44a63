//! Streams a reply, then prints its usage.

use std::{
    error::Error,
    io::{self, Write as _},
};

use pollinations_ext::Pollinations;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let pollinations = Pollinations::from_env()?;
    let mut stream = pollinations.chat("openai").user("Tell a very short story").stream().await?;
    while let Some(chunk) = stream.next().await {
        print!("{}", chunk?.text());
        io::stdout().flush()?;
    }
    let reply = stream.finish().await?;
    println!("\n{} tokens, ended by {:?}", reply.usage().map_or(0, |usage| usage.total_tokens), reply.finish_reason());
    Ok(())
}
