//! Keys, their budgets and permissions, and rejected requests.

use pollinations_emulator::{Emulator, Key, Scenario};
use serde_json::Value;

async fn get(emulator: &Emulator, key: &str, path: &str) -> (u16, Value) {
    let request = reqwest::Client::new().get(format!("{}{path}", emulator.base_url()));
    let response = request.bearer_auth(key).send().await.unwrap();
    let status = response.status().as_u16();
    let body = response.bytes().await.unwrap();
    (status, serde_json::from_slice(&body).unwrap_or_default())
}

#[tokio::test]
async fn only_configured_keys_are_accepted() {
    let keys = [
        Key::new("sk_all"),
        Key::new("sk_poor").budget(0.015),
        Key::new("pk_flux").models(["flux"]),
        Key::new("sk_blind").permissions(["balance"]),
        Key::new("sk_old").expires_in(0.0),
    ];
    let emulator = keys.into_iter().fold(Emulator::builder(), |builder, key| builder.key(key)).start().await.unwrap();
    for (key, status) in [("sk_all", 200), ("sk_other", 401), ("sk_old", 401)] {
        assert_eq!(get(&emulator, key, "/account/key").await.0, status, "{key}");
    }

    assert_eq!(get(&emulator, "sk_poor", "/image/x?width=8&height=8").await.0, 200);
    let (status, body) = get(&emulator, "sk_poor", "/image/y?width=8&height=8").await;
    assert_eq!((status, &body["error"]["code"]), (402, &"KEY_BUDGET_EXHAUSTED".into()));
    let left = get(&emulator, "sk_poor", "/account/key").await.1["pollenBudget"].as_f64().unwrap();
    assert!((left - 0.005).abs() < 1e-9);
    assert_eq!(get(&emulator, "sk_poor", "/account/balance").await.1["balance"].as_f64(), Some(left));

    assert_eq!(get(&emulator, "pk_flux", "/image/x?model=flux&width=8&height=8").await.0, 200);
    let (status, body) = get(&emulator, "pk_flux", "/image/x?model=kontext&width=8&height=8").await;
    assert_eq!((status, &body["error"]["code"]), (403, &"FORBIDDEN".into()));
    let permissions = get(&emulator, "pk_flux", "/account/key").await.1["permissions"].clone();
    assert_eq!(permissions["models"][0], "flux");

    assert_eq!(get(&emulator, "sk_blind", "/account/balance").await.0, 200);
    for path in ["/account/usage", "/account/usage/daily", "/account/earnings", "/account/quests", "/account/keys"] {
        assert_eq!(get(&emulator, "sk_blind", path).await.0, 403, "{path}");
    }
    // Without the permission, the profile has no name and no email address.
    let (status, profile) = get(&emulator, "sk_blind", "/account/profile").await;
    assert_eq!((status, &profile["githubUsername"], &profile["email"]), (200, &"ada".into(), &Value::Null));
    assert_eq!(get(&emulator, "sk_all", "/account/profile").await.1["email"], "ada@example.com");
}

#[tokio::test]
async fn usage_records_add_up_to_the_spent_balance() {
    let emulator = Emulator::builder().balance(0.025).start().await.unwrap();
    for prompt in ["x", "y"] {
        assert_eq!(get(&emulator, "sk_a", &format!("/image/{prompt}?width=8&height=8")).await.0, 200);
    }
    let (status, body) = get(&emulator, "sk_a", "/image/z?width=8&height=8").await;
    assert_eq!((status, &body["error"]["code"]), (402, &"INSUFFICIENT_BALANCE".into()));
    let (_, usage) = get(&emulator, "sk_a", "/account/usage").await;
    let spent: f64 = usage["usage"].as_array().unwrap().iter().map(|record| record["cost_usd"].as_f64().unwrap()).sum();
    assert!((spent + emulator.balance() - 0.025).abs() < 1e-9);
    let (_, daily) = get(&emulator, "sk_a", "/account/usage/daily").await;
    let summed: f64 = daily["usage"].as_array().unwrap().iter().map(|day| day["cost_usd"].as_f64().unwrap()).sum();
    assert!((spent - summed).abs() < 1e-9);
    assert_eq!(daily["usage"][0]["requests"], 2);
}

