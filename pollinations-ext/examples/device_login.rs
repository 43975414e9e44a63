//! Signs in a user on a machine without a browser: they enter a short code in a browser on another machine.

use std::{env, process::ExitCode};

use pollinations_ext::{
    Builder, Error,
    byop::{DeviceFlow, Server},
};

#[tokio::main]
async fn main() -> ExitCode {
    match login().await {
        Ok(text) => println!("Thank you! {text}"),
        Err(error) => {
            eprintln!("Not today: {error}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

async fn login() -> Result<String, Error> {
    let app_key = env::var("POLLINATIONS_APP_KEY").unwrap_or_else(|_| "pk_example".to_owned());
    let mut flow = DeviceFlow::new(app_key.parse()?);
    let mut builder = Builder::default();
    // Uses the emulator instead of the service.
    if let Ok(url) = env::var("POLLINATIONS_BASE_URL") {
        flow = flow.server(Server::at(&url));
        builder = builder.base_url(url);
    }
    let code = flow.start().await?;
    println!("Please visit {} and enter {}", code.verification_uri(), code.user_code());
    let pollinations = builder.key(code.wait().await?.into_key()).build()?;
    Ok(pollinations.chat("openai").user("Say hello").send().await?.text().to_owned())
}
