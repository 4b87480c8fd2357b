//! What is wrong with templates.

use std::path::PathBuf;

/// Why templates could not be loaded or rendered. No message was sent.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// The configured time zone does not exist here.
    #[error("there is no time zone {name:?}; write one like Europe/Berlin or UTC")]
    TimeZone {
        /// What was configured.
        name: String,
        /// What jiff says.
        #[source]
        source: jiff::Error,
    },
    /// A file or the folder of the desk's own templates cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// Which one.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// A file in that folder is no template of ours.
    #[error("{} takes the place of no template{}", path.display(), did_you_mean(nearest.as_deref()))]
    Unknown {
        /// Which file.
        path: PathBuf,
        /// The template with the nearest name.
        nearest: Option<String>,
    },
    /// A template does not parse, or not render with a sample.
    #[error("{file}, line {line}: the template does not work: {problem}")]
    Broken {
        /// Which file.
        file: String,
        /// Where, from 1.
        line: usize,
        /// What is wrong there.
        problem: String,
    },
    /// A template renders, but to nothing.
    #[error("{file} says nothing for {sample}")]
    Silent {
        /// Which file.
        file: String,
        /// The sample, as JSON.
        sample: String,
    },
}

fn did_you_mean(nearest: Option<&str>) -> String {
    nearest.map(|name| format!("; did you mean {name}?")).unwrap_or_default()
}
