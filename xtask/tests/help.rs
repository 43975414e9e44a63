//! The `--help` output of every command.

use std::process::Command;

/// The output of `--help` on a terminal of this width.
fn help(command: &[&str], columns: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(command)
        .arg("--help")
        .env("COLUMNS", columns)
        .env_remove("CARGO")
        .output()
        .unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

const COMMANDS: &[&[&str]] = &[&[], &["sync"], &["normalize"], &["drift"], &["completions"], &["emulate"]];

#[test]
fn help_fits_80_columns() {
    for command in COMMANDS {
        for columns in ["80", "200"] {
            let shown = help(command, columns);
            let wide: Vec<&str> = shown.lines().filter(|line| line.chars().count() > 80).collect();
            assert!(wide.is_empty(), "{command:?} at {columns}: {wide:#?}");
        }
    }
}

#[test]
fn help_of_every_command() {
    let shown: String = COMMANDS
        .iter()
        .map(|command| {
            format!(
                "$ cargo xtask {}--help\n{}\n",
                command.iter().map(|word| format!("{word} ")).collect::<String>(),
                help(command, "80")
            )
        })
        .collect();
    // clap ends some lines with a space.
    let shown: String = shown.lines().map(|line| format!("{}\n", line.trim_end())).collect();
    insta::assert_snapshot!(shown);
}

#[test]
fn every_command_is_in_the_list_of_this_test() {
    let overview = help(&[], "80");
    let listed = overview.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let names: Vec<&str> = listed
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    for name in names {
        // `contract` passes its arguments to a separate program, and `help` belongs to clap.
        let tested =
            COMMANDS.iter().any(|command| command.first() == Some(&name)) || ["contract", "help"].contains(&name);
        assert!(tested, "{name} is not in COMMANDS");
    }
}
