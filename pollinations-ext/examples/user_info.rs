//! Prints the user that the API key belongs to.

use std::error::Error;

use pollinations_ext::Pollinations;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let pollinations = Pollinations::from_env()?;
    match pollinations.user_info().await {
        Ok(user) => {
            println!("{} ({})", user.preferred_username.unwrap_or_default(), user.sub);
            // These need the permission `profile`.
            println!("{:?} <{:?}>", user.name, user.email);
        }
        Err(error) if error.is_signed_out() => println!("The key is no longer valid."),
        Err(error) => return Err(error.into()),
    }
    Ok(())
}
