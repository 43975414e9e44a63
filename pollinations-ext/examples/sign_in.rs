//! Lets the user pay for an image: they sign in in the browser and grant this program a key. The first argument is
//! the time limit in seconds; the default is five minutes.

use std::{env, process::ExitCode, time::Duration};

use pollinations_ext::{
    Builder, Error, Pollinations,
    byop::{Permission, Server},
};

#[tokio::main]
async fn main() -> ExitCode {
    let seconds = env::args().nth(1).and_then(|seconds| seconds.parse().ok()).unwrap_or(300);
    match picture(Duration::from_secs(seconds)).await {
        Ok(bytes) => println!("Thank you! cat.jpg ({bytes} bytes)"),
        Err(error) => {
            eprintln!("No picture today: {error}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

async fn picture(limit: Duration) -> Result<u64, Error> {
    let app_key = env::var("POLLINATIONS_APP_KEY").unwrap_or_else(|_| "pk_example".to_owned());
    let mut sign_in = Pollinations::sign_in(app_key.parse()?).models(["flux"]).budget(1.0).expiry(1).timeout(limit);
    let mut builder = Builder::default();
    // Uses the emulator instead of the service.
    if let Ok(url) = env::var("POLLINATIONS_BASE_URL") {
        sign_in = sign_in.server(Server::discover(&url).await?).open_browser(false);
        builder = builder.base_url(url);
    }
    let sign_in = sign_in.permissions([Permission::Profile, Permission::Usage]);
    let grant = sign_in.show_link(|link| println!("Please visit {link}")).run().await?;
    println!("Granted: {}", grant.scopes().join(", "));
    builder.key(grant.into_key()).build()?.image("a cat among tulips").model("flux").send().await?.save("cat.jpg").await
}
