//! Sorts the changes of a report for readers: by operation, with similar changes on one line.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use serde_json::Value;

use super::{Change, Class, Report};

/// The maximum number of names and values on a line.
const LISTED: usize = 12;

/// The maximum number of changed descriptions to list. If there are more, they are counted.
const WORDS: usize = 10;

/// The maximum length of a value, in characters.
const SHOWN: usize = 60;

/// The changes under one heading.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Group {
    /// The operations, or the type that several operations use.
    pub(super) title: String,
    /// The changes, most severe first.
    pub(super) lines: Vec<Line>,
    /// The methods of `pollinations-ext` that use the broken parts, on one line. Empty if there are none.
    pub(super) methods: String,
}

/// The contents of one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) class: Class,
    pub(super) text: String,
}

/// A report in groups.
#[derive(Debug)]
pub(super) struct Grouped {
    /// Operations that were added, with method and path.
    pub(super) added: Vec<String>,
    /// Operations that were removed, with method and path.
    pub(super) removed: Vec<String>,
    /// Operations that changed, and types that several operations share.
    pub(super) changed: Vec<Group>,
    /// Changed descriptions, or their number by type.
    pub(super) words: Vec<String>,
}

impl Grouped {
    /// Whether an operation was added or removed as a whole.
    pub(super) fn is_whole(&self, id: &str) -> bool {
        let names = |list: &[String]| list.iter().any(|title| title.split("  ").next() == Some(id));
        names(&self.added) || names(&self.removed)
    }
}

/// Groups a report. If many descriptions changed, they are only counted; the JSON report lists all of them.
pub(super) fn group(report: &Report) -> Grouped {
    let title = |id: &String| match report.routes.get(id) {
        Some(route) => format!("{id}  {route}"),
        None => id.clone(),
    };
    let whole = |class| {
        let changes = report.changes.iter().filter(move |change| change.class == class && is_operation(change));
        let lines = changes.flat_map(|change| {
            let methods = methods(&[change]);
            let users = if methods.is_empty() { methods } else { format!(", sent by {methods}") };
            change.operations.iter().map(move |id| (id.clone(), route(&change.location) + &users))
        });
        lines.collect()
    };
    let (added, removed): (BTreeMap<String, String>, BTreeMap<String, String>) =
        (whole(Class::Additive), whole(Class::Breaking));

    let mut groups: BTreeMap<String, Vec<&Change>> = BTreeMap::new();
    let mut words: Vec<&Change> = Vec::new();
    for change in report.changes.iter().filter(|change| !is_operation(change)) {
        if change.class == Class::Docs {
            words.push(change);
            continue;
        }
        // A new operation that shares a type with an old one is not the subject of the change.
        let known: Vec<&String> = change.operations.iter().filter(|id| !added.contains_key(*id)).collect();
        let heading = match (known.as_slice(), change.operations.as_slice()) {
            ([only], _) => title(only),
            ([], [only]) => title(only),
            _ => shared(change),
        };
        groups.entry(heading).or_default().push(change);
    }

    let changed = merge(groups.into_iter().map(|(title, changes)| (title, lines(&changes), changes)));
    Grouped {
        added: added.iter().map(|(id, route)| format!("{id}  {route}")).collect(),
        removed: removed.iter().map(|(id, route)| format!("{id}  {route}")).collect(),
        changed,
        words: worded(&words),
    }
}

/// A few changed descriptions one by one, or many as counts.
fn worded(words: &[&Change]) -> Vec<String> {
    if words.len() <= WORDS {
        let line = |change: &&Change| format!("{}: {}{}", change.location, change.message, values(change));
        return words.iter().map(line).collect();
    }
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for change in words {
        *counts.entry(&change.message).or_default() += 1;
    }
    counts.into_iter().map(|(message, count)| format!("{message}: {count}")).collect()
}

/// The method and path of the operation at a place.
fn route(location: &str) -> String {
    let (path, method) = location.trim_start_matches("#/paths/").rsplit_once('/').unwrap_or((location, ""));
    format!("{} {}", method.to_uppercase(), path.replace("~1", "/").replace("~0", "~"))
}

/// Whether a change is about an operation as a whole.
fn is_operation(change: &Change) -> bool {
    change.message.starts_with("operation `")
}

/// The heading for changes that several operations share.
fn shared(change: &Change) -> String {
    let what = change.place.split(['.', '[', '{']).next().unwrap_or_default();
    match change.operations.as_slice() {
        [] => format!("{what}  not used by any operation"),
        [one, two, three] => format!("{what}  used by {one}, {two} and {three}"),
        [one, two] => format!("{what}  used by {one} and {two}"),
        operations => format!("{what}  used by {} operations", operations.len()),
    }
}

