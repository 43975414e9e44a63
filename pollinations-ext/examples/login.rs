//! Lets the user pay for a picture: he grants a key in the browser, and it comes back to this machine.

use std::{env, error::Error, time::Duration};

use pollinations_ext::{
    Builder,
    byop::{Authorization, Receiver},
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let receiver = Receiver::bind().await?;
    let mut authorization = Authorization::new(receiver.redirect_url()).models(["flux"]).budget(1.0).expiry(1);
    let mut builder = Builder::default();
    // An emulator in place of the service.
    if let Ok(url) = env::var("POLLINATIONS_BASE_URL") {
        authorization = authorization.enter_url(&url);
        builder = builder.base_url(url);
    }
    println!("Please visit {}", authorization.url()?);
    let key = receiver.receive(&authorization, Duration::from_secs(300)).await?;
    let image = builder.key(key).build()?.image("a cat among tulips").model("flux").send().await?;
    println!("Thank you! cat.jpg ({} bytes)", image.save("cat.jpg").await?);
    Ok(())
}
