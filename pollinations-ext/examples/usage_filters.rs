//! Prints this month's requests for images, and what this key has spent.

use std::error::Error;

use futures_util::TryStreamExt;
use pollinations_ext::{Pollinations, types::UsageRecord};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let account = Pollinations::from_env()?.account();

    let usage = account.usage().granularity("month").models(["flux", "zimage"]);
    let records: Vec<UsageRecord> = usage.records().try_collect().await?;
    for record in &records {
        println!("{} {:?} by {:?}: {} pollen", record.timestamp, record.model, record.api_key, record.cost_usd);
    }
    println!("{} images this month", records.len());

    let mut spent = 0.0;
    let mut records = account.key_usage().days(1).records();
    while let Some(record) = records.next().await {
        spent += record?.cost_usd;
    }
    println!("{spent:.6} pollen with this key since yesterday");

    let balance = account.balance().await?;
    if let Some(parts) = balance.account_balance {
        println!("{} pollen left: {} from quests, {} paid", parts.total, parts.tier, parts.paid);
    }
    Ok(())
}
