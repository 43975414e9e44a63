//! Reads the parameters of operations.

use serde_json::Value;

use super::{
    document::{Place, flag, list, object, resolve, text},
    lower::is_json,
    model::Type,
    names::{Taken, snake},
    read::Types,
};

/// Names that the generated functions use themselves.
const PARAMETER_NAMES: [&str; 6] = ["body", "info", "header_map", "send", "new", "prepare"];

/// A parameter of an operation, as it is generated.
pub(super) struct Parameter {
    pub(super) place: &'static str,
    pub(super) wire: String,
    pub(super) ident: String,
    pub(super) doc: String,
    pub(super) required: bool,
    /// How a list is joined into one text. `None` if each item is a separate parameter.
    pub(super) joined: Option<&'static str>,
    /// Whether the value is sent as JSON text, whatever its type.
    pub(super) is_json: bool,
    pub(super) ty: Type,
}

impl Parameter {
    fn new(place: &'static str, wire: String, ty: Type) -> Self {
        Self {
            place,
            wire,
            ident: String::new(),
            doc: String::new(),
            required: false,
            joined: None,
            is_json: false,
            ty,
        }
    }
}

/// The parameters of an operation, including those of its path. Parameters that cannot be sent are left out, with a
/// warning.
pub(super) fn read(
    document: &Value,
    place: &Place<'_>,
    id: &str,
    types: &mut Types<'_>,
    warnings: &mut Vec<String>,
) -> Vec<Parameter> {
    let mut found: Vec<&Value> = Vec::new();
    for parameter in list(place.operation, "parameters").iter().chain(list(place.item, "parameters")) {
        let parameter = resolve(document, parameter);
        // Parameters of the operation override those of its path.
        let same = |other: &&Value| other["name"] == parameter["name"] && other["in"] == parameter["in"];
        if !found.iter().any(same) {
            found.push(parameter);
        }
    }
    let in_path = template(place.path);
    let mut read = Vec::new();
    for parameter in found {
        let wire = text(parameter, "name");
        let kind = text(parameter, "in");
        let mut leave = |why: &str| warnings.push(format!("{id}: the {kind} parameter `{wire}` is left out: {why}"));
        let place = match kind.as_str() {
            "path" if in_path.contains(&wire) => "path",
            "path" => {
                leave("it is not in the path");
                continue;
            }
            "query" => "query",
            "header" if ["accept", "content-type", "authorization"].contains(&wire.to_ascii_lowercase().as_str()) => {
                leave("OpenAPI has other places for it");
                continue;
            }
            "header" if reqwest_takes(&wire) => "header",
            "header" => {
                leave("its name cannot be that of a header");
                continue;
            }
            "cookie" if reqwest_takes(&wire) => "cookie",
            "cookie" => {
                leave("its name cannot be that of a cookie");
                continue;
            }
            _ => {
                leave("it is in no known place");
                continue;
            }
        };
        let style = parameter.get("style").and_then(Value::as_str);
        let explode = parameter.get("explode").and_then(Value::as_bool);
        let usual = if matches!(place, "query" | "cookie") { "form" } else { "simple" };
        let joined = match style.unwrap_or(usual) {
            // These styles only affect objects and lists.
            "deepObject" if place == "query" => {
                let schema = parameter.get("schema").unwrap_or(&Value::Null);
                let member = Deep { wire: wire.clone(), schema, required: flag(parameter, "required") };
                let mut open = Vec::new();
                match members(document, &member, &mut open) {
                    Some(members) => read.extend(members.into_iter().map(|member| {
                        let (ty, nullable) = types.of(member.schema, &format!("{id}-{}", member.wire));
                        let doc = text(member.schema, "description");
                        let required = member.required && !nullable;
                        Parameter { doc, required, ..Parameter::new(place, member.wire, ty) }
                    })),
                    None => leave("the style `deepObject` is for objects whose properties are known"),
                }
                continue;
            }
            "pipeDelimited" if place == "query" && explode != Some(true) => Some("Piped"),
            "spaceDelimited" if place == "query" && explode != Some(true) => Some("Spaced"),
            "pipeDelimited" | "spaceDelimited" if place == "query" => None,
            other if other == usual || place == "path" => (!explode.unwrap_or(usual == "form")).then_some("Joined"),
            other => {
                leave(&format!("the style `{other}` is not supported"));
                continue;
            }
        };
        let described = |parameter_of: Parameter| Parameter { doc: text(parameter, "description"), ..parameter_of };
        let Some(schema) = parameter.get("schema") else {
            let content = object(parameter, "content").next();
            let schema = content.and_then(|(_, media)| media.get("schema"));
            let kind = content.map_or_else(String::new, |(kind, _)| kind.clone());
            let (ty, nullable) = schema.map_or((Type::Any, false), |schema| types.of(schema, &format!("{id}-{wire}")));
            let required = place == "path" || flag(parameter, "required") && !nullable;
            let is_text = kind.to_ascii_lowercase().starts_with("text/") || place == "path";
            match (is_json(&kind), is_text) {
                (true, _) => {
                    read.push(described(Parameter { required, is_json: true, ..Parameter::new(place, wire, ty) }));
                }
                (false, true) => {
                    let required = place == "path" || flag(parameter, "required");
                    read.push(described(Parameter { required, ..Parameter::new(place, wire, Type::String) }));
                }
                (false, false) => leave(&format!("its content is `{kind}`, and only JSON and texts are supported")),
            }
            continue;
        };
        let (mut ty, nullable) = types.of(schema, &format!("{id}-{wire}"));
        if let Some(style) = style.filter(|style| place == "path" && *style != "simple") {
            warnings.push(format!(
                "{id}: the path parameter `{wire}` is a text that you write yourself, in the style `{style}`"
            ));
            ty = Type::String;
        }
        let required = place == "path" || flag(parameter, "required") && !nullable;
        read.push(described(Parameter { required, joined, ..Parameter::new(place, wire, ty) }));
    }
    for name in in_path {
        if !read.iter().any(|parameter| parameter.place == "path" && parameter.wire == name) {
            read.push(Parameter { required: true, ..Parameter::new("path", name, Type::String) });
        }
    }
    // If a name occurs in several places, the first place in this order gets it unchanged.
    let mut taken = Taken::new(&PARAMETER_NAMES);
    for place in ["path", "query", "header", "cookie"] {
        let mut here: Vec<&mut Parameter> = read.iter_mut().filter(|parameter| parameter.place == place).collect();
        here.sort_by(|one, other| one.wire.cmp(&other.wire));
        for parameter in here {
            parameter.ident = taken.take_with(&snake(&parameter.wire), parameter.place);
        }
    }
    read
}

