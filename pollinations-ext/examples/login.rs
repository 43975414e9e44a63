//! Lets the user pay for an image: they grant a key in the browser, which returns it to this machine. The first
//! argument is the time limit in seconds; the default is five minutes.

use std::{env, process::ExitCode, time::Duration};

use pollinations_ext::{
    Builder, Error,
    byop::{FragmentFlow, Receiver},
};

#[tokio::main]
async fn main() -> ExitCode {
    let seconds = env::args().nth(1).and_then(|seconds| seconds.parse().ok()).unwrap_or(300);
    match login(Duration::from_secs(seconds)).await {
        Ok(bytes) => println!("Thank you! cat.jpg ({bytes} bytes)"),
        Err(error) => {
            eprintln!("No picture today: {error}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

async fn login(limit: Duration) -> Result<u64, Error> {
    let receiver = Receiver::bind().await?;
    let mut flow = FragmentFlow::new(receiver.redirect_url()).models(["flux"]).budget(1.0).expiry(1);
    let mut builder = Builder::default();
    // Uses the emulator instead of the service.
    if let Ok(url) = env::var("POLLINATIONS_BASE_URL") {
        flow = flow.enter_url(&url);
        builder = builder.base_url(url);
    }
    println!("Please visit {}", flow.url()?);
    let key = receiver.receive(&flow, limit).await?;
    builder.key(key).build()?.image("a cat among tulips").model("flux").send().await?.save("cat.jpg").await
}
