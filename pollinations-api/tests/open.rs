//! What the server adds is decoded, kept, and written back.

use pollinations_api::types::{AccountTier, ChatMessage, ContentPart, ImageModel, KeyType, Tool, Voice};
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
    assert!(serde_json::from_value::<AccountTier>(json!(5)).is_err());

    // From and to text in every way that Rust has.
    assert_eq!("flux".parse(), Ok(ImageModel::Flux));
    assert_eq!(ImageModel::from("flux"), ImageModel::from("flux".to_owned()));
    assert_eq!(ImageModel::from("my-own").to_string(), "my-own");
    assert_eq!(
        (ImageModel::NanobananaPro.as_ref(), ImageModel::NanobananaPro.as_str()),
        ("nanobanana-pro", "nanobanana-pro")
    );
    assert_eq!(format!("[{:>6}]", ImageModel::Veo), "[   veo]");
    assert_eq!(Voice::Nova, "nova");
    assert!(Voice::KNOWN.contains(&"nova"));
    // The document has a default for these, and none for the kind of a key.
    assert_eq!((ImageModel::default(), Voice::default()), (ImageModel::Zimage, Voice::Alloy));
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
