//! The contract suite: green against the emulator, red and to the point against one that is broken.

use std::{fs, path::Path};

use futures_util::future::join_all;
use pollinations_emulator::{Emulator, Fault};
use pollinations_tests::{
    PENDING,
    contract::{self, Aspect, Document, Exchange, Format, Outcome, Report, Settings, Spend, Tape},
};

fn document() -> Document {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../openapi.json");
    Document::parse(&fs::read_to_string(path).unwrap()).unwrap()
}

fn settings(url: &str) -> Settings {
    Settings {
        base_url: url.to_owned(),
        media_url: None,
        spend: Spend::All,
        aspects: vec![Aspect::Answer, Aspect::Stream, Aspect::Content, Aspect::Keys, Aspect::Refusal],
        operations: Vec::new(),
        key: Some("sk_contract_suite".parse().unwrap()),
        publishable_key: Some("pk_contract_suite".parse().unwrap()),
    }
}

async fn run(settings: &Settings) -> (Report, Vec<Exchange>) {
    contract::run(&document(), settings, |_| ()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_emulator_keeps_its_contract() {
    let emulator = Emulator::start().await.unwrap();
    let (report, exchanges) = run(&settings(emulator.base_url())).await;
    let text = report.render(Format::Text).unwrap();
    assert!(report.holds(), "{text}");
    assert_eq!(report.counts().2, PENDING.len(), "nothing else is skipped\n{text}");
    assert_eq!(report.drift().collect::<Vec<_>>(), [""; 0], "{text}");
    let mut uncovered = contract::uncovered(&document());
    uncovered.sort_unstable();
    let mut pending = PENDING.to_vec();
    pending.sort_unstable();
    assert_eq!(uncovered, pending);

    // Both ways to show a key were used, and no key is on the tape.
    let stored = serde_json::to_string(&exchanges).unwrap();
    assert!(!stored.contains("contract_suite"), "{stored}");
    assert!(!stored.contains("ada@example.com"), "{stored}");
}

/// Each operation in turn answers with what it should not; the suite names that one and no other.
#[tokio::test(flavor = "multi_thread")]
async fn one_broken_operation_is_named() {
    let covered = Emulator::operations().filter(|id| !PENDING.contains(id));
    let broken = covered.map(|operation| async move {
        for fault in [Fault::status(500), Fault::default().body("5").content_type("application/json")] {
            let emulator = Emulator::start().await.unwrap();
            emulator.inject(fault.clone().operation(operation).always());
            let (report, _) = run(&settings(emulator.base_url())).await;
            let text = report.render(Format::Text).unwrap();
            assert!(report.broken().contains(&operation), "{operation} with {fault:?}\n{text}");
            // What is uploaded first is missing after.
            let others: Vec<&str> = report
                .broken()
                .into_iter()
                .filter(|id| *id != operation && !(operation == "upload_media" && id.contains("media")))
                .collect();
            assert!(others.is_empty(), "{operation} with {fault:?}: {others:?}\n{text}");
        }
    });
    join_all(broken).await;
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
    let (report, _) = run(&settings).await;
    assert!(report.holds());
    assert_eq!(emulator.balance(), 100.0);
    let made: Vec<String> =
        emulator.journal().into_iter().filter(|entry| entry.status == 200).map(|entry| entry.path).collect();
    assert!(made.iter().all(|path| path.contains("models") || path.starts_with("/account")), "{made:?}");

    settings.key = None;
    settings.publishable_key = None;
    let (report, _) = run(&settings).await;
    assert!(report.holds());
    let passed: Vec<&str> =
        report.rows().iter().filter(|row| row.outcome() == Outcome::Passed).map(|row| row.operation.as_str()).collect();
    assert_eq!(passed.len(), 11, "four listings, one of them twice, and six refusals: {passed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recorded_run_can_be_played_back() {
    let emulator = Emulator::start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut settings = settings(emulator.base_url());
    // What is uploaded is another thing each time.
    settings.operations = document().operations().filter(|id| !id.contains("media")).map(str::to_owned).collect();
    settings.aspects.retain(|aspect| !matches!(aspect, Aspect::Refusal | Aspect::Keys));
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
