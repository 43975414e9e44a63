//! Uploads an image for others to load: `cargo run --example upload -- cat.jpg`.

use std::{env, error::Error};

use indicatif::{ProgressBar, ProgressStyle};
use pollinations_ext::{File, Pollinations};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let path = env::args().nth(1).ok_or("which picture?")?;
    let media = Pollinations::from_env()?.media();
    // Only shown on a terminal.
    let bar = ProgressBar::no_length().with_style(ProgressStyle::with_template("{bar:40} {bytes} of {total_bytes}")?);
    let shown = bar.clone();
    let upload = media.upload(File::path(path)).on_progress(move |at| {
        shown.set_length(at.total.unwrap_or_default());
        shown.set_position(at.transferred);
    });
    let uploaded = upload.send().await?;
    bar.finish_and_clear();
    println!("{} ({} bytes, {})", uploaded.url, uploaded.size, uploaded.content_type);
    assert!(media.exists(&uploaded.id).await?);
    Ok(())
}
