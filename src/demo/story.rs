//! The story: a contact texts, an agent takes it, they talk, and it is done.

use std::io::{Cursor, Write};
use std::time::Duration;

use anyhow::Context as _;
use image::{ImageFormat, Rgb, RgbImage};
use ruma::{OwnedRoomId, RoomId};

use super::agent::Agent;
use super::agent::seen::Seen;
use super::place::{OURS, UNDO_SECS};
use super::screen::Screen;
use super::watch::Watch;
use crate::domain::text::numbers;
use crate::sms::simulator::{Attachment, Simulator};

/// What only the desk may know.
const NOTE: &str = "!- Called the depot: 4711 is on van 12, driver Kim";
/// A command that does not exist.
const MISSPELT: &str = "!doen";
/// What she wishes she had not written.
const REGRETTED: &str = "No idea, ask the courier.";
const FIRST_ANSWER: &str = "Hello Jane, this is Alice. Let me have a look.";
const SECOND_ANSWER: &str = "It left this morning and is with you tomorrow before noon 🚚";

/// A short conversation before the story, so that there is one to look back at: shown to nobody, and done as
/// it ends.
///
/// # Errors
/// When something does not happen.
pub(super) async fn past(
    (alice, console): (&Agent, &RoomId),
    (simulator, phone): (&Simulator, &str),
) -> anyhow::Result<()> {
    const ASKED: &str = "Hello, do you deliver on Saturdays?";
    alice.send_text(console, "!ready").await?;
    simulator.text_from(phone, OURS, ASKED, vec![]).await.context("the phone could not send its text")?;
    let shown = numbers::shown(phone).into_owned();
    let room = alice.wait_for_invite("the invite", |room| room.name().contains(&shown)).await?;
    alice.join(&room).await?;
    alice.wait_for_text(&room, ASKED).await?;
    let answer = alice.send_text(&room, "We do, until noon.").await?;
    alice.wait_for_reaction(&answer, "✓").await?;
    let answers = |event: &Seen| matches!(event.code(), "done" | "done_refused");
    let position = alice.position();
    alice.send_text(&room, "!done solved").await?;
    let answer = alice.wait_for_after(position, "the answer to !done", answers).await?;
    if answer.code() == "done_refused" {
        alice.send_text(&room, "!done solved").await?;
    }
    alice.wait_until_out_of(&room).await?;
    alice.send_text(console, "!notready").await?;
    alice
        .wait_for("the answer to !notready", |event| {
            event.notice().is_some_and(|notice| notice["code"] == "status" && notice["ready"] == false)
        })
        .await?;
    Ok(())
}

/// Everybody in the story and what they hold.
pub(super) struct Story<'a, W> {
    alice: &'a Agent,
    simulator: &'a Simulator,
    phone: String,
    console: OwnedRoomId,
    watch: Watch<'a, W>,
    /// Time to read before something happens.
    pause: Duration,
}

