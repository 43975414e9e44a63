//! Account operations: keys, usage, earnings, quests, agents, models and connected apps.

use pollinations_emulator::{Emulator, Key};
use serde_json::{Value, json};

const KEY: &str = "sk_owner";

async fn call(emulator: &Emulator, key: &str, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
    let url = format!("{}{path}", emulator.base_url());
    let mut request = reqwest::Client::new().request(method.parse().unwrap(), url).bearer_auth(key);
    if let Some(body) = body {
        request = request.header("content-type", "application/json").body(body.to_string());
    }
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    (status, serde_json::from_slice(&response.bytes().await.unwrap()).unwrap_or_default())
}

async fn get(emulator: &Emulator, key: &str, path: &str) -> (u16, Value) {
    call(emulator, key, "GET", path, None).await
}

async fn post(emulator: &Emulator, path: &str, body: Value) -> (u16, Value) {
    call(emulator, KEY, "POST", path, Some(body)).await
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_else(|| panic!("no text `{field}` in {value}"))
}

#[tokio::test]
async fn a_created_key_works_within_its_limits() {
    let emulator = Emulator::start().await.unwrap();
    let limits = json!({ "name": "guest", "allowedModels": ["flux"], "pollenBudget": 0.015, "expiresIn": 3600 });
    let (status, made) = post(&emulator, "/account/keys", limits).await;
    assert_eq!(status, 200, "{made}");
    let (id, key) = (text(&made, "id"), text(&made, "key"));
    // A model ID is stored as its category.
    assert_eq!(made["permissions"], json!({ "models": ["image"], "account": null }));
    assert_eq!(get(&emulator, key, "/image/x?model=kontext&width=8&height=8").await.0, 200);
    assert_eq!(get(&emulator, key, "/image/y?width=8&height=8").await.0, 402, "the budget must be used up");
    assert_eq!(get(&emulator, key, "/text/x?json=true").await.0, 403, "text is not an allowed category");
    for path in ["/account/keys", "/account/usage", "/account/earnings", "/account/agents"] {
        assert_eq!(get(&emulator, key, path).await.0, 403, "{path}");
    }
    assert_eq!(get(&emulator, key, "/account/key/usage").await.1["count"], 1);
    let status = get(&emulator, key, "/account/key").await.1;
    let seconds = status["expiresIn"].as_f64().unwrap();
    assert!((3590.0..=3600.0).contains(&seconds), "{seconds}");

    let list = get(&emulator, KEY, "/account/keys").await.1;
    assert!(!list.to_string().contains(key), "{list}");
    let listed = list["data"].as_array().unwrap().iter().find(|listed| listed["id"] == id).unwrap();
    assert_eq!((&listed["name"], &listed["prefix"], &listed["enabled"]), (&"guest".into(), &"sk".into(), &true.into()));
    assert!((listed["pollenBalance"].as_f64().unwrap() - 0.005).abs() < 1e-9, "{listed}");

    let path = format!("/account/keys/{id}");
    let changes = json!({ "pollenBudget": null, "allowedModels": null, "accountPermissions": ["usage"] });
    let (status, changed) = call(&emulator, KEY, "PATCH", &path, Some(changes)).await;
    assert_eq!(
        (status, &changed["pollenBalance"], &changed["name"]),
        (200, &Value::Null, &"guest".into()),
        "{changed}"
    );
    assert_eq!(get(&emulator, key, "/image/y?width=8&height=8").await.0, 200);
    assert_eq!(get(&emulator, key, "/text/x?json=true").await.0, 200);
    assert_eq!(get(&emulator, key, "/account/usage").await.0, 200);
    let expired = json!({ "expiresAt": "2026-01-01T00:00:00Z" });
    assert_eq!(call(&emulator, KEY, "PATCH", &path, Some(expired)).await.1["enabled"], false);
    assert_eq!(get(&emulator, key, "/account/key").await.0, 401, "the key must be expired");
    let never = json!({ "expiresAt": null });
    assert_eq!(call(&emulator, KEY, "PATCH", &path, Some(never)).await.1["expiresAt"], Value::Null);
    assert_eq!(get(&emulator, key, "/account/key").await.0, 200);

    assert_eq!(call(&emulator, KEY, "DELETE", &path, None).await.0, 200);
    assert_eq!(get(&emulator, key, "/account/key").await.0, 401, "the key must be revoked");
    assert_eq!(call(&emulator, KEY, "DELETE", &path, None).await.0, 404);
    assert_eq!(call(&emulator, KEY, "PATCH", &path, Some(json!({ "name": "x" }))).await.0, 404);
    let own = get(&emulator, KEY, "/account/key").await.1;
    let own = format!("/account/keys/{}", text(&own, "id"));
    assert_eq!(call(&emulator, KEY, "DELETE", &own, None).await.0, 400, "a key must not revoke itself");
    // The journal does not contain the key.
    let secret = key.trim_start_matches("sk_");
    assert!(!format!("{:?}", emulator.journal()).contains(secret));
}

