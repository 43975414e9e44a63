//! Documentation pages with sections that tests write.

use std::{env, fs, path::PathBuf};

/// A documentation page with generated sections between comments, such as `<!-- faults -->` and `<!-- /faults -->`.
#[derive(Debug)]
pub struct Document(PathBuf);

impl Document {
    /// The page at a path relative to the root of the workspace.
    pub fn new(path: &str) -> Self {
        Self(PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).join(path))
    }

    /// Compares a section with its generated text, or writes it if `UPDATE_DOCS` is set.
    ///
    /// # Panics
    ///
    /// If the page has no such section, or the section has different text.
    pub fn section(&self, name: &str, made: &str) {
        let made = format!("\n{}\n", made.trim());
        if env::var_os("UPDATE_DOCS").is_none() {
            let same = self.replace(name, &made) == self.text();
            assert!(same, "{} is out of date; run with UPDATE_DOCS=1. It should have:{made}", self.0.display());
            return;
        }
        self.write(name, &made);
    }

    /// Writes a section if `UPDATE_DOCS` is set. For measurements, which differ each time.
    ///
    /// # Panics
    ///
    /// If the page has no such section.
    pub fn figures(&self, name: &str, made: &str) {
        let made = format!("\n{}\n", made.trim());
        if env::var_os("UPDATE_DOCS").is_some() {
            self.write(name, &made);
        }
        // The section must exist in any case.
        self.replace(name, &made);
    }

    fn text(&self) -> String {
        fs::read_to_string(&self.0).unwrap_or_else(|error| panic!("{}: {error}", self.0.display()))
    }

    fn write(&self, name: &str, made: &str) {
        fs::write(&self.0, self.replace(name, made)).expect("a page that can be written");
    }

    fn replace(&self, name: &str, made: &str) -> String {
        let text = self.text();
        let (begin, end) = (format!("<!-- {name} -->\n"), format!("\n<!-- /{name} -->"));
        let start = text.find(&begin).unwrap_or_else(|| panic!("there is no section {name}")) + begin.len();
        let stop = text.find(&end).unwrap_or_else(|| panic!("section {name} has no end"));
        assert!(start <= stop, "section {name} ends before it begins");
        format!("{}{made}{}", &text[..start], &text[stop..])
    }
}
