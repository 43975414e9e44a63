//! API keys of the account, end to end: the requests, values that are rejected before sending, and what a key may do
//! until it is revoked.

use std::time::Duration;

use pollinations_emulator::{Emulator, Fault, Key};
use pollinations_ext::{Error, ErrorKind, PaymentKind, Pollinations, RetryPolicy, byop::Permission};
use pollinations_tests::{Recorder, Script, Step};
use serde_json::json;

fn client(url: &str, key: &str) -> Pollinations {
    let retry = RetryPolicy::default().base_delay(Duration::ZERO).max_retries(2);
    Pollinations::builder().base_url(url).key(key.parse().unwrap()).retry(retry).build().unwrap()
}

fn status(error: &Error) -> u16 {
    error.status().map_or(0, |status| status.as_u16())
}

#[tokio::test]
async fn creating_a_key_sends_only_the_given_settings() {
    let recorder = Recorder::json(json!({ "id": "key_1", "key": "sk_brand_new" })).await;
    let keys = recorder.client().account().keys();
    let created = keys.create("plain").send().await.unwrap();
    assert_eq!((created.id.as_str(), created.key.expose_secret()), ("key_1", "sk_brand_new"));
    let request = keys
        .create("limited")
        .models(["text", "flux"])
        .budget(0.5)
        .expires_in(Duration::from_millis(1500))
        .permissions([Permission::Usage, Permission::Keys])
        .quest_pollen_only(true)
        .description("for a workshop")
        .field("new", 5);
    request.send().await.unwrap();
    let app = keys.create("app").publishable().redirect_uris(["https://example.com/back"]).earnings(true);
    app.send_raw().await.unwrap();
    insta::assert_snapshot!(recorder.requests());
}

#[tokio::test]
async fn updating_a_key_sends_null_to_remove_a_limit() {
    let recorder = Recorder::json(json!({ "id": "a/b" })).await;
    let keys = recorder.client().account().keys();
    assert_eq!(keys.update("a/b").name("new").send().await.unwrap().id, "a/b");
    let lifted =
        keys.update("key_1").all_models().no_budget().never_expires().permissions([""; 0]).redirect_uris([""; 0]);
    lifted.clone().send().await.unwrap();
    // The last call wins.
    let limited = lifted.models(["image"]).budget(2.0).expires_at("2026-12-31T00:00:00Z").permissions(["usage"]);
    limited.clone().send().await.unwrap();
    limited.no_budget().quest_pollen_only(false).earnings(false).description("x").send().await.unwrap();
    insta::assert_snapshot!(recorder.requests());
}

#[tokio::test]
async fn requests_of_all_other_account_operations() {
    let recorder = Recorder::json(json!({})).await;
    let account = recorder.client().account();
    let _ = account.keys().list().await;
    let _ = account.keys().revoke("key_1").await;
    let _ = account.key_usage().limit(5).days(7).send().await;
    let usage = account.usage().models(["flux", "openai"]).api_key_ids(["key_1", "key_2"]).granularity("week");
    let _ = usage.period("2026-10-05").before("2026-10-06 00:00:00").before_event_id("event_1").send().await;
    let _ = account.usage_daily().days(7).api_key_ids(["key_1"]).send().await;
    let _ = account.earnings().granularity("month").period("2026-10-01").send().await;
    let _ = account.earnings_transactions().limit(5).days(7).send().await;
    let _ = account.quests().await;
    let _ = account.quest_rewards().await;
    let _ = account.quest_catalog().await;
    let _ = account.agents().sync("agent_1").await;
    let _ = account.my_models().list_upstream("https://example.com/v1", "token").await;
    let _ = account.integrations().search("a calendar").await;
    let _ = account.integrations().connect("github").await;
    account.integrations().disconnect("connection_1").await.unwrap();
    account.report_harness("my-harness").await.unwrap();
    let _ = recorder.client().user_info().await;
    insta::assert_snapshot!(recorder.requests());
}