#[tokio::test]
async fn a_publishable_key_cannot_spend_and_needs_valid_settings() {
    let emulator = Emulator::start().await.unwrap();
    let app = json!({ "name": "Drawing board", "type": "publishable", "redirectUris": ["https://example.com/back"] });
    let (status, made) = post(&emulator, "/account/keys", app).await;
    assert_eq!((status, &made["pollenBudget"], &made["prefix"]), (200, &json!(0.0), &"pk".into()), "{made}");
    assert_eq!(get(&emulator, text(&made, "key"), "/image/x?width=8&height=8").await.0, 402);
    for (field, value) in [
        ("redirectUris", json!(["http://example.com/back"])),
        ("redirectUris", json!(["http://localhost.example.com/"])),
        ("pollenBudget", json!(5)),
    ] {
        let mut app = json!({ "name": "x", "type": "publishable" });
        app[field] = value;
        let (status, refused) = post(&emulator, "/account/keys", app.clone()).await;
        assert_eq!(status, 400, "{app}");
        assert!(refused["error"]["details"]["fieldErrors"].get(field).is_some(), "{refused}");
    }
}

#[tokio::test]
async fn an_app_earns_from_what_its_users_spend() {
    let emulator = Emulator::start().await.unwrap();
    let app = json!({ "name": "Drawing board", "type": "publishable", "earningsEnabled": true });
    let app = post(&emulator, "/account/keys", app).await.1;
    let client_id = text(&app, "key");
    let earned = async || {
        let sums = get(&emulator, KEY, "/account/earnings").await.1;
        let sums = sums["perEntity"].as_array().unwrap().iter().find(|sum| sum["entity_name"] == "Drawing board");
        sums.map(|sum| sum["pollen_earned"].as_f64().unwrap())
    };
    assert_eq!(earned().await, None);
    let form = format!("redirect_url=https://example.com/back&app_key={client_id}&decision=allow");
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let request = http.post(format!("{}/authorize", emulator.base_url()));
    let request = request.header("content-type", "application/x-www-form-urlencoded").body(form);
    let answer = request.send().await.unwrap();
    let location = answer.headers()["location"].to_str().unwrap().to_owned();
    let key = location.split("api_key=").nth(1).unwrap();
    assert_eq!(get(&emulator, key, "/account/key").await.1["byopApp"]["name"], "Drawing board");
    assert_eq!(get(&emulator, key, "/image/x?width=8&height=8").await.0, 200);
    assert!((earned().await.unwrap() - 0.0025).abs() < 1e-9);
    let list = get(&emulator, KEY, "/account/earnings/transactions?limit=1").await.1;
    assert_eq!((&list["count"], &list["transactions"][0]["entity_name"]), (&json!(1), &"Drawing board".into()));
}

#[tokio::test]
async fn earning_sums_match_the_transactions() {
    let emulator = Emulator::start().await.unwrap();
    let sums = get(&emulator, KEY, "/account/earnings?days=365").await.1;
    let list = get(&emulator, KEY, "/account/earnings/transactions?days=365").await.1;
    let sum = |list: &Value| -> f64 {
        list.as_array().unwrap().iter().map(|one| one["pollen_earned"].as_f64().unwrap()).sum()
    };
    let all = sum(&list["transactions"]);
    assert!(all > 0.0 && (sum(&sums["daily"]) - all).abs() < 1e-9 && (sum(&sums["perEntity"]) - all).abs() < 1e-9);
    let recent = get(&emulator, KEY, "/account/earnings/transactions?days=7").await.1;
    assert!(sum(&recent["transactions"]) < all);
    assert_eq!(get(&emulator, KEY, "/account/earnings?granularity=day&period=2020-01-01").await.1["daily"], json!([]));
    assert_eq!(get(&emulator, KEY, "/account/earnings?period=soon").await.0, 400);
}

