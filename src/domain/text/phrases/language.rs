//! What is known of each language.

/// How people ask in a language to be left alone.
pub(super) struct Language {
    /// One way a line. A phrase is compared with the words of one sentence: `a|b` is either word, `a?` may be
    /// missing, `^` and `$` are the sentence's ends; `$$` is the text's, behind which only a please may
    /// stand: "Stop it" is a wish, and "Stop it, I like this one" is not. Words are written without accents
    /// ("mas", "arretez"), as many people type them, and without apostrophes ("dont", "menvoyer").
    pub(super) phrases: &'static [&'static str],
    /// Words that turn a phrase round where they stand right before it: "don't stop texting me".
    pub(super) negations: &'static [&'static str],
}
