//! Paid pollen and quest pollen, budgets of keys, and the formats of errors 402 and 403.

use pollinations_emulator::{Builder, Emulator, Fault, Key, Refusal, Refusals, Scenario};
use reqwest::Response;
use serde_json::{Value, json};

async fn get(emulator: &Emulator, key: &str, path: &str) -> Response {
    let request = reqwest::Client::new().get(format!("{}{path}", emulator.base_url()));
    request.bearer_auth(key).send().await.unwrap()
}

async fn json_of(response: Response) -> Value {
    serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
}

async fn post(emulator: &Emulator, body: Value) -> Response {
    let request = reqwest::Client::new().post(format!("{}/v1/chat/completions", emulator.base_url()));
    let request = request.bearer_auth("sk_a").header("content-type", "application/json");
    request.body(body.to_string()).send().await.unwrap()
}

fn image(number: usize, model: &str) -> String {
    format!("/image/{number}?width=8&height=8&model={model}")
}

fn near(left: &Value, right: f64) -> bool {
    (left.as_f64().unwrap() - right).abs() < 1e-9
}

#[tokio::test]
async fn quest_pollen_is_spent_first_but_not_on_paid_only_models() {
    let builder = Emulator::builder().balance(0.02).quest_balance(0.01).paid_only(["kontext"]);
    let emulator = builder.start().await.unwrap();
    let statuses = async |models: &[&str]| {
        let mut statuses = Vec::new();
        for model in models {
            statuses.push(get(&emulator, "sk_a", &image(emulator.journal().len(), model)).await.status().as_u16());
        }
        statuses
    };
    assert_eq!(statuses(&["kontext", "flux", "flux", "flux"]).await, [200, 200, 200, 402]);
    let usage = json_of(get(&emulator, "sk_a", "/account/usage").await).await;
    let meters: Vec<&str> =
        usage["usage"].as_array().unwrap().iter().map(|record| record["meter_source"].as_str().unwrap()).collect();
    assert_eq!(meters, ["pack", "tier", "pack"]);
    let daily = json_of(get(&emulator, "sk_a", "/account/usage/daily").await).await;
    assert_eq!(daily["count"], 3, "{daily}");
    // The list for this key leaves out models that it cannot pay for.
    let listed = json_of(get(&emulator, "sk_a", "/image/models").await).await;
    assert!(listed.as_array().unwrap().iter().all(|model| model["paid_only"] == false), "{listed}");
    let models = json_of(reqwest::get(format!("{}/image/models", emulator.base_url())).await.unwrap()).await;
    let paid_only: Vec<&str> = models
        .as_array()
        .unwrap()
        .iter()
        .filter(|model| model["paid_only"] == true)
        .map(|model| model["name"].as_str().unwrap())
        .collect();
    assert_eq!(paid_only, ["black-forest-labs/flux.1-kontext"]);
}

#[tokio::test]
async fn keys_with_a_budget_see_their_budget_as_the_balance() {
    let builder = Emulator::builder().balance(2.0).quest_balance(0.5).key(Key::new("sk_all"));
    let emulator = builder.key(Key::new("sk_some").budget(1.0)).start().await.unwrap();
    let account = json!({ "total": 2.5, "tier": 0.5, "paid": 2.0 });
    for (key, left) in [("sk_all", 2.5), ("sk_some", 1.0)] {
        let answer = json_of(get(&emulator, key, "/account/balance").await).await;
        assert_eq!(answer, json!({ "balance": left, "accountBalance": account }), "{key}");
    }
}

