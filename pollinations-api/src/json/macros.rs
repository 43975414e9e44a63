//! Macros that keep the generated code short.

/// Implements a generated object.
#[doc(hidden)]
#[macro_export]
macro_rules! __object {
    (
        $name:ident $text:literal strict $strict:literal
        fields { $($index:literal $wire:literal $field:ident: $type:ty, $required:literal;)* }
        filled { $($fill_index:literal $fill_field:ident = $fill:literal;)* }
        constants { $($at:literal $constant:literal = $value:literal;)* }
        names [$($wires:literal)*]
        required [$($needed:literal)*]
        optional_constants [$($optional:literal)*]
        essential [$($essential:literal)*]
        new { $($argument:ident $argument_wire:literal: $argument_type:ty;)* }
    ) => {
        impl $name {
            /// Returns a builder with a setter for each field.
            #[inline]
            pub fn builder() -> builder::$name {
                ::std::default::Default::default()
            }

            /// The fields that this type does not have, and values that could not be parsed.
            pub fn extra(&self) -> &$crate::json::Extra {
                &self.__extra
            }

            /// Mutable access to the fields that this type does not have. Fields that you set here are sent with the
            /// object.
            pub fn extra_mut(&mut self) -> &mut $crate::json::Extra {
                &mut self.__extra
            }
        }

        $crate::__object!(@new $name $($argument $argument_wire: $argument_type;)*);

        impl $crate::json::support::Fields for $name {
            fn shape(&self) -> &'static $crate::json::support::Shape {
                <Self as $crate::json::support::Object>::SHAPE
            }

            fn extra_slot(&mut self) -> &mut $crate::json::Extra {
                &mut self.__extra
            }

            fn place(&mut self, index: usize) -> ::std::option::Option<&mut dyn $crate::json::support::Erased> {
                match index {
                    $($index => ::std::option::Option::Some(&mut self.$field),)*
                    _ => ::std::option::Option::None,
                }
            }
        }

        impl $crate::json::support::Object for $name {
            const SHAPE: &'static $crate::json::support::Shape = &$crate::json::support::Shape {
                name: $text,
                fields: &[$($wires),*],
                required: &[$($needed),*],
                optional_constants: &[$($optional),*],
                constants: &[$(($at, $value)),*],
                filled: &[$(($fill_index, $fill)),*],
                essential: &[$($essential),*],
                builder_required: &[$($argument_wire),*],
                strict: $strict,
                mask: $crate::json::support::required_mask(&[$($needed),*], &[$($optional),*]),
                index: <Self as $crate::json::support::Object>::field,
            };

            #[inline]
            fn field(name: &str) -> ::std::option::Option<usize> {
                match name {
                    $($wire => ::std::option::Option::Some($index),)*
                    $($constant => ::std::option::Option::Some($at),)*
                    _ => ::std::option::Option::None,
                }
            }

            #[inline]
            fn read_field<'de, A: $crate::json::serde::de::MapAccess<'de>>(
                &mut self,
                index: usize,
                map: &mut A,
            ) -> ::std::result::Result<$crate::json::support::Note, A::Error> {
                match index {
                    $($index => $crate::json::support::read_next(&mut self.$field, map),)*
                    $($at => $crate::json::support::read_constant($value, map),)*
                    _ => $crate::json::support::read_next(&mut $crate::json::support::Value::Null, map),
                }
            }

            fn write_fields<'a>(&'a self, writer: &mut $crate::json::support::Writer<'a>) {
                $(writer.constant($at, $value);)*
                $(writer.field($index, $required, &self.$field);)*
                let _ = writer;
            }
        }

        impl $crate::json::Read for $name {
            const KIND: u8 = $crate::json::support::kind::OBJECT;

            fn absent() -> Self {
                Self { $($field: $crate::json::Read::absent(),)* __extra: $crate::json::Extra::new() }
            }

            #[inline]
            fn read<'de, D: $crate::json::serde::Deserializer<'de>>(
                &mut self,
                deserializer: D,
            ) -> ::std::result::Result<$crate::json::support::Note, D::Error> {
                $crate::json::support::read_object(self, deserializer)
            }

            fn read_value(&mut self, value: &$crate::json::support::Value) -> $crate::json::support::Note {
                $crate::json::support::read_object_value(self, value)
            }

            fn node(&self) -> $crate::json::support::Node<'_> {
                let shape = <Self as $crate::json::support::Object>::SHAPE;
                let mut writer = $crate::json::support::Writer::new(shape, &self.__extra);
                $crate::json::support::Object::write_fields(self, &mut writer);
                writer.end()
            }

            fn misfit(&self) -> usize {
                $crate::json::support::misfit(&self.__extra) $(+ $crate::json::Read::misfit(&self.$field))*
            }
        }

        impl $crate::json::serde::Serialize for $name {
            fn serialize<S: $crate::json::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::std::result::Result<S::Ok, S::Error> {
                $crate::json::support::serialize(self, serializer)
            }
        }

        impl<'de> $crate::json::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::json::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::std::result::Result<Self, D::Error> {
                $crate::json::support::deserialize(deserializer)
            }
        }
    };
    (@new $name:ident) => {};
    (@new $name:ident $($argument:ident $wire:literal: $type:ty;)+) => {
        impl $name {
            /// Creates an object with its required fields.
            #[allow(clippy::too_many_arguments, reason = "as many as the document requires")]
            pub fn new($($argument: impl ::std::convert::Into<$type>),+) -> Self {
                let mut object = $crate::json::support::start::<Self>();
                $(object.$argument = $argument.into();)+
                object
            }
        }
    };
}

