//! Gets only the content of a chat reply: the text of a conversation, whole and streamed.

use std::{
    error::Error,
    io::{self, Write as _},
};

use pollinations_ext::Pollinations;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let pollinations = Pollinations::from_env()?;
    let chat = pollinations.chat("openai").system("Answer in one word").user("Name a flower");
    let answer = chat.clone().answer().await?;
    println!("{} (by {})", answer.text(), answer.model().unwrap_or("an unknown model"));

    let mut stream = chat.assistant(answer.text()).user("Another one").answer_stream().await?;
    while let Some(piece) = stream.next().await {
        print!("{}", piece?);
        io::stdout().flush()?;
    }
    println!();
    Ok(())
}
