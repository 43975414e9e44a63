//! Gets the reply of a model as a Rust type.

use std::error::Error;

use pollinations_ext::{
    ErrorKind, Pollinations,
    schemars::{self, JsonSchema},
};
use serde::Deserialize;

#[derive(Debug, Deserialize, JsonSchema)]
struct Itinerary {
    city: String,
    stops: Vec<Stop>,
}

#[derive(Debug, Deserialize, JsonSchema)]
struct Stop {
    name: String,
    /// How long to stay, in hours.
    hours: f64,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let pollinations = Pollinations::from_env()?;
    match pollinations.chat("openai").user("Plan a day in Lisbon").structured::<Itinerary>().await {
        Ok(plan) => plan.stops.iter().for_each(|stop| println!("{}: {} ({} h)", plan.city, stop.name, stop.hours)),
        Err(error) if error.kind() == ErrorKind::StructuredOutput => println!("the model said: {:?}", error.text()),
        Err(error) => return Err(error.into()),
    }
    Ok(())
}
