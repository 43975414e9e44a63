//! The contract suite passes against the emulator. If an operation of the emulator is broken, the suite fails and names
//! that operation.

use std::{collections::BTreeSet, fs, path::Path, sync::LazyLock};

use futures_util::{StreamExt, future::join_all, stream};
use pollinations_emulator::{Emulator, Fault};
use pollinations_tests::contract::{self, Aspect, Document, Exchange, Format, Outcome, Report, Settings, Spend, Tape};

/// The API document. Its schemas are compiled once for all runs.
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
async fn the_emulator_passes_the_contract_suite() {
    let emulator = Emulator::start().await.unwrap();
    let (report, exchanges) = run(&settings(emulator.base_url())).await;
    let text = report.render(Format::Text).unwrap();
    assert!(report.holds(), "{text}");
    assert_eq!(report.counts().2, 0, "some probes were skipped\n{text}");
    assert_eq!(report.drift().collect::<Vec<_>>(), [""; 0], "{text}");
    assert_eq!(contract::uncovered(document()), [""; 0]);

    // Keys were sent in headers and in URLs, and the recording contains none of them.
    let stored = serde_json::to_string(&exchanges).unwrap();
    assert!(!stored.contains("contract_suite"), "{stored}");
    assert!(!stored.contains("ada@example.com"), "{stored}");
}

/// Breaks each operation in turn. The suite must fail and name it, and may only name other operations whose probes call
/// it too. New operations are tested without a change here.
#[tokio::test(flavor = "multi_thread")]
async fn every_broken_operation_is_named_in_the_report() {
    let healthy = healthy().await;
    let healthy = &healthy;
    let tried = Emulator::operations().map(|operation| async move {
        // Run only the probes that call the operation. The others cannot notice the fault.
        let involved = callers(healthy, operation);
        for fault in faults(operation) {
            assert_report_names(operation, fault, &involved, involved.clone()).await;
        }
        operation
    });
    // Limit the concurrency: each run has its own emulator.
    let tried: Vec<&str> = stream::iter(tried).buffer_unordered(8).collect().await;
    assert!(tried.len() > 70, "{tried:?}");
}

/// The same for a few operations, but with all probes.
#[tokio::test(flavor = "multi_thread")]
async fn operations_that_do_not_call_the_broken_one_are_not_named() {
    let healthy = healthy().await;
    for operation in ["chat_completions", "upload_media", "account_balance"] {
        for fault in faults(operation) {
            assert_report_names(operation, fault, &callers(&healthy, operation), Vec::new()).await;
        }
    }
}

/// A server error and, if the document has a schema for the response, a response of the wrong type.
fn faults(operation: &str) -> Vec<Fault> {
    let mut faults = vec![Fault::status(500)];
    if document().answers_with_content(operation) {
        faults.push(Fault::default().body("5").content_type("application/json"));
    }
    faults
}

/// The report of a run without faults.
async fn healthy() -> Report {
    let emulator = Emulator::start().await.unwrap();
    run(&settings(emulator.base_url())).await.0
}

/// The operations whose probes call this one: the operation itself, and those that need it as a step.
fn callers(healthy: &Report, operation: &str) -> Vec<String> {
    let rows = healthy.rows().iter().filter(|row| row.calls(operation));
    let callers: BTreeSet<String> = rows.map(|row| row.operation.clone()).collect();
    callers.into_iter().collect()
}

/// Breaks one operation, and runs the probes of `operations`, or all probes if `operations` is empty.
async fn assert_report_names(operation: &str, fault: Fault, callers: &[String], operations: Vec<String>) {
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
async fn undocumented_fields_and_statuses_are_reported_as_drift_not_as_failures() {
    let emulator = Emulator::start().await.unwrap();
    let models = r#"[{"name": "new", "speed": 5, "pricing": {"currency": "pollen", "perNewThing": "1"}}]"#;
    emulator.inject(Fault::default().body(models).operation("list_text_models").always());
    let mut settings = settings(emulator.base_url());
    settings.operations = vec!["list_text_models".to_owned()];
    let (report, _) = run(&settings).await;
    assert!(report.holds());
    assert_eq!(report.drift().collect::<Vec<_>>(), ["list_text_models: the field `/*/speed` is not in the document"]);

    // An undocumented status is drift, even though the probe expects a success.
    emulator.clear_faults();
    emulator.inject(Fault::status(451).operation("list_text_models").always());
    let (report, _) = run(&settings).await;
    assert_eq!(report.drift().collect::<Vec<_>>(), ["list_text_models: status 451 is not in the document"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn probes_that_cost_pollen_or_need_a_key_can_be_skipped() {
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
    assert!(passed.len() >= 12, "too few probes passed: {passed:?}");
}

/// The names of keys, agents, models and integrations that a run created and did not delete.
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
async fn changes_to_the_account_are_undone_even_if_a_probe_fails() {
    let changing = ["create_key", "update_key", "create_agent", "create_my_model", "connect_integration"];
    let runs = changing.iter().map(Some).chain([None]).map(|broken| async move {
        let emulator = Emulator::start().await.unwrap();
        if let Some(operation) = broken {
            // The change is made, but the response cannot be read.
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
async fn the_account_is_not_changed_unless_changes_are_allowed() {
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
    // Uploaded files differ on every run, and the tape cannot record WebSockets.
    let is_wanted = |id: &&str| !id.contains("media") && !id.starts_with("realtime");
    settings.operations = document().operations().filter(is_wanted).map(str::to_owned).collect();
    settings.aspects.retain(|aspect| !matches!(aspect, Aspect::Refusal | Aspect::Keys));
    // Created keys and agents have a new name on every run.
    settings.allow_changes = false;
    let (report, exchanges) = run(&settings).await;
    assert!(report.holds());
    // Images in chats differ on every run.
    let is_new = |exchange: &&Exchange| exchange.path.contains("/chat/") && exchange.request.contains("image_url");
    let chats = exchanges.iter().filter(|exchange| !is_new(exchange)).cloned().collect::<Vec<_>>();
    contract::store(folder.path(), &chats).unwrap();
    drop(emulator);

    let tape = Tape::replay(folder.path()).await.unwrap();
    settings.base_url = tape.base_url().to_owned();
    settings.operations.retain(|id| id != "chat_completions");
    let (replayed, _) = run(&settings).await;
    assert!(replayed.holds(), "{}", replayed.render(Format::Text).unwrap());
    assert_eq!(replayed.counts(), run(&settings).await.0.counts(), "the second replay differs");
    // An exchange that was not recorded fails.
    settings.operations = vec!["upload_media".to_owned()];
    assert!(!run(&settings).await.0.holds());
    assert_eq!(Tape::start("nowhere").await.unwrap_err(), "`nowhere` is not an http or https URL");
    assert!(Tape::replay(Path::new("/no/such/folder")).await.unwrap_err().starts_with("cannot read /no/such/folder"));
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_as_json_and_junit_list_passed_failed_and_skipped_probes() {
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