#[tokio::test]
async fn invalid_requests_get_an_error_for_each_field() {
    let emulator = Emulator::start().await.unwrap();
    let (status, body) = get(&emulator, "sk_a", "/image/x?width=-5&quality=best&transparent=maybe&seed=1").await;
    assert_eq!((status, &body["error"]["code"]), (400, &"BAD_REQUEST".into()));
    let fields = body["error"]["details"]["fieldErrors"].as_object().unwrap();
    assert_eq!(sorted(fields), ["quality", "transparent", "width"]);
    let post = async |body: &str| -> Value {
        let request = reqwest::Client::new().post(format!("{}/v1/chat/completions", emulator.base_url()));
        let request = request.bearer_auth("sk_a").header("content-type", "application/json").body(body.to_owned());
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 400, "{body}");
        serde_json::from_slice::<Value>(&response.bytes().await.unwrap()).unwrap()["error"]["details"].clone()
    };
    assert!(post("{}").await["formErrors"][0].as_str().unwrap().contains("\"messages\" is a required property"));
    assert!(post("{").await["formErrors"][0].as_str().unwrap().starts_with("the body is not JSON"));
    let details = post(r#"{"messages":[{"role":"user","content":5}],"temperature":9,"seed":"x"}"#).await;
    let fields = details["fieldErrors"].as_object().unwrap();
    assert_eq!(sorted(fields), ["messages", "seed", "temperature"]);
    // Invalid requests are not charged.
    assert_eq!(emulator.balance(), 100.0);
}

fn sorted(fields: &serde_json::Map<String, Value>) -> Vec<&str> {
    let mut names: Vec<&str> = fields.keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}

#[tokio::test]
async fn a_scenario_sets_the_initial_state() {
    let text = r#"{"balance": 1, "keys": [{"key": "sk_only", "permissions": []}], "faults": [{"status": 503}]}"#;
    let scenario: Scenario = serde_json::from_str(text).unwrap();
    let emulator = Emulator::builder().scenario(scenario).start().await.unwrap();
    assert_eq!(emulator.balance(), 1.0);
    assert_eq!(get(&emulator, "sk_only", "/account/key").await.0, 503);
    assert_eq!(get(&emulator, "sk_only", "/account/key").await.0, 200);
    assert_eq!(get(&emulator, "sk_only", "/account/balance").await.0, 403);
    assert!(serde_json::from_str::<Scenario>(r#"{"balnce": 1}"#).is_err());
}

#[tokio::test]
async fn the_document_is_served() {
    let emulator = Emulator::start().await.unwrap();
    for path in ["/openapi", "/openapi.json", "/docs/open-api/generate-schema", "/api/docs/open-api/generate-schema"] {
        let (status, document) = get(&emulator, "sk_a", path).await;
        assert_eq!((status, &document["openapi"]), (200, &"3.0.3".into()), "{path}");
    }
    assert_eq!(Emulator::operations().count(), 75);
}

#[tokio::test]
async fn keys_of_every_kind_are_accepted_and_never_logged() {
    let emulator = Emulator::start().await.unwrap();
    for (key, status) in [("sk_hush", 200), ("pk_hush", 200), ("ag_hush", 200), ("xx_hush", 401), ("ag_", 401)] {
        assert_eq!(get(&emulator, key, "/account/key").await.0, status, "{key}");
        let body = serde_json::json!({ "messages": [{ "role": "user", "content": key }] }).to_string();
        let url = format!("{}/v1/chat/completions?key={key}", emulator.base_url());
        let request = reqwest::Client::new().post(url).header("content-type", "application/json").body(body);
        assert_eq!(request.send().await.unwrap().status().as_u16(), status, "{key}");
        if status == 200 {
            let journal = format!("{:?}", emulator.journal());
            assert!(!journal.contains("hush"), "{journal}");
        }
        emulator.clear_journal();
    }
}
