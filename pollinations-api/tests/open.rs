//! What the server adds is decoded, kept, and written back.

use pollinations_api::types::{AccountTier, ChatMessage, ChatVoice, ContentPart, ImageQuality, KeyType, Tool};
use serde_json::json;

fn there_and_back<T: serde::Serialize + serde::de::DeserializeOwned>(value: serde_json::Value) -> T {
    let decoded: T = serde_json::from_value(value.clone()).unwrap();
    assert_eq!(serde_json::to_value(&decoded).unwrap(), value);
    decoded
}

#[test]
fn enumerations() {
    assert_eq!(there_and_back::<AccountTier>(json!("flower")), AccountTier::Flower);
    assert_eq!(there_and_back::<AccountTier>(json!("orchard")), AccountTier::Other("orchard".to_owned()));
    assert!(serde_json::from_value::<AccountTier>(json!({})).is_err());

    // From and to text in every way that Rust has.
    assert_eq!("high".parse(), Ok(ImageQuality::High));
    assert_eq!(ImageQuality::from("high"), ImageQuality::from("high".to_owned()));
    assert_eq!(ImageQuality::from("ultra").to_string(), "ultra");
    assert_eq!((ImageQuality::Medium.as_ref(), ImageQuality::Medium.as_str()), ("medium", "medium"));
    assert_eq!(format!("[{:>6}]", ImageQuality::Hd), "[    hd]");
    assert_eq!(ChatVoice::Alloy, "alloy");
    assert!(ChatVoice::KNOWN.contains(&"coral"));
    // The document names a default for this one, and none for the kind of a key.
    assert_eq!(ImageQuality::default(), ImageQuality::Medium);
    assert_eq!(KeyType::KNOWN, ["publishable", "secret"]);
}

#[test]
fn unions() {
    let known = there_and_back(json!({ "role": "user", "content": "Hello" }));
    assert!(matches!(known, ChatMessage::User(_)));
    let new = there_and_back(json!({ "role": "narrator", "content": "Meanwhile…", "mood": 3 }));
    assert!(matches!(new, ChatMessage::Other(_)));
    assert!(matches!(there_and_back(json!({ "type": "hologram", "x": [1] })), ContentPart::Other(_)));
    assert_eq!(there_and_back::<Tool>(json!({ "type": "code_execution" })), Tool::code_execution());
    assert!(matches!(there_and_back(json!({ "type": "time_travel" })), Tool::Other(_)));
}
