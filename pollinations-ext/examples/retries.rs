//! Sets timeouts, retries and the payment policy (402), and logs each attempt.

use std::{error::Error, time::Duration};

use pollinations_ext::{Builder, PaymentAnswer, PaymentPolicy, RetryPolicy};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let policy = RetryPolicy::default().max_retries(4).max_elapsed(Duration::from_secs(60)).payment(PaymentPolicy::Ask);
    println!("{policy}");
    let pollinations = Builder::from_env()?
        .retry(policy)
        .observer(|attempt| println!("{attempt}"))
        .on_payment_required(|required| async move {
            println!("{}: please top up at https://enter.pollinations.ai", required.message);
            PaymentAnswer::GiveUp
        })
        .build()?;
    println!("{}", pollinations.chat("openai").user("Name a flower").send().await?.text());
    Ok(())
}
