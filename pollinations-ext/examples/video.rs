//! Generates a video, saved as `cat.mp4`. This can take several minutes.

use std::{error::Error, time::Duration};

use indicatif::{ProgressBar, ProgressStyle};
use pollinations_ext::Pollinations;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let pollinations = Pollinations::from_env()?;
    let request = pollinations.video("a cat jumps over a puddle", "seedance").duration(5).aspect_ratio("16:9");
    // Only shown on a terminal.
    let bar = ProgressBar::new_spinner().with_message("the video is made");
    bar.enable_steady_tick(Duration::from_millis(100));
    let video = request.timeout(Duration::from_secs(900)).send().await?;
    let (shown, length) = (bar.clone(), video.content_length().unwrap_or_default());
    bar.set_style(ProgressStyle::with_template("{bar:40} {bytes} of {total_bytes} {eta}")?);
    bar.set_length(length);
    let size = video.on_progress(move |at| shown.set_position(at.transferred)).save("cat.mp4").await?;
    bar.finish_and_clear();
    println!("cat.mp4 ({size} bytes)");
    Ok(())
}
