//! The report of the contract suite.

use std::{collections::BTreeSet, fmt::Write as _, time::Duration};

use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};
use serde::Serialize;

/// The result of a probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// The check passed.
    Passed,
    /// The server violates its contract.
    Failed,
    /// The probe did not run.
    Skipped,
}

/// The format of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A table for people.
    Text,
    /// JSON, for scripts.
    Json,
    /// JUnit XML, for CI systems.
    Junit,
}

/// One probe and its result.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// The name of the probe.
    pub probe: String,
    /// The operation it checks.
    pub operation: String,
    outcome: Outcome,
    problems: Vec<String>,
    drift: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    skipped: Option<String>,
    milliseconds: u64,
    /// The operations that the probe called.
    #[serde(skip)]
    called: BTreeSet<String>,
}

impl Row {
    pub(super) fn new(probe: &str, operation: &str) -> Self {
        Self {
            probe: probe.to_owned(),
            operation: operation.to_owned(),
            outcome: Outcome::Passed,
            problems: Vec::new(),
            drift: Vec::new(),
            skipped: None,
            milliseconds: 0,
            called: BTreeSet::new(),
        }
    }

    pub(super) fn uncovered(operation: &str) -> Self {
        let mut row = Self::new("coverage", operation);
        row.skip("no probe");
        row
    }

    pub(super) fn fail(&mut self, problem: impl Into<String>) {
        self.outcome = Outcome::Failed;
        self.problems.push(problem.into());
    }

    pub(super) fn drift(&mut self, change: String) {
        if !self.drift.contains(&change) {
            self.drift.push(change);
        }
    }

    pub(super) fn skip(&mut self, reason: &str) {
        self.outcome = Outcome::Skipped;
        self.skipped = Some(reason.to_owned());
    }

    pub(super) fn took(&mut self, time: Duration) {
        self.milliseconds = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    }

    pub(super) fn note_call(&mut self, operation: &str) {
        self.called.insert(operation.to_owned());
    }

    /// Whether the probe called this operation: its own, or another one that it needed.
    pub fn calls(&self, operation: &str) -> bool {
        self.called.contains(operation)
    }

    /// The result.
    pub fn outcome(&self) -> Outcome {
        self.outcome
    }
}

/// A row of the table.
impl std::fmt::Display for Row {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let word = match self.outcome {
            Outcome::Passed => "ok",
            Outcome::Failed => "FAILED",
            Outcome::Skipped => "skipped",
        };
        // The three columns and the time fit 80 columns.
        write!(formatter, "{word:8}{:29} {:27}", self.operation, self.probe)?;
        // A probe that did not run took no time.
        match &self.skipped {
            Some(reason) if reason.len() <= 15 => write!(formatter, "{reason}")?,
            Some(reason) => write!(formatter, "\n        {reason}")?,
            None => write!(formatter, "{:>9} ms", self.milliseconds)?,
        }
        for problem in &self.problems {
            write!(formatter, "\n        {problem}")?;
        }
        for change in &self.drift {
            write!(formatter, "\n        drift: {change}")?;
        }
        Ok(())
    }
}

/// All rows.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    base_url: String,
    rows: Vec<Row>,
}

impl Report {
    pub(super) fn new(base_url: String, rows: Vec<Row>) -> Self {
        Self { base_url, rows }
    }

    /// The probes.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Whether all checks passed.
    pub fn holds(&self) -> bool {
        self.rows.iter().all(|row| row.outcome != Outcome::Failed)
    }

    /// The operations with a failed check.
    pub fn broken(&self) -> Vec<&str> {
        let mut broken: Vec<&str> =
            self.rows.iter().filter(|row| row.outcome == Outcome::Failed).map(|row| row.operation.as_str()).collect();
        broken.dedup();
        broken
    }

    /// All differences from the document.
    pub fn drift(&self) -> impl Iterator<Item = &str> {
        self.rows.iter().flat_map(|row| &row.drift).map(String::as_str)
    }

    /// The number of probes that passed, failed and were skipped.
    pub fn counts(&self) -> (usize, usize, usize) {
        let count = |outcome| self.rows.iter().filter(|row| row.outcome == outcome).count();
        (count(Outcome::Passed), count(Outcome::Failed), count(Outcome::Skipped))
    }

    /// The last line of a table.
    pub fn summary(&self) -> String {
        let (passed, failed, skipped) = self.counts();
        let drift = self.drift().count();
        let differences = if drift == 1 { "difference" } else { "differences" };
        format!("{passed} passed, {failed} failed, {skipped} skipped, {drift} {differences} from the document (drift)")
    }

    /// Writes the report.
    ///
    /// # Errors
    ///
    /// Does not happen for text. The other formats fail if serialization fails, which does not happen either.
    pub fn render(&self, format: Format) -> Result<String, String> {
        match format {
            Format::Text => {
                let mut text = String::new();
                for row in &self.rows {
                    let _ = writeln!(text, "{row}");
                }
                Ok(text + &self.summary() + "\n")
            }
            Format::Json => {
                serde_json::to_string_pretty(self).map(|text| text + "\n").map_err(|error| error.to_string())
            }
            Format::Junit => self.junit(),
        }
    }

    fn junit(&self) -> Result<String, String> {
        let mut suite = TestSuite::new("contract");
        for row in &self.rows {
            let status = match row.outcome {
                Outcome::Passed => TestCaseStatus::success(),
                Outcome::Skipped => {
                    let mut status = TestCaseStatus::skipped();
                    status.set_message(row.skipped.clone().unwrap_or_default());
                    status
                }
                Outcome::Failed => {
                    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
                    status.set_message(row.problems.join("\n"));
                    status
                }
            };
            let mut case = TestCase::new(row.probe.clone(), status);
            case.set_classname(row.operation.clone()).set_time(Duration::from_millis(row.milliseconds));
            if !row.drift.is_empty() {
                case.set_system_out(row.drift.join("\n"));
            }
            suite.add_test_case(case);
        }
        let mut report = quick_junit::Report::new("pollinations");
        report.add_test_suite(suite);
        report.to_string().map_err(|error| error.to_string())
    }
}
