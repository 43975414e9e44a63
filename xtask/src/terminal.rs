//! Messages and reports on a terminal: line width and colors.

use std::io::{self, IsTerminal as _, Write as _};

use clap::builder::styling::{AnsiColor, Style, Styles};

/// The maximum width of a line. Most terminals open with this many columns.
const COLUMNS: usize = 80;

/// Where a message continues on the next line.
const CONTINUED: usize = 4;

/// How clap marks its own errors. Its default shows the wrong argument in yellow, which is hard to read on white.
pub const STYLES: Styles = Styles::styled().invalid(Style::new().bold());

const RED: Style = AnsiColor::Red.on_default();
const GREEN: Style = AnsiColor::Green.on_default();
const MAGENTA: Style = AnsiColor::Magenta.on_default();
const BOLD: Style = Style::new().bold();

/// Prints `label: text` to standard error. On a terminal, long lines are wrapped, and the label is bold.
///
/// # Errors
///
/// An error if standard error is closed.
pub fn message(label: &str, text: &str) -> io::Result<()> {
    let mut out = anstream::stderr().lock();
    let style = if label == "error" { RED.bold() } else { BOLD };
    for (place, line) in format!("{label}: {text}").lines().enumerate() {
        // A program that reads the messages gets each on one line.
        let line = if io::stderr().is_terminal() { wrapped(line, CONTINUED) } else { line.to_owned() };
        match line.strip_prefix(label).filter(|_| place == 0) {
            Some(rest) => writeln!(out, "{style}{label}{style:#}{rest}")?,
            None => writeln!(out, "{line}")?,
        }
    }
    Ok(())
}

/// Prints a line of a report to standard output. On a terminal, a long line is wrapped and continues at the column
/// `indent`, and the words and headings that matter have a color.
///
/// # Errors
///
/// An error if standard output is closed.
pub fn line(line: &str, indent: usize) -> io::Result<()> {
    // A program that reads the report gets each item on one line.
    let line = if io::stdout().is_terminal() { wrapped(line, indent) } else { line.to_owned() };
    writeln!(anstream::stdout().lock(), "{}", colored(&line))
}

/// Prints a heading of a report to standard output. On a terminal, the name before two spaces is bold.
///
/// # Errors
///
/// An error if standard output is closed.
pub fn heading(line: &str) -> io::Result<()> {
    let line = if io::stdout().is_terminal() { wrapped(line, CONTINUED) } else { line.to_owned() };
    let (name, rest) = line.split_at(line.find("  ").unwrap_or(line.len()));
    writeln!(anstream::stdout().lock(), "{BOLD}{name}{BOLD:#}{rest}")
}

/// Breaks a line between words, so that it fits 80 columns. Further lines are indented by `indent` columns. A word that is
/// longer than a line stays whole, so that it can be copied.
#[must_use]
pub fn wrapped(line: &str, indent: usize) -> String {
    if line.chars().count() <= COLUMNS {
        return line.to_owned();
    }
    let start = line.len() - line.trim_start().len();
    let mut all = line[..start].to_owned();
    let mut width = start;
    for (place, word) in line[start..].split(' ').enumerate() {
        let length = word.chars().count();
        if place > 0 && width + 1 + length > COLUMNS {
            all.push('\n');
            all.push_str(&" ".repeat(indent));
            width = indent;
        } else if place > 0 {
            all.push(' ');
            width += 1;
        }
        all.push_str(word);
        width += length;
    }
    all
}

/// Colors the first word of a line, if it is the class of a change or the result of a check. Red, green and magenta are
/// easy to read on a light and on a dark background, in the usual palettes. Yellow, cyan and blue are not.
fn colored(line: &str) -> String {
    let text = line.trim_start();
    let (indent, word) = (&line[..line.len() - text.len()], text.split(' ').next().unwrap_or_default());
    let style = match word {
        "FAILED" => RED.bold(),
        "breaking" => RED,
        "additive" | "ok" => GREEN,
        "docs" | "drift:" => MAGENTA,
        _ => return line.to_owned(),
    };
    format!("{indent}{style}{word}{style:#}{}", &text[word.len()..])
}

#[cfg(test)]
mod tests {
    use super::{COLUMNS, colored, wrapped};

    #[test]
    fn a_long_line_is_wrapped_with_indentation() {
        let names = (0..20).map(|number| format!("value_{number}")).collect::<Vec<_>>().join(", ");
        let shown = wrapped(&format!("  additive  ErrorCode: new values: {names}"), 12);
        assert!(shown.lines().count() > 1);
        for (place, line) in shown.lines().enumerate() {
            assert!(line.chars().count() <= COLUMNS, "{line}");
            assert!(place == 0 || line.starts_with(&" ".repeat(12)), "{line}");
        }
        assert_eq!(shown.split_whitespace().count(), 4 + 20);
    }

    #[test]
    fn short_lines_and_long_words_are_not_wrapped() {
        assert_eq!(wrapped("  docs  a", 12), "  docs  a");
        let word = "x".repeat(100);
        assert_eq!(wrapped(&word, 12), word);
    }

    #[test]
    fn the_class_of_a_change_and_the_result_of_a_check_have_a_color() {
        assert_eq!(colored("  breaking  a"), "  \x1b[31mbreaking\x1b[0m  a");
        assert_eq!(colored("FAILED  list_models"), "\x1b[1m\x1b[31mFAILED\x1b[0m  list_models");
        assert_eq!(colored("Operations: 1 changed"), "Operations: 1 changed");
    }
}
