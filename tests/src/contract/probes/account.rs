//! Keys, earnings and quests.

use pollinations_ext::types::KeyType;

use super::{
    super::{
        Aspect::{Answer, Refusal},
        Context, Probe,
        Spend::{Cheap, None as Free},
    },
    Running, error_text, expect_status, require,
    undo::{blocked, unblocked, with_key},
};

pub(super) fn all() -> Vec<Probe> {
    let mut probes = reports();
    probes.extend(keys());
    probes
}

fn reports() -> Vec<Probe> {
    vec![
        probe!(Free, Answer, "key_usage", "key usage", |context| {
            context.client()?.account().key_usage().limit(5).send().await.map(drop).map_err(error_text)
        }),
        probe!(Free, Answer, "key_usage", "key usage as CSV", |context| {
            context.client()?.account().key_usage().limit(5).csv_rows().await.map(drop).map_err(error_text)
        }),
        probe!(Cheap, Answer, "account_usage", "usage in pages", |context| {
            let client = context.client()?;
            // Create two records, probably in the same second.
            for seed in [1, 2] {
                let text = client.text("Say hello").seed(seed).send().await;
                text.map_err(|error| blocked("generate_text", error))?;
            }
            let mut records = client.account().usage().limit(1).records();
            let mut events = Vec::new();
            for _ in 0..2 {
                // Records may be delayed.
                let Some(record) = records.next().await else { break };
                events.push(record.map_err(error_text)?.cursor_event_id);
            }
            events.dedup();
            require(events.len() != 1, "a record occurs twice")
        }),
        probe!(Free, Refusal, "account_usage", "usage of too many days", |context| {
            expect_status(context.client()?.account().usage().days(91).send().await.map(drop), 400)
        }),
        probe!(Free, Answer, "account_earnings", "earnings", |context| {
            context.client()?.account().earnings().days(365).send().await.map(drop).map_err(error_text)
        }),
        probe!(Free, Answer, "account_earnings", "earnings as CSV", |context| {
            context.client()?.account().earnings().days(365).csv_rows().await.map(drop).map_err(error_text)
        }),
        probe!(Free, Answer, "account_earnings", "earnings of a month", |context| {
            context.client()?.account().earnings().granularity("month").send().await.map(drop).map_err(error_text)
        }),
        probe!(Free, Answer, "earnings_transactions", "earnings one by one", |context| {
            let list = context.client()?.account().earnings_transactions().limit(5).days(365).send().await;
            require(list.map_err(error_text)?.transactions.len() <= 5, "the list is longer than the limit")
        }),
        probe!(Free, Answer, "account_quests", "quests with progress", |context| {
            context.client()?.account().quests().await.map(drop).map_err(error_text)
        }),
        probe!(Free, Answer, "quest_rewards", "rewards", |context| {
            context.client()?.account().quest_rewards().await.map(drop).map_err(error_text)
        }),
        probe!(Free, Answer, "quest_catalog", "all quests", |context| {
            context.anonymous_client()?.account().quest_catalog().await.map(drop).map_err(error_text)
        }),
        probe!(Free, Answer, "list_keys", "keys", |context| {
            let client = context.client()?;
            let list = client.account().keys().list().await.map_err(error_text)?;
            require(list.data.iter().all(|key| !key.id.is_empty()), "a key without an id")
        }),
        // The service only counts it.
        probe!(changes Free, Answer, "report_harness", "harness report", |context| {
            let client = context.client()?;
            client.account().report_harness("contract-suite").await.map_err(error_text)
        }),
    ]
}

fn keys() -> Vec<Probe> {
    vec![
        probe!(changes Free, Answer, "create_key", "new key", |context| {
            let result = with_key(
                context,
                |key| key.budget(0.0).models(["text"]).expires_in(std::time::Duration::from_secs(600)),
                |client, created| async move {
                    require(created.key.is_secret(), "the key is not secret")?;
                    let status = client.with_key(created.key).key_status().await;
                    let status = status.map_err(|error| blocked("account_key", error))?;
                    require(status.valid && status.is_budget_exhausted(), "the key does not have the requested budget")?;
                    require(status.expires_in().is_some(), "the key never expires")
                },
            );
            unblocked("create_key", result.await)
        }),
        probe!(changes Free, Answer, "create_key", "new publishable key", |context| {
            let result = with_key(context, pollinations_ext::CreateKeyRequest::publishable, |_, created| async move {
                require(created.key.is_publishable(), "the key is not publishable")?;
                require(created.type_.is_none_or(|kind| kind == KeyType::Publishable), "the type is wrong")
            });
            unblocked("create_key", result.await)
        }),
        probe!(changes Free, Refusal, "list_keys", "key without permission", |context| {
            with_key(
                context,
                |key| key.budget(0.0),
                |client, created| async move {
                    expect_status(client.with_key(created.key).account().keys().list().await.map(drop), 403)
                },
            )
            .await
        }),
        probe!(changes Free, Answer, "update_key", "new name and budget", |context| {
            with_key(
                context,
                |key| key.budget(0.0),
                |client, created| async move {
                    let keys = client.account().keys();
                    let name = format!("{}-changed", created.name.unwrap_or_default());
                    let key = keys.update(&created.id).name(&name).budget(0.5).send().await.map_err(error_text)?;
                    require(key.id == created.id, "the changed key is a different one")?;
                    require(key.name.as_deref() == Some(&name), "the key does not have the new name")
                },
            )
            .await
        }),
        probe!(changes Free, Refusal, "update_key", "key that does not exist", |context| {
            let keys = context.client()?.account().keys();
            expect_status(keys.update("contract-no-such-key").name("x").send().await.map(drop), 404)
        }),
        probe!(changes Free, Answer, "revoke_key", "revoked key", |context| {
            with_key(
                context,
                |key| key.budget(0.0),
                |client, created| async move {
                    client.account().keys().revoke(&created.id).await.map_err(error_text)?;
                    match client.with_key(created.key).account().balance().await {
                        Ok(_) => Err("the key still works".to_owned()),
                        Err(error) if error.status().is_some_and(|status| status == 401) => Ok(()),
                        Err(error) => Err(blocked("account_balance", error)),
                    }
                },
            )
            .await
        }),
    ]
}
