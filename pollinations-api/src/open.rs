//! Open enumerations, to which the server may add values.

/// Defines a string enumeration that accepts any string, keeps it, and writes it back unchanged.
#[doc(hidden)]
#[macro_export]
macro_rules! __open_enum {
    (
        $(#[$meta:meta])*
        pub enum $name:ident { $($variant:ident = $value:literal,)* }
        $(default $default:ident;)?
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $(
                #[doc = concat!("`", $value, "`")]
                $variant,
            )*
            /// A value that this version does not know, unchanged. The conversions from strings create it; they never
            /// put a known value here.
            Other(::std::string::String),
        }

        impl $name {
            /// The values that this version knows, as they are sent.
            pub const KNOWN: &'static [&'static str] = &[$($value),*];

            /// The value as it is sent.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $value,)*
                    Self::Other(value) => value,
                }
            }

            fn known(value: &str) -> ::std::option::Option<Self> {
                match value {
                    $($value => ::std::option::Option::Some(Self::$variant),)*
                    _ => ::std::option::Option::None,
                }
            }
        }

        $(
            impl ::std::default::Default for $name {
                fn default() -> Self {
                    Self::$default
                }
            }
        )?

        impl ::std::convert::From<&str> for $name {
            fn from(value: &str) -> Self {
                Self::known(value).unwrap_or_else(|| Self::Other(value.to_owned()))
            }
        }

        impl ::std::convert::From<::std::string::String> for $name {
            fn from(value: ::std::string::String) -> Self {
                Self::known(&value).unwrap_or(Self::Other(value))
            }
        }

        impl ::std::convert::From<&::std::string::String> for $name {
            fn from(value: &::std::string::String) -> Self {
                Self::from(value.as_str())
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = ::std::convert::Infallible;

            fn from_str(value: &str) -> ::std::result::Result<Self, Self::Err> {
                ::std::result::Result::Ok(Self::from(value))
            }
        }

        impl ::std::convert::AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        impl ::std::cmp::PartialEq<str> for $name {
            fn eq(&self, other: &str) -> bool {
                self.as_str() == other
            }
        }

        impl ::std::cmp::PartialEq<&str> for $name {
            fn eq(&self, other: &&str) -> bool {
                self.as_str() == *other
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                formatter.pad(self.as_str())
            }
        }

        impl $crate::json::support::Text for $name {
            fn borrowed(text: &str) -> Self {
                Self::from(text)
            }

            fn owned(text: ::std::string::String) -> Self {
                Self::from(text)
            }
        }

        impl $crate::json::Read for $name {
            const KIND: u8 = $crate::json::support::kind::STRING;

            fn absent() -> Self {
                Self::from("")
            }

            fn read<'de, D: $crate::json::serde::Deserializer<'de>>(
                &mut self,
                deserializer: D,
            ) -> ::std::result::Result<$crate::json::support::Note, D::Error> {
                $crate::json::support::read_text(self, deserializer)
            }

            fn read_value(&mut self, value: &$crate::json::support::Value) -> $crate::json::support::Note {
                $crate::json::support::read_text_value(self, value)
            }

            fn node(&self) -> $crate::json::support::Node<'_> {
                $crate::json::support::Node::Text(self.as_str())
            }

            fn misfit(&self) -> usize {
                if matches!(self, Self::Other(_)) { 1 } else { 0 }
            }
        }

        impl $crate::json::serde::Serialize for $name {
            fn serialize<S: $crate::json::serde::Serializer>(&self, serializer: S) -> ::std::result::Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> $crate::json::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::json::serde::Deserializer<'de>>(deserializer: D) -> ::std::result::Result<Self, D::Error> {
                // Borrowed if the format supports it, so that a known value needs no allocation.
                let value = <::std::borrow::Cow<'de, str> as $crate::json::serde::Deserialize>::deserialize(deserializer)?;
                ::std::result::Result::Ok(match value {
                    ::std::borrow::Cow::Borrowed(value) => Self::from(value),
                    ::std::borrow::Cow::Owned(value) => Self::from(value),
                })
            }
        }
    };
}