impl<'a, W: Write> Story<'a, W> {
    /// The story of a contact with this number.
    pub(super) fn new(
        screen: &'a mut Screen<W>,
        (alice, console): (&'a Agent, OwnedRoomId),
        (simulator, phone): (&'a Simulator, String),
        pause: Duration,
    ) -> Self {
        let watch = Watch::new(screen, (alice, console.clone()), (simulator, phone.clone()));
        Self { alice, simulator, phone, console, watch, pause }
    }

    /// Plays it.
    ///
    /// # Errors
    /// When something does not happen as told; what was said until then has been printed.
    pub(super) async fn play(mut self) -> anyhow::Result<()> {
        self.watch
            .screen
            .heads(&format!("JANE’S PHONE {}", numbers::shown(&self.phone)), "ALICE’S MATRIX CLIENT")?;
        let room = self.begin().await?;
        self.talk(&room).await?;
        self.keep_to_oneself(&room).await?;
        self.answer(&room).await?;
        self.finish(&room).await?;
        self.sum_up()
    }

    async fn begin(&mut self) -> anyhow::Result<OwnedRoomId> {
        self.step(
            "1. Alice begins her day. In “Switchroom”, her room with the bot, she says that she is ready.",
        )
        .await?;
        self.alice.send_text(&self.console, "!ready").await?;
        self.watch.until_notice("status").await?;

        self.step(
            "2. Jane texts the desk. The bot offers her to Alice: an invite, and a preview in her console.",
        )
        .await?;
        self.text("Hi! Where is my order 4711? 🙂", vec![]).await?;
        self.watch.until_notice("offer").await?;
        let shown = numbers::shown(&self.phone).into_owned();
        let room = self.alice.wait_for_invite("the invite", |room| room.name().contains(&shown)).await?;

        self.step("3. Alice takes it by joining the room. (Pressing ✅ or typing !accept does the same.)")
            .await?;
        self.watch.enter(room.clone());
        self.alice.join(&room).await?;
        self.watch.until_event("the text in the room", |event| is_from_contact(event, &room)).await?;
        self.watch.until_event("the accepted offer", |event| event.code() == "offer_accepted").await?;
        Ok(room)
    }

    async fn talk(&mut self, room: &RoomId) -> anyhow::Result<()> {
        let undo = format!(
            "4. Alice answers. For {UNDO_SECS} s she can still take it back, then it goes out. ✓: it is on Jane’s phone."
        );
        self.step(&undo).await?;
        let answer = self.alice.send_text(room, FIRST_ANSWER).await?;
        self.watch.until_delivered(&answer).await?;

        self.step("5. Jane answers, in two scripts and with a picture.").await?;
        let picture = Attachment { content_type: "image/png".to_owned(), bytes: receipt()?.into() };
        self.text("شكرًا! Here is the receipt", vec![picture]).await?;
        let is_picture = |event: &Seen| is_from_contact(event, room) && event.msgtype() == "m.image";
        self.watch.until_event("the picture", is_picture).await?;
        Ok(())
    }

    async fn keep_to_oneself(&mut self, room: &RoomId) -> anyhow::Result<()> {
        self.step(
            "6. Alice notes something for her colleagues. What begins with !- never goes to the phone.",
        )
        .await?;
        let note = self.alice.send_text(room, NOTE).await?;
        self.watch.until_shown(&note).await?;

        self.step("7. She mistypes a command. Nothing beginning with ! ever goes to the phone.").await?;
        self.alice.send_text(room, MISSPELT).await?;
        self.watch.until_notice("unknown_command").await?;

        self.step(&format!("8. She sends what she regrets, and deletes it within the {UNDO_SECS} s."))
            .await?;
        let regretted = self.alice.send_text(room, REGRETTED).await?;
        self.watch.until_shown(&regretted).await?;
        self.alice.redact(room, &regretted).await?;
        let is_gone = |event: &Seen| event.redacts.as_ref() == Some(&regretted);
        self.watch.until_event("the deletion", is_gone).await?;
        Ok(())
    }

    async fn answer(&mut self, room: &RoomId) -> anyhow::Result<()> {
        self.step("9. The right answer goes out.").await?;
        let answer = self.alice.send_text(room, SECOND_ANSWER).await?;
        self.watch.until_delivered(&answer).await?;
        Ok(())
    }

    async fn finish(&mut self, room: &RoomId) -> anyhow::Result<()> {
        self.step(
            "10. Jane thanks her while Alice is closing. That is refused once, so that no text goes unread.",
        )
        .await?;
        self.text("Great, thank you! 🎉", vec![]).await?;
        let is_thanks = |event: &Seen| is_from_contact(event, room) && event.body().starts_with("Great");
        self.watch.until_event("her thanks", is_thanks).await?;
        self.alice.send_text(room, "!done solved").await?;
        let answers = |event: &Seen| matches!(event.code(), "done" | "done_refused");
        let answer = self.watch.until_event("the bot’s answer to !done", answers).await?;
        if answer.code() == "done_refused" {
            self.step("11. Now that she has read it, Alice closes the conversation.").await?;
            self.alice.send_text(room, "!done solved").await?;
            self.watch.until_event("the end", |event| event.code() == "done").await?;
        }
        let is_out = |event: &Seen| event.room_id == room && has_left(event, self.alice);
        self.watch.until_event("the room’s end", is_out).await?;

        self.step("12. Alice goes home.").await?;
        self.alice.send_text(&self.console, "!notready").await?;
        self.watch.until_notice("status").await?;
        Ok(())
    }

    /// Checks, from what the phone company took, that nothing else reached the phone.
    fn sum_up(self) -> anyhow::Result<()> {
        let got: Vec<&str> = self.watch.taken.iter().map(|taken| taken.body.as_str()).collect();
        let all_there = self.watch.taken.iter().all(|taken| taken.is_delivered);
        anyhow::ensure!(
            got == [FIRST_ANSWER, SECOND_ANSWER] && all_there,
            "the phone should have got two texts, and got {got:?}"
        );
        self.watch.screen.step(
            "So Jane’s phone got two texts. It never got the note, the mistyped command, or the deleted message.",
        )?;
        Ok(())
    }

    async fn text(&self, body: &str, media: Vec<Attachment>) -> anyhow::Result<()> {
        let sent = self.simulator.text_from(&self.phone, OURS, body, media).await;
        sent.map(|_| ()).context("the phone could not send its text")
    }

    async fn step(&mut self, text: &str) -> anyhow::Result<()> {
        tokio::time::sleep(self.pause).await;
        self.watch.screen.step(text)?;
        tokio::time::sleep(self.pause).await;
        Ok(())
    }
}

fn is_from_contact(event: &Seen, room: &RoomId) -> bool {
    event.room_id == room && event.is_message() && event.sender.localpart().starts_with("sms_")
}

fn has_left(event: &Seen, agent: &Agent) -> bool {
    let is_theirs =
        event.kind == "m.room.member" && event.state_key.as_deref() == Some(agent.user_id().as_str());
    is_theirs && event.content["membership"] == "leave"
}

/// A picture of a receipt: paper with lines of writing, on a table.
fn receipt() -> anyhow::Result<Vec<u8>> {
    const TABLE: Rgb<u8> = Rgb([164, 116, 73]);
    const PAPER: Rgb<u8> = Rgb([250, 248, 240]);
    const INK: Rgb<u8> = Rgb([70, 70, 80]);
    let picture = RgbImage::from_fn(320, 400, |x, y| {
        let on_paper = (60..260).contains(&x) && (30..370).contains(&y);
        let line = y / 22;
        // Lines of different lengths, and the sums at the right edge.
        let in_line = y % 22 < 7 && (3..15).contains(&line);
        let words = (80..120 + line * 37 % 70).contains(&x);
        let sums = (215..242).contains(&x);
        match (on_paper, in_line && (words || sums)) {
            (false, _) => TABLE,
            (true, false) => PAPER,
            (true, true) => INK,
        }
    });
    let mut png = Cursor::new(Vec::new());
    picture.write_to(&mut png, ImageFormat::Png).context("the picture could not be made")?;
    Ok(png.into_inner())
}
