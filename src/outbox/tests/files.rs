//! Files of agents on their way to phones: which go together on which channel, and when they are fetched at
//! all.

use image::{DynamicImage, ImageFormat};
use ruma::OwnedMxcUri;
use wiremock::matchers::path_regex;

use super::*;
use crate::domain::input::OptOut;
use crate::domain::sent_file::SentFile;

const JANE_ON_WHATSAPP: &str = "whatsapp:+14155550100";

/// A world whose homeserver has a picture, a sound, and nothing else.
async fn world() -> World {
    let world = World::new().await;
    let mut picture = std::io::Cursor::new(Vec::new());
    DynamicImage::new_rgb8(40, 30).write_to(&mut picture, ImageFormat::Png).unwrap();
    let sound = [&b"OggS\0"[..], &[7; 300]].concat();
    for (name, bytes, mime) in [("picture", picture.into_inner(), "image/png"), ("sound", sound, "audio/ogg")]
    {
        Mock::given(path_regex(format!("^/_matrix/client/v1/media/download/desk.test/{name}$")))
            .respond_with(ResponseTemplate::new(200).set_body_raw(bytes, mime))
            .with_priority(1)
            .mount(&world.homeserver)
            .await;
    }
    world
}

impl World {
    async fn post(&self, room: &OwnedRoomId, name: &str, caption: &str) {
        let uri = OwnedMxcUri::from(format!("mxc://desk.test/{name}"));
        let file = Some(SentFile { uri, mime: String::new(), name: String::new() });
        self.posts(room, MessageKind::Media { file }, caption, None).await;
    }

    /// Waits until so many messages were sent: each with its text and the number of its files.
    async fn sends_files(&self, count: usize) -> Vec<(String, usize)> {
        eventually(&format!("{count} messages"), || async {
            let sent = self.phones.enclosed.lock().unwrap().clone();
            (sent.len() >= count).then_some(sent)
        })
        .await
    }

    /// How often a file was fetched from the homeserver.
    async fn downloads(&self) -> usize {
        let asked = self.homeserver.received_requests().await.unwrap();
        asked.iter().filter(|request| request.url.path().contains("/media/download/")).count()
    }
}

fn message(text: &str, files: usize) -> (String, usize) {
    (text.to_owned(), files)
}

#[tokio::test]
async fn on_whatsapp_each_file_is_a_message_and_a_sound_shows_no_text() {
    let world = world().await;
    let room = world.conversation(JANE_ON_WHATSAPP).await;
    world.post(&room, "picture", "Look").await;
    assert_eq!(world.sends_files(1).await, [message("Look", 1)]);
    world.post(&room, "sound", "Listen").await;
    assert_eq!(world.sends_files(3).await[1..], [message("Listen", 0), message("", 1)]);
    assert_eq!(world.number("SELECT COUNT(*) FROM media_out").await, 2);
}

#[tokio::test]
async fn a_picture_for_who_has_opted_out_is_not_even_fetched_until_they_opt_in_again() {
    let world = world().await;
    let room = world.conversation(JANE).await;
    let says = |body: &str, opt_out| {
        let text = ContactText {
            sid: format!("SM{body}"),
            to: Address::sms(OURS),
            from: Address::sms(JANE),
            body: body.to_owned(),
            media: vec![],
            left_out: 0,
            origin: vec![],
            more: vec![],
            opt_out: Some(opt_out),
            fetched_late: None,
        };
        world.desk.apply(Input::Text(text))
    };
    says("STOP", OptOut::Stop).await.unwrap();
    world.post(&room, "picture", "One").await;
    world.post(&room, "picture", "Two").await;
    world.shows("<message_held_back>").await;
    assert_eq!((world.downloads().await, world.phones.enclosed.lock().unwrap().len()), (0, 0));
    says("START", OptOut::Start).await.unwrap();
    let sent = world.sends_files(1).await;
    assert_eq!(sent.iter().map(|(_, files)| files).sum::<usize>(), 2, "both go together: {sent:?}");
    assert_eq!(sent, [message("One\nTwo", 2)]);
    assert_eq!(world.number("SELECT COUNT(*) FROM set_aside").await, 0);
}

#[tokio::test]
async fn what_no_link_leads_to_any_more_is_cleared_away() {
    let world = world().await;
    let room = world.conversation(JANE).await;
    world.post(&room, "missing", "Gone").await;
    // The homeserver answers something else for it, which is no picture.
    world.shows("<message_held_back>").await;
    world.post(&room, "picture", "Here").await;
    assert_eq!(world.sends_files(1).await, [message("Here", 1)]);
    let before = world.downloads().await;
    world.clock.advance(Duration::from_hours(5));
    let mut conn = world.store.connection().await.unwrap();
    assert_eq!(store::media_out::clear(&mut conn, world.clock.now(), 10).await.unwrap(), 1);
    drop(conn);
    assert_eq!(world.number("SELECT COUNT(*) FROM media_out_pieces").await, 0);
    assert_eq!(world.downloads().await, before);
}
