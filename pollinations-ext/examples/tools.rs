//! Lets a model call Rust functions.

use std::error::Error;

use pollinations_ext::{
    Pollinations,
    chat::Function,
    schemars::{self, JsonSchema},
};
use serde::Deserialize;

#[derive(Deserialize, JsonSchema)]
struct City {
    /// The name of the city, in English.
    name: String,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let weather = Function::new("weather", "Tells the weather of a city", |city: City| async move {
        if city.name.is_empty() { Err("which city?") } else { Ok(format!("{}: sunny, 21 °C", city.name)) }
    });
    let pollinations = Pollinations::from_env()?;
    let run = pollinations.chat("openai").user("How is the weather in Paris?").rust_function(weather).run().await?;
    println!("{} (after {} rounds, {} tokens)", run.text(), run.rounds(), run.total_tokens());
    Ok(())
}
