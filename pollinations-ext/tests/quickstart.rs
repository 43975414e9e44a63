//! Runs the quickstart with and without a key, and checks that its errors are a single line.

use std::{
    env,
    path::PathBuf,
    process::{Command, Output},
};

use pollinations_emulator::Emulator;

/// Runs the example, which cargo builds together with this test.
fn quickstart(variables: &[(&str, &str)]) -> Output {
    let mut path: PathBuf = env::current_exe().unwrap();
    path.pop();
    path.set_file_name("examples");
    path.push(format!("quickstart{}", env::consts::EXE_SUFFIX));
    let mut command = Command::new(path);
    command.env_remove("POLLINATIONS_API_KEY").env_remove("POLLINATIONS_BASE_URL").envs(variables.iter().copied());
    command.output().unwrap()
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

#[test]
fn without_a_key_it_uses_the_emulator_and_says_so() {
    let output = quickstart(&[]);
    let shown = text(output.stdout);
    assert!(output.status.success(), "{shown}");
    assert!(shown.starts_with("POLLINATIONS_API_KEY is not set: using the emulator at http://127.0.0.1:"), "{shown}");
    for part in [
        "# Chat\nYou said: Name a flower",
        "Tell a very short story\n(12 tokens)",
        "image/jpeg",
        " pollen\n",
        "audio: ",
    ] {
        assert!(shown.contains(part), "{part} is missing in:\n{shown}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_key_it_uses_the_service() {
    let emulator = Emulator::start().await.unwrap();
    let url = emulator.base_url().to_owned();
    let run = move || quickstart(&[("POLLINATIONS_API_KEY", "sk_test"), ("POLLINATIONS_BASE_URL", &url)]);
    let output = tokio::task::spawn_blocking(run).await.unwrap();
    assert!(output.status.success());
    assert!(!text(output.stdout).contains("emulator"));
    assert!(emulator.balance() < 100.0);
}

#[test]
fn errors_are_a_single_line() {
    let nowhere = "http://127.0.0.1:1";
    for (key, url, expected) in [
        ("hunter2", nowhere, "error: the API key is not valid: it must start with `sk_` or `pk_`; get a key at"),
        ("sk_", nowhere, "error: the API key is not valid: nothing follows its prefix; get a key at"),
        ("sk_test", "localhost", "error: the base URL is invalid: relative URL without a base"),
        ("sk_test", "ftp://localhost", "error: the base URL is invalid: it must start with http:// or https://"),
        ("sk_test", nowhere, "error: chat_completions: cannot connect to the server (Connection refused"),
    ] {
        let output = quickstart(&[("POLLINATIONS_API_KEY", key), ("POLLINATIONS_BASE_URL", url)]);
        let shown = text(output.stderr);
        assert_eq!(output.status.code(), Some(1), "{shown}");
        assert_eq!(shown.lines().count(), 1, "{shown}");
        assert!(shown.starts_with(expected), "{shown}");
        assert!(!shown.contains("hunter2") && !shown.contains("sk_test"), "{shown}");
    }
}
