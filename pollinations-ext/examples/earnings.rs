//! Prints what the account earned, and the quests that are still open.

use std::error::Error;

use pollinations_ext::{Pollinations, types::QuestStatus};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let account = Pollinations::from_env()?.account();

    for source in account.earnings().days(30).send().await?.per_entity {
        println!("{}: {:.2} pollen for {} requests", source.entity_name, source.pollen_earned, source.requests);
    }
    if let Some(newest) = account.earnings_transactions().limit(1).send().await?.transactions.first() {
        println!("newest: {} {:.2} pollen", newest.timestamp, newest.pollen_earned);
    }

    for quest in account.quests().await?.quests {
        if quest.status == QuestStatus::Open {
            println!("to do: {} ({} pollen)", quest.title, quest.reward_amount);
        }
    }
    let rewards = account.quest_rewards().await?.rewards;
    println!("{} pollen from quests", rewards.iter().map(|reward| reward.pollen_amount).sum::<f64>());
    Ok(())
}
