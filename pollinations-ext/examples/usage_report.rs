//! Prints what the account spent, by model.

use std::{collections::BTreeMap, error::Error};

use pollinations_ext::Pollinations;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let account = Pollinations::from_env()?.account();
    let mut spent: BTreeMap<String, (u64, f64)> = BTreeMap::new();
    let mut records = account.usage().records();
    while let Some(record) = records.next().await {
        let record = record?;
        let sum = spent.entry(record.model.unwrap_or_default()).or_default();
        sum.0 += 1;
        sum.1 += record.cost_usd;
    }
    for (model, (requests, pollen)) in spent {
        println!("{model:20} {requests:8} {pollen:12.6}");
    }
    println!("{:.6} pollen left", account.balance().await?.balance);
    Ok(())
}
