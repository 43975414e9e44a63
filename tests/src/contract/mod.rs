//! The contract suite: one list of probes that covers every operation of `openapi.json`, run against any server.
//!
//! Each probe uses `pollinations-ext` through a [`Tape`]. The responses are checked against the document, and not
//! against the generated types.

mod document;
mod probes;
mod report;
mod tape;

use std::{collections::BTreeSet, time::Instant};

use pollinations_ext::{ApiKey, Builder, KeyPlacement, Pollinations, RetryPolicy};

pub use document::Document;
pub use report::{Format, Outcome, Report, Row};
pub use tape::{Exchange, Tape, store};

/// The limit on what a run may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Spend {
    /// Free: listings, the account, invalid requests.
    None,
    /// Almost free: short texts, uploads.
    Cheap,
    /// Any cost: images, video, audio.
    All,
}

/// The aspect that a probe checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aspect {
    /// An operation responds.
    Answer,
    /// An operation streams.
    Stream,
    /// A response has the requested content.
    Content,
    /// An API key is accepted in every way, or is not needed.
    Keys,
    /// An operation rejects invalid requests.
    Refusal,
}

/// The settings of a run.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The URL of the service.
    pub base_url: String,
    /// The URL of its media service, if it is different.
    pub media_url: Option<String>,
    /// The limit on the cost.
    pub spend: Spend,
    /// Whether it may change the account, for example create keys and agents. All changes are undone.
    pub allow_changes: bool,
    /// The aspects to check.
    pub aspects: Vec<Aspect>,
    /// The operations to check. If empty, all of them.
    pub operations: Vec<String>,
    /// The API key. Without it, probes that need one are skipped.
    pub key: Option<ApiKey>,
    /// The publishable key. Without it, the probe that needs one is skipped.
    pub publishable_key: Option<ApiKey>,
}

/// A probe: its name, its operation, its cost, its aspect, and its code.
pub struct Probe {
    name: &'static str,
    operation: &'static str,
    spend: Spend,
    aspect: Aspect,
    /// Whether it changes the account temporarily.
    changes: bool,
    run: probes::Run,
}

/// The environment of a probe.
pub(crate) struct Context {
    tape: String,
    media: Option<String>,
    key: Option<ApiKey>,
    publishable_key: Option<ApiKey>,
}

impl Context {
    fn builder(&self) -> Builder {
        let builder = Builder::default().base_url(&self.tape).retry(RetryPolicy::none());
        match &self.media {
            Some(url) => builder.media_url(url),
            None => builder,
        }
    }

    fn client(&self) -> Result<Pollinations, String> {
        let key = self.key.clone().ok_or(probes::NO_KEY)?;
        self.builder().key(key).build().map_err(|error| error.to_string())
    }

    fn client_with_query_key(&self) -> Result<Pollinations, String> {
        let key = self.key.clone().ok_or(probes::NO_KEY)?;
        self.builder().key(key).key_placement(KeyPlacement::Query).build().map_err(|error| error.to_string())
    }

    fn publishable_client(&self) -> Result<Pollinations, String> {
        let key = self.publishable_key.clone().ok_or(probes::NO_KEY)?;
        self.builder().key(key).build().map_err(|error| error.to_string())
    }

    /// A client with the key, if there is one.
    fn any_client(&self) -> Result<Pollinations, String> {
        if self.key.is_some() { self.client() } else { self.anonymous_client() }
    }

    fn anonymous_client(&self) -> Result<Pollinations, String> {
        self.builder().without_key().build().map_err(|error| error.to_string())
    }
}

/// The operations of the document without a probe. A run reports them as skipped.
pub fn uncovered(document: &Document) -> Vec<String> {
    let probes = probes::all();
    let covered: BTreeSet<&str> =
        probes.iter().filter(|probe| probe.aspect == Aspect::Answer).map(|probe| probe.operation).collect();
    document.operations().filter(|id| !covered.contains(id)).map(str::to_owned).collect()
}

/// Runs the probes one after the other, and reports each to `progress`. Returns the results and the recorded
/// exchanges.
///
/// # Errors
///
/// An error if the document cannot be read, or no port is free.
pub async fn run(
    document: &Document,
    settings: &Settings,
    mut progress: impl FnMut(&Row),
) -> Result<(Report, Vec<Exchange>), String> {
    let tape = Tape::start(&settings.base_url).await?;
    let media = match &settings.media_url {
        Some(url) => Some(Tape::start(url).await?),
        None => None,
    };
    let context = Context {
        tape: tape.base_url().to_owned(),
        media: media.as_ref().map(|tape| tape.base_url().to_owned()),
        key: settings.key.clone(),
        publishable_key: settings.publishable_key.clone(),
    };
    let mut rows = Vec::new();
    let mut exchanges = Vec::new();
    let is_wanted = |id: &str| settings.operations.is_empty() || settings.operations.iter().any(|wanted| wanted == id);
    rows.extend(uncovered(document).iter().filter(|id| is_wanted(id)).map(|id| Row::uncovered(id)));
    for probe in probes::all() {
        if !is_wanted(probe.operation) {
            continue;
        }
        let mut row = Row::new(probe.name, probe.operation);
        if probe.spend > settings.spend {
            row.skip("costs pollen");
        } else if !settings.aspects.contains(&probe.aspect) {
            row.skip("not selected");
        } else if probe.changes && !settings.allow_changes {
            row.skip("changes account");
        } else {
            let begun = Instant::now();
            let result = (probe.run)(&context).await;
            row.took(begun.elapsed());
            let mut recorded = tape.take();
            recorded.extend(media.as_ref().into_iter().flat_map(Tape::take));
            // The other operations that the probe needs have their own rows.
            let blocked = result.as_ref().err().and_then(|problem| problem.strip_prefix(probes::BLOCKED));
            match (&result, blocked) {
                (_, Some(why)) => row.skip(why),
                (Err(problem), _) if problem == probes::NO_KEY => row.skip("no key"),
                (Err(problem), _) => row.fail(problem.as_str()),
                (Ok(()), _) => {}
            }
            for exchange in recorded.iter().filter(|_| blocked.is_none()) {
                let verdict = document.judge(exchange);
                verdict.operation.iter().for_each(|operation| row.note_call(operation));
                verdict.problems.into_iter().for_each(|problem| row.fail(problem));
                verdict.drift.into_iter().for_each(|change| row.drift(change));
            }
            if !row.calls(probe.operation) && row.outcome() == Outcome::Passed {
                row.fail(format!("the probe did not call {}", probe.operation));
            }
            exchanges.extend(recorded);
        }
        progress(&row);
        rows.push(row);
    }
    Ok((Report::new(settings.base_url.clone(), rows), exchanges))
}
