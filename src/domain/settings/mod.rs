//! Settings, each declared once: what the desk, its queues, numbers and agents can be set to.
//!
//! A table of settings is a struct made by the macro of [`table`]. Each field declares its name, its default,
//! its [`Kind`] and its help. The config reader, the commands that show and set, the checks of an import and
//! `docs/SETTINGS.md` go by these tables; none of them names a setting.
//!
//! Each table stands with what it configures: [`desk`] here, queues and numbers in [`super::queue`], agents
//! in [`super::agent`].

pub mod checks;
pub mod choice;
pub mod desk;
pub mod kind;
pub mod table;

pub use self::checks::time_zone;
pub use self::desk::{DeskSettings, Setting};
pub use self::kind::Kind;
pub use self::table::{Field, Table};
