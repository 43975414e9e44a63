//! Generates an image, shows the progress, and saves it as `cat.jpg`.

use std::error::Error;

use pollinations_ext::Pollinations;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let pollinations = Pollinations::from_env()?;
    let image = pollinations.image("a cat among tulips").model("flux").size(512, 384).seed(42).send().await?;
    println!("{} by {}", image.content_type().unwrap_or("unknown"), image.model().unwrap_or("unknown"));
    let size = image.on_progress(|progress| eprintln!("{progress}")).save("cat.jpg").await?;
    println!("cat.jpg ({size} bytes)");
    Ok(())
}
