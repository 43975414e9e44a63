//! Uploads a file with your own ID and tags: `cargo run --example publish -- cat.jpg our-cat.jpg cats pets`.

use std::{env, error::Error};

use pollinations_ext::{File, Pollinations};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let path = arguments.next().ok_or("which file?")?;
    let id = arguments.next().ok_or("under which id?")?;
    let media = Pollinations::from_env()?.media();
    // The file is streamed, however large it is.
    let upload = arguments.fold(media.upload(File::path(path)).id(&id), |upload, tag| upload.tag(tag));
    match upload.send().await {
        Ok(uploaded) => println!("{} ({} bytes), tagged {}", uploaded.url, uploaded.size, uploaded.tags.join(", ")),
        Err(error) if error.status().is_some_and(|status| status == 409) => println!("{id} is taken"),
        Err(error) if error.outcome_unknown() => println!("no answer; stored: {}", media.exists(&id).await?),
        Err(error) => return Err(error.into()),
    }
    Ok(())
}
