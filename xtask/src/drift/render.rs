//! A report for people, for machines, and for a pull request.

use std::{collections::BTreeSet, fmt::Write as _};

use anyhow::Result;

use super::{
    Class, Report,
    group::{Group, Grouped, group},
};

impl Report {
    /// The counts first, then what changed in each operation, then what is new and what is gone.
    pub fn to_text(&self) -> String {
        let grouped = group(self);
        let mut text = self.summary(&grouped) + "\n";
        // Writing to a string cannot fail.
        for Group { title, lines, methods } in &grouped.changed {
            let _ = writeln!(text, "\n{title}");
            for line in lines {
                let _ = writeln!(text, "  {:<8}  {}", line.class, line.text);
            }
            if !methods.is_empty() {
                let _ = writeln!(text, "  {:<8}  {methods}", "methods");
            }
        }
        for (heading, list) in self.lists(&grouped) {
            let _ = writeln!(text, "\n{heading}");
            for line in list {
                let _ = writeln!(text, "  {line}");
            }
        }
        text
    }

    /// The report as JSON: `bump` and `changes`.
    ///
    /// # Errors
    ///
    /// None in practice; a report can always be written.
    pub fn to_json(&self) -> Result<String> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }

    /// The same as the text, with headings and lists.
    pub fn to_markdown(&self) -> String {
        let grouped = group(self);
        let mut text = format!("# API drift\n\n{}\n", self.summary(&grouped));
        for Group { title, lines, methods } in &grouped.changed {
            let titles: Vec<String> = title.lines().map(heading).collect();
            let _ = writeln!(text, "\n## {}\n", titles.join(", "));
            for line in lines {
                let _ = writeln!(text, "- **{}** {}", line.class, escaped(&line.text));
            }
            if !methods.is_empty() {
                let _ = writeln!(text, "- methods: {}", escaped(methods));
            }
        }
        for (title, list) in self.lists(&grouped) {
            let _ = writeln!(text, "\n## {title}\n");
            for line in list {
                let _ = writeln!(text, "- {}", heading(line));
            }
        }
        text
    }

    /// What has no lines of its own: operations as a whole, and words.
    fn lists<'a>(&self, grouped: &'a Grouped) -> Vec<(String, &'a Vec<String>)> {
        [
            ("Removed operations", &grouped.removed),
            ("New operations", &grouped.added),
            ("Documentation changes", &grouped.words),
        ]
        .into_iter()
        .filter(|(_, list)| !list.is_empty())
        .map(|(heading, list)| {
            let count = if list == &grouped.words { String::new() } else { format!(" ({})", list.len()) };
            (format!("{heading}{count}"), list)
        })
        .collect()
    }

    /// How many changes there are, the version they ask for, and how many operations are touched.
    fn summary(&self, grouped: &Grouped) -> String {
        let Some(bump) = self.bump else { return "No changes.".to_owned() };
        let count = |class| self.changes.iter().filter(|change| change.class == class).count();
        let touched: BTreeSet<&String> = self
            .changes
            .iter()
            .filter(|change| change.class != Class::Docs)
            .flat_map(|change| &change.operations)
            .filter(|id| !grouped.is_whole(id))
            .collect();
        format!(
            "{} breaking, {} additive, {} docs: needs a {bump} version.\nOperations: {} changed, {} new, {} removed.",
            count(Class::Breaking),
            count(Class::Additive),
            count(Class::Docs),
            touched.len(),
            grouped.added.len(),
            grouped.removed.len(),
        )
    }
}

/// A title in Markdown: the name as code, the rest as it is.
fn heading(title: &str) -> String {
    match title.split_once("  ") {
        Some((name, rest)) => format!("`{name}` {}", escaped(rest)),
        None => escaped(title),
    }
}

/// Text that Markdown leaves as it is.
fn escaped(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '*' | '_' | '<' | '>' | '[' | ']' | '|') {
            result.push('\\');
        }
        result.push(if matches!(character, '\n' | '\r') { ' ' } else { character });
    }
    result
}
