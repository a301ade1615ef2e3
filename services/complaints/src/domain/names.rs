/// Declares an enum whose values have fixed names: those under which they are stored.
macro_rules! named {
    (
        $(#[$about:meta])*
        $name:ident { $($(#[$about_value:meta])* $value:ident = $text:literal),+ $(,)? }
    ) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum $name { $($(#[$about_value])* $value),+ }

        impl $name {
            /// Every value, in the order of declaration.
            #[cfg(test)]
            pub(crate) const ALL: &[Self] = &[$(Self::$value),+];

            /// The name under which it is stored. Never changes.
            pub(crate) const fn name(self) -> &'static str {
                match self { $(Self::$value => $text),+ }
            }

            /// The value of that name.
            pub(crate) fn from_name(name: &str) -> Option<Self> {
                match name { $($text => Some(Self::$value),)+ _ => None }
            }
        }
    };
}

pub(super) use named;
