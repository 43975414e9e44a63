//! Lists of models, single models, and reports about models.

use pollinations_emulator::{Emulator, Key};
use pollinations_ext::{
    ErrorKind, ModelInfoExt, Pollinations, RetryPolicy,
    types::{ModelCapability, ModelInfo, ModelReliability, ModelSource, OutputModality, StatusTraffic},
};
use pollinations_tests::Recorder;
use serde_json::json;

fn client(emulator: &Emulator) -> Pollinations {
    let builder = Pollinations::builder().base_url(emulator.base_url()).key("sk_test".parse().unwrap());
    builder.retry(RetryPolicy::none()).build().unwrap()
}

fn names(models: &[ModelInfo]) -> Vec<&str> {
    models.iter().map(|model| model.name.as_str()).collect()
}

#[tokio::test]
async fn requests_of_the_model_methods() {
    let recorder = Recorder::json(json!([])).await;
    let models = recorder.client().models();
    models.all().await.unwrap();
    let every = models.text().source(ModelSource::Community).reliability(ModelReliability::All).community(true);
    let every = every.capabilities([ModelCapability::ToolCalling, ModelCapability::WebSearch]).agent(false);
    every.search("two words & more").limit(5).await.unwrap();
    models.audio().capabilities(["telepathy"]).await.unwrap();
    // Only the requests matter here, so errors of decoding are ignored.
    let _ = models.get("publisher/a model").await;
    let _ = models.status().await;
    let _ = models.status().traffic(StatusTraffic::Regular).minutes(15).await;
    let _ = models.stats().await;
    insta::assert_snapshot!(recorder.requests());
}

#[tokio::test]
async fn names_that_cannot_be_part_of_a_url_are_rejected() {
    let recorder = Recorder::json(json!({})).await;
    for name in ["", ".", ".."] {
        let error = recorder.client().models().get(name).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.attempts(), error.operation()),
            (ErrorKind::InvalidRequest, 0, Some("get_model"))
        );
    }
    assert!(recorder.take().is_empty());
}

#[tokio::test]
async fn every_list_has_only_models_of_its_modality() {
    let emulator = Emulator::start().await.unwrap();
    let models = client(&emulator).models();
    for (listing, kind) in [
        (models.text(), OutputModality::Text),
        (models.video(), OutputModality::Video),
        (models.embeddings(), OutputModality::Embedding),
        (models.three_d(), OutputModality::Value3d),
    ] {
        let listing = listing.await.unwrap();
        assert!(!listing.is_empty() && listing.iter().all(|model| model.produces(kind.clone())), "{kind}");
    }
    let audio = models.audio().await.unwrap();
    assert!(audio.iter().any(|model| model.voices.contains(&"nova".to_owned())));
    let all = models.all().await.unwrap();
    let list = models.list().await.unwrap().data;
    let ids: Vec<&str> = list.iter().map(|model| model.id.as_str()).collect();
    assert_eq!(names(&all), ids, "the list in OpenAI's format must have the same models");
    assert!(all.iter().all(|model| !model.prices().is_empty() && model.prices().currency() == Some("pollen")));
}

#[tokio::test]
async fn filters_select_models_of_a_list() {
    let emulator = Emulator::start().await.unwrap();
    let models = client(&emulator).models();
    let community = models.all().source(ModelSource::Community).await.unwrap();
    assert_eq!(names(&community), ["community/ada/poet", "community/ada/helper"]);
    let same = models.all().community(true).await.unwrap();
    assert_eq!(same, community);
    let by_header = models.all().header("pollinations-model-source", "community").await.unwrap();
    assert_eq!(by_header, community);
    let official = models.all().source(ModelSource::Official).await.unwrap();
    assert_eq!(official.len() + 2, models.all().await.unwrap().len());
    let unreliable = models.all().reliability(ModelReliability::All).search("sleepy").await.unwrap();
    assert_eq!(names(&unreliable), ["community/ada/sleepy"]);
    assert!(models.all().search("sleepy").await.unwrap().is_empty());
    let by_header = models.all().header("pollinations-model-reliability", "all").search("SLEEPY").await.unwrap();
    assert_eq!(by_header, unreliable);
    assert_eq!(names(&models.text().agent(true).await.unwrap()), ["community/ada/helper"]);
    let able = [ModelCapability::WebSearch, ModelCapability::CodeExecution];
    assert_eq!(names(&models.text().capabilities(able).await.unwrap()), ["google/gemini-3-flash"]);
    // Every word of a search must occur in a name, an alias or the description.
    assert_eq!(names(&models.image().search("flux steps").await.unwrap()), ["black-forest-labs/flux.1-schnell"]);
    assert_eq!(models.text().limit(2).await.unwrap().len(), 2);
}

