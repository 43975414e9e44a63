//! The members of unions, and names for members without a type of their own.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{Names, names::free};
use crate::normalize::{
    labels::json_type,
    naming, pointers,
    shapes::{self, SCHEMAS},
    walk,
};

/// The components that unions refer to.
pub(super) fn members(document: &mut Value) -> Map<String, Value> {
    let mut names = BTreeSet::new();
    walk::each_schema(document, &mut |_, schema| {
        for member in shapes::union_members(schema).into_iter().flatten() {
            let name = member.get("$ref").and_then(Value::as_str).and_then(|target| target.strip_prefix(SCHEMAS));
            names.extend(name.map(str::to_owned));
        }
    });
    let schemas = document.pointer("/components/schemas").and_then(Value::as_object);
    let found = names.into_iter().filter_map(|name| Some((name.clone(), schemas?.get(&name)?.clone())));
    found.collect()
}

/// Sets a title on each member of a union without a type of its own. The title becomes its name in Rust.
pub(super) fn title_members(union: &str, schema: &mut Map<String, Value>, whose: Names) {
    // If the schema also has properties, the union only says which of them belong together, so its members need no
    // names.
    if schema.contains_key("discriminator") || schema.contains_key("properties") {
        return;
    }
    for keyword in ["anyOf", "oneOf"] {
        let Some(members) = schema.get_mut(keyword).and_then(Value::as_array_mut) else { continue };
        let mut taken: BTreeSet<String> =
            members.iter().filter_map(|it| it.get("title")?.as_str()).map(str::to_owned).collect();
        for member in members.iter_mut().filter(|member| member.get("$ref").is_none() && member.get("title").is_none())
        {
            let kind = json_type(member);
            let ours = naming::our_type(union, &format!("({kind})")).filter(|_| whose == Names::Ours);
            let name = ours.unwrap_or_else(|| naming::member(kind)).to_owned();
            let mut candidates = vec![name.clone()];
            candidates.extend(quality(member).map(|quality| naming::qualified(&naming::type_name(&quality), &name)));
            let title = free(&candidates, &Map::new(), &taken);
            taken.insert(title.clone());
            if let Some(member) = member.as_object_mut() {
                member.insert("title".to_owned(), json!(title));
            }
        }
    }
}

/// A property that distinguishes a member of a union from others of its type.
fn quality(member: &Value) -> Option<String> {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    let items = member.get("items");
    text(member.get("format"))
        .or_else(|| text(member.get("enum").and_then(|values| values.get(0))))
        .or_else(|| pointers::component(&text(items.and_then(|items| items.get("$ref")))?, "schemas"))
        .or_else(|| text(items.and_then(|items| items.get("type"))))
}
