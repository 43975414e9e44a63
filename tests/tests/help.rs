//! The `--help` output of the contract suite.

use std::process::Command;

#[test]
fn the_help_of_the_contract_suite_fits_80_columns() {
    let output = Command::new(env!("CARGO_BIN_EXE_contract")).arg("--help").env("COLUMNS", "200").output().unwrap();
    assert!(output.status.success());
    let shown: String =
        String::from_utf8(output.stdout).unwrap().lines().map(|line| format!("{}\n", line.trim_end())).collect();
    let wide: Vec<&str> = shown.lines().filter(|line| line.chars().count() > 80).collect();
    assert!(wide.is_empty(), "{wide:#?}");
    insta::assert_snapshot!(shown);
}
