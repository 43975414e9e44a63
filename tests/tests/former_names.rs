//! The names from the first version of the API. They are deprecated, but still work.

#![expect(deprecated, reason = "the test uses deprecated names on purpose")]

use pollinations_ext::{
    Builder, ChangeKeyRequest, Error, ErrorKind, Fetch, ModelInfoExt, PaymentPolicy, Pollinations, Prices, RetryPolicy,
    byop::{Authorization, CodeFlow, FragmentFlow, State},
    chat, messages, responses,
    types::{self, AccountBalance, Price},
};
use pollinations_tests::{Recorder, Script, Step};
use serde_json::json;

#[test]
fn former_error_kinds_work_as_values_and_as_patterns() {
    assert_eq!(ErrorKind::Key, ErrorKind::InvalidKey);
    assert_eq!(ErrorKind::Request, ErrorKind::InvalidRequest);
    assert_eq!(ErrorKind::Structure, ErrorKind::StructuredOutput);
    assert_eq!(ErrorKind::ToolRounds, ErrorKind::TooManyToolRounds);
    assert_eq!(ErrorKind::State, ErrorKind::StateMismatch);
    let name = |kind| match kind {
        ErrorKind::Key => "key",
        ErrorKind::Request => "request",
        ErrorKind::Structure => "structure",
        ErrorKind::ToolRounds => "rounds",
        ErrorKind::State => "state",
        _ => "another",
    };
    let kinds = [ErrorKind::InvalidKey, ErrorKind::InvalidRequest, ErrorKind::StructuredOutput];
    assert_eq!(kinds.map(name), ["key", "request", "structure"]);
    let kinds = [ErrorKind::TooManyToolRounds, ErrorKind::StateMismatch, ErrorKind::Api];
    assert_eq!(kinds.map(name), ["rounds", "state", "another"]);
}

#[tokio::test]
async fn the_former_spare_key_is_used_if_the_first_key_is_out_of_credit() {
    let refused = Step::json(402, r#"{"error":{"code":"PAYMENT_REQUIRED","message":"No pollen left"}}"#);
    let script = Script::play(vec![refused, Step::json(200, r#"{"balance":2}"#)]).await;
    let policy = RetryPolicy::default().payment(PaymentPolicy::NextKey);
    let builder: Builder = Pollinations::builder().base_url(&script.url).retry(policy).key("sk_one".parse().unwrap());
    let client = builder.spare_key("sk_two".parse().unwrap()).build().unwrap();
    let balance: Fetch<AccountBalance> = client.account().balance();
    assert_eq!(balance.await.unwrap().balance, 2.0);
    assert!(script.requests()[1].contains("Bearer sk_two"), "{:?}", script.requests());
}

#[tokio::test]
async fn former_settings_and_getters_equal_the_new_ones() {
    let policy = RetryPolicy::default();
    assert_eq!(policy.clone().resend_uncached(true), policy.clone().retry_non_idempotent(true));
    assert_ne!(policy.clone().resend_uncached(true), policy);

    for (budget, is_spent) in [(0.0, true), (1.0, false)] {
        let recorder = Recorder::json(json!({"valid": true, "type": "secret", "pollenBudget": budget})).await;
        let status = recorder.client().key_status().await.unwrap();
        assert_eq!((status.is_spent(), status.is_budget_exhausted()), (is_spent, is_spent));
    }

    let prices = Prices::from(&[("promptTextTokens".to_owned(), Price::Number(0.5))].into_iter().collect());
    assert_eq!(prices.of_text(2, 0), prices.text_cost(2, 0));

    let model: types::ModelInfo = serde_json::from_value(json!({
        "name": "a/b", "aliases": ["b"], "tools": true, "input_modalities": ["text"], "output_modalities": ["image"],
    }))
    .unwrap();
    assert!(model.is_called("b") && !model.is_called("c"));
    assert!(model.can("tool_calling") && !model.can("web_search"));
    assert!(model.takes("text") && !model.takes("image"));
    assert!(model.makes("image") && !model.makes("text"));
}

#[test]
fn former_names_of_the_sign_in_flows_read_redirects() {
    let flow: Authorization = FragmentFlow::new("https://app.example/back").with_state(State::restore("s"));
    assert_eq!(flow.accept("#api_key=sk_users&state=s").unwrap().expose_secret(), "sk_users");
    let refused = |result: Result<_, Error>| result.map(drop).unwrap_err().kind();
    assert_eq!(refused(flow.accept("#api_key=sk_users&state=x")), ErrorKind::StateMismatch);

    let flow = CodeFlow::new("pk_app".parse().unwrap(), "https://app.example/back").with_state(State::restore("s"));
    assert!(flow.accept("?code=c0de&state=s").is_ok());
    assert_eq!(flow.accept("?code=c0de&state=x").unwrap_err().kind(), ErrorKind::StateMismatch);
}

#[tokio::test]
async fn former_request_methods_send_the_same_request_as_the_new_ones() {
    let recorder = Recorder::json(json!({})).await;
    let client = recorder.client();
    let clock = || chat::Function::new("clock", "Tells the time", |_: ()| async { Ok::<_, Error>("5 pm") });
    let one = || messages::Function::new("clock", "Tells the time", |_: ()| async { Ok::<_, Error>("5 pm") });
    let other = || responses::Function::new("clock", "Tells the time", |_: ()| async { Ok::<_, Error>("5 pm") });
    let account = client.account();
    let change: ChangeKeyRequest = account.keys().change("key_1").name("x");
    let provider = || types::ProviderProfileChanges::new("Ada".to_owned(), "https://example.com".to_owned());
    let agent = types::AgentChanges::default;
    let model = types::MyModelChanges::default;

    let mut sent = Vec::new();
    macro_rules! send {
        ($($request:expr),* $(,)?) => { $(
            drop($request.send_raw().await.unwrap());
            sent.push(recorder.requests());
        )* };
    }
    send!(
        client.chat("m").user("Hi").callable(clock()),
        client.chat("m").user("Hi").rust_function(clock()),
        client.messages("m", 9).user("Hi").callable(one()),
        client.messages("m", 9).user("Hi").rust_function(one()),
        client.responses("m").user("Hi").callable(other()),
        client.responses("m").user("Hi").rust_function(other()),
        change,
        account.keys().update("key_1").name("x"),
        account.agents().change("a", agent()),
        account.agents().update("a", agent()),
        account.my_models().change("m", model()),
        account.my_models().update("m", model()),
        account.my_models().change_provider(provider()),
        account.my_models().update_provider(provider()),
    );
    for pair in sent.chunks(2) {
        assert!(!pair[0].is_empty());
        assert_eq!(pair[0], pair[1]);
    }
}
