//! Makes an image and writes an `<img>` that anyone can load: its address has no key in it, and opening it costs nothing.

use std::error::Error;

use pollinations_ext::Pollinations;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let pollinations = Pollinations::from_env()?;
    let image = pollinations.image("a cat among tulips").model("flux").size(512, 384).seed(42).send().await?;
    // The address of the stored file. The image itself need not be read.
    let url = image.public_url().ok_or("the service has not stored the image")?;
    println!("<img src=\"{url}\" alt=\"a cat among tulips\">");
    Ok(())
}
