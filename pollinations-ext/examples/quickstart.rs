//! The main features in one program: a chat, a streamed chat, an image, the balance, the models.
//!
//! With `POLLINATIONS_API_KEY` set, it calls the service and spends a little pollen. Without a key, it starts the emulator in
//! this process and calls that: no network, no cost.

use std::{
    env,
    error::Error,
    io::{self, Write as _},
    process::ExitCode,
};

use pollinations_emulator::Emulator;
use pollinations_ext::Pollinations;

const IMAGE: &str = "quickstart.jpg";

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let live = env::var("POLLINATIONS_API_KEY").is_ok_and(|key| !key.trim().is_empty());
    // The emulator stops when it goes out of scope, at the end of this function.
    let (pollinations, _emulator) = if live {
        (Pollinations::from_env()?, None)
    } else {
        let emulator = Emulator::start().await?;
        println!("POLLINATIONS_API_KEY is not set: using the emulator at {}", emulator.base_url());
        let builder = Pollinations::builder().base_url(emulator.base_url()).key("sk_quickstart".parse()?);
        (builder.build()?, Some(emulator))
    };

    println!("\n# Chat");
    let reply = pollinations.chat("openai").system("Answer in one sentence.").user("Name a flower").send().await?;
    println!("{}", reply.text());
    require(!reply.text().is_empty(), "the reply is empty")?;

    println!("\n# Streaming");
    let mut stream = pollinations.chat("openai").user("Tell a very short story").stream().await?;
    while let Some(chunk) = stream.next().await {
        print!("{}", chunk?.text());
        io::stdout().flush()?;
    }
    let whole = stream.finish().await?;
    let tokens = whole.usage().map_or(0, |usage| usage.total_tokens);
    println!("\n({tokens} tokens)");
    require(!whole.text().is_empty(), "the stream is empty")?;

    println!("\n# Image");
    let image = pollinations.image("a cat in a field of tulips").model("flux").size(512, 384).seed(42).send().await?;
    let kind = image.content_type().unwrap_or("unknown").to_owned();
    let path = env::temp_dir().join(IMAGE);
    let bytes = image.save(&path).await?;
    println!("{} ({kind}, {bytes} bytes)", path.display());
    require(bytes > 0, "the image is empty")?;

    println!("\n# Balance");
    println!("{:.5} pollen", pollinations.account().balance().await?.balance);

    println!("\n# Models");
    let models = pollinations.models();
    for (kind, list) in
        [("text", models.text().await?), ("image", models.image().await?), ("audio", models.audio().await?)]
    {
        let first = list.first().ok_or("a list of models is empty")?;
        println!("{kind}: {} models, such as {}", list.len(), first.name);
    }
    Ok(())
}

fn require(holds: bool, otherwise: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(otherwise.to_owned()) }
}
