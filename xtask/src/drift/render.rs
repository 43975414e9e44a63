//! A report for people, for machines, and for a pull request.

use std::fmt::Write as _;

use anyhow::Result;
use serde_json::Value;

use super::{Change, Class, Report};

/// Characters of a value that are shown.
const SHOWN: usize = 60;

impl Report {
    /// One line a change, and one for the whole.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        for change in &self.changes {
            let operations = operations(change);
            let operations = if operations.is_empty() { operations } else { format!(" [{operations}]") };
            let values = match (value(&change.before), value(&change.after)) {
                (None, None) => String::new(),
                (before, after) => {
                    format!(
                        " ({} -> {})",
                        before.as_deref().unwrap_or("nothing"),
                        after.as_deref().unwrap_or("nothing")
                    )
                }
            };
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{:<8}  {}: {}{values}{operations}", change.class, change.location, change.message);
        }
        text + &self.summary() + "\n"
    }

    /// The report as JSON: `bump` and `changes`.
    ///
    /// # Errors
    ///
    /// None in practice; a report can always be written.
    pub fn to_json(&self) -> Result<String> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }

    /// Tables of the changes by class, under a heading.
    pub fn to_markdown(&self) -> String {
        let mut text = format!("# API drift\n\n{}\n", self.summary());
        for (class, heading) in
            [(Class::Breaking, "Breaking"), (Class::Additive, "Additive"), (Class::Docs, "Documentation")]
        {
            let changes: Vec<&Change> = self.changes.iter().filter(|change| change.class == class).collect();
            if changes.is_empty() {
                continue;
            }
            let _ = write!(
                text,
                "\n## {heading}\n\n| where | what | before | after | operations |\n|---|---|---|---|---|\n"
            );
            for change in changes {
                let code = |text: &str| format!("`{}`", cell(text).replace('`', "'"));
                let shown = |it: &Value| value(it).map(|it| code(&it)).unwrap_or_default();
                let _ = writeln!(
                    text,
                    "| {} | {} | {} | {} | {} |",
                    code(&change.location),
                    cell(&change.message),
                    shown(&change.before),
                    shown(&change.after),
                    cell(&operations(change)),
                );
            }
        }
        text
    }

    /// How many changes there are, and the version they ask for.
    fn summary(&self) -> String {
        let Some(bump) = self.bump else { return "No changes.".to_owned() };
        let count = |class| self.changes.iter().filter(|change| change.class == class).count();
        format!(
            "{} breaking, {} additive, {} docs: a {bump} version.",
            count(Class::Breaking),
            count(Class::Additive),
            count(Class::Docs)
        )
    }
}

fn operations(change: &Change) -> String {
    match change.operations.as_slice() {
        [first, second, third, rest @ ..] if !rest.is_empty() => {
            format!("{first}, {second}, {third} and {} more", rest.len())
        }
        operations => operations.join(", "),
    }
}

fn value(value: &Value) -> Option<String> {
    if value.is_null() {
        return None;
    }
    let text = value.to_string();
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => Some(format!("{}…", &text[..end])),
        None => Some(text),
    }
}

/// Text within a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace(['\n', '\r'], " ")
}
