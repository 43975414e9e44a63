//! Generates a video from images, a video and audio, such as `cargo run --example video_references -- first.png
//! cat.png dance.mp4 song.mp3`.

use std::{env, error::Error, time::Duration};

use pollinations_ext::{File, Pollinations};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let files: Vec<File> = env::args().skip(1).map(File::path).collect();
    let [first, cat, dance, song] = <[File; 4]>::try_from(files).map_err(|_| "an image, an image, a video, a sound")?;
    let pollinations = Pollinations::from_env()?;

    // The files are uploaded, and the service loads them by URL. If you have URLs already, pass them to `frame`,
    // `guide_image`, `guide_video` and `guide_audio` instead.
    let request = pollinations
        .video("the cat dances on the table", "seedance")
        .frame_file(first)
        .guide_image_file(cat)
        .guide_video_file(dance)
        .guide_audio_file(song)
        .duration(5)
        .aspect_ratio("16:9")
        .audio(true);
    let video = request.timeout(Duration::from_secs(900)).send().await?;
    println!("dance.mp4 ({} bytes)", video.save("dance.mp4").await?);
    Ok(())
}
