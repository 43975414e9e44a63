//! Lines and colors of reports on a terminal.

/// The maximum width of a line. Most terminals open with this many columns.
const COLUMNS: usize = 80;

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

/// Colours the class of a change. Red, green and magenta can be read on a light and on a dark background, in the usual
/// palettes; yellow, cyan and blue cannot.
#[must_use]
pub fn coloured(line: &str) -> String {
    let text = line.trim_start();
    let (indent, word) = (&line[..line.len() - text.len()], text.split(' ').next().unwrap_or_default());
    let colour = match word {
        "breaking" => "31",
        "additive" => "32",
        "docs" => "35",
        _ => return line.to_owned(),
    };
    format!("{indent}\x1b[{colour}m{word}\x1b[0m{}", &text[word.len()..])
}

#[cfg(test)]
mod tests {
    use super::{COLUMNS, coloured, wrapped};

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
    fn the_class_of_a_change_has_a_colour() {
        assert_eq!(coloured("  breaking  a"), "  \x1b[31mbreaking\x1b[0m  a");
        assert_eq!(coloured("Operations: 1 changed"), "Operations: 1 changed");
    }
}
