//! Every request type can be cloned and moved to another task, and its debug output contains no key.

use std::fmt::Debug;

use pollinations_ext::{
    ApiKey, File, Pollinations,
    byop::{CodeFlow, DeviceFlow, FragmentFlow, Server},
    types,
};

const KEY: &str = "sk_do_not_print_me";

/// The debug output of a value. Compiles only for types that can be cloned and moved to another task.
fn shown<T: Clone + Debug + Send + 'static>(value: T) -> String {
    let copy = value.clone();
    drop(value);
    format!("{copy:?} {copy:#?}")
}

#[tokio::test]
async fn requests_can_be_cloned_and_sent_to_other_tasks_and_hide_the_key() {
    let key: ApiKey = KEY.parse().unwrap();
    let builder = Pollinations::builder().base_url("http://127.0.0.1:9").key(key.clone()).fallback_key(key.clone());
    let client = builder.clone().build().unwrap();
    let (account, models, media) = (client.account(), client.models(), client.media());
    let file = || File::bytes(vec![1, 2, 3]).name("a.png").content_type("image/png");
    let app = || "pk_app".parse::<ApiKey>().unwrap();
    let profile = types::ProviderProfileChanges::new("Ada".to_owned(), "https://example.com".to_owned());

    let mut all = Vec::new();
    macro_rules! show {
        ($($value:expr),* $(,)?) => { $( all.push((stringify!($value), shown($value))); )* };
    }
    show!(
        builder,
        client.clone(),
        client.with_key(key),
        client.retry_policy().clone(),
        client.chat("m").user("Hi"),
        client.chat("m").conversation(),
        client.messages("m", 9).user("Hi"),
        client.responses("m").user("Hi"),
        client.decide("It rains."),
        client.text("Hi"),
        client.image("a cat"),
        client.images("a cat"),
        client.edit("at night", ["https://example.com/cat.png"]),
        client.video("a wave", "veo"),
        client.three_d("a chair"),
        client.speech("Hi"),
        client.music("A waltz"),
        client.speech_with_timestamps("Hi"),
        client.transcribe(file()),
        client.change_voice(file()),
        client.isolate_voice(file()),
        client.separate_stems(file()),
        client.embed("a tulip"),
        client.embed_batch(["a tulip"]),
        client.embed_media().image(file()),
        client.realtime("m"),
        account.clone(),
        account.balance(),
        account.profile(),
        account.key(),
        account.usage(),
        account.key_usage(),
        account.usage_daily(),
        account.earnings(),
        account.earnings_transactions(),
        account.quests(),
        account.quest_rewards(),
        account.quest_catalog(),
        account.keys(),
        account.keys().list(),
        account.keys().create("x"),
        account.keys().update("x"),
        account.keys().revoke("x"),
        account.agents(),
        account.agents().list(),
        account.agents().get("x"),
        account.agents().update("x", types::AgentChanges::default()),
        account.agents().delete("x"),
        account.agents().sync("x"),
        account.my_models(),
        account.my_models().list(),
        account.my_models().update("x", types::MyModelChanges::default()),
        account.my_models().update_provider(profile),
        account.my_models().list_upstream("https://example.com", KEY),
        account.my_models().fallback_candidates("x"),
        account.integrations(),
        account.integrations().list(),
        account.integrations().search("mail"),
        account.integrations().connect("mail"),
        models.clone(),
        models.all(),
        models.list(),
        models.get("x"),
        models.status(),
        models.stats(),
        media.clone(),
        media.gallery("cats"),
        media.upload(file()),
        file(),
        FragmentFlow::new("https://example.com").app_key(app()),
        CodeFlow::new(app(), "https://example.com"),
        DeviceFlow::new(app()),
        Server::default(),
    );
    for (what, shown) in all {
        assert!(!shown.contains(KEY), "{what}: {shown}");
    }
}

#[tokio::test]
async fn a_cloned_request_is_sent_separately_with_its_own_settings() {
    let recorder = pollinations_tests::Recorder::json(serde_json::json!({"balance": 1.5})).await;
    let request = recorder.client().account().balance().header("x-first", "1");
    let other = request.clone().header("x-second", "2");
    let (one, two) = tokio::join!(tokio::spawn(async { request.await }), tokio::spawn(async { other.await }));
    assert_eq!((one.unwrap().unwrap().balance, two.unwrap().unwrap().balance), (1.5, 1.5));
    let sent: Vec<String> = recorder.take().iter().map(ToString::to_string).collect();
    assert_eq!(sent.len(), 2);
    assert!(sent.iter().all(|sent| sent.contains("x-first")), "{sent:?}");
    assert_eq!(sent.iter().filter(|sent| sent.contains("x-second")).count(), 1);
}
