//! Lists the models with their prices, or one: `cargo run --example models -- flux`.

use std::{env, error::Error};

use pollinations_ext::{Pollinations, types::ModelInfo};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // Listings need no key.
    let url = env::var("POLLINATIONS_BASE_URL").unwrap_or_else(|_| "https://gen.pollinations.ai".to_owned());
    let models = Pollinations::builder().without_key().base_url(url).build()?.models();
    match env::args().nth(1) {
        Some(name) => show(&models.find(&name).await?.ok_or("there is no such model")?),
        None => {
            for listing in [models.text(), models.image(), models.audio()] {
                listing.await?.iter().for_each(show);
            }
        }
    }
    Ok(())
}

fn show(model: &ModelInfo) {
    println!("{:20} {:?} -> {:?} {:?}", model.name, model.input_modalities, model.output_modalities, model.pricing);
}
