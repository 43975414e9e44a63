//! Writes the types as Rust. The generated code is short, because `src/json` does the work.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{
    model::{Definition, Enum, Field, Shape, Struct, Type, Union},
    names::{Taken, pascal, snake},
    settings::Roots,
};

/// Writes the types.
pub(crate) struct Emitter<'a> {
    pub(crate) definitions: &'a BTreeMap<String, Definition>,
    pub(crate) roots: &'a Roots,
}

impl Emitter<'_> {
    /// The module with all types.
    pub(crate) fn module(&self) -> String {
        let mut text = String::new();
        for definition in self.definitions.values() {
            match &definition.shape {
                Shape::Struct(object) => self.structure(&mut text, definition, object),
                Shape::Enum(item) => self.open_enum(&mut text, definition, item),
                Shape::Union(union) => self.union(&mut text, definition, union),
            }
        }
        text += &self.builders();
        text
    }

    /// The module with the builders, each under the name of its type.
    fn builders(&self) -> String {
        let (types, runtime) = (&self.roots.types, &self.roots.runtime);
        let mut text = "/// Builders of the types. `X::builder()` starts one.\npub mod builder {\n".to_owned();
        for definition in self.definitions.values() {
            let Shape::Struct(object) = &definition.shape else { continue };
            let name = &definition.name;
            let _ = writeln!(text, "    {runtime}::__builder! {{ {name} {types}::{name} }}\n\n    impl {name} {{");
            for field in object.fields.iter().filter(|field| !field.ident.is_empty()) {
                let _ = writeln!(
                    text,
                    "        #[doc = {:?}]\n        #[must_use]\n        pub fn {ident}<T>(mut self, value: T) -> Self\n        \
                     where\n            T: ::std::convert::TryInto<{ty}>,\n            T::Error: ::std::fmt::Display,\n        \
                     {{\n            self.0.set({wire:?}, value, |object, value| object.{ident} = value);\n            \
                     self\n        }}\n",
                    field.doc,
                    ident = field.ident,
                    ty = field.rust(types),
                    wire = field.wire,
                );
            }
            let _ = writeln!(text, "    }}\n");
        }
        text + "}\n"
    }

    fn structure(&self, text: &mut String, definition: &Definition, object: &Struct) {
        let (types, runtime, name) = (&self.roots.types, &self.roots.runtime, &definition.name);
        let stored: Vec<(usize, &Field)> =
            object.fields.iter().enumerate().filter(|(_, field)| !field.ident.is_empty()).collect();
        let is_secret = stored.iter().any(|(_, field)| field.secret);
        let derived = if is_secret { "Clone, PartialEq" } else { "Clone, Debug, PartialEq" };
        let _ = writeln!(text, "#[doc = {:?}]\n#[derive({derived})]\n#[non_exhaustive]", definition.doc);
        let _ = writeln!(text, "pub struct {name} {{");
        for (_, field) in &stored {
            let _ = writeln!(text, "    #[doc = {:?}]\n    pub {}: {},", field.doc, field.ident, field.rust(types));
        }
        let _ = writeln!(text, "    __extra: {runtime}::json::Extra,\n}}\n");

        if is_secret {
            debug_without_secrets(text, name, stored.iter().map(|(_, field)| *field));
        }

        let indices = |wanted: &dyn Fn(&Field) -> bool| {
            let indices = object.fields.iter().enumerate().filter(|(_, field)| wanted(field));
            indices.map(|(index, _)| index.to_string()).collect::<Vec<_>>().join(" ")
        };
        let _ = writeln!(text, "{runtime}::__object! {{\n    {name} {name:?} strict {}\n    fields {{", object.strict);
        for (index, field) in &stored {
            let _ = writeln!(
                text,
                "        {index} {:?} {}: {}, {};",
                field.wire,
                field.ident,
                field.rust(types),
                field.required
            );
        }
        let _ = writeln!(text, "    }}\n    filled {{");
        for (index, field) in stored.iter().filter(|(_, field)| !field.is_option()) {
            if let Some(value) = &field.constant {
                let _ = writeln!(text, "        {index} {} = {value:?};", field.ident);
            }
        }
        let _ = writeln!(text, "    }}\n    constants {{");
        for (index, field) in object.fields.iter().enumerate().filter(|(_, field)| field.ident.is_empty()) {
            let value = field.constant.as_deref().unwrap_or_default();
            let _ = writeln!(text, "        {index} {:?} = {value:?};", field.wire);
        }
        let wires: Vec<String> = object.fields.iter().map(|field| format!("{:?}", field.wire)).collect();
        let _ = writeln!(text, "    }}\n    names [{}]", wires.join(" "));
        let _ = writeln!(text, "    required [{}]", indices(&|field| field.required));
        let _ = writeln!(text, "    optional_constants [{}]", indices(&Field::is_optional_constant));
        let _ = writeln!(text, "    essential [{}]\n    new {{", indices(&|field| field.essential));
        let mut asked: Vec<&Field> =
            stored.iter().map(|(_, field)| *field).filter(|field| field.is_asked_for()).collect();
        asked.sort_by(|one, other| one.wire.cmp(&other.wire));
        for field in &asked {
            let _ = writeln!(text, "        {} {:?}: {};", field.ident, field.wire, field.rust(types));
        }
        let _ = writeln!(text, "    }}\n}}\n");

        if self.has_default(name) {
            let named: Vec<&&Field> = asked.iter().filter(|field| matches!(field.ty, Type::Named(_))).collect();
            let absent = format!("{runtime}::json::support::start()");
            let _ = writeln!(text, "impl ::std::default::Default for {name} {{\n    fn default() -> Self {{");
            if named.is_empty() {
                let _ = writeln!(text, "        {absent}\n    }}\n}}\n");
            } else {
                let _ = writeln!(text, "        let mut object: Self = {absent};");
                for field in named {
                    let _ = writeln!(text, "        object.{} = ::std::default::Default::default();", field.ident);
                }
                let _ = writeln!(text, "        object\n    }}\n}}\n");
            }
        }
    }

    /// Whether a type has a default. Its required fields then are lists, maps, objects, or types with a default.
    fn has_default(&self, name: &str) -> bool {
        fn search(emitter: &Emitter<'_>, name: &str, depth: usize) -> bool {
            let Some(definition) = emitter.definitions.get(name).filter(|_| depth < 16) else { return false };
            match &definition.shape {
                Shape::Enum(item) => item.default.is_some(),
                Shape::Union(_) => false,
                Shape::Struct(object) => object.fields.iter().all(|field| {
                    !field.is_asked_for()
                        || match &field.ty {
                            Type::List(_) | Type::Map(_) | Type::Object => true,
                            Type::Named(name) => search(emitter, name, depth + 1),
                            _ => false,
                        }
                }),
            }
        }
        search(self, name, 0)
    }

    /// Written as text, because formatters do not format the inside of a macro.
    fn open_enum(&self, text: &mut String, definition: &Definition, item: &Enum) {
        let variants = variant_names(item.values.iter().map(String::as_str));
        let runtime = &self.roots.runtime;
        let _ = writeln!(
            text,
            "{runtime}::__open_enum! {{\n    #[doc = {:?}]\n    pub enum {} {{",
            definition.doc, definition.name
        );
        for (variant, value) in variants.iter().zip(&item.values) {
            let _ = writeln!(text, "        {variant} = {value:?},");
        }
        let _ = writeln!(text, "    }}");
        for (variant, _) in variants.iter().zip(&item.values).filter(|(_, value)| item.default.as_ref() == Some(*value))
        {
            let _ = writeln!(text, "    default {variant};");
        }
        let _ = writeln!(text, "}}\n");
    }

    fn union(&self, text: &mut String, definition: &Definition, union: &Union) {
        let (types, runtime, name) = (&self.roots.types, &self.roots.runtime, &definition.name);
        let variants = variant_names(union.members.iter().map(|member| member.label.as_str()));
        let _ = writeln!(text, "#[doc = {:?}]\n#[derive(Clone, Debug, PartialEq)]\n#[non_exhaustive]", definition.doc);
        let _ = writeln!(text, "#[allow(clippy::large_enum_variant)]\npub enum {name} {{");
        for (variant, member) in variants.iter().zip(&union.members) {
            let doc = match &union.tag {
                Some(tag) => format!("`{tag}` is `{}`.", member.label),
                None => describe(&member.ty, types),
            };
            let held = held(&member.ty.rust(types), member.boxed);
            let _ = writeln!(text, "    #[doc = {doc:?}]\n    {variant}({held}),");
        }
        let other = match &union.tag {
            Some(tag) => {
                let _ = writeln!(text, "    /// Any other `{tag}`: the whole object, unchanged.");
                "::serde_json::Map<::std::string::String, ::serde_json::Value>"
            }
            None => {
                let _ = writeln!(text, "    /// Anything else: the JSON, unchanged.");
                "::serde_json::Value"
            }
        };
        let _ = writeln!(text, "    Other({other}),\n}}\n");
        match &union.tag {
            Some(tag) => {
                let _ = writeln!(text, "{runtime}::__tagged! {{\n    {name} {tag:?} {{");
                for (variant, member) in variants.iter().zip(&union.members) {
                    let ty = member.ty.rust(types);
                    let _ = writeln!(text, "        {:?} {variant}: {}, {ty};", member.label, held(&ty, member.boxed));
                }
            }
            None => {
                let _ = writeln!(text, "{runtime}::__untagged! {{\n    {name} {{");
                for (variant, member) in variants.iter().zip(&union.members) {
                    let ty = member.ty.rust(types);
                    let _ = writeln!(text, "        {variant}: {}, {ty};", held(&ty, member.boxed));
                }
            }
        }
        let _ = writeln!(text, "    }}\n}}\n");

        for (variant, member) in variants.iter().zip(&union.members) {
            // Two members of the same type would make `From` ambiguous.
            if union.members.iter().filter(|other| other.ty == member.ty).count() == 1 {
                let ty = member.ty.rust(types);
                let value = held_value("value", member.boxed);
                let _ = writeln!(
                    text,
                    "impl ::std::convert::From<{ty}> for {name} {{\n    fn from(value: {ty}) -> Self {{\n        \
                     Self::{variant}({value})\n    }}\n}}\n"
                );
                if ty == "::std::string::String" {
                    let value = held_value("::std::borrow::ToOwned::to_owned(value)", member.boxed);
                    let _ = writeln!(
                        text,
                        "impl ::std::convert::From<&str> for {name} {{\n    fn from(value: &str) -> Self {{\n        \
                         Self::{variant}({value})\n    }}\n}}\n"
                    );
                }
            }
        }
        if let Some(tag) = &union.tag {
            self.constructors(text, name, tag, union, &variants);
        }
        if self.is_text(&Type::Named(name.clone())) {
            let _ = writeln!(
                text,
                "impl ::std::fmt::Display for {name} {{\n    fn fmt(&self, formatter: &mut ::std::fmt::Formatter<'_>) -> \
                 ::std::fmt::Result {{\n        match self {{"
            );
            for variant in &variants {
                let _ =
                    writeln!(text, "            Self::{variant}(value) => ::std::fmt::Display::fmt(value, formatter),");
            }
            let _ = writeln!(
                text,
                "            Self::Other(::serde_json::Value::String(value)) => formatter.write_str(value),\n            \
                 Self::Other(value) => ::std::fmt::Display::fmt(value, formatter),\n        }}\n    }}\n}}\n"
            );
        }
    }

    /// A constructor for each variant that only needs its tag.
    fn constructors(&self, text: &mut String, name: &str, tag: &str, union: &Union, variants: &[String]) {
        let runtime = &self.roots.runtime;
        let mut taken = Taken::new(&["other"]);
        let _ = writeln!(text, "impl {name} {{");
        for (variant, member) in variants.iter().zip(&union.members) {
            let Type::Named(payload) = &member.ty else { continue };
            let Some(Shape::Struct(object)) = self.definitions.get(payload).map(|definition| &definition.shape) else {
                continue;
            };
            if object.fields.iter().any(|field| field.wire != tag && !field.ident.is_empty() && field.is_asked_for()) {
                continue;
            }
            let function = taken.take(snake(&member.label));
            let set = object.fields.iter().find(|field| field.wire == tag && !field.ident.is_empty()).map(|field| {
                let value = match &field.ty {
                    Type::String => format!("::std::string::String::from({:?})", member.label),
                    Type::Named(ty) => format!("{}::{ty}::from({:?})", self.roots.types, member.label),
                    _ => return String::new(),
                };
                let value = if field.is_option() { format!("::std::option::Option::Some({value})") } else { value };
                format!("        member.{} = {value};\n", field.ident)
            });
            let is_mut = if set.as_ref().is_some_and(|set| !set.is_empty()) { "mut " } else { "" };
            let _ = writeln!(
                text,
                "    #[doc = {:?}]\n    pub fn {function}() -> Self {{\n        let {is_mut}member = \
                 {runtime}::json::support::start::<{}>();\n{}        Self::{variant}({})\n    }}\n",
                format!("The one whose `{tag}` is `{}`, with nothing else set.", member.label),
                member.ty.rust(&self.roots.types),
                set.unwrap_or_default(),
                held_value("member", member.boxed),
            );
        }
        let _ = writeln!(text, "}}\n");
    }

    /// Whether a value can be part of a path or a header, because it can be written as one text.
    pub(crate) fn is_text(&self, ty: &Type) -> bool {
        match ty {
            Type::String | Type::Bool | Type::Signed | Type::Unsigned | Type::Float => true,
            Type::Named(name) => match self.definitions.get(name).map(|definition| &definition.shape) {
                Some(Shape::Enum(_)) => true,
                Some(Shape::Union(union)) => {
                    union.tag.is_none()
                        && union
                            .members
                            .iter()
                            .all(|member| !member.boxed && member.ty != *ty && self.is_text(&member.ty))
                }
                _ => false,
            },
            _ => false,
        }
    }
}

