//! Lists the files that were published under a tag: `cargo run --example gallery -- cats`.

use std::{env, error::Error};

use pollinations_ext::Pollinations;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let tag = env::args().nth(1).ok_or("which tag?")?;
    let mut files = Pollinations::from_env()?.media().gallery(tag).files();
    let mut count = 0;
    while let Some(file) = files.next().await {
        let file = file?;
        println!("{} {} ({})", file.created_at, file.url, file.content_type);
        count += 1;
    }
    println!("{count} files");
    Ok(())
}
