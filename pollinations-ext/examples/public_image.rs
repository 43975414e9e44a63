//! Generates an image and writes an `<img>` that anyone can load: its URL has no API key in it, and opening it is
//! free.

use std::error::Error;

use pollinations_ext::Pollinations;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let pollinations = Pollinations::from_env()?;
    let image = pollinations.image("a cat among tulips").model("flux").size(512, 384).seed(42).send().await?;
    // The URL of the stored file. You do not have to download the image itself.
    let url = image.public_url().ok_or("the service has not stored the image")?;
    println!("<img src=\"{url}\" alt=\"a cat among tulips\">");
    Ok(())
}