/// `Debug` for an object with a secret. Its additional fields are not printed: if the secret had an unexpected type,
/// it is among them.
fn debug_without_secrets<'a>(text: &mut String, name: &str, fields: impl Iterator<Item = &'a Field>) {
    let _ = writeln!(
        text,
        "impl ::std::fmt::Debug for {name} {{\n    fn fmt(&self, formatter: &mut ::std::fmt::Formatter<'_>) -> \
         ::std::fmt::Result {{\n        formatter.debug_struct({name:?})"
    );
    for field in fields {
        let shown = match field.secret {
            true => "::std::format_args!(\"[hidden]\")".to_owned(),
            false => format!("self.{}", field.ident),
        };
        let _ = writeln!(text, "            .field({:?}, &{shown})", field.ident);
    }
    let _ = writeln!(text, "            .finish_non_exhaustive()\n    }}\n}}\n");
}

fn held(ty: &str, boxed: bool) -> String {
    if boxed { format!("::std::boxed::Box<{ty}>") } else { ty.to_owned() }
}

fn held_value(value: &str, boxed: bool) -> String {
    if boxed { format!("::std::boxed::Box::new({value})") } else { value.to_owned() }
}

/// Describes a member of a union without a tag, for its documentation.
fn describe(ty: &Type, types: &str) -> String {
    match ty {
        Type::Named(name) => format!("A [`{name}`]({types}::{name})."),
        Type::List(item) => match &**item {
            Type::Named(name) => format!("A list, each member a [`{name}`]({types}::{name})."),
            _ => "A list.".to_owned(),
        },
        Type::Map(_) | Type::Object => "A JSON object.".to_owned(),
        Type::String => "A text.".to_owned(),
        Type::Bool => "True or false.".to_owned(),
        Type::Signed | Type::Unsigned => "An integer.".to_owned(),
        Type::Float => "A number.".to_owned(),
        Type::Any | Type::Nullable(_) => "Any JSON value.".to_owned(),
    }
}

fn variant_names<'a>(labels: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut labels: Vec<(usize, &str)> = labels.enumerate().collect();
    let mut names = vec![String::new(); labels.len()];
    // `Other` is the open variant. The order of the labels decides which of two equal names gets an underscore.
    let mut taken = Taken::new(&["Other"]);
    labels.sort_by_key(|(_, label)| *label);
    for (at, label) in labels {
        if let Some(name) = names.get_mut(at) {
            *name = taken.take(pascal(label));
        }
    }
    names
}
