//! The names of types.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::{Hoist, Names, Owner};
use crate::normalize::{naming, pointers};

impl Hoist {
    /// Names every shape. Owners are named before the types they own.
    pub(super) fn name(&self, kept: &Map<String, Value>) -> Vec<String> {
        let mut names: Vec<Option<String>> = vec![None; self.shapes.len()];
        let mut taken: BTreeSet<String> = kept.keys().cloned().collect();
        for (number, shape) in self.shapes.iter().enumerate() {
            // If there are several names, prefer one from our tables, then the shortest.
            let ours = |name: &String| self.whose == Names::Ours && naming::is_ours(name);
            let best = shape.names.iter().min_by_key(|name| (!ours(name), name.len(), (*name).clone()));
            if let Some(best) = best {
                taken.insert(best.clone());
                names[number] = Some(best.clone());
            }
        }

        let mut owned: Vec<Vec<usize>> = vec![Vec::new(); self.shapes.len()];
        let mut waiting: Vec<usize> = vec![0; self.shapes.len()];
        for (number, shape) in self.shapes.iter().enumerate() {
            for (owner, _) in &shape.uses {
                if let Owner::Shape(owner) = owner
                    && names[*owner].is_none()
                {
                    owned[*owner].push(number);
                    waiting[number] += 1;
                }
            }
        }
        let titles = self.titles(&taken);
        let mut ready: Vec<usize> =
            (0..self.shapes.len()).filter(|number| names[*number].is_none() && waiting[*number] == 0).collect();
        loop {
            if ready.is_empty() {
                // Types in a cycle own each other, so start with one of them.
                let open = (0..self.shapes.len()).filter(|number| names[*number].is_none());
                let Some(first) = open.min_by_key(|number| (waiting[*number], &self.shapes[*number].form)) else {
                    break;
                };
                waiting[first] = 0;
                ready.push(first);
            }
            let mut round: Vec<(Vec<String>, &str, usize)> = ready
                .drain(..)
                .map(|number| (self.candidates(number, &names, &titles), self.shapes[number].form.as_str(), number))
                .collect();
            round.sort();
            for (candidates, _, number) in round {
                let name = free(&candidates, &self.shapes[number].schema, &taken);
                taken.insert(name.clone());
                names[number] = Some(name);
                for child in &owned[number] {
                    waiting[*child] = waiting[*child].saturating_sub(1);
                    if waiting[*child] == 0 && names[*child].is_none() && !ready.contains(child) {
                        ready.push(*child);
                    }
                }
            }
        }
        names.into_iter().map(Option::unwrap_or_default).collect()
    }

    /// Titles that only one type has.
    fn titles(&self, taken: &BTreeSet<String>) -> BTreeSet<String> {
        let mut count: BTreeMap<String, usize> = BTreeMap::new();
        for shape in self.shapes.iter().filter(|shape| shape.names.is_empty()) {
            if let Some(title) = title(&shape.schema) {
                *count.entry(title).or_default() += 1;
            }
        }
        count
            .into_iter()
            .filter(|(title, count)| *count == 1 && !taken.contains(title))
            .map(|(title, _)| title)
            .collect()
    }

    fn uses<'a>(&'a self, number: usize, names: &'a [Option<String>]) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.shapes[number].uses.iter().map(|(owner, edge)| {
            let owner = match owner {
                Owner::Root(name) => name,
                Owner::Shape(number) => names[*number].as_deref().unwrap_or_default(),
            };
            (owner, edge.as_str())
        })
    }

    /// Names from its title and its uses, best first.
    fn candidates(&self, number: usize, names: &[Option<String>], titles: &BTreeSet<String>) -> Vec<String> {
        let shape = &self.shapes[number];
        let mut candidates = Vec::new();
        if self.whose == Names::Ours {
            // If the table has no name for a form, use the name of the JSON request.
            let ours = |owner: &str, edge: &str| {
                naming::our_type(owner, edge)
                    .or_else(|| naming::our_type(owner, ".request").filter(|_| edge == ".form"))
            };
            candidates.extend(self.uses(number, names).filter_map(|(owner, edge)| ours(owner, edge)).min());
        }
        let mut candidates: Vec<String> = candidates.into_iter().map(str::to_owned).collect();
        let title = title(&shape.schema);
        candidates.extend(title.clone().filter(|title| titles.contains(title)));
        let mut add = |mut more: Vec<String>| {
            more.sort_by_key(|name| (name.len(), name.clone()));
            candidates.append(&mut more);
        };
        add(self.uses(number, names).map(|(owner, edge)| naming::from_place(owner, edge)).collect());
        if let Some(title) = &title {
            add(self.uses(number, names).map(|(owner, _)| naming::from_owner_and_title(owner, title)).collect());
        }
        add(shape.alternatives.iter().cloned().collect());
        add(self.uses(number, names).map(|(owner, edge)| naming::from_whole_place(owner, edge)).collect());
        if candidates.is_empty() {
            candidates.push("Unnamed".to_owned());
        }
        candidates.dedup();
        candidates
    }
}

