//! Unclear phrases that were replaced are not used again.

use std::{fs, path::Path, process::Command};

/// Each unclear phrase, and what to write instead.
const PHRASES: &[(&str, &str)] = &[
    ("or it is none", "is missing or malformed"),
    ("when it is none", "if it is malformed"),
    ("that is none", "that is not a …"),
    ("is none of http", "is not HTTP"),
    ("pictures of this machine", "local images"),
    ("picture of this machine", "a local image"),
    ("the name of the status is the message", "the error message is the status text"),
    ("if the time of the call allows", "as long as it fits within the call's timeout"),
    ("sees to it that", "say what to do"),
    ("header of his own", "their own header"),
    ("of the caller's own", "your own"),
    ("the caller runs himself", "you run yourself"),
    ("he grants", "they grant"),
    ("he does not grant", "the user denies access"),
    ("nobody knows what it means", "the outcome is unknown"),
    ("nobody knows whether", "it is unknown whether"),
    ("has no method here", "a field without a setter"),
    ("have no method here", "fields without a setter"),
    ("leaves nothing behind", "no partial file is left"),
    ("which nobody asked for", "which the client did not ask for"),
    ("the only model for", "the model for"),
    ("ended before its end", "ended before the reply was complete"),
    ("waiting would be in vain", "say what happens instead"),
    ("of no use", "is invalid"),
    ("tells whom it belongs to", "returns the user it belongs to"),
    ("is not one: {", "is invalid: {"),
    ("far as its first bytes tell", "does not look like"),
    ("cannot stand here", "is not allowed here"),
    ("is no value of", "does not allow"),
    ("made of itself", "refers to itself"),
    ("what the types are called", "the names of the types"),
    ("there is no randomness", "the system has no random numbers"),
    ("json object alone", "only to a JSON object"),
    ("for a prompt alone", "only a prompt"),
    ("401 without a valid key", "401 if the API key is invalid"),
    ("of which a request failed", "in which a request failed"),
    ("the most tokens that", "the maximum number of tokens"),
    ("cannot stand in an address", "cannot be part of a URL"),
    ("dots alone", "only dots"),
    ("does not name a user", "has no user ID"),
    ("if you know better", "if this is wrong"),
    ("an address at which", "a URL where"),
    ("an error without words", "an error without a message"),
    ("left to the service", "the service has defaults for"),
    ("failures come out of the stream", "errors come from the stream"),
    ("but for an answer that", "except that"),
    ("of another kind than the one", "different from"),
    ("the program has been told", "say what to do next"),
    ("words that changed", "changed descriptions"),
    ("what the model thought", "the model's reasoning"),
    ("come only if", "are only returned if"),
    ("in no fixed form", "its format varies"),
    ("hands over the", "returns the"),
    ("nobody can tell", "it is unclear"),
    ("what has come", "the reply so far"),
    ("broken off with an error", "failed in the middle"),
    ("are asked for again", "are requested again"),
    ("properties gone", "removed properties"),
    ("values gone", "removed values"),
    ("may not be null any more", "may no longer be null"),
    ("it was answered, and not refused", "the response is a success, but … was expected"),
    ("its schema is none", "the schema is invalid"),
    ("told by class", "marked as"),
    ("is a status 400", "the status is 400"),
    ("tells the limit of", "tells you which rate limit you hit"),
    ("is treated alike", "is treated in the same way"),
    ("a lost answer", "a lost response"),
    ("time-out", "timeout"),
    ("licence", "license"),
    ("what came of", "the result of"),
    ("what comes of", "the result of"),
    ("that breaks off", "that is interrupted"),
    ("the next key is taken", "the next key is used"),
    ("alone in its program", "in a separate test program"),
];

/// Whether the phrases are forbidden in a file. They are allowed in this list, in the changelog, and in texts that
/// others wrote.
fn is_ours(path: &str) -> bool {
    let others =
        ["tests/payloads/", "tests/documents/", "fuzz/seeds/", "tests/tests/prose.rs", "CHANGELOG.md", "LICENSE"];
    let kinds =
        [".rs", ".md", ".yaml", ".yml", ".toml", ".py", ".html", ".js", "/run", "/record", "/judges", "/browser"];
    !others.iter().any(|other| path.contains(other)) && kinds.iter().any(|kind| path.ends_with(kind))
}

/// The text in lowercase, with white space and comment marks replaced by single spaces, to find phrases across lines.
fn flat(text: &str) -> String {
    let words = text.split_whitespace().filter(|word| !["//", "///", "//!", "#", "*"].contains(word));
    words.collect::<Vec<_>>().join(" ").to_lowercase()
}

#[test]
fn no_file_contains_a_phrase_that_was_replaced() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let listed = Command::new("git").arg("ls-files").current_dir(&root).output().unwrap();
    let files = String::from_utf8(listed.stdout).unwrap();
    let mut read = 0;
    let mut found = Vec::new();
    for path in files.lines().filter(|path| is_ours(path)) {
        let Ok(text) = fs::read_to_string(root.join(path)) else { continue };
        read += 1;
        let text = flat(&text);
        for (phrase, better) in PHRASES {
            if text.contains(phrase) {
                found.push(format!("{path}: \"{phrase}\"; write \"{better}\""));
            }
        }
    }
    assert!(read > 200, "only {read} files were read");
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn phrases_are_found_across_lines_and_in_any_case() {
    assert!(flat("/// There is no key, OR it\n    /// is none.").contains("or it is none"));
    assert!(PHRASES.iter().all(|(phrase, _)| *phrase == flat(phrase)), "a phrase in the list can never be found");
}
