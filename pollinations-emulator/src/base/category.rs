//! The categories of models. Keys can be limited to some of them.

/// All categories of the service.
pub(crate) const ALL: [&str; 7] = ["text", "image", "video", "audio", "3d", "embedding", "realtime"];

/// Prefixes of model names by category. The first match counts.
const PREFIXES: &[(&str, &[&str])] = &[
    ("embedding", &["gemini-embedding", "text-embedding"]),
    ("realtime", &["gpt-realtime"]),
    ("image", &["zimage", "z-image", "flux", "gptimage", "gpt-image", "kontext", "seedream", "nanobanana", "klein"]),
    ("video", &["veo", "seedance", "wan", "ltx"]),
    ("audio", &["eleven", "tts", "whisper", "scribe", "music", "voice", "stem"]),
    ("3d", &["trellis", "asset-harvester"]),
    (
        "text",
        &["openai", "gpt", "mistral", "gemini", "claude", "deepseek", "qwen", "grok", "perplexity", "kimi", "glm"],
    ),
];

/// Prefixes of audio models that make sound from text. The others work on recordings.
const SPEAKING: &[&str] = &["eleven", "tts", "music"];

/// The category of a model, if its name is known.
pub(crate) fn of_model(name: &str) -> Option<&'static str> {
    // `publisher/model` is the same as `model`.
    let name = name.rsplit('/').next().unwrap_or_default();
    let of = |prefixes: &[&str]| prefixes.iter().any(|prefix| name.starts_with(prefix));
    PREFIXES.iter().find(|(_, prefixes)| of(prefixes)).map(|(category, _)| *category)
}

/// Whether an audio model makes sound from text.
pub(crate) fn speaks(name: &str) -> bool {
    let name = name.rsplit('/').next().unwrap_or_default();
    // `eleven-multilingual-sts` changes a voice.
    SPEAKING.iter().any(|prefix| name.starts_with(prefix)) && !name.contains("-sts")
}

/// The category of the models that a path uses.
pub(crate) fn of_path(path: &str) -> &'static str {
    let path = path.strip_prefix("/generate").unwrap_or(path);
    let is_in = |starts: &[&str]| starts.iter().any(|start| path.starts_with(start));
    match () {
        () if is_in(&["/image", "/v1/images"]) => "image",
        () if is_in(&["/video"]) => "video",
        () if is_in(&["/audio", "/v1/audio", "/alpha/audio"]) => "audio",
        () if is_in(&["/3d"]) => "3d",
        () if is_in(&["/v1/embeddings"]) => "embedding",
        () if is_in(&["/realtime", "/v1/realtime"]) => "realtime",
        () => "text",
    }
}

/// The categories that a new key may use. The id of a model allows its whole category.
pub(crate) fn of_all(models: &[String]) -> Vec<String> {
    let mut categories: Vec<String> = Vec::new();
    for model in models {
        let known = ALL.contains(&model.as_str());
        let category = of_model(model).filter(|_| !known).unwrap_or(model);
        if !categories.iter().any(|listed| listed == category) {
            categories.push(category.to_owned());
        }
    }
    categories
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_and_paths_have_categories() {
        for (model, category) in
            [("flux", "image"), ("acme/flux-2", "image"), ("openai-fast", "text"), ("veo", "video")]
        {
            assert_eq!(of_model(model), Some(category), "{model}");
        }
        assert_eq!(of_model("community/ada/haiku"), None);
        for (path, category) in [
            ("/image/x", "image"),
            ("/generate/image/x", "image"),
            ("/v1/images/edits", "image"),
            ("/v1/chat/completions", "text"),
            ("/text/x", "text"),
            ("/v1/audio/speech", "audio"),
            ("/3d/x", "3d"),
        ] {
            assert_eq!(of_path(path), category, "{path}");
        }
    }

    #[test]
    fn a_model_id_is_replaced_by_its_category() {
        let models = ["flux", "kontext", "text", "unknown"].map(str::to_owned);
        assert_eq!(of_all(&models), ["image", "text", "unknown"]);
    }
}
