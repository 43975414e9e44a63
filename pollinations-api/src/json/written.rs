//! Writes objects: their fields in order, then unknown fields. Values that did not match are written unchanged.

use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::{Map, Value};

use super::{Extra, Read, erased::Erased, extra::Received, object::Shape};

/// The JSON of a value, which borrows from it.
///
/// All types are written in two steps: the value becomes a node, and the node is written. So the code for a type is
/// compiled once, and not again for every format.
#[doc(hidden)]
#[allow(missing_debug_implementations, reason = "a value may be a secret")]
pub enum Node<'a> {
    Null,
    Bool(bool),
    Signed(i64),
    Unsigned(u64),
    Float(f64),
    Text(&'a str),
    Any(&'a Value),
    AnyObject(&'a Map<String, Value>),
    List(Vec<Node<'a>>),
    Object(Vec<(&'a str, Node<'a>)>),
}

impl Serialize for Node<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Signed(value) => serializer.serialize_i64(*value),
            Self::Unsigned(value) => serializer.serialize_u64(*value),
            Self::Float(value) => serializer.serialize_f64(*value),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Any(value) => value.serialize(serializer),
            Self::AnyObject(map) => map.serialize(serializer),
            Self::List(items) => serializer.collect_seq(items),
            Self::Object(fields) => {
                let mut map = serializer.serialize_map(Some(fields.len()))?;
                for (name, value) in fields {
                    map.serialize_entry(name, value)?;
                }
                map.end()
            }
        }
    }
}

impl Node<'_> {
    /// The JSON as a value of its own.
    pub(super) fn to_value(&self) -> Value {
        serde_json::to_value(self).unwrap_or(Value::Null)
    }
}

/// `Serialize` for generated types.
#[doc(hidden)]
pub fn serialize<T: Read, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    value.node().serialize(serializer)
}

/// Writes an object.
#[doc(hidden)]
#[allow(missing_debug_implementations, reason = "a value may be a secret")]
pub struct Writer<'a> {
    shape: &'static Shape,
    extra: &'a Extra,
    fields: Vec<(&'a str, Node<'a>)>,
}

impl<'a> Writer<'a> {
    pub fn new(shape: &'static Shape, extra: &'a Extra) -> Self {
        Self { shape, extra, fields: Vec::new() }
    }

    /// Writes a field.
    #[inline]
    pub fn field<T: Read>(&mut self, index: usize, required: bool, value: &'a T) {
        // Most optional fields are missing.
        if required || !self.extra.is_unmarked() || !value.is_blank() {
            self.add(index, required, T::MARK_IS_ABSENCE, value);
        }
    }

    /// Writes a field of constant value, which the type does not store.
    pub fn constant(&mut self, index: usize, value: &'static str) {
        let name = self.shape.name_of(index);
        let node = match self.extra.received(name) {
            Received::Set(received) | Received::Unlike { received, .. } => Node::Any(received),
            Received::AsDocumented if !self.extra.marked(index) => Node::Text(value),
            Received::AsDocumented | Received::Missing { .. } => return,
        };
        self.fields.push((name, node));
    }

    fn add(&mut self, index: usize, required: bool, mark_is_absence: bool, value: &'a dyn Erased) {
        let name = self.shape.name_of(index);
        let received = self.extra.received(name);
        if let Received::Set(received) = received {
            self.fields.push((name, Node::Any(received)));
            return;
        }
        let marked = self.extra.marked(index);
        let node = value.to_node(marked);
        // A value that the program has not changed is written as it was received.
        match received {
            Received::Unlike { received, read } if *read == node.to_value() => {
                self.fields.push((name, Node::Any(received)));
                return;
            }
            Received::Missing { read } if *read == node.to_value() => return,
            _ => {}
        }
        let left_out = match mark_is_absence {
            true => marked && matches!(node, Node::Text(text) if text == self.shape.filled(index).unwrap_or_default()),
            false => !required && !marked && value.has_nothing(),
        };
        if !left_out {
            self.fields.push((name, node));
        }
    }

    /// Adds the unknown fields.
    pub fn end(mut self) -> Node<'a> {
        if let Some(kept) = self.extra.kept() {
            let unknown = kept.unknown().iter().filter(|(name, _)| (self.shape.index)(name).is_none());
            self.fields.extend(unknown.map(|(name, value)| (name.as_str(), Node::Any(value))));
        }
        Node::Object(self.fields)
    }
}
