//! Makes a video into `cat.mp4`. This may take several minutes.

use std::{error::Error, time::Duration};

use pollinations_ext::Pollinations;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let pollinations = Pollinations::from_env()?;
    let request = pollinations.video("a cat jumps over a puddle", "seedance").duration(5).aspect_ratio("16:9");
    let size = request.timeout(Duration::from_secs(900)).send().await?.save("cat.mp4").await?;
    println!("cat.mp4 ({size} bytes)");
    Ok(())
}
