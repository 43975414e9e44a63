//! Separates a song into stems, in the folder `stems`: `cargo run --example stems -- song.mp3`.

use std::{env, error::Error};

use pollinations_ext::{File, Pollinations};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let song = File::path(env::args().nth(1).ok_or("which song?")?);
    let pollinations = Pollinations::from_env()?;
    for stem in pollinations.separate_stems(song).save_to("stems").await? {
        println!("{}: {} ({} bytes)", stem.name, stem.path.display(), stem.size);
    }
    Ok(())
}
