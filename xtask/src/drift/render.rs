//! Formats a report as text, JSON or Markdown.

use std::{collections::BTreeSet, fmt::Write as _};

use anyhow::Result;

use super::{
    Class, Report,
    group::{Group, Grouped, group},
};

impl Report {
    /// The report as text: first the counts, then the changes of each operation, then operations that were added or
    /// removed.
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
    /// Does not fail in practice, because any report can be written.
    pub fn to_json(&self) -> Result<String> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }

    /// The same as the text, with Markdown headings and lists.
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

    /// Changes without lines of their own: whole operations, and descriptions.
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

    /// The number of changes, the version they require, and the number of affected operations.
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

/// A title in Markdown, with the name as code.
fn heading(title: &str) -> String {
    match title.split_once("  ") {
        Some((name, rest)) => format!("`{name}` {}", escaped(rest)),
        None => escaped(title),
    }
}

/// Text with Markdown characters escaped.
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
