//! Generates a 3D object: `cargo run --example three_d -- "a wooden chair"`. To generate it from a photo, pass a path
//! as the second argument.

use std::{env, error::Error, time::Duration};

use pollinations_ext::{File, Pollinations};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let prompt = arguments.next().unwrap_or_else(|| "a wooden chair".to_owned());
    let request = Pollinations::from_env()?.three_d(prompt).timeout(Duration::from_secs(900));

    let object = match arguments.next() {
        // This model only works from images.
        Some(photo) => request.model("microsoft/trellis-2").image_file(File::path(photo)).send_post().await?,
        None => request.model("hyper3d/rodin-2.5").send().await?,
    };
    let path = match object.content_type() {
        Some("application/x-ply") => "object.ply",
        _ => "object.glb",
    };
    let size = object.on_progress(|progress| eprintln!("{progress}")).save(path).await?;
    println!("{path} ({size} bytes)");
    Ok(())
}
