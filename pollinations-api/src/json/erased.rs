//! Values without their types. Code that rarely runs uses them, so that it is compiled once and not for every type.

use serde_json::Value;

use super::{Node, Note, Read};

/// A value that can be parsed, of any type.
#[doc(hidden)]
pub trait Erased {
    /// See [`Read::read_value`].
    fn parse(&mut self, value: &Value) -> Note;
    /// See [`Read::misfit`].
    fn weight(&self) -> usize;
    /// See [`Read::is_blank`].
    fn has_nothing(&self) -> bool;
    /// See [`Read::node_of`].
    fn to_node(&self, marked: bool) -> Node<'_>;
    /// Becomes [`Read::absent`].
    fn reset(&mut self);
    /// Becomes the value that is parsed from this JSON. Returns `None` and keeps the value that it has if that one matches
    /// the document better, or the new one cannot be used. `misfit` is how badly the JSON of the present value matches.
    fn replace(&mut self, value: &Value, misfit: usize) -> Option<Note>;
}

impl<T: Read> Erased for T {
    fn parse(&mut self, value: &Value) -> Note {
        self.read_value(value)
    }

    fn weight(&self) -> usize {
        self.misfit()
    }

    fn has_nothing(&self) -> bool {
        self.is_blank()
    }

    fn to_node(&self, marked: bool) -> Node<'_> {
        self.node_of(marked)
    }

    fn reset(&mut self) {
        *self = T::absent();
    }

    fn replace(&mut self, value: &Value, misfit: usize) -> Option<Note> {
        let mut new = T::absent();
        let note = better(&mut new, value, self, misfit);
        if note.is_some() {
            *self = new;
        }
        note
    }
}

/// Parses a new value. Returns `None` if it cannot be used, or the old one matches the document better.
fn better(new: &mut dyn Erased, value: &Value, old: &dyn Erased, misfit: usize) -> Option<Note> {
    let note = new.parse(value);
    (note.is_usable() && note.misfit() + new.weight() <= misfit + old.weight()).then_some(note)
}