#[tokio::test]
async fn charges_can_be_read_over_http() {
    let emulator = Emulator::builder().quest_balance(1.0).start().await.unwrap();
    for number in [1, 2, 2] {
        get(&emulator, "sk_a", &image(number, "flux")).await;
    }
    let state = json_of(get(&emulator, "sk_a", "/_emulator/state").await).await;
    assert_eq!((&state["charges"], &state["paidBalance"]), (&json!(2), &json!(100.0)));
    assert!(near(&state["questBalance"], 0.98) && near(&state["balance"], 100.98), "{state}");
    let charges = json_of(get(&emulator, "sk_a", "/_emulator/charges").await).await;
    assert_eq!(charges.as_array().unwrap().len(), 2);
    assert_eq!((&charges[0]["model"], &charges[0]["cost_usd"]), (&json!("flux"), &json!(0.01)));

    let url = format!("{}/_emulator/state", emulator.base_url());
    let put = reqwest::Client::new().put(&url).body(r#"{"balance":0,"questBalance":0.25}"#).send().await.unwrap();
    assert_eq!(json_of(put).await["balance"], 0.25);
    let wrong = reqwest::Client::new().put(&url).body(r#"{"balanec":0}"#).send().await.unwrap();
    assert_eq!(wrong.status(), 400);
}

/// An emulator for each refusal, with the code, the `ref` of the link, and the status.
async fn refusals(form: Refusals) -> Vec<(Emulator, &'static str, &'static str, u16)> {
    let start = async |builder: Builder| builder.refusals(form).start().await.unwrap();
    let paid_only = ["openai", "flux"];
    vec![
        (start(Emulator::builder().balance(0.000_001)).await, "INSUFFICIENT_BALANCE", "agent_low_balance_topup", 402),
        (
            start(Emulator::builder().balance(0.0).quest_balance(0.000_001)).await,
            "INSUFFICIENT_BALANCE",
            "agent_low_balance_quests",
            402,
        ),
        (
            start(Emulator::builder().key(Key::new("sk_a").budget(0.0))).await,
            "KEY_BUDGET_EXHAUSTED",
            "agent_key_budget",
            402,
        ),
        (
            start(Emulator::builder().balance(0.0).quest_balance(9.0).paid_only(paid_only)).await,
            "QUEST_POLLEN_ONLY",
            "agent_quest_pollen_only",
            402,
        ),
        (start(Emulator::builder().key(Key::new("sk_a").models(["mistral"]))).await, "FORBIDDEN", "agent_grant", 403),
        (
            start(Emulator::builder().fault(Fault::refuse(Refusal::PaymentRequired).always())).await,
            "PAYMENT_REQUIRED",
            "agent_low_balance_topup",
            402,
        ),
    ]
}

fn hello(more: Value) -> Value {
    let mut body = json!({ "messages": [{ "role": "user", "content": "Hello" }], "model": "openai" });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

#[tokio::test]
async fn refusals_of_chats_and_texts_are_replies_of_the_assistant() {
    for (emulator, _, reference, _) in refusals(Refusals::Text).await {
        let link = |text: &str| {
            let (_, rest) = text.split_once("](https://enter.pollinations.ai/").unwrap_or_else(|| panic!("{text}"));
            assert!(rest.split(')').next().unwrap().ends_with(&format!("?ref={reference}")), "{text}");
        };
        let marked = |response: &Response| {
            assert_eq!(response.status(), 200, "{reference}");
            assert_eq!(response.headers()["cache-control"], "private, no-store", "{reference}");
        };

        let reply = post(&emulator, hello(json!({}))).await;
        marked(&reply);
        let reply = json_of(reply).await;
        link(reply["choices"][0]["message"]["content"].as_str().unwrap());
        assert_eq!(reply["choices"][0]["finish_reason"], "stop");
        assert_eq!(reply["usage"], json!({ "prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0 }));

        let streamed = post(&emulator, hello(json!({ "stream": true }))).await;
        marked(&streamed);
        let streamed = streamed.text().await.unwrap();
        let chunks: Vec<Value> =
            streamed.lines().filter_map(|line| serde_json::from_str(line.strip_prefix("data: ")?).ok()).collect();
        let text: String = chunks.iter().filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str()).collect();
        link(&text);
        assert_eq!(chunks.last().unwrap()["usage"]["total_tokens"], 0);
        assert!(streamed.ends_with("data: [DONE]\n\n"));

        let plain = get(&emulator, "sk_a", "/text/hello?model=openai").await;
        marked(&plain);
        assert_eq!(plain.headers()["content-type"], "text/plain; charset=utf-8");
        link(&plain.text().await.unwrap());
        let events = get(&emulator, "sk_a", "/text/hello?model=openai&stream=true").await;
        marked(&events);
        assert!(events.headers()["content-type"].to_str().unwrap().starts_with("text/event-stream"));
        assert_eq!(emulator.charges(), 0);
    }
}

#[tokio::test]
async fn json_audio_and_images_are_refused_with_a_status() {
    for (emulator, code, reference, status) in refusals(Refusals::Text).await {
        let schema = json!({ "type": "json_schema", "json_schema": { "name": "x", "schema": { "type": "object" } } });
        let sound = json!({ "modalities": ["text", "audio"], "audio": { "voice": "alloy", "format": "wav" } });
        for response in [
            post(&emulator, hello(json!({ "response_format": { "type": "json_object" } }))).await,
            post(&emulator, hello(json!({ "response_format": schema }))).await,
            post(&emulator, hello(sound)).await,
            get(&emulator, "sk_a", "/text/hello?model=openai&json=true").await,
            get(&emulator, "sk_a", "/image/hello?model=flux&width=8&height=8").await,
        ] {
            let url = response.url().clone();
            assert_eq!(response.status(), status, "{url}");
            let error = json_of(response).await["error"].clone();
            assert_eq!(error["code"], code, "{url}");
            assert!(error["fixUrl"].as_str().unwrap().ends_with(&format!("?ref={reference}")), "{error}");
            assert!(error.get("details").is_none(), "{error}");
        }
    }
}

#[tokio::test]
async fn refusals_can_be_sent_with_a_status_or_in_the_older_format() {
    for (emulator, code, _, status) in refusals(Refusals::Status).await {
        let response = post(&emulator, hello(json!({ "stream": true }))).await;
        assert_eq!(response.status(), status);
        assert_eq!(json_of(response).await["error"]["code"], code);
    }
    for (emulator, code, _, status) in refusals(Refusals::Older).await {
        let response = get(&emulator, "sk_a", "/text/hello?model=openai").await;
        assert_eq!(response.status(), status);
        let error = json_of(response).await["error"].clone();
        let reason = match code {
            "FORBIDDEN" => {
                assert_eq!(error["code"], "FORBIDDEN");
                continue;
            }
            "KEY_BUDGET_EXHAUSTED" => "key_budget",
            _ => "account_balance",
        };
        assert_eq!((&error["code"], &error["details"]["reason"]), (&json!("PAYMENT_REQUIRED"), &json!(reason)));
        assert!(error.get("fixUrl").is_none());
    }
}

#[tokio::test]
async fn an_injected_refusal_applies_once_and_after_the_key_is_checked() {
    let emulator = Emulator::start().await.unwrap();
    emulator.inject(Fault::refuse(Refusal::KeyBudgetExhausted).times(2).operation("chat_completions"));
    let url = format!("{}/v1/chat/completions", emulator.base_url());
    let keyless = reqwest::Client::new().post(&url).header("content-type", "application/json").body("{}");
    assert_eq!(keyless.send().await.unwrap().status(), 401);
    let refused = json_of(post(&emulator, hello(json!({}))).await).await;
    assert!(refused.to_string().contains("agent_key_budget"), "{refused}");
    let reply = json_of(post(&emulator, hello(json!({}))).await).await;
    assert_eq!(reply["choices"][0]["message"]["content"], "You said: Hello");
}

#[tokio::test]
async fn a_scenario_configures_billing() {
    let text = r#"{
        "balance": 0, "questBalance": 1, "paidOnly": ["flux"], "coalescing": false, "refusals": "status",
        "faults": [{ "operation": "generate_text", "refuse": "QUEST_POLLEN_ONLY" }]
    }"#;
    let scenario: Scenario = serde_json::from_str(text).unwrap();
    let emulator = Emulator::builder().scenario(scenario).start().await.unwrap();
    for (path, status) in [("/text/hello", 402), ("/text/hello", 200), ("/text/hello", 200)] {
        assert_eq!(get(&emulator, "sk_a", path).await.status(), status);
    }
    assert_eq!(get(&emulator, "sk_a", &image(1, "flux")).await.status(), 402);
    assert_eq!(emulator.charges(), 2);
}
