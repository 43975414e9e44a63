//! Analyses across types: recursion, and types that only programs write.

use std::collections::{BTreeMap, BTreeSet};

use super::model::{Definition, Shape, Type};

/// Boxes fields through which a type contains itself by value. Lists and maps are on the heap and need no box.
pub(crate) fn box_recursion(definitions: &mut BTreeMap<String, Definition>) {
    let held: BTreeMap<String, Vec<String>> =
        definitions.iter().map(|(name, definition)| (name.clone(), names(&definition.types(), true))).collect();
    let reaches = |from: &str, to: &str| {
        let mut seen = BTreeSet::new();
        let mut open = vec![from.to_owned()];
        while let Some(next) = open.pop() {
            if next == to {
                return true;
            }
            if seen.insert(next.clone()) {
                open.extend(held.get(&next).into_iter().flatten().cloned());
            }
        }
        false
    };
    for (name, definition) in definitions.iter_mut() {
        let circular = |ty: &Type| names(&[ty], true).iter().any(|held| reaches(held, name));
        match &mut definition.shape {
            Shape::Struct(object) => object.fields.iter_mut().for_each(|field| field.boxed = circular(&field.ty)),
            Shape::Union(union) => union.members.iter_mut().for_each(|member| member.boxed = circular(&member.ty)),
            Shape::Enum(_) => {}
        }
    }
}

/// Marks the types that only occur in requests.
pub(crate) fn mark_strict(definitions: &mut BTreeMap<String, Definition>, requests: &[Type], responses: &[Type]) {
    let written = reachable(definitions, requests);
    let read = reachable(definitions, responses);
    for (name, definition) in definitions.iter_mut() {
        if let Shape::Struct(object) = &mut definition.shape {
            object.strict = written.contains(name) && !read.contains(name);
        }
    }
}

/// The names of all types that these types contain.
pub(crate) fn reachable(definitions: &BTreeMap<String, Definition>, roots: &[Type]) -> BTreeSet<String> {
    let mut open = names(&roots.iter().collect::<Vec<_>>(), false);
    let mut found = BTreeSet::new();
    while let Some(name) = open.pop() {
        if let Some(definition) = definitions.get(&name).filter(|_| found.insert(name.clone())) {
            open.extend(names(&definition.types(), false));
        }
    }
    found
}

fn names(types: &[&Type], by_value: bool) -> Vec<String> {
    let mut found = Vec::new();
    types.iter().for_each(|ty| ty.names(by_value, &mut found));
    found.into_iter().map(str::to_owned).collect()
}
