//! Finds the cheapest text model with a capability: `cargo run --example find_model -- web_search`.

use std::{env, error::Error};

use pollinations_ext::{ModelInfoExt, Pollinations};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let capability = env::args().nth(1).unwrap_or_else(|| "tool_calling".to_owned());
    let models = Pollinations::from_env()?.models().text().capabilities([capability]).await?;
    // For a request of 2000 tokens and a reply of 500.
    let costs = models.iter().filter_map(|model| Some((model.prices().text_cost(2000, 500)?, model)));
    let (cost, model) = costs.min_by(|one, other| one.0.total_cmp(&other.0)).ok_or("no model can do that")?;
    println!("{} for {cost:.4} pollen, with {:?} tokens of context", model.name, model.context_tokens());
    for (unit, price) in model.prices().iter() {
        println!("  {unit}: {price}");
    }
    Ok(())
}
