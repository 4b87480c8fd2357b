//! What is said of e-mails that agents begin.

use serde::{Deserialize, Serialize};

/// A link that opens an e-mail to a contact in the agent's own program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmailCard {
    /// To whom.
    pub contact: String,
    /// The address.
    pub address: String,
    /// What the e-mail is to be about.
    pub subject: String,
    /// The link: `mailto:`, with address and subject.
    pub link: String,
}
