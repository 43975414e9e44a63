//! Lists in parameters.

use std::fmt;

use serde::{Serialize, Serializer};

/// Defines a list type that is written with a separator between its items.
macro_rules! joined {
    ($(#[$docs:meta])* $name:ident, $separator:literal) => {
        $(#[$docs])*
        #[derive(Clone, Debug, Default, PartialEq)]
        pub struct $name<T>(pub Vec<T>);

        impl<T> From<Vec<T>> for $name<T> {
            fn from(list: Vec<T>) -> Self {
                Self(list)
            }
        }

        impl<T: Clone> From<&[T]> for $name<T> {
            fn from(list: &[T]) -> Self {
                Self(list.to_vec())
            }
        }

        impl<T, const N: usize> From<[T; N]> for $name<T> {
            fn from(list: [T; N]) -> Self {
                Self(list.into())
            }
        }

        impl<T: fmt::Display> fmt::Display for $name<T> {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                for (at, item) in self.0.iter().enumerate() {
                    if at > 0 {
                        formatter.write_str($separator)?;
                    }
                    write!(formatter, "{item}")?;
                }
                Ok(())
            }
        }

        impl<T: fmt::Display> Serialize for $name<T> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
    };
}

joined! {
    /// A list that is sent as one text, separated by commas: `1,2,3`.
    ///
    /// Paths and headers have lists in this form, and so do queries if the document says `explode: false`. Convert it
    /// from a list or an array.
    ///
    /// # Examples
    ///
    /// ```
    /// use pollinations_api::json::Joined;
    ///
    /// let ids = Joined::from([1, 2]);
    /// assert_eq!(ids.to_string(), "1,2");
    /// ```
    Joined, ","
}

joined! {
    /// A list that is sent as one text, separated by pipes: `1|2|3`.
    ///
    /// Queries have lists in this form if the document says `style: pipeDelimited`. Convert it from a list or an
    /// array.
    Piped, "|"
}

joined! {
    /// A list that is sent as one text, separated by spaces: `1 2 3`.
    ///
    /// Queries have lists in this form if the document says `style: spaceDelimited`. Convert it from a list or an
    /// array.
    Spaced, " "
}
