//! Settings that are one of a few words, or several of them.

/// One of the words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word {
    /// The word in the config, typed and stored.
    pub word: &'static str,
}

/// A type whose values are words.
pub trait Choice: Sized + 'static {
    /// Every word, in the order of [`Self::ALL`].
    const WORDS: &'static [Word];
    /// Every value.
    const ALL: &'static [Self];
}

/// Declares the words for the values of an enum, the ones under which serde stores them. It does not compile
/// if one is missing.
macro_rules! words {
    ($name:ident { $($variant:ident = $word:literal;)+ }) => {
        impl $crate::domain::settings::choice::Choice for $name {
            const WORDS: &'static [$crate::domain::settings::choice::Word] = &[$(
                $crate::domain::settings::choice::Word {
                    word: $word,
                },
            )+];
            const ALL: &'static [Self] = &[$(Self::$variant,)+];
        }

        const _: fn($name) = |value| match value { $($name::$variant => (),)+ };
    };
}
pub(crate) use words;