#[tokio::test]
async fn quests_are_completed_by_the_requests_they_ask_for() {
    let emulator = Emulator::start().await.unwrap();
    let status = async |id: &str| {
        let quests = get(&emulator, KEY, "/account/quests").await.1["quests"].take();
        quests.as_array().unwrap().iter().find(|quest| quest["id"] == id).unwrap()["status"].clone()
    };
    let rewards = async || get(&emulator, KEY, "/account/quests/rewards").await.1["rewards"].as_array().unwrap().len();
    assert_eq!((status("join").await, status("hackathon").await), ("completed".into(), "coming_soon".into()));
    assert_eq!(rewards().await, 1);
    assert_eq!(status("first-image").await, "open");
    assert_eq!(get(&emulator, KEY, "/image/x?width=8&height=8").await.0, 200);
    assert_eq!(status("first-image").await, "completed");
    assert_eq!(status("first-key").await, "open");
    assert_eq!(post(&emulator, "/account/keys", json!({ "name": "x" })).await.0, 200);
    assert_eq!(status("first-key").await, "completed");
    assert_eq!(rewards().await, 3);
    // The catalog needs no key, so quests have no status.
    let answer = reqwest::get(format!("{}/quests/catalog", emulator.base_url())).await.unwrap();
    let catalog: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
    assert!(catalog["quests"].as_array().unwrap().iter().all(|quest| quest.get("status").is_none()));
}

#[tokio::test]
async fn usage_is_filtered_and_paged_by_event_ids() {
    let emulator =
        Emulator::builder().key(Key::new(KEY)).key(Key::new("sk_other").name("other")).start().await.unwrap();
    for number in 0..4 {
        get(&emulator, KEY, &format!("/text/{number}")).await;
        get(&emulator, "sk_other", &format!("/image/{number}?width=8&height=8")).await;
    }
    let usage = async |query: &str| get(&emulator, KEY, &format!("/account/usage{query}")).await.1;
    let count = async |query: &str| usage(query).await["count"].as_u64().unwrap();
    let id = usage("?limit=1").await["usage"][0]["api_key_id"].as_str().unwrap().to_owned();
    assert_eq!(usage("?limit=1").await["usage"][0]["api_key"], "other");
    assert_eq!((count("").await, count("?limit=3").await), (8, 3));
    assert_eq!(count(&format!("?api_key_ids={id}")).await, 4);
    assert_eq!(count(&format!("?api_key_ids={id},key_x&models=flux")).await, 0);
    assert_eq!(count("?models=zimage,openai").await, 8);
    assert_eq!((count("?granularity=month").await, count("?granularity=day&period=2020-01-01").await), (8, 0));
    assert_eq!(get(&emulator, "sk_other", "/account/key/usage").await.1["count"], 4);
    let daily = get(&emulator, KEY, &format!("/account/usage/daily?api_key_ids={id}")).await.1;
    assert_eq!((&daily["usage"][0]["requests"], &daily["usage"][0]["api_key"]), (&json!(4), &"other".into()));
    let mut seen = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = usage(&format!("?limit=3{cursor}")).await["usage"].take();
        let records = page.as_array().unwrap();
        seen.extend(records.iter().map(|record| text(record, "cursor_event_id").to_owned()));
        let Some(last) = records.last() else { break };
        let time = text(last, "timestamp").replace(' ', "T");
        cursor = format!("&before={time}Z&before_event_id={}", text(last, "cursor_event_id"));
    }
    let mut once = seen.clone();
    once.dedup();
    assert_eq!((seen.len(), once.len()), (8, 8), "{seen:?}");
    for query in ["?limit=0", "?days=91", "?granularity=year"] {
        assert_eq!(get(&emulator, KEY, &format!("/account/usage{query}")).await.0, 400, "{query}");
    }
}

#[tokio::test]
async fn a_quest_pollen_key_does_not_spend_paid_pollen() {
    let owner = Key::new("sk_quest").quest_pollen_only(true);
    let emulator = Emulator::builder().quest_balance(0.015).key(owner).start().await.unwrap();
    assert_eq!(get(&emulator, "sk_quest", "/account/key").await.1["questPollenOnly"], true);
    assert_eq!(get(&emulator, "sk_quest", "/image/x?width=8&height=8").await.0, 200);
    assert_eq!(get(&emulator, "sk_quest", "/image/y?width=8&height=8").await.0, 402);
    let parts = get(&emulator, "sk_quest", "/account/balance").await.1["accountBalance"].take();
    assert_eq!(parts["paid"], json!(100.0));
}

