//! Parts of an MMS, fetched from the provider; and files at the homeserver that are not kept any longer.

use ruma::OwnedMxcUri;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::rules::{Rules, beside};
use crate::domain::class::Class;
use crate::domain::lane::Lane;
use crate::domain::notice::NotShown;
use crate::domain::original::Original;
use crate::domain::picture::Picture;
use crate::domain::text::vcard::Cards;

/// Fetch one part of an MMS and hand it to the homeserver to keep.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FetchMedia {
    /// The part, with where it is to be shown.
    pub picture: Picture,
}

impl FetchMedia {
    pub(super) fn rules(&self) -> Rules {
        beside(self.picture.lane()).of(Class::Media).each_time()
    }
}

/// A part of an MMS is there, and can be shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaHad {
    /// The part, with where it is to be shown.
    pub picture: Box<Picture>,
    /// What is posted of it.
    pub content: Value,
    /// The part as the contact sent it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original: Option<Box<Original>>,
    /// The contact cards in it.
    #[serde(default)]
    pub cards: Cards,
    /// Whether it is a picture that clients do not show.
    #[serde(default)]
    pub is_unseen: bool,
}

/// A part of an MMS could not be shown, and never will be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaLost {
    /// The part, with where it was to be shown.
    pub picture: Box<Picture>,
    /// Why it cannot be had.
    pub why: NotShown,
    /// The part as the contact sent it, where it was fetched all the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original: Option<Box<Original>>,
}

/// Have the homeserver erase a file, where the bot may do that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeleteMedia {
    /// The file.
    pub uri: OwnedMxcUri,
}

/// The homeserver has erased a file, or has none of that address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaGone {
    /// The file.
    pub uri: OwnedMxcUri,
}

impl DeleteMedia {
    pub(super) fn rules(&self) -> Rules {
        beside(Lane::Retention).once(format!("delete:{}", self.uri))
    }
}
