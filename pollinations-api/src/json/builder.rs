//! Builders of objects.

use std::fmt;

use super::object::{Object, start};

/// The state of a builder. Each generated builder contains one.
#[doc(hidden)]
#[derive(Clone)]
pub struct Builder<T> {
    value: T,
    /// The fields that have to be set.
    required: &'static [&'static str],
    set: Vec<&'static str>,
    error: Option<String>,
}

impl<T: Object> Builder<T> {
    /// Builds the object.
    ///
    /// # Errors
    ///
    /// An error if a required field is not set, or a value could not be converted. The message has the type and the
    /// field.
    pub fn build(self) -> Result<T, String> {
        match problem(self.error, T::SHAPE.name, self.required, &self.set) {
            Some(error) => Err(error),
            None => Ok(self.value),
        }
    }

    /// Sets a field.
    pub fn set<V, F>(&mut self, name: &'static str, value: V, place: fn(&mut T, F))
    where
        V: TryInto<F>,
        V::Error: fmt::Display,
    {
        match value.try_into() {
            Ok(value) => {
                place(&mut self.value, value);
                self.set.push(name);
            }
            Err(error) => {
                self.error.get_or_insert_with(|| format!("{}: field `{name}`: {error}", T::SHAPE.name));
            }
        }
    }
}

/// The first error of a setter, or else the error for a required field that is not set.
fn problem(error: Option<String>, object: &str, required: &[&str], set: &[&str]) -> Option<String> {
    if error.is_some() {
        return error;
    }
    let name = required.iter().find(|name| !set.contains(name))?;
    Some(format!("{object}: missing field `{name}`"))
}

impl<T: Object> Default for Builder<T> {
    fn default() -> Self {
        Self { value: start(), required: T::SHAPE.builder_required, set: Vec::new(), error: None }
    }
}

/// Starts from an existing object.
impl<T: Object> From<T> for Builder<T> {
    fn from(value: T) -> Self {
        Self { value, required: &[], set: Vec::new(), error: None }
    }
}

impl<T: Object + fmt::Debug> fmt::Debug for Builder<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Builder").field("value", &self.value).field("error", &self.error).finish()
    }
}