/// Defines the builder of an object, without its setters.
#[doc(hidden)]
#[macro_export]
macro_rules! __builder {
    ($name:ident $type:path) => {
        /// Builds an object of this name.
        ///
        /// The setters accept any value that converts into the type of the field.
        #[derive(Clone, Debug, Default)]
        pub struct $name($crate::json::support::Builder<$type>);

        impl $name {
            /// Builds the object.
            ///
            /// # Errors
            ///
            /// An error if a required field is not set, or a value could not be converted. The message has the type
            /// and the field.
            #[inline]
            pub fn build(self) -> ::std::result::Result<$type, ::std::string::String> {
                self.0.build()
            }
        }

        impl ::std::convert::From<$type> for $name {
            #[inline]
            fn from(value: $type) -> Self {
                Self(value.into())
            }
        }

        impl ::std::convert::TryFrom<$name> for $type {
            type Error = ::std::string::String;

            #[inline]
            fn try_from(builder: $name) -> ::std::result::Result<Self, Self::Error> {
                builder.build()
            }
        }
    };
}

/// Implements a union whose members have a tag.
#[doc(hidden)]
#[macro_export]
macro_rules! __tagged {
    ($name:ident $tag:literal { $($value:literal $variant:ident: $held:ty, $member:ty;)* }) => {
        impl $crate::json::support::Tagged for $name {
            const TAG: &'static str = $tag;

            fn select(&mut self, tag: &str) -> ::std::option::Option<&mut dyn $crate::json::support::Fields> {
                *self = match tag {
                    $($value => Self::$variant(<$held>::from(<$member as $crate::json::Read>::absent())),)*
                    _ => return ::std::option::Option::None,
                };
                match self {
                    $(Self::$variant(member) => {
                        ::std::option::Option::Some($crate::json::support::fields::<$member>(member))
                    })*
                    Self::Other(_) => ::std::option::Option::None,
                }
            }

            fn rest<'de, A: $crate::json::serde::de::MapAccess<'de>>(
                &mut self,
                progress: $crate::json::support::Progress,
                map: &mut A,
            ) -> ::std::result::Result<$crate::json::support::Note, A::Error> {
                match self {
                    $(Self::$variant(member) => {
                        $crate::json::support::read_rest::<$member, A>(member, progress, map)
                    })*
                    Self::Other(_) => ::std::result::Result::Ok($crate::json::support::Note::Fine),
                }
            }

            fn other(map: $crate::json::support::Map) -> Self {
                Self::Other(map)
            }
        }

        impl $crate::json::Read for $name {
            const KIND: u8 = $crate::json::support::kind::OBJECT;

            fn absent() -> Self {
                Self::Other($crate::json::support::Map::new())
            }

            fn read<'de, D: $crate::json::serde::Deserializer<'de>>(
                &mut self,
                deserializer: D,
            ) -> ::std::result::Result<$crate::json::support::Note, D::Error> {
                $crate::json::support::read_tagged(self, deserializer)
            }

            fn read_value(&mut self, value: &$crate::json::support::Value) -> $crate::json::support::Note {
                $crate::json::support::read_tagged_value(self, value)
            }

            fn node(&self) -> $crate::json::support::Node<'_> {
                match self {
                    $(Self::$variant(member) => $crate::json::Read::node(member),)*
                    Self::Other(other) => $crate::json::Read::node(other),
                }
            }

            fn misfit(&self) -> usize {
                match self {
                    $(Self::$variant(member) => $crate::json::Read::misfit(member),)*
                    Self::Other(_) => 100,
                }
            }
        }

        $crate::__union!($name);
    };
}