#[tokio::test]
async fn agents_are_stored_changed_and_deleted() {
    let emulator = Emulator::start().await.unwrap();
    let agent = json!({ "name": "poet", "title": "Poet", "baseModel": "openai", "systemPrompt": "Rhyme." });
    let (status, made) = post(&emulator, "/account/agents", agent.clone()).await;
    assert_eq!((status, &made["type"], &made["visibility"]), (200, &"prompt_agent".into(), &"private".into()));
    assert_eq!(post(&emulator, "/account/agents", agent).await.0, 400, "a taken name must be rejected");
    let path = format!("/account/agents/{}", text(&made, "id"));
    let changes = json!({ "systemPrompt": "Do not rhyme." });
    let changed = call(&emulator, KEY, "PATCH", &path, Some(changes)).await.1;
    assert_eq!((&changed["systemPrompt"], &changed["title"]), (&"Do not rhyme.".into(), &"Poet".into()));
    assert_eq!(get(&emulator, KEY, &path).await.1, changed);
    assert_eq!(get(&emulator, KEY, "/account/my-models").await.1["data"][0]["modelId"], "community/ada/poet");
    assert_eq!(call(&emulator, KEY, "PATCH", &path, Some(json!({ "unknown": 1 }))).await.0, 400);

    let code = post(&emulator, "/account/agents", json!({ "type": "code_agent", "repository": "ada/robot" })).await.1;
    assert_eq!(code["name"], "robot", "{code}");
    let sync = format!("/account/agents/{}/sync", text(&code, "id"));
    let synced = post(&emulator, &sync, json!({})).await;
    assert_eq!(synced.0, 200);
    assert_ne!(synced.1["deployedCommitSha"], code["deployedCommitSha"]);
    assert_eq!(post(&emulator, &sync, json!({})).await.0, 429);
    assert_eq!(
        post(&emulator, &format!("{path}/sync"), json!({})).await.0,
        404,
        "an agent without code cannot be synced"
    );

    assert_eq!(call(&emulator, KEY, "DELETE", &path, None).await.0, 200);
    assert_eq!(get(&emulator, KEY, &path).await.0, 404);
    assert_eq!(get(&emulator, KEY, "/account/agents").await.1["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn community_models_are_stored_without_their_tokens() {
    let emulator = Emulator::start().await.unwrap();
    let model = json!({
        "name": "haiku", "title": "Haiku", "api": "chat_completions", "bearerToken": "very-secret",
        "url": "https://models.example.com/v1/chat/completions", "promptTextPrice": 0.5,
    });
    let (status, made) = post(&emulator, "/account/my-models", model.clone()).await;
    assert_eq!((status, &made["modelId"]), (200, &"community/ada/haiku".into()), "{made}");
    assert_eq!(made["promptTextPrice"], json!(0.5));
    assert!(!made.to_string().contains("very-secret"));
    let path = format!("/account/my-models/{}", text(&made, "id"));
    let changed = post(&emulator, &format!("{path}/update"), json!({ "name": "sonnet", "bearerToken": "other" })).await;
    assert_eq!((changed.0, &changed.1["modelId"]), (200, &"community/ada/sonnet".into()));
    assert!(!changed.1.to_string().contains("other"));
    assert_eq!(post(&emulator, "/account/my-models", model).await.0, 200);
    let others = get(&emulator, KEY, &format!("{path}/fallback-candidates")).await.1;
    assert_eq!(others["data"], json!(["community/ada/haiku"]));
    let profile = json!({ "name": "Ada", "url": "https://example.com" });
    assert_eq!(post(&emulator, "/account/my-models/provider", profile).await.1["name"], "Ada");
    let provider = get(&emulator, KEY, "/account/my-models").await.1["provider"].take();
    assert_eq!(provider["url"], "https://example.com");
    assert_eq!(call(&emulator, KEY, "DELETE", &path, None).await.0, 200);
    assert_eq!(call(&emulator, KEY, "DELETE", &path, None).await.0, 404);

    let server = |host: &str| json!({ "baseUrl": format!("https://{host}/v1"), "bearerToken": "x" });
    assert_eq!(post(&emulator, "/account/my-models/models", server("models.example.com")).await.0, 200);
    assert_eq!(post(&emulator, "/account/my-models/models", server("models.example.com")).await.0, 429);
    let test = json!({ "baseUrl": "https://nowhere.invalid/v1", "bearerToken": "x", "modality": "image" });
    assert_eq!(post(&emulator, "/account/my-models/test", test).await.0, 400);
}

#[tokio::test]
async fn apps_are_connected_and_disconnected() {
    let emulator = Emulator::start().await.unwrap();
    let found = get(&emulator, KEY, "/account/integrations/toolkits?search=Calendar").await.1;
    assert_eq!(found["data"].as_array().unwrap().len(), 1, "{found}");
    let (status, link) = post(&emulator, "/account/integrations", json!({ "toolkit": "github" })).await;
    assert_eq!(status, 200);
    assert!(text(&link, "url").starts_with("https://"));
    assert_eq!(post(&emulator, "/account/integrations", json!({ "toolkit": "nothing" })).await.0, 400);
    let path = format!("/account/integrations/{}", text(&link, "id"));
    assert_eq!(call(&emulator, KEY, "DELETE", &path, None).await, (204, Value::Null));
    assert_eq!(call(&emulator, KEY, "DELETE", &path, None).await.0, 404);
    assert_eq!(post(&emulator, "/account/polli/harness-on", json!({ "harness": "my-harness" })).await.0, 200);
    assert_eq!(post(&emulator, "/account/polli/harness-on", json!({ "harness": "My Harness" })).await.0, 400);
}
