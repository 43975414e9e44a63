//! Builders of objects.

use std::fmt;

use super::object::Object;

/// Builds an object field by field. `X::builder()` starts one.
///
/// A setter takes whatever converts into the field's type. A conversion that fails is reported by [`build`](Self::build).
///
/// # Examples
///
/// ```
/// use pollinations_api::types::FunctionDefinition;
///
/// let function = FunctionDefinition::builder().name("now").description(Some("The time.".to_owned())).build()?;
/// assert_eq!(function.name, "now");
///
/// let error = FunctionDefinition::builder().build().unwrap_err();
/// assert_eq!(error, "FunctionDefinition: missing field `name`");
/// # Ok::<(), String>(())
/// ```
#[derive(Clone)]
pub struct Builder<T> {
    value: T,
    set: Vec<&'static str>,
    error: Option<String>,
}

impl<T: Object> Builder<T> {
    /// The object.
    ///
    /// # Errors
    ///
    /// A required field has not been set, or a value could not be converted. The text names the type and the field.
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
    #[doc(hidden)]
    #[must_use]
    pub fn __set<V, F>(mut self, name: &'static str, value: V, place: fn(&mut T, F)) -> Self
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
        self
    }
}

impl<T: Object> Default for Builder<T> {
    fn default() -> Self {
        Self { value: T::absent(), set: Vec::new(), error: None }
    }
}

/// Goes on from an object that is complete.
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