#[tokio::test]
async fn invalid_filters_are_rejected_with_400() {
    let emulator = Emulator::start().await.unwrap();
    let models = client(&emulator).models();
    for listing in [
        models.all().limit(0),
        models.text().limit(501),
        models.text().source("elsewhere"),
        models.text().reliability("mostly"),
        models.text().capabilities(["telepathy"]),
        models.text().query("agent", "maybe"),
        models.text().header("pollinations-model-source", "elsewhere"),
    ] {
        let shown = format!("{listing:?}");
        let error = listing.await.unwrap_err();
        assert_eq!((error.kind(), error.status().unwrap().as_u16()), (ErrorKind::Api, 400), "{shown}");
    }
    for report in [models.status().minutes(0), models.status().minutes(10_081), models.status().traffic("heavy")] {
        assert_eq!(report.await.unwrap_err().status().unwrap(), 400);
    }
    assert_eq!(models.get("no-such-model").await.unwrap_err().status().unwrap(), 404);
}

#[tokio::test]
async fn a_model_is_found_by_its_name_or_an_alias() {
    let emulator = Emulator::start().await.unwrap();
    let models = client(&emulator).models();
    for name in ["openai/gpt-5.4-nano", "openai", "OpenAI"] {
        let model = models.find(name).await.unwrap().unwrap();
        assert_eq!((model.name.as_str(), model.context_tokens()), ("openai/gpt-5.4-nano", Some(400_000)), "{name}");
    }
    for name in ["openai/gpt-5.4-nano", "openai", "community/ada/sleepy"] {
        assert!(models.get(name).await.unwrap().has_name(name), "{name}");
    }
    // `find` also searches unreliable models and 3D models.
    assert!(models.find("community/ada/sleepy").await.unwrap().is_some());
    assert!(models.find("trellis").await.unwrap().unwrap().produces(OutputModality::Value3d));
    assert_eq!(models.find("gpt-5.4-nano").await.unwrap(), None);
    // OpenAI's clients do not escape the slash.
    let url = format!("{}/v1/models/openai/gpt-5.4-nano", emulator.base_url());
    let model: serde_json::Value = reqwest::get(url).await.unwrap().json().await.unwrap();
    assert_eq!(model["id"], "openai/gpt-5.4-nano");
}

#[tokio::test]
async fn lists_contain_only_the_models_that_the_key_can_use() {
    let limited = || Key::new("sk_test").models(["flux", "openai/gpt-5.4-nano"]);
    let builder = || Emulator::builder().key(limited()).paid_only(["openai"]);
    let emulator = builder().start().await.unwrap();
    let models = client(&emulator).models();
    assert_eq!(names(&models.all().await.unwrap()), ["openai/gpt-5.4-nano", "black-forest-labs/flux.1-schnell"]);
    assert_eq!(models.find("openai").await.unwrap().unwrap().paid_only, Some(true));
    assert_eq!(models.get("veo").await.unwrap_err().status().unwrap(), 404);
    // A model that only accepts paid pollen is not listed if the account has none.
    let unpaid = builder().balance(0.0).quest_balance(5.0).start().await.unwrap();
    let left = client(&unpaid).models().all().await.unwrap();
    assert_eq!(names(&left), ["black-forest-labs/flux.1-schnell"]);
    let anybody = Pollinations::builder().without_key().base_url(emulator.base_url()).build().unwrap();
    assert!(anybody.models().all().await.unwrap().len() > 20);
}

#[tokio::test]
async fn reports_count_the_generations_of_each_model() {
    let emulator = Emulator::start().await.unwrap();
    let client = client(&emulator);
    for prompt in ["one", "two"] {
        client.chat("openai").user(prompt).send().await.unwrap();
    }
    let status = client.models().status().minutes(5).await.unwrap();
    let used = status.row_of("openai/gpt-5.4-nano").unwrap();
    assert_eq!((used.number("requests"), used.number("success_rate")), (Some(2.0), Some(1.0)));
    assert!(used.text("last_request_at").is_some());
    let unused = status.row_of("mistralai/mistral-small").unwrap();
    assert_eq!((unused.number("requests"), unused.number("success_rate")), (Some(0.0), None));
    let stats = client.models().stats().await.unwrap();
    let rows: Vec<_> = stats.rows().map(|row| (row.model(), row.number("requests"))).collect();
    assert_eq!(rows, [(Some("openai/gpt-5.4-nano"), Some(2.0))]);
    assert!(stats.columns().eq(["model", "requests", "pollen"]));
}
