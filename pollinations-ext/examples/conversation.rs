//! Chats in the terminal: reads a line, streams the reply, and keeps the conversation.

use std::{
    error::Error,
    io::{self, BufRead as _, Write as _},
};

use pollinations_ext::Pollinations;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let pollinations = Pollinations::from_env()?;
    let mut conversation = pollinations.chat("openai").system("Be brief.").conversation();
    for line in io::stdin().lock().lines() {
        let mut stream = conversation.stream(line?).await?;
        while let Some(chunk) = stream.next().await {
            print!("{}", chunk?.text());
            io::stdout().flush()?;
        }
        println!();
    }
    eprintln!("{} messages", conversation.messages().len());
    Ok(())
}
