//! What the environment sets, and what is said when it does not.

use std::{env, process::Command};

use pollinations_ext::Pollinations;

/// Runs this test again in a process of its own, with these variables and no others of ours.
fn outcome(variables: &[(&str, &str)]) -> String {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", "the_environment", "--nocapture"]).env("IN_CHILD", "1");
    command.env_remove("POLLINATIONS_API_KEY").env_remove("POLLINATIONS_BASE_URL").envs(variables.iter().copied());
    let shown = String::from_utf8(command.output().unwrap().stdout).unwrap();
    shown.lines().find_map(|line| line.strip_prefix("outcome: ")).unwrap_or_else(|| panic!("{shown}")).to_owned()
}

#[test]
fn the_environment() {
    if env::var_os("IN_CHILD").is_some() {
        match Pollinations::from_env() {
            Ok(client) => println!("\noutcome: {client:?}"),
            Err(error) => println!("\noutcome: {error}"),
        }
        return;
    }
    const MISSING: &str = "POLLINATIONS_API_KEY is not set; get a key at https://enter.pollinations.ai and export it";
    assert_eq!(outcome(&[]), MISSING);
    assert_eq!(outcome(&[("POLLINATIONS_API_KEY", " ")]), MISSING);
    assert!(outcome(&[("POLLINATIONS_API_KEY", "key")]).starts_with("the API key is not valid"));
    let client = outcome(&[("POLLINATIONS_API_KEY", "sk_secret\n")]);
    assert!(client.contains("https://gen.pollinations.ai") && client.contains("ApiKey(sk_…)"), "{client}");
    let client = outcome(&[("POLLINATIONS_API_KEY", "pk_a"), ("POLLINATIONS_BASE_URL", "http://127.0.0.1:1/")]);
    assert!(client.contains("\"http://127.0.0.1:1\""), "{client}");
}
