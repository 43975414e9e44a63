//! A minimal program that sends a chat request.

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let pollinations = pollinations_ext::Pollinations::from_env()?;
    println!("{}", pollinations.chat("openai").user("Hello").send().await?.text());
    Ok(())
}
