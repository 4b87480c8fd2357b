//! What the templates are called, and the macro by which each notice gets its names and its samples.

/// The template of a room's topic.
pub const TOPIC: &str = "topic.txt";

/// The words of the lines of My Messages.
pub(in crate::render) const MISSED: &str = "missed.txt";

/// What several notices say alike: each includes it.
pub(super) const PARTS: &[&str] =
    &["numbered.html", "numbered.txt", "odd_characters.html", "odd_characters.txt"];

/// The templates of words, which say what a code means within a notice.
pub const WORDS: &[&str] = &[
    "consent_line.txt",
    MISSED,
    "problem.txt",
    "story.txt",
    "why_asked_first.txt",
    "why_call_ended.txt",
    "why_link.txt",
    "why_missing.txt",
    "why_not_called.txt",
    "why_not_dialled.txt",
    "why_not_erased.txt",
    "why_not_new.txt",
    "why_not_resent.txt",
    "why_not_shown.txt",
    "why_not_texted.txt",
    "why_refused.txt",
    "why_requeued.txt",
    "why_room_lost.txt",
    "why_stopped.txt",
    "why_unavailable.txt",
    "why_unsent.txt",
    "why_withdrawn.txt",
];

/// What the templates of a notice are called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Names {
    /// The notice's code.
    pub code: &'static str,
    /// The file of its plain body.
    pub plain: &'static str,
    /// The file of its formatted body.
    pub html: &'static str,
}

macro_rules! catalogue {
    ($($pattern:pat => $code:literal: $samples:expr;)+) => {
        const NAMES: &[Names] = &[$(catalogue!(@names $code)),+];

        /// What the templates of a notice are called.
        #[must_use]
        pub fn names(says: &Says) -> Names {
            match says {
                $($pattern => catalogue!(@names $code),)+
            }
        }

        fn sample_says() -> Vec<Says> {
            let mut all = Vec::new();
            $(all.extend($samples);)+
            all
        }
    };
    (@names $code:literal) => {
        Names { code: $code, plain: concat!($code, ".txt"), html: concat!($code, ".html") }
    };
}