/// Implements a union whose members have no tag.
#[doc(hidden)]
#[macro_export]
macro_rules! __untagged {
    ($name:ident { $($variant:ident: $held:ty, $member:ty;)* }) => {
        impl $crate::json::support::Untagged for $name {
            fn pick(&mut self, value: &$crate::json::support::Value) -> $crate::json::support::Note {
                let mut best = ::std::option::Option::None;
                let mut picked = ::std::option::Option::None;
                $(
                    if let ::std::option::Option::Some(member) =
                        $crate::json::support::choose::<$member>(value, &mut best)
                    {
                        picked = ::std::option::Option::Some(Self::$variant(<$held>::from(member)));
                    }
                )*
                match picked {
                    ::std::option::Option::Some(picked) => {
                        *self = picked;
                        $crate::json::support::picked(value, best)
                    }
                    ::std::option::Option::None => {
                        *self = Self::Other(::std::clone::Clone::clone(value));
                        $crate::json::support::Note::Fine
                    }
                }
            }
        }

        impl $crate::json::Read for $name {
            const KIND: u8 = $crate::json::support::kind::ANY;

            fn absent() -> Self {
                Self::Other($crate::json::support::Value::Null)
            }

            fn read<'de, D: $crate::json::serde::Deserializer<'de>>(
                &mut self,
                deserializer: D,
            ) -> ::std::result::Result<$crate::json::support::Note, D::Error> {
                $crate::json::support::read_untagged(self, deserializer)
            }

            fn read_value(&mut self, value: &$crate::json::support::Value) -> $crate::json::support::Note {
                $crate::json::support::Untagged::pick(self, value)
            }

            fn node(&self) -> $crate::json::support::Node<'_> {
                match self {
                    $(Self::$variant(member) => $crate::json::Read::node(member),)*
                    Self::Other(other) => $crate::json::Read::node(other),
                }
            }

            fn misfit(&self) -> usize {
                match self {
                    $(Self::$variant(member) => $crate::json::Read::misfit(member),)*
                    Self::Other(_) => 100,
                }
            }
        }

        $crate::__union!($name);
    };
}

/// The parts that both kinds of unions share.
#[doc(hidden)]
#[macro_export]
macro_rules! __union {
    ($name:ident) => {
        impl $crate::json::serde::Serialize for $name {
            fn serialize<S: $crate::json::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::std::result::Result<S::Ok, S::Error> {
                $crate::json::support::serialize(self, serializer)
            }
        }

        impl<'de> $crate::json::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::json::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::std::result::Result<Self, D::Error> {
                $crate::json::support::deserialize_any(deserializer)
            }
        }
    };
}
