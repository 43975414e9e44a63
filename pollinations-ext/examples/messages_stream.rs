//! Streams a message: the model's reasoning, its text, and the usage.

use std::{
    error::Error,
    io::{self, Write as _},
};

use pollinations_ext::{Pollinations, types::MessageStreamEvent};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let pollinations = Pollinations::from_env()?;
    let request = pollinations.messages("claude", 2048).thinking(1024).user("Is 97 a prime number?");
    let mut stream = request.stream().await?;
    while let Some(event) = stream.next().await {
        let event = event?;
        if let MessageStreamEvent::ContentBlockStart(start) = &*event {
            println!("\n[block {}]", start.index);
        }
        print!("{}{}", event.thinking(), event.text());
        io::stdout().flush()?;
    }
    let reply = stream.finish().await?;
    println!("\n{} tokens, ended by {:?}", reply.usage().output_tokens, reply.stop_reason());
    Ok(())
}
