//! `commands`: how agents talk to the bot.

use crate::yaml::Fields;

/// Commands typed into rooms.
#[derive(Clone, Debug)]
pub struct Commands {
    /// What a command begins with: one to three characters that are neither letters, digits nor spaces.
    pub prefix: String,
}

impl Commands {
    pub(super) fn read(fields: &Fields<'_>) -> Self {
        Self { prefix: fields.value("prefix", "!".to_owned(), prefix) }
    }
}

fn prefix(text: &str) -> Result<String, String> {
    let unfit = |c: char| c.is_alphanumeric() || c.is_whitespace() || c.is_control();
    if (1..=3).contains(&text.chars().count()) && !text.chars().any(unfit) {
        // Clients treat what begins with / as a command of their own, and a lone #word is a standard
        // response.
        if text.starts_with(['/', '#']) {
            return Err("must not begin with / or #, which have a meaning of their own".to_owned());
        }
        return Ok(text.to_owned());
    }
    Err("must be one to three characters that are neither letters, digits nor spaces".to_owned())
}
