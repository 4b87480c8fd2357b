//! The pictures and files of a person, which the homeserver keeps.

use std::io::Write as _;

use ruma::api::Direction;
use ruma::{OwnedMxcUri, OwnedRoomId};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::folder::{Folder, safe_name};
use crate::domain::text::sanitize;
use crate::matrix::{MatrixClient, MatrixError};
use crate::reach::Trouble;

/// The folder they lie in.
pub(super) const FOLDER: &str = "media";
/// Events that are read of a room at a time.
const PAGE: u32 = 100;
/// What is shown as a picture or a file.
const KINDS: [&str; 4] = ["m.image", "m.video", "m.audio", "m.file"];

/// A picture or file, and where it lies now.
#[derive(Debug, Serialize)]
pub(super) struct Kept {
    /// The interaction in whose room it stands.
    interaction: String,
    /// The event that shows it.
    event: String,
    /// What it was called.
    name: String,
    /// Where the homeserver keeps it.
    url: OwnedMxcUri,
    /// The file of this export; nothing where it could not be had.
    file: Option<String>,
    /// Why it could not be had.
    #[serde(skip_serializing_if = "Option::is_none")]
    not_fetched: Option<String>,
}

impl Kept {
    /// How the text of the export names it.
    pub(super) fn line(&self) -> String {
        let name = sanitize::name(&self.name);
        match (&self.file, &self.not_fetched) {
            (Some(file), _) => format!("{name}: {file}"),
            (None, why) => format!("{name}: not fetched, {}", why.as_deref().unwrap_or_default()),
        }
    }

    /// Whether it lies in the folder.
    pub(super) fn is_there(&self) -> bool {
        self.file.is_some()
    }
}

/// Fetches what a homeserver keeps.
pub(super) struct Fetcher {
    /// The client, where there is one; else why not.
    homeserver: Result<MatrixClient, String>,
    count: usize,
}

/// What is looked at of an event.
#[derive(Deserialize)]
struct Shown {
    event_id: String,
    #[serde(default)]
    content: Value,
}

impl Fetcher {
    /// Fetches as the bot, whose client this is, or nothing.
    pub(super) fn new(homeserver: Result<MatrixClient, String>) -> Self {
        Self { homeserver, count: 0 }
    }

    /// Fetches the pictures and files of a room into a folder: those of it, and why it could not be read,
    /// where that is so. A homeserver that does not answer is not asked again.
    pub(super) async fn fetch(
        &mut self,
        interaction: &str,
        room: &OwnedRoomId,
        folder: &Folder,
    ) -> std::io::Result<(Vec<Kept>, Option<String>)> {
        let mut all = Vec::new();
        let mut from = None;
        loop {
            let client = match &self.homeserver {
                Ok(client) => client.clone(),
                Err(why) => return Ok((all, Some(why.clone()))),
            };
            let page = match client.messages(room, from, PAGE, Direction::Forward).await {
                Ok(page) => page,
                Err(error) => return Ok((all, Some(self.given_up(&error)))),
            };
            for event in &page.events {
                let Ok(shown) = serde_json::from_str::<Shown>(event.get()) else { continue };
                let kind = shown.content["msgtype"].as_str().unwrap_or_default();
                let url = shown.content["url"].as_str().map(OwnedMxcUri::from).filter(|url| url.is_valid());
                if let Some(url) = url.filter(|_| KINDS.contains(&kind)) {
                    all.push(self.fetch_one(interaction, &shown, url, folder).await?);
                }
            }
            match page.next {
                Some(next) if !page.events.is_empty() => from = Some(next),
                Some(_) | None => return Ok((all, None)),
            }
        }
    }

    /// Fetches what was shown as a preview only, as it was sent.
    pub(super) async fn add_originals(
        &mut self,
        interaction: &str,
        rows: &[Value],
        all: &mut Vec<Kept>,
        folder: &Folder,
    ) -> std::io::Result<()> {
        for row in rows {
            let url = row["uri"].as_str().map(OwnedMxcUri::from).filter(|url| url.is_valid());
            let Some(url) = url.filter(|url| !all.iter().any(|known| known.url == *url)) else { continue };
            let event_id = row["event"].as_str().unwrap_or_default().to_owned();
            let shown = Shown { event_id, content: json!({ "filename": row["body"]["file"] }) };
            all.push(self.fetch_one(interaction, &shown, url, folder).await?);
        }
        Ok(())
    }

    async fn fetch_one(
        &mut self,
        interaction: &str,
        shown: &Shown,
        url: OwnedMxcUri,
        folder: &Folder,
    ) -> std::io::Result<Kept> {
        let named = |field: &str| shown.content[field].as_str().map(str::to_owned);
        let name = named("filename").or_else(|| named("body")).unwrap_or_default();
        let fetched = match &self.homeserver {
            Ok(client) => client.download(&url).await.map_err(|error| self.given_up(&error)),
            Err(why) => Err(why.clone()),
        };
        let (file, not_fetched) = match fetched {
            Ok(bytes) => {
                if self.count == 0 {
                    folder.folder(FOLDER)?;
                }
                self.count += 1;
                let file = format!("{FOLDER}/{:04}-{}", self.count, safe_name(&name));
                let mut out = folder.file(&file)?;
                out.write_all(&bytes)?;
                out.flush()?;
                (Some(file), None)
            }
            Err(why) => (None, Some(why)),
        };
        let (interaction, event) = (interaction.to_owned(), shown.event_id.clone());
        Ok(Kept { interaction, event, name, url, file, not_fetched })
    }

    /// Why something was not fetched; of a homeserver that does not answer that is said of the rest too.
    fn given_up(&mut self, error: &MatrixError) -> String {
        let why = error.to_string();
        if error.trouble().is_some_and(|trouble| trouble != Trouble::Busy) {
            self.homeserver = Err(why.clone());
        }
        why
    }
}
