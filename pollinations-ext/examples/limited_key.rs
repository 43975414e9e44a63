//! Creates an API key with limits for a guest, and revokes it.

use std::{error::Error, time::Duration};

use pollinations_ext::Pollinations;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let pollinations = Pollinations::from_env()?;
    let keys = pollinations.account().keys();

    let hour = Duration::from_secs(3600);
    let guest = keys.create("guest").models(["text"]).budget(0.25).expires_in(hour).send().await?;
    println!("{} may spend {:?} pollen until {:?}", guest.id, guest.pollen_budget, guest.expires_at);

    // Give the key itself to the guest. It is never printed.
    let client = pollinations.with_key(guest.key);
    println!("{}", client.chat("openai").user("Hello").send().await?.text());
    if let Err(error) = client.image("a cat").send().await {
        println!("no images: {error}");
    }

    let key = keys.update(&guest.id).name("guest, for longer").budget(1.0).never_expires().send().await?;
    println!("{:?} has {:?} pollen left", key.name, key.pollen_balance);

    keys.revoke(&guest.id).await?;
    println!("revoked: {}", client.chat("openai").user("Still there?").send().await.is_err());
    Ok(())
}
