//! Lists all models with their prices, or shows one: `cargo run --example models -- flux`.

use std::{env, error::Error};

use pollinations_ext::{ModelInfoExt, Pollinations, types::ModelInfo};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // Listings need no API key.
    let url = env::var("POLLINATIONS_BASE_URL").unwrap_or_else(|_| "https://gen.pollinations.ai".to_owned());
    let models = Pollinations::builder().without_key().base_url(url).build()?.models();
    match env::args().nth(1) {
        Some(name) => show(&models.find(&name).await?.ok_or("there is no such model")?),
        None => {
            models.all().await?.iter().for_each(show);
        }
    }
    Ok(())
}

fn show(model: &ModelInfo) {
    let prices: Vec<String> = model.prices().iter().map(|(unit, price)| format!("{unit} {price}")).collect();
    println!("{:34} {:?}: {}", model.name, model.output_modalities, prices.join(", "));
}
