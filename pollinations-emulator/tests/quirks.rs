//! Quirks: responses that providers really send.

use std::path::Path;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use pollinations_emulator::{Emulator, Fault};
use serde_json::Value;

#[tokio::test]
async fn every_quirk_is_replayed_exactly() {
    let emulator = Emulator::start().await.unwrap();
    let http = reqwest::Client::new();
    let listed = http.get(format!("{}/_emulator/quirks", emulator.base_url())).send().await.unwrap();
    let listed: Vec<Value> = serde_json::from_slice(&listed.bytes().await.unwrap()).unwrap();
    assert_eq!(listed.len(), Emulator::quirks().count());
    assert!(listed.len() > 200);
    for quirk in &listed {
        let name = quirk["name"].as_str().unwrap();
        emulator.inject(Fault::quirk(name));
        let request = http.post(format!("{}/v1/chat/completions", emulator.base_url())).bearer_auth("sk_a");
        let response = request.send().await.unwrap();
        assert_eq!(response.status().as_u16(), quirk["status"].as_u64().unwrap() as u16, "{name}");
        let kind = response.headers().get("content-type").map_or("", |kind| kind.to_str().unwrap());
        assert_eq!(kind, quirk["contentType"], "{name}");
        for (header, value) in quirk["headers"].as_object().into_iter().flatten() {
            assert_eq!(response.headers()[header], value.as_str().unwrap(), "{name}");
        }
        let body = match quirk["base64"].as_str() {
            Some(text) => BASE64_STANDARD.decode(text).unwrap(),
            None => quirk["body"].as_str().unwrap_or_default().as_bytes().to_vec(),
        };
        assert_eq!(response.bytes().await.unwrap(), body, "{name}");
    }
}

#[tokio::test]
async fn unknown_quirks_are_errors_and_quirks_combine_with_other_faults() {
    let emulator = Emulator::start().await.unwrap();
    let http = reqwest::Client::new();
    let send = async |fault: Fault| {
        emulator.inject(fault);
        http.get(format!("{}/v1/models", emulator.base_url())).send().await.unwrap()
    };
    let wrong = send(Fault::quirk("chat/no-such")).await;
    assert_eq!(wrong.status(), 400);
    let wrong: Value = serde_json::from_slice(&wrong.bytes().await.unwrap()).unwrap();
    assert!(wrong["error"]["details"]["formErrors"][0].as_str().unwrap().contains("chat/no-such"), "{wrong}");
    let name = Emulator::quirks().find(|name| name.starts_with("chunk/")).unwrap();
    let whole = send(Fault::quirk(name)).await.bytes().await.unwrap();
    assert_eq!(send(Fault::quirk(name).chunk_size(1)).await.bytes().await.unwrap(), whole);
}

#[test]
fn the_page_about_quirks_lists_every_quirk() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(folder.join("../docs/quirks.md")).unwrap();
    let shown: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    assert_eq!(shown, Emulator::quirks().collect::<Vec<_>>());
}
