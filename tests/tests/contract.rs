//! The contract suite: green against the emulator, red and to the point against one that is broken.

use std::{collections::BTreeSet, fs, path::Path, sync::LazyLock};

use futures_util::{StreamExt, future::join_all, stream};
use pollinations_emulator::{Emulator, Fault};
use pollinations_tests::contract::{self, Aspect, Document, Exchange, Format, Outcome, Report, Settings, Spend, Tape};

/// The document, whose schemas are compiled once for all runs.
fn document() -> &'static Document {
    static DOCUMENT: LazyLock<Document> = LazyLock::new(|| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../openapi.json");
        Document::parse(&fs::read_to_string(path).unwrap()).unwrap()
    });
    &DOCUMENT
}

fn settings(url: &str) -> Settings {
    Settings {
        base_url: url.to_owned(),
        media_url: None,
        spend: Spend::All,
        allow_changes: true,
        aspects: vec![Aspect::Answer, Aspect::Stream, Aspect::Content, Aspect::Keys, Aspect::Refusal],
        operations: Vec::new(),
        key: Some("sk_contract_suite".parse().unwrap()),
        publishable_key: Some("pk_contract_suite".parse().unwrap()),
    }
}

async fn run(settings: &Settings) -> (Report, Vec<Exchange>) {
    contract::run(document(), settings, |_| ()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_emulator_keeps_its_contract() {
    let emulator = Emulator::start().await.unwrap();
    let (report, exchanges) = run(&settings(emulator.base_url())).await;
    let text = report.render(Format::Text).unwrap();
    assert!(report.holds(), "{text}");
    assert_eq!(report.counts().2, 0, "nothing is skipped\n{text}");
    assert_eq!(report.drift().collect::<Vec<_>>(), [""; 0], "{text}");
    assert_eq!(contract::uncovered(document()), [""; 0]);

    // Both ways to show a key were used, and no key is on the tape.
    let stored = serde_json::to_string(&exchanges).unwrap();
    assert!(!stored.contains("contract_suite"), "{stored}");
    assert!(!stored.contains("ada@example.com"), "{stored}");
}

/// Each operation in turn answers with what it should not: the suite is red and names it, and blames no other but those
/// whose probes call it too. A new operation needs no line here.
#[tokio::test(flavor = "multi_thread")]
async fn every_broken_operation_is_named() {
    let healthy = healthy().await;
    let healthy = &healthy;
    let tried = Emulator::operations().map(|operation| async move {
        // A probe that does not call the operation cannot notice.
        let involved = callers(healthy, operation);
        for fault in faults(operation) {
            named(operation, fault, &involved, involved.clone()).await;
        }
        operation
    });
    // Not all at once: each has an emulator and a run of its own.
    let tried: Vec<&str> = stream::iter(tried).buffer_unordered(8).collect().await;
    assert!(tried.len() > 70, "{tried:?}");
}

/// The same with all probes, for some operations.
#[tokio::test(flavor = "multi_thread")]
async fn and_no_other_is_blamed() {
    let healthy = healthy().await;
    for operation in ["chat_completions", "upload_media", "account_balance"] {
        for fault in faults(operation) {
            named(operation, fault, &callers(&healthy, operation), Vec::new()).await;
        }
    }
}

/// An error of the server, and an answer of a wrong type where the document has a type for answers.
fn faults(operation: &str) -> Vec<Fault> {
    let mut faults = vec![Fault::status(500)];
    if document().answers_with_content(operation) {
        faults.push(Fault::default().body("5").content_type("application/json"));
    }
    faults
}

/// A run in which nothing is broken.
async fn healthy() -> Report {
    let emulator = Emulator::start().await.unwrap();
    run(&settings(emulator.base_url())).await.0
}

/// The operations whose probes call this one: itself, and those that need it on the way.
fn callers(healthy: &Report, operation: &str) -> Vec<String> {
    let rows = healthy.rows().iter().filter(|row| row.calls(operation));
    let callers: BTreeSet<String> = rows.map(|row| row.operation.clone()).collect();
    callers.into_iter().collect()
}

/// Runs the probes of `operations` (all if there are none) while one operation is broken.
async fn named(operation: &str, fault: Fault, callers: &[String], operations: Vec<String>) {
    let emulator = Emulator::start().await.unwrap();
    emulator.inject(fault.clone().operation(operation).always());
    let (report, _) = run(&Settings { operations, ..settings(emulator.base_url()) }).await;
    let text = report.render(Format::Text).unwrap();
    assert!(!report.holds() && report.broken().contains(&operation), "{operation} with {fault:?}\n{text}");
    let is_caller = |id: &&str| callers.iter().any(|caller| caller == id);
    let others: Vec<&str> = report.broken().into_iter().filter(|id| !is_caller(id)).collect();
    assert!(others.is_empty(), "{operation} with {fault:?}: {others:?}\n{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_document_does_not_know_is_drift_and_no_failure() {
    let emulator = Emulator::start().await.unwrap();
    let models = r#"[{"name": "new", "speed": 5, "pricing": {"currency": "pollen", "perNewThing": "1"}}]"#;
    emulator.inject(Fault::default().body(models).operation("list_text_models").always());
    let mut settings = settings(emulator.base_url());
    settings.operations = vec!["list_text_models".to_owned()];
    let (report, _) = run(&settings).await;
    assert!(report.holds());
    assert_eq!(report.drift().collect::<Vec<_>>(), ["list_text_models: the field `/*/speed` is not in the document"]);

    // An undocumented status is drift too, although the probe wants an answer.
    emulator.clear_faults();
    emulator.inject(Fault::status(451).operation("list_text_models").always());
    let (report, _) = run(&settings).await;
    assert_eq!(report.drift().collect::<Vec<_>>(), ["list_text_models: status 451 is not in the document"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_costs_or_needs_a_key_is_left_alone() {
    let emulator = Emulator::start().await.unwrap();
    let mut settings = settings(emulator.base_url());
    settings.spend = Spend::None;
    settings.allow_changes = false;
    let (report, _) = run(&settings).await;
    assert!(report.holds());
    assert_eq!(emulator.balance(), 100.0);
    let made: Vec<String> =
        emulator.journal().into_iter().filter(|entry| entry.status == 200).map(|entry| entry.path).collect();
    assert!(
        made.iter().all(|path| path.contains("models") || path.starts_with("/account") || path == "/quests/catalog"),
        "{made:?}"
    );

    settings.key = None;
    settings.publishable_key = None;
    let (report, _) = run(&settings).await;
    assert!(report.holds());
    let passed: Vec<(&str, &str)> = report
        .rows()
        .iter()
        .filter(|row| row.outcome() == Outcome::Passed)
        .map(|row| (row.operation.as_str(), row.probe.as_str()))
        .collect();
    let needs_no_key = |(operation, probe): &(&str, &str)| {
        operation.starts_with("list_")
            || ["quest_catalog", "get_model", "model_status", "model_stats", "media_metadata"].contains(operation)
            || probe.ends_with("without a key")
            || probe.ends_with("that does not exist")
    };
    assert!(passed.iter().all(needs_no_key), "{passed:?}");
    assert!(passed.len() >= 12, "listings and refusals: {passed:?}");
}

/// The names of what a run has made and left behind.
async fn left_behind(emulator: &Emulator) -> Vec<String> {
    let client = pollinations_ext::Pollinations::builder()
        .base_url(emulator.base_url())
        .key("sk_contract_suite".parse().unwrap())
        .build()
        .unwrap();
    let account = client.account();
    let mut names: Vec<String> =
        account.keys().list().await.unwrap().data.into_iter().filter_map(|key| key.name).collect();
    names.extend(account.agents().list().await.unwrap().data.iter().map(|agent| format!("{agent:?}")));
    names.extend(account.my_models().list().await.unwrap().data.iter().map(|model| format!("{model:?}")));
    names.extend(account.integrations().list().await.unwrap().data.iter().map(|app| format!("{app:?}")));
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_changed_is_undone_even_if_a_probe_fails() {
    let changing = ["create_key", "update_key", "create_agent", "create_my_model", "connect_integration"];
    let runs = changing.iter().map(Some).chain([None]).map(|broken| async move {
        let emulator = Emulator::start().await.unwrap();
        if let Some(operation) = broken {
            // It is carried out, but nobody can read what came of it.
            emulator.inject(Fault::default().truncate(20).operation(*operation).always());
        }
        let mut settings = settings(emulator.base_url());
        settings.operations = document().operations().filter(|id| !id.contains("media")).map(str::to_owned).collect();
        settings.spend = Spend::None;
        let (report, _) = run(&settings).await;
        let text = report.render(Format::Text).unwrap();
        assert_eq!(report.broken(), broken.into_iter().copied().collect::<Vec<_>>(), "{text}");
        let changes = emulator.journal().into_iter().filter(|entry| entry.method != "GET").count();
        assert!(changes > 20, "only {changes} changes");
        emulator.clear_faults();
        assert_eq!(left_behind(&emulator).await, [""; 0], "{broken:?}\n{text}");
    });
    join_all(runs).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_changed_unless_that_is_allowed() {
    let emulator = Emulator::start().await.unwrap();
    let mut settings = settings(emulator.base_url());
    settings.allow_changes = false;
    settings.spend = Spend::None;
    let (report, _) = run(&settings).await;
    assert!(report.holds());
    let changes: Vec<_> = emulator
        .journal()
        .into_iter()
        .filter(|entry| entry.path.starts_with("/account") && entry.method != "GET")
        .map(|entry| entry.path)
        .collect();
    assert_eq!(changes, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recorded_run_can_be_played_back() {
    let emulator = Emulator::start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut settings = settings(emulator.base_url());
    // What is uploaded is another thing each time, and a WebSocket is no exchange of a request and a response.
    let is_wanted = |id: &&str| !id.contains("media") && !id.starts_with("realtime");
    settings.operations = document().operations().filter(is_wanted).map(str::to_owned).collect();
    settings.aspects.retain(|aspect| !matches!(aspect, Aspect::Refusal | Aspect::Keys));
    // What is made has another name each time.
    settings.allow_changes = false;
    let (report, exchanges) = run(&settings).await;
    assert!(report.holds());
    // The picture of a chat is another one each time.
    let is_new = |exchange: &&Exchange| exchange.path.contains("/chat/") && exchange.request.contains("image_url");
    let chats = exchanges.iter().filter(|exchange| !is_new(exchange)).cloned().collect::<Vec<_>>();
    contract::store(folder.path(), &chats).unwrap();
    drop(emulator);

    let tape = Tape::replay(folder.path()).await.unwrap();
    settings.base_url = tape.base_url().to_owned();
    settings.operations.retain(|id| id != "chat_completions");
    let (replayed, _) = run(&settings).await;
    assert!(replayed.holds(), "{}", replayed.render(Format::Text).unwrap());
    assert_eq!(replayed.counts(), run(&settings).await.0.counts(), "and again");
    // What was not stored is not there.
    settings.operations = vec!["upload_media".to_owned()];
    assert!(!run(&settings).await.0.holds());
    assert_eq!(Tape::start("nowhere").await.unwrap_err(), "`nowhere` is not an http or https URL");
    assert!(Tape::replay(Path::new("/no/such/folder")).await.unwrap_err().starts_with("cannot read /no/such/folder"));
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_for_machines() {
    let emulator = Emulator::start().await.unwrap();
    emulator.inject(Fault::status(500).operation("account_balance").always());
    let mut settings = settings(emulator.base_url());
    settings.operations = vec!["account_balance".to_owned(), "generate_image".to_owned()];
    settings.spend = Spend::None;
    settings.aspects = vec![Aspect::Answer];
    let (report, _) = run(&settings).await;
    let json: serde_json::Value = serde_json::from_str(&report.render(Format::Json).unwrap()).unwrap();
    let outcomes: Vec<&str> =
        json["rows"].as_array().unwrap().iter().map(|row| row["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["failed", "skipped", "skipped"]);
    let junit = report.render(Format::Junit).unwrap();
    assert!(junit.contains(r#"failures="1""#), "{junit}");
    assert!(junit.contains(r#"classname="account_balance""#) && junit.contains("Internal Server Error"), "{junit}");
    assert!(report.render(Format::Text).unwrap().contains("FAILED  account_balance"));
}
