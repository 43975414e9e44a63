//! Shows the statistics of a model in the last day: `cargo run --example model_status -- openai`.

use std::{env, error::Error};

use pollinations_ext::Pollinations;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let models = Pollinations::from_env()?.models();
    let report = models.status().minutes(24 * 60).await?;
    let Some(name) = env::args().nth(1) else {
        println!("{} models; columns: {}", report.rows().count(), report.columns().collect::<Vec<_>>().join(", "));
        return Ok(());
    };
    let id = models.get(name).await?.id;
    match report.row_of(&id) {
        Some(row) => row.fields().iter().for_each(|(column, value)| println!("{column}: {value}")),
        None => println!("nobody has used {id}"),
    }
    Ok(())
}
