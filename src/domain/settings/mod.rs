//! Settings, each declared once: what the desk, its queues, numbers and agents can be set to.
//!
//! A table of settings is a struct made by the macro of [`table`]: each field says how it is called, what it
//! is without being set, of what [`Kind`] it is, and what people are told of it. Reading the config, the
//! commands that show and set, the checks of an import, and `docs/SETTINGS.md` go by these tables, and none
//! of them names a setting.
//!
//! The tables stand with what they are of: [`desk`] here, queues and numbers in [`super::queue`], agents in
//! [`super::agent`].

pub mod checks;
pub mod choice;
pub mod desk;
pub mod kind;
pub mod table;

pub use self::checks::time_zone;
pub use self::desk::{DeskSettings, Setting};
pub use self::kind::Kind;
pub use self::table::{Field, Table};
