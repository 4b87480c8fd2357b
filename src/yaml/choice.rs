//! Settings that take one of a few words.

use super::mistake::nearest;

/// A value that is one of a few words.
pub(crate) trait Choice: Copy + 'static {
    /// Every word and what it stands for.
    const WORDS: &'static [(&'static str, Self)];
}

/// Reads one of the words of a [`Choice`].
pub(crate) fn parse_choice<T: Choice>(text: &str) -> Result<T, String> {
    one_word(text, T::WORDS)
}

/// What one of these words stands for.
pub(crate) fn one_word<T: Copy>(text: &str, words: &[(&str, T)]) -> Result<T, String> {
    let word = one_of(text, words.iter().map(|(word, _)| *word))?;
    let value = words.iter().find(|(known, _)| *known == word).map(|(_, value)| *value);
    value.ok_or_else(|| format!("is not {word}"))
}

/// Reads one of a few words.
pub(crate) fn one_of<'w>(
    text: &str,
    words: impl Iterator<Item = &'w str> + Clone,
) -> Result<&'w str, String> {
    if let Some(word) = words.clone().find(|word| *word == text) {
        return Ok(word);
    }
    let meant =
        nearest(text, words.clone()).map(|word| format!("; did you mean {word}?")).unwrap_or_default();
    Err(format!("is not one of {}{meant}", words.collect::<Vec<_>>().join(", ")))
}

/// Declares an enum whose values are words of the configuration.
macro_rules! choice {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$variant_doc])* $variant,)+ }

        impl $name {
            /// The word that stands for it in the configuration.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }
        }

        impl $crate::yaml::Choice for $name {
            const WORDS: &'static [(&'static str, Self)] = &[$(($word, Self::$variant),)+];
        }
    };
}
pub(crate) use choice;
