//! Writes an `<img>` tag for a web page, with a publishable key that anyone may see.

use std::{env, error::Error};

use pollinations_ext::Pollinations;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let key = env::var("POLLINATIONS_PUBLISHABLE_KEY").unwrap_or_else(|_| "pk_example".to_owned());
    let pollinations = Pollinations::builder().key(key.parse()?).build()?;
    let url = pollinations.image("a cat among tulips").model("flux").size(512, 384).seed(42).url()?;
    println!("<img src=\"{}\" alt=\"a cat among tulips\">", url.replace('&', "&amp;"));
    Ok(())
}
