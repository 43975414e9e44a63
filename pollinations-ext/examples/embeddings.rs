//! Finds the notes that fit a question: `cargo run --example embeddings -- "Which flower blooms in spring?"`.

use std::{env, error::Error};

use pollinations_ext::Pollinations;

const NOTES: &[&str] = &[
    "Tulips bloom in spring and come from Central Asia",
    "The night train to Berlin leaves at half past nine",
    "A sourdough bread needs a day to rise",
];

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let question = env::args().nth(1).ok_or("which question?")?;
    let pollinations = Pollinations::from_env()?;
    let notes =
        pollinations.embed_batch(NOTES.iter().copied()).dimensions(256).encoding_format("base64").send().await?;
    let query = pollinations.embed(question).dimensions(256).encoding_format("base64").send().await?;

    // The vectors of these models have length 1, so that their dot product is the cosine of the angle between them.
    let likeness =
        |vector: &Vec<f32>| -> f32 { vector.iter().zip(query.vector()).map(|(one, other)| one * other).sum() };
    let mut found: Vec<(f32, &str)> = notes.vectors().iter().map(likeness).zip(NOTES.iter().copied()).collect();
    found.sort_by(|one, other| other.0.total_cmp(&one.0));
    for (likeness, note) in found {
        println!("{likeness:.2} {note}");
    }
    println!("{} tokens by {}", notes.usage().total_tokens, notes.model());
    Ok(())
}
