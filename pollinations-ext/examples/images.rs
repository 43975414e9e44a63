//! Generates several images at once: `cargo run --example images -- 3 "a cat among tulips"`.

use std::{env, error::Error};

use pollinations_ext::Pollinations;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let count = arguments.next().map_or(Ok(3), |count| count.parse())?;
    let prompt = arguments.next().unwrap_or_else(|| "a cat among tulips".to_owned());
    let pollinations = Pollinations::from_env()?;

    // Seeds 42, 43, …: if you run it again, the same images come from the cache.
    let images = pollinations.images(prompt).model("flux").size(512, 384).seed(42).n(count).send().await?;
    for (number, image) in images.iter().enumerate() {
        let path = format!("cat-{number}.jpg");
        println!("{path} ({} bytes), kept at {}", image.save(&path).await?, image.url().unwrap_or("no address"));
    }
    println!("{} tokens by {}", images.usage().total_tokens, images.model().unwrap_or("unknown"));
    Ok(())
}
