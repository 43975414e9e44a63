//! Uses the client from a synchronous program.

use std::error::Error;

use pollinations_ext::Pollinations;

fn main() -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Runtime::new()?;
    let pollinations = Pollinations::from_env()?;
    let reply = runtime.block_on(pollinations.chat("openai").user("Name a flower").send())?;
    println!("{}", reply.text());
    Ok(())
}