#[tokio::test]
async fn invalid_values_are_rejected_before_the_request_is_sent() {
    let recorder = Recorder::json(json!({})).await;
    let account = recorder.client().account();
    let keys = account.keys();
    let long = "x".repeat(254);
    let created = [
        keys.create("").send().await,
        keys.create(&long).send().await,
        keys.create("x").budget(-0.1).send().await,
        keys.create("x").budget(f64::NAN).send().await,
        keys.create("x").budget(f64::INFINITY).send().await,
        keys.create("x").expires_in(Duration::ZERO).send().await,
    ];
    let changed = [
        keys.update("").name("x").send().await,
        keys.update("..").name("x").send().await,
        keys.update("x").name("").send().await,
        keys.update("x").budget(-1.0).send().await,
        keys.update("x").expires_at("tomorrow").send().await,
        keys.update("x").expires_at("2026-12-31").send().await,
        keys.update("x").expires_at("2026-12-31T00:00:00+01:00").send().await,
    ];
    let others = [
        keys.revoke("").await.map(drop),
        keys.revoke(".").await.map(drop),
        account.agents().get("..").await.map(drop),
        account.agents().delete("").await.map(drop),
        account.agents().sync("").await.map(drop),
        account.my_models().delete("").await.map(drop),
        account.my_models().fallback_candidates("..").await.map(drop),
        account.integrations().disconnect("").await,
    ];
    let created = created.into_iter().map(|result| result.map(drop));
    let changed = changed.into_iter().map(|result| result.map(drop));
    let mut said = String::new();
    for result in created.chain(changed).chain(others) {
        let error = result.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::InvalidRequest, 0), "{error:?}");
        said += &format!("{error}\n");
    }
    assert!(recorder.take().is_empty());
    insta::assert_snapshot!(said);
}

#[tokio::test]
async fn a_key_works_until_its_budget_runs_out_and_it_is_revoked() {
    let emulator = Emulator::start().await.unwrap();
    let owner = client(emulator.base_url(), "sk_owner_of_the_account");
    let keys = owner.account().keys();
    let created = keys.create("guest").models(["image"]).budget(0.015).send().await.unwrap();
    assert_eq!(created.pollen_budget, Some(0.015));
    let guest = owner.with_key(created.key.clone());
    guest.image("a cat").size(8, 8).send().await.unwrap().bytes().await.unwrap();
    let error = guest.image("a dog").size(8, 8).send().await.unwrap_err();
    assert_eq!((status(&error), error.payment()), (402, Some(PaymentKind::KeyBudget)), "{error:?}");
    let error = guest.chat("openai").user("Hello").send().await.unwrap_err();
    assert_eq!(status(&error), 403, "{error:?}");
    let error = guest.account().keys().list().await.unwrap_err();
    assert_eq!(status(&error), 403, "{error:?}");
    let usage = guest.account().key_usage().send().await.unwrap();
    assert_eq!((usage.count, usage.usage[0].api_key.as_deref()), (1, Some("guest")));

    let key = keys.update(&created.id).budget(1.0).all_models().send().await.unwrap();
    assert_eq!(key.pollen_balance, Some(1.0));
    guest.image("a dog").size(8, 8).send().await.unwrap().bytes().await.unwrap();
    guest.chat("openai").user("Hello").send().await.unwrap();

    keys.update(&created.id).expires_at("2026-01-01T00:00:00Z").send().await.unwrap();
    let error = guest.chat("openai").user("Hello?").send().await.unwrap_err();
    assert!(status(&error) == 401 && error.is_signed_out(), "{error:?}");
    keys.update(&created.id).never_expires().send().await.unwrap();
    guest.chat("openai").user("Hello again").send().await.unwrap();

    keys.revoke(&created.id).await.unwrap();
    let error = guest.chat("openai").user("Still there?").send().await.unwrap_err();
    assert!(status(&error) == 401 && error.is_signed_out(), "{error:?}");
    assert_eq!(status(&keys.revoke(&created.id).await.unwrap_err()), 404);
    let own = owner.key_status().await.unwrap().id.clone();
    assert_eq!(status(&keys.revoke(own).await.unwrap_err()), 400);
}

