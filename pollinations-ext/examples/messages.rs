//! Uses Anthropic's Messages API: asks a model, continues with its reply, and lets it call a function.

use std::error::Error;

use pollinations_ext::{
    Pollinations,
    messages::Function,
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
    let pollinations = Pollinations::from_env()?;
    let request = pollinations.messages("claude", 2048).system("Be brief").thinking(1024);

    let first = request.clone().user("Name a city").send().await?;
    println!("{} ({})", first.text(), first.stop_reason().unwrap_or("no reason"));

    // The reply is sent back with its signed thinking blocks.
    let weather = Function::new("weather", "Tells the weather of a city", |city: City| async move {
        if city.name.is_empty() { Err("which city?") } else { Ok("sunny, 21 °C") }
    });
    let next = request.user("Name a city").turn(first.to_turn()).user("How is the weather there?");
    let run = next.rust_function(weather).run().await?;
    println!("{} (after {} rounds)", run.text(), run.rounds());
    Ok(())
}
