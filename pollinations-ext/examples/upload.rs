//! Uploads a picture for others to load: `cargo run --example upload -- cat.jpg`.

use std::{env, error::Error};

use pollinations_ext::{File, Pollinations};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let path = env::args().nth(1).ok_or("which picture?")?;
    let media = Pollinations::from_env()?.media();
    let uploaded = media.upload(File::path(path)).send().await?;
    println!("{} ({} bytes, {})", uploaded.url, uploaded.size, uploaded.content_type);
    assert!(media.exists(&uploaded.id).await?);
    Ok(())
}