#[tokio::test]
async fn permissions_of_a_key_can_be_granted_and_removed() {
    let emulator = Emulator::start().await.unwrap();
    let owner = client(emulator.base_url(), "sk_owner_of_the_account");
    let keys = owner.account().keys();
    let created = keys.create("reporting").permissions([Permission::Usage]).send().await.unwrap();
    let reporting = owner.with_key(created.key).account();
    reporting.usage().send().await.unwrap();
    let parts = reporting.balance().await.unwrap().account_balance.unwrap();
    assert_eq!((parts.total, parts.tier, parts.paid), (100.0, 0.0, 100.0));
    assert_eq!(reporting.profile().await.unwrap().email, None);
    assert_eq!(status(&reporting.keys().list().await.unwrap_err()), 403);
    keys.update(&created.id).permissions([""; 0]).send().await.unwrap();
    assert_eq!(status(&reporting.usage().send().await.unwrap_err()), 403);
    assert_eq!(status(&reporting.balance().await.unwrap_err()), 403);
    assert_eq!(status(&reporting.earnings().send().await.unwrap_err()), 403);
    keys.update(&created.id).permissions(["profile"]).send().await.unwrap();
    assert_eq!(reporting.profile().await.unwrap().email.as_deref(), Some("ada@example.com"));
}

#[tokio::test]
async fn creating_a_key_is_not_retried_if_the_outcome_is_unknown() {
    let emulator = Emulator::start().await.unwrap();
    let owner = client(emulator.base_url(), "sk_owner_of_the_account");
    let keys = owner.account().keys();
    for fault in [Fault::reset(), Fault::status(504), Fault::status(524)] {
        emulator.clear_journal();
        emulator.inject(fault.clone().operation("create_key"));
        let error = keys.create("once").send().await.unwrap_err();
        assert!(error.outcome_unknown(), "{fault:?}: {error:?}");
        assert_eq!(emulator.journal().len(), 1, "{fault:?}");
        emulator.clear_faults();
    }
    // A 503 means that no key was created, so the client retries.
    emulator.clear_journal();
    emulator.inject(Fault::status(503).operation("create_key"));
    keys.create("twice").send().await.unwrap();
    assert_eq!(emulator.journal().len(), 2);
}

#[tokio::test]
async fn user_info_returns_the_user_of_the_key() {
    let emulator = Emulator::builder()
        .key(Key::new("sk_named_user"))
        .key(Key::new("sk_nameless_user").permissions([""; 0]))
        .start()
        .await
        .unwrap();
    let named = client(emulator.base_url(), "sk_named_user").user_info().await.unwrap();
    let nameless = client(emulator.base_url(), "sk_nameless_user").user_info().await.unwrap();
    assert_eq!((&named.sub, named.name.is_some()), (&nameless.sub, true));
    assert_eq!((nameless.name, nameless.email), (None, None));
    let error = client(emulator.base_url(), "sk_nobody").user_info().await.unwrap_err();
    assert!(error.is_signed_out() && error.operation() == Some("user_info"), "{error:?}");

    // Like every read, `user_info` is retried. It sends the key only in a header.
    emulator.clear_journal();
    let unavailable = Step::json(503, "{}");
    let script = Script::play(vec![unavailable, Step::json(200, r#"{"sub":"user_1"}"#)]).await;
    let placed = Pollinations::builder()
        .base_url(&script.url)
        .key("sk_named_user".parse().unwrap())
        .key_placement(pollinations_ext::KeyPlacement::Query)
        .retry(RetryPolicy::default().base_delay(Duration::ZERO));
    assert_eq!(placed.build().unwrap().user_info().await.unwrap().sub, "user_1");
    let requests = script.requests();
    assert_eq!(requests.len(), 2);
    assert!(requests.iter().all(|request| request.starts_with("GET /api/oauth/userinfo HTTP/1.1")), "{requests:?}");
}
