//! The environment variables that `Pollinations::from_env` reads, and its errors.

use std::{env, process::Command};

use pollinations_ext::Pollinations;

/// Runs the test below in a new process with only these variables, and returns the outcome that it prints.
fn outcome(variables: &[(&str, &str)]) -> String {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", "from_env_reads_the_variables", "--nocapture"]).env("IN_CHILD", "1");
    command.env_remove("POLLINATIONS_API_KEY").env_remove("POLLINATIONS_BASE_URL").envs(variables.iter().copied());
    let shown = String::from_utf8(command.output().unwrap().stdout).unwrap();
    shown.lines().find_map(|line| line.strip_prefix("outcome: ")).unwrap_or_else(|| panic!("{shown}")).to_owned()
}

#[test]
fn from_env_reads_the_variables() {
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
