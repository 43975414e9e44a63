//! Sorts a mail: typed answers with probabilities instead of text.

use std::error::Error;

use pollinations_ext::Pollinations;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let pollinations = Pollinations::from_env()?;
    let decision = pollinations
        .decide("Where is my parcel? It should have come on Monday! I am furious.")
        .choice("topic", "What is it about?", [("delivery", "a parcel that is late"), ("invoice", "a payment")])
        .score("anger", "How angry is the customer?", ["calm", "annoyed", "furious"])
        .proposition("refund", "The customer asks for their money back")
        .send()
        .await?;
    if let Some(topic) = decision.choice("topic") {
        println!("topic: {} ({:.0} %)", topic.choice, topic.confidence * 100.0);
    }
    if let Some(anger) = decision.score("anger") {
        println!("anger: {:.1} of 2", anger.score);
    }
    println!("refund: {:.0} %", decision.probability("refund").unwrap_or_default() * 100.0);
    Ok(())
}
