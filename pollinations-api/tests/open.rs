//! New enum values and new union members of the server are decoded, kept, and serialized unchanged.

use pollinations_api::types::{AccountTier, ChatMessage, ChatVoice, ContentPart, ImageQuality, KeyType, Tool};
use serde_json::json;

fn round_trip<T: serde::Serialize + serde::de::DeserializeOwned>(value: serde_json::Value) -> T {
    let decoded: T = serde_json::from_value(value.clone()).unwrap();
    assert_eq!(serde_json::to_value(&decoded).unwrap(), value);
    decoded
}

#[test]
fn enumerations_accept_unknown_values_and_convert_to_text() {
    assert_eq!(round_trip::<AccountTier>(json!("flower")), AccountTier::Flower);
    assert_eq!(round_trip::<AccountTier>(json!("orchard")), AccountTier::Other("orchard".to_owned()));
    assert!(serde_json::from_value::<AccountTier>(json!({})).is_err());

    // Conversions from and to text.
    assert_eq!("high".parse(), Ok(ImageQuality::High));
    assert_eq!(ImageQuality::from("high"), ImageQuality::from("high".to_owned()));
    assert_eq!(ImageQuality::from("ultra").to_string(), "ultra");
    assert_eq!((ImageQuality::Medium.as_ref(), ImageQuality::Medium.as_str()), ("medium", "medium"));
    assert_eq!(format!("[{:>6}]", ImageQuality::Hd), "[    hd]");
    assert_eq!(ChatVoice::Alloy, "alloy");
    assert!(ChatVoice::KNOWN.contains(&"coral"));
    // The document has a default for `ImageQuality`, but not for `KeyType`.
    assert_eq!(ImageQuality::default(), ImageQuality::Medium);
    assert_eq!(KeyType::KNOWN, ["publishable", "secret"]);
}

#[test]
fn unions_accept_unknown_members() {
    let known = round_trip(json!({ "role": "user", "content": "Hello" }));
    assert!(matches!(known, ChatMessage::User(_)));
    let new = round_trip(json!({ "role": "narrator", "content": "Meanwhile…", "mood": 3 }));
    assert!(matches!(new, ChatMessage::Other(_)));
    assert!(matches!(round_trip(json!({ "type": "hologram", "x": [1] })), ContentPart::Other(_)));
    assert_eq!(round_trip::<Tool>(json!({ "type": "code_execution" })), Tool::code_execution());
    assert!(matches!(round_trip(json!({ "type": "time_travel" })), Tool::Other(_)));
}