/// A parameter with the style `deepObject`, or a property of one: `filter`, `filter[size]`, `filter[size][gt]`.
struct Deep<'a> {
    wire: String,
    schema: &'a Value,
    required: bool,
}

/// The properties of an object, and those of the objects in it, each as a separate parameter. `None` if the schema is
/// not an object with known properties, or contains itself.
fn members<'a>(document: &'a Value, parameter: &Deep<'a>, open: &mut Vec<&'a Value>) -> Option<Vec<Deep<'a>>> {
    let mut schema = resolve(document, parameter.schema);
    while let [only] = list(schema, "allOf")
        && schema.get("properties").is_none()
    {
        schema = resolve(document, only);
        if open.len() > 32 {
            return None;
        }
        open.push(schema);
    }
    if schema.get("properties").is_none() || open.iter().filter(|other| std::ptr::eq(**other, schema)).count() > 1 {
        return None;
    }
    open.push(schema);
    let mut found = Vec::new();
    for (name, property) in object(schema, "properties") {
        let required = parameter.required && list(schema, "required").iter().any(|other| other == name);
        let member = Deep { wire: format!("{}[{name}]", parameter.wire), schema: property, required };
        match members(document, &member, open) {
            Some(inner) => found.extend(inner),
            None => found.push(member),
        }
    }
    open.pop();
    Some(found)
}

/// The names of the parameters in a path.
fn template(path: &str) -> Vec<String> {
    path.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0.to_owned())).collect()
}

/// Whether this can be the name of a header (RFC 9110, section 5.6.2).
fn reqwest_takes(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}
