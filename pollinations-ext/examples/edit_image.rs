//! Edits a local image: `cargo run --example edit_image -- cat.jpg "at night"`.

use std::{env, error::Error};

use pollinations_ext::{File, Pollinations};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let path = arguments.next().ok_or("which picture?")?;
    let change = arguments.next().unwrap_or_else(|| "the same at night".to_owned());
    let pollinations = Pollinations::from_env()?;
    // Uploads the file, and takes its address as the image to start from.
    let edited = pollinations.image(change).model("kontext").reference_file(File::path(path)).send().await?;
    println!("edited.jpg ({} bytes)", edited.save("edited.jpg").await?);
    Ok(())
}
