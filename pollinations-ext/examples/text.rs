//! Generates text from a prompt and prints it while the model writes it.

use std::{
    error::Error,
    io::{self, Write as _},
};

use pollinations_ext::Pollinations;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let pollinations = Pollinations::from_env()?;
    let mut text = pollinations.text("A haiku about snow").model("mistral").stream().await?;
    while let Some(piece) = text.next().await {
        print!("{}", piece?);
        io::stdout().flush()?;
    }
    println!();
    Ok(())
}
