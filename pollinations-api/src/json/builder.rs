//! Builders of objects.

use std::fmt;

use super::object::{Object, start};

/// The state of a builder. Each generated builder contains one.
#[doc(hidden)]
#[derive(Clone)]
pub struct Builder<T> {
    value: T,
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
        if let Some(error) = self.error {
            return Err(error);
        }
        let required = T::BUILDER_REQUIRED.iter();
        match required.copied().find(|name| !self.set.contains(name)) {
            Some(name) => Err(format!("{}: missing field `{name}`", T::NAME)),
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
                self.error.get_or_insert_with(|| format!("{}: field `{name}`: {error}", T::NAME));
            }
        }
    }
}

impl<T: Object> Default for Builder<T> {
    fn default() -> Self {
        Self { value: start(), set: Vec::new(), error: None }
    }
}

/// Starts from an existing object.
impl<T: Object> From<T> for Builder<T> {
    fn from(value: T) -> Self {
        Self { value, set: T::BUILDER_REQUIRED.to_vec(), error: None }
    }
}

impl<T: Object + fmt::Debug> fmt::Debug for Builder<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Builder").field("value", &self.value).field("error", &self.error).finish()
    }
}
