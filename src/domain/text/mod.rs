//! Text on its way between a phone and a room. Pure functions, a file for each subject:
//!
//! - [`segments`]: how carriers count a text, and splitting one that is too long.
//! - [`sanitize`]: what a contact wrote, made safe to show.
//! - [`links`]: links that disguise where they lead, numbers and addresses to act on.
//! - [`keywords`]: STOP, START, HELP, each a word alone.
//! - [`phrases`]: the wish to be left alone, said in a sentence.
//! - [`coarsely`]: how long something takes and when something is, as contacts are told.
//! - [`courtesy`]: thanks and greetings, which ask for nothing.
//! - [`tapback`]: reactions that a phone sent as a text.
//! - [`numbers`]: telephone numbers, as people read and type them.
//! - [`masked`]: telephone numbers of which only the end may be read.
//! - [`fill`]: the desk's own texts, with names filled in.
//! - [`placeholders`]: names in a text, and filling them in.
//! - [`outgoing`]: what an agent's client sent, as plain text for a phone.
//! - [`prefix`]: whether what was typed is a command, internal or text for the contact.
//! - [`vcard`]: names, numbers and addresses in a contact card.
//! - [`words`]: the words of a text, to be searched for.

pub mod coarsely;
pub mod courtesy;
pub mod fill;
mod formatted;
pub mod keywords;
mod linked;
pub mod links;
pub mod mailto;
pub mod masked;
pub mod numbers;
pub mod outgoing;
pub mod phrases;
pub mod placeholders;
pub mod prefix;
pub mod sanitize;
pub mod segments;
pub mod tapback;
pub mod vcard;
pub mod words;
