//! Edits a local image: `cargo run --example edit_image -- cat.jpg "at night"`. To change only a part of the image,
//! pass a mask as the third argument.

use std::{env, error::Error};

use pollinations_ext::{File, Pollinations};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let path = arguments.next().ok_or("which image?")?;
    let change = arguments.next().unwrap_or_else(|| "the same at night".to_owned());
    let pollinations = Pollinations::from_env()?;

    let mut request = pollinations.edit(change, [File::path(path)]).model("kontext");
    if let Some(mask) = arguments.next() {
        // A PNG of the same size. Only its transparent parts are changed.
        request = request.mask(File::path(mask));
    }
    let images = request.send().await?;
    println!("edited.png ({} bytes)", images.first().save("edited.png").await?);
    Ok(())
}