/// Operations with the same changes share a group.
fn merge<'a>(groups: impl Iterator<Item = (String, Vec<Line>, Vec<&'a Change>)>) -> Vec<Group> {
    let mut merged: Vec<(Group, Vec<&Change>)> = Vec::new();
    for (title, lines, changes) in groups {
        match merged.iter_mut().find(|(other, _)| other.lines == lines) {
            Some((other, all)) => {
                let _ = write!(other.title, "\n{title}");
                all.extend(changes);
            }
            None => merged.push((Group { title, lines, methods: String::new() }, changes)),
        }
    }
    let with_methods = |(group, changes): (Group, Vec<&Change>)| Group { methods: methods(&changes), ..group };
    merged.into_iter().map(with_methods).collect()
}

/// The methods that some changes refer to, without duplicates.
fn methods(changes: &[&Change]) -> String {
    let all: BTreeSet<&str> = changes.iter().flat_map(|change| &change.methods).map(String::as_str).collect();
    listed(all)
}

/// The first few names, and the number of the others.
fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let mut names = names.into_iter();
    let listed = names.by_ref().take(LISTED).collect::<Vec<_>>().join(", ");
    let more = names.count();
    if more > 0 { format!("{listed} and {more} more") } else { listed }
}

/// One line for each change. Changes that only differ in a name share a line.
fn lines(changes: &[&Change]) -> Vec<Line> {
    let mut alike: Vec<(Class, String, Vec<String>)> = Vec::new();
    let mut lines = Vec::new();
    for change in changes {
        let Some((head, name)) = name_of(change) else {
            let place = if change.place.is_empty() { String::new() } else { format!("{}: ", change.place) };
            lines.push(Line { class: change.class, text: format!("{place}{}{}", change.message, values(change)) });
            continue;
        };
        match alike.iter_mut().find(|(class, other, _)| *class == change.class && *other == head) {
            Some((.., names)) => names.push(name),
            None => alike.push((change.class, head, vec![name])),
        }
    }
    lines.extend(alike.into_iter().map(|(class, head, names)| Line {
        class,
        text: format!("{head}: {}", listed(names.iter().map(String::as_str))),
    }));
    lines.sort_by(|left, right| right.class.cmp(&left.class).then_with(|| left.text.cmp(&right.text)));
    lines
}

/// The common part of similar changes, and the name in which they differ.
fn name_of(change: &Change) -> Option<(String, String)> {
    let message = change.message.as_str();
    let owner = || change.place.rsplit_once('.').map_or(change.place.as_str(), |(owner, _)| owner);
    let of = |head: &str, place: &str| if place.is_empty() { head.to_owned() } else { format!("{place}: {head}") };
    let between = |quote: char| message.split(quote).nth(1).map(str::to_owned);
    let new = message.ends_with("is new") || message.ends_with("was added") || message.ends_with("is new and required");
    if message.starts_with("property `") && (new || message.ends_with("was removed")) {
        let head = match message {
            _ if message.ends_with("and required") => "new required properties",
            _ if new => "new properties",
            _ => "removed properties",
        };
        return Some((of(head, owner()), between('`')?));
    }
    if message.starts_with("value ") {
        let head = if new { "new values" } else { "removed values" };
        let value = message.strip_prefix("value ")?;
        let value = value.strip_suffix(" is new").or_else(|| value.strip_suffix(" was removed"))?;
        return Some((of(head, &change.place), value.trim_matches('"').to_owned()));
    }
    if message.starts_with("A new, optional parameter") {
        return Some(("new optional parameters".to_owned(), between('\'')?));
    }
    if message.starts_with("The parameter") && message.ends_with("was removed") {
        return Some(("removed parameters".to_owned(), between('\'')?));
    }
    if let Some(rest) = message.strip_prefix("response ") {
        let head = if new { "new responses" } else { "removed responses" };
        return Some((head.to_owned(), rest.split(' ').next()?.to_owned()));
    }
    None
}

/// The values before and after, unless the message already says both.
fn values(change: &Change) -> String {
    if change.message.ends_with(" required") || change.message.ends_with(" be null") {
        return String::new();
    }
    match (value(&change.before), value(&change.after)) {
        (None, None) => String::new(),
        (before, after) => {
            let shown = |value: Option<String>| value.unwrap_or_else(|| "not set".to_owned());
            format!(" ({} -> {})", shown(before), shown(after))
        }
    }
}

fn value(value: &Value) -> Option<String> {
    if value.is_null() {
        return None;
    }
    let text = value.to_string();
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => Some(format!("{}…", text.get(..end)?)),
        None => Some(text),
    }
}
