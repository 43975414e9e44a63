//! The types of a document, as the generator sees them.

/// A type with its own name.
pub(crate) struct Definition {
    /// Its Rust name.
    pub(crate) name: String,
    pub(crate) doc: String,
    pub(crate) shape: Shape,
}

pub(crate) enum Shape {
    Struct(Struct),
    Enum(Enum),
    Union(Union),
}

/// An object.
#[derive(Default)]
pub(crate) struct Struct {
    pub(crate) fields: Vec<Field>,
    /// Whether it only occurs in requests.
    pub(crate) strict: bool,
}

/// A property.
#[derive(Clone)]
pub(crate) struct Field {
    /// Its name in JSON.
    pub(crate) wire: String,
    /// Its Rust name. Empty for a tag, which is written but not stored.
    pub(crate) ident: String,
    pub(crate) doc: String,
    pub(crate) ty: Type,
    pub(crate) required: bool,
    pub(crate) nullable: bool,
    pub(crate) essential: bool,
    /// Its only allowed value.
    pub(crate) constant: Option<String>,
    /// Whether it contains its own type by value.
    pub(crate) boxed: bool,
    /// Whether it is a secret (`format: password`), which `Debug` does not print.
    pub(crate) secret: bool,
}

/// A string enumeration, of which some values are known.
pub(crate) struct Enum {
    pub(crate) values: Vec<String>,
    pub(crate) default: Option<String>,
}

/// A choice between types.
pub(crate) struct Union {
    /// The property that distinguishes the members.
    pub(crate) tag: Option<String>,
    pub(crate) members: Vec<Member>,
}

pub(crate) struct Member {
    /// The value of the tag, or a name.
    pub(crate) label: String,
    pub(crate) ty: Type,
    pub(crate) boxed: bool,
}

/// The type of a value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Type {
    String,
    Bool,
    Signed,
    Unsigned,
    Float,
    /// Any JSON.
    Any,
    /// Any JSON object.
    Object,
    List(Box<Type>),
    Map(Box<Type>),
    /// The items of a list, which may be null.
    Nullable(Box<Type>),
    /// A definition, by its Rust name.
    Named(String),
}

impl Type {
    /// The type as Rust code. `types` is the path of the module with the definitions.
    pub(crate) fn rust(&self, types: &str) -> String {
        match self {
            Self::String => "::std::string::String".to_owned(),
            Self::Bool => "bool".to_owned(),
            Self::Signed => "i64".to_owned(),
            Self::Unsigned => "u64".to_owned(),
            Self::Float => "f64".to_owned(),
            Self::Any => "::serde_json::Value".to_owned(),
            Self::Object => "::serde_json::Map<::std::string::String, ::serde_json::Value>".to_owned(),
            Self::List(item) => format!("::std::vec::Vec<{}>", item.rust(types)),
            Self::Map(item) => {
                format!("::std::collections::BTreeMap<::std::string::String, {}>", item.rust(types))
            }
            Self::Nullable(item) => format!("::std::option::Option<{}>", item.rust(types)),
            Self::Named(name) => format!("{types}::{name}"),
        }
    }

    /// Whether it refers to the definition of this name.
    pub(crate) fn holds(&self, name: &str) -> bool {
        let mut names = Vec::new();
        self.names(false, &mut names);
        names.contains(&name)
    }

    /// The names of the definitions in it. `by_value` leaves out those in lists and maps, which are on the heap.
    pub(crate) fn names<'a>(&'a self, by_value: bool, found: &mut Vec<&'a str>) {
        match self {
            Self::Named(name) => found.push(name),
            Self::Nullable(item) => item.names(by_value, found),
            Self::List(item) | Self::Map(item) if !by_value => item.names(by_value, found),
            _ => {}
        }
    }
}

impl Field {
    /// Whether a missing field is an empty list or map instead of `None`.
    fn is_collection(&self) -> bool {
        matches!(self.ty, Type::List(_) | Type::Map(_) | Type::Object)
    }

    pub(crate) fn is_option(&self) -> bool {
        self.nullable || self.boxed || !self.required && !self.is_collection() && self.constant.is_none()
    }

    /// Whether it has a constant value and may be missing.
    pub(crate) fn is_optional_constant(&self) -> bool {
        !self.required && !self.is_option() && self.constant.is_some()
    }

    /// Whether a program has to set it.
    pub(crate) fn is_asked_for(&self) -> bool {
        self.required && !self.is_option() && self.constant.is_none()
    }

    pub(crate) fn rust(&self, types: &str) -> String {
        let ty = self.ty.rust(types);
        match (self.is_option(), self.boxed) {
            (_, true) => format!("::std::option::Option<::std::boxed::Box<{ty}>>"),
            (true, false) => format!("::std::option::Option<{ty}>"),
            (false, false) => ty,
        }
    }
}

impl Definition {
    /// The types that it contains.
    pub(crate) fn types(&self) -> Vec<&Type> {
        match &self.shape {
            Shape::Struct(object) => object.fields.iter().map(|field| &field.ty).collect(),
            Shape::Union(union) => union.members.iter().map(|member| &member.ty).collect(),
            Shape::Enum(_) => Vec::new(),
        }
    }
}