/// Renames components to valid type names.
pub(super) fn rename_components(document: &mut Value, whose: Names) {
    let Some(schemas) = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut) else { return };
    let mut originals: Vec<(Vec<String>, String)> = schemas
        .iter()
        .map(|(original, schema)| {
            let title = schema.get("title").and_then(Value::as_str);
            let ours = naming::our_component(original).filter(|_| whose == Names::Ours).map(str::to_owned);
            (ours.into_iter().chain(naming::component(original, title)).collect(), original.clone())
        })
        .collect();
    // Names that do not change come first, so that no renamed component takes one of them.
    originals.sort_by_key(|(names, original)| (names.first() != Some(original), original.clone()));
    let mut renamed: BTreeMap<String, String> = BTreeMap::new();
    let mut taken = BTreeSet::new();
    for (candidates, original) in originals {
        let name = free(&candidates, &Map::new(), &taken);
        taken.insert(name.clone());
        if name != original {
            renamed.insert(original, name);
        }
    }
    if renamed.is_empty() {
        return;
    }
    *schemas = std::mem::take(schemas)
        .into_iter()
        .map(|(name, schema)| (renamed.get(&name).cloned().unwrap_or(name), schema))
        .collect();
    schemas.sort_keys();
    let to = |name: &String| pointers::reference("schemas", name);
    pointers::rewrite(document, &renamed.iter().map(|(old, new)| (to(old), to(new))).collect());
}

/// The title of a schema as a type name.
fn title(schema: &Map<String, Value>) -> Option<String> {
    let title = schema.get("title").and_then(Value::as_str)?;
    title.contains(|letter: char| letter.is_alphabetic()).then(|| naming::type_name(title))
}

/// The first free name. If there is none, a distinguishing word or a letter is added.
pub(super) fn free(candidates: &[String], schema: &Map<String, Value>, taken: &BTreeSet<String>) -> String {
    if let Some(name) = candidates.iter().find(|name| !taken.contains(*name)) {
        return name.clone();
    }
    let base = candidates.first().map(String::as_str).unwrap_or_default();
    let properties = schema.get("properties").and_then(Value::as_object).into_iter().flat_map(Map::keys);
    let values = schema.get("enum").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let targets = |keyword: &str| -> Vec<String> {
        let members = schema.get(keyword).and_then(Value::as_array).into_iter().flatten();
        members.filter_map(|member| pointers::component(member.get("$ref")?.as_str()?, "schemas")).collect()
    };
    let parts = targets("allOf").into_iter().map(|name| format!("with_{name}"));
    let members = ["anyOf", "oneOf"].into_iter().flat_map(targets).map(|name| format!("or_{name}"));
    let own = properties.map(|name| format!("with_{name}")).chain(values.map(|value| format!("or_{value}")));
    let mut qualities = own.chain(parts).chain(members);
    let special = qualities.find_map(|quality| {
        let name = naming::qualified(base, &quality);
        (!taken.contains(&name)).then_some(name)
    });
    special.unwrap_or_else(|| {
        let letters = ('B'..='Z').map(|letter| naming::qualified(base, &letter.to_string()));
        let more = (2..).map(|count: usize| naming::qualified(base, &count.to_string()));
        letters.chain(more).find(|name| !taken.contains(name)).unwrap_or_default()
    })
}
