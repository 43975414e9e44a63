//! The smallest program that talks to a model.

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let pollinations = pollinations_ext::Pollinations::from_env()?;
    println!("{}", pollinations.chat("openai").user("Hello").send().await?.text());
    Ok(())
}
