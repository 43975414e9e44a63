//! Checks what an API key may do before you use it.

use std::error::Error;

use pollinations_ext::Pollinations;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let status = Pollinations::from_env()?.key_status().await?;
    println!("valid: {}, {}", status.valid, status.type_);
    println!("may use flux: {}", status.allows_model("flux"));
    println!("may read the usage: {}", status.allows_account("usage"));
    println!(
        "pollen left: {}",
        status.pollen_budget.map_or("as much as the account has".to_owned(), |left| left.to_string())
    );
    println!("expires in: {:?}", status.expires_in());
    Ok(())
}
