//! Asks a question and prints the answer: `cargo run --example chat -- "Name a flower"`.

use std::{env, error::Error};

use pollinations_ext::Pollinations;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let question = env::args().nth(1).unwrap_or_else(|| "Name a flower".to_owned());
    let pollinations = Pollinations::from_env()?;
    let reply = pollinations.chat("openai").system("Answer in one sentence.").user(question).send().await?;
    println!("{}", reply.text());
    Ok(())
}
