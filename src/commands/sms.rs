//! `!sms`: texts a contact first, from the console or any room.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::sms_words::{self, Words, of, refuse};
use super::{Call, Command, Who, line, targets};
use crate::acts::outbound::{self, Texted, Texting, To};
use crate::commit::Tx;
use crate::domain::address::parse::{self, NoAddress};
use crate::domain::address::{Address, Channel};
use crate::domain::agent::Permission;
use crate::domain::contact::Contact;
use crate::domain::ids::ContactId;
use crate::domain::input::RoomAct;
use crate::domain::notice::{ListRow, Missing, Problem, Refusal, Says, SmsCard, SmsQuestion};
use crate::domain::outbound::{NotTexted, Warning};
use crate::domain::text::{numbers, sanitize};
use crate::store::lists::Rows;
use crate::store::{Result, contacts, replies};

/// The commands of this family.
pub(super) const COMMANDS: &[Command] = &[Command {
    name: "sms",
    aliases: &[],
    arguments: "<contact or number> <text>",
    does: "text a customer first; their answer opens a conversation, which is offered to you before anybody else. \
           #shortcut in place of the text is a standard response",
    who: Who::With(Permission::SmsOutbound),
    // The line holds what was said.
    changes: false,
    run: sms,
}];

/// The word before a line whose warnings were read, with which they were.
const CONFIRMED: &str = "confirmed:";
/// What stands between a contact and one of their addresses in the key of a row.
const AT: char = '/';
/// So many digits are a number, whatever else is in the word.
const NUMBER_DIGITS: usize = 5;

/// `!sms <contact or number> <text>`.
fn sms<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    async move {
        let (read, typed) = confirmed(call.arguments);
        if typed.is_empty() {
            return call.usage(tx, Problem::ContactMissing).await;
        }
        let Some((to, text)) = addressee(tx, call, typed).await? else { return Ok(()) };
        text_to(tx, call, (&to, text), &read).await
    }
    .boxed()
}

/// The warnings that were read, and what stands behind them.
fn confirmed(arguments: &str) -> (Vec<&'static str>, &str) {
    let (first, rest) = arguments.split_once(char::is_whitespace).unwrap_or((arguments, ""));
    match first.strip_prefix(CONFIRMED) {
        Some(words) => {
            let read = words.split(',').filter_map(|word| line::choose(word, &Warning::WORDS));
            (read.collect(), rest.trim())
        }
        None => (vec![], arguments.trim()),
    }
}

/// Sends what was typed to whoever is meant, once it is clear that it may go and that it is meant.
async fn text_to(
    tx: &mut Tx<'_>,
    call: &Call<'_>,
    (to, typed): (&To, &str),
    read: &[&'static str],
) -> Result<()> {
    let theirs = &to.contact.number;
    let ours = outbound::from(tx, &call.agent.queues, theirs, call.said.session()).await?;
    let known = outbound::known(tx, Some(&call.agent.who.id), to, ours.as_ref(), call.said.event.at).await?;
    let (obstacle, warnings) = {
        let facts = known.facts(tx);
        (facts.obstacle(), facts.warnings())
    };
    if let Some(why) = obstacle {
        return refuse(tx, call, of(to), why, ours.as_ref()).await;
    }
    let Some(ours) = ours else {
        return refuse(tx, call, of(to), NotTexted::NoNumberOfOurs, None).await;
    };
    let Some(words) = sms_words::read(tx, call, (to, &ours), typed).await? else { return Ok(()) };
    if sanitize::one_line(&words.text).is_empty() {
        return refuse(tx, call, of(to), NotTexted::Empty, None).await;
    }
    if !theirs.rules().takes(&words.text) {
        return refuse(tx, call, of(to), NotTexted::TooLong, None).await;
    }
    if warnings.iter().any(|warning| !read.contains(&warning.word())) {
        return ask(tx, call, (to, &words), warnings).await;
    }
    // A reaction picks a row of the list that it stands under: marks of two texts could not be told apart.
    let event = &call.said.event.event_id;
    if !replies::typed_in(tx.db().await?, event).await?.is_empty() {
        return call.answer(tx, call.about(Says::Refused { why: Refusal::PickedBefore })).await;
    }
    let texting = Texting {
        agent: call.agent,
        event,
        at: call.said.event.at,
        place: &call.said.place,
        parent: call.said.subject(),
        to,
        ours: &ours,
        text: &words.text,
        response: words.response.as_ref(),
    };
    match outbound::send(tx, texting).await? {
        Ok(texted) => sent(tx, call, &ours, (texted, &words)).await,
        Err(why) => refuse(tx, call, of(to), why, Some(&ours)).await,
    }
}

/// Says that a text is on its way.
async fn sent(
    tx: &mut Tx<'_>,
    call: &Call<'_>,
    ours: &Address,
    (texted, words): (Texted, &Words),
) -> Result<()> {
    let Texted { interaction, first_text } = texted;
    let detail = format!("texted {} first", interaction.contact.id);
    tx.audit(call.agent, call.command.name, Some(&interaction.id), &detail).await?;
    // A reaction cannot be deleted like a message.
    let may_be_deleted = matches!(call.said.event.what, RoomAct::Message { .. });
    let card = SmsCard {
        contact: interaction.contact.name.clone(),
        number: interaction.contact.number.shown().into_owned(),
        our_number: ours.shown().into_owned(),
        note: first_text,
        text: words.response.as_ref().map(|used| used.shown.as_ref().unwrap_or(&words.text).clone()),
        undo_secs: if may_be_deleted { interaction.rules.undo_ms.div_ceil(1_000) } else { 0 },
    };
    call.answer(tx, Says::Sms(card).about(&interaction.id)).await
}

/// Asks whether it is meant.
async fn ask(
    tx: &mut Tx<'_>,
    call: &Call<'_>,
    (to, words): (&To, &Words),
    warnings: Vec<Warning>,
) -> Result<()> {
    let read: Vec<&str> = warnings.iter().map(Warning::word).collect();
    let run = format!("{} {CONFIRMED}{} {{}} {}", call.command.name, read.join(","), words.again);
    let key = match &to.known {
        Some(known) => key(known, &to.contact.number),
        None => to.contact.number.to_string(),
    };
    let question = SmsQuestion {
        contact: to.contact.name.clone(),
        number: to.contact.number.shown().into_owned(),
        text: words.text.clone(),
        warnings,
    };
    call.ask(tx, call.about(Says::SmsConfirm(question)), &Rows { run, keys: vec![key] }).await
}

/// A contact at one of their addresses, as a row of a list stands for it.
fn key(contact: &Contact, number: &Address) -> String {
    format!("{}{AT}{number}", contact.id)
}

/// Whom a line names first, and the text behind; nothing if whoever typed it was answered.
async fn addressee<'a>(tx: &mut Tx<'_>, call: &Call<'_>, typed: &'a str) -> Result<Option<(To, &'a str)>> {
    let (first, rest) = line::first_word(typed);
    let country = tx.settings.desk.country.clone();
    let number = numbers::typed(typed, &country);
    let row = match &number {
        Some(_) => first.to_owned(),
        None => targets::key(tx, call, first).await?,
    };
    if let Some(number) = line::row_number(first).filter(|_| number.is_none() && row != first)
        && rest.starts_with(|c: char| c.is_numeric() || "+(".contains(c))
    {
        let error = format!(
            "{number} may be a row of the list or the beginning of a number, and the text begins with a digit; \
             write the number in one piece, such as +14155550133, or begin the text with a word"
        );
        return call.bad_value(tx, &error).await.map(|()| None);
    }
    if line::is_id(&row) {
        let Some(of) = targets::interaction(tx, call, &row).await? else { return Ok(None) };
        let to = match contacts::by_id(tx.db().await?, &of.contact.id).await? {
            Some(contact) if of.emptied_at.is_none() => To::known(contact, of.contact.number),
            Some(contact) => return at_one(tx, call, contact, rest).await,
            None => {
                no_customer(tx, call, first).await?;
                return Ok(None);
            }
        };
        return with_text(tx, call, to, rest).await;
    }
    if number.is_none()
        && row == first
        && let Some(number) = line::row_number(first)
    {
        // A number that stands for no row is the beginning of somebody's telephone number, but not meant so.
        call.answer(tx, call.about(Says::no_such(Missing::Row { number }, "contacts"))).await?;
        return Ok(None);
    }
    if let Some((id, number)) = row.split_once(AT).filter(|(id, _)| id.starts_with("c-")) {
        return match of_key(tx, id, number).await? {
            Some(to) => with_text(tx, call, to, rest).await,
            None => no_customer(tx, call, first).await.map(|()| None),
        };
    }
    if let Some((number, rest)) = on_channel(typed, &row, &country) {
        return match number {
            Ok(number) => {
                let to = To::at(tx, number).await?;
                with_text(tx, call, to, rest).await
            }
            Err(why) => no_address(tx, call, first, &why).await.map(|()| None),
        };
    }
    if let Some((number, rest)) = number {
        let to = To::at(tx, number).await?;
        return with_text(tx, call, to, rest).await;
    }
    if row == first && is_like_a_number(first) {
        return match parse::address(first, &country) {
            Ok(number) => {
                let to = To::at(tx, number).await?;
                with_text(tx, call, to, rest).await
            }
            Err(why) => no_address(tx, call, first, &why).await.map(|()| None),
        };
    }
    let targets::NamedFirst { typed: named, found, rest } = targets::named_first(tx, call, typed).await?;
    if found.is_empty() {
        no_customer(tx, call, first).await?;
        return Ok(None);
    }
    if rest.is_empty() {
        call.usage(tx, Problem::TextMissing).await?;
        return Ok(None);
    }
    let run = format!("{} {{}} {rest}", call.command.name);
    let Some(contact) = targets::one_contact(tx, call, named, found, &run).await? else { return Ok(None) };
    at_one(tx, call, contact, rest).await
}

/// Whoever is meant, if there is a text for them.
async fn with_text<'a>(
    tx: &mut Tx<'_>,
    call: &Call<'_>,
    to: To,
    text: &'a str,
) -> Result<Option<(To, &'a str)>> {
    if text.is_empty() {
        call.usage(tx, Problem::TextMissing).await?;
        return Ok(None);
    }
    Ok(Some((to, text)))
}

/// A contact at the address at which they can be texted; of several, one is picked from a list.
async fn at_one<'a>(
    tx: &mut Tx<'_>,
    call: &Call<'_>,
    contact: Contact,
    text: &'a str,
) -> Result<Option<(To, &'a str)>> {
    let mut all = contacts::written_from(tx.db().await?, &contact.id).await?;
    if all.iter().any(Address::can_be_answered) {
        all.retain(Address::can_be_answered);
    }
    match all.as_slice() {
        [] => {
            refuse(tx, call, (&contact.name, Some(&contact.id)), NotTexted::NoNumber, None).await?;
            Ok(None)
        }
        [number] => with_text(tx, call, To::known(contact, number.clone()), text).await,
        several => {
            let row = |number: &Address| ListRow {
                key: key(&contact, number),
                title: number.shown().into_owned(),
                detail: String::new(),
                secs: None,
                room: None,
            };
            let title = format!("{} has {} numbers. Pick one", contact.name, several.len());
            let rows = several.iter().map(row).collect();
            targets::show(tx, call, &title, rows, format!("{} {{}} {text}", call.command.name)).await?;
            Ok(None)
        }
    }
}

/// The contact of the key of a row, at the address in it.
async fn of_key(tx: &mut Tx<'_>, id: &str, number: &str) -> Result<Option<To>> {
    let Some(contact) = contacts::by_id(tx.db().await?, &ContactId::new(id.to_lowercase())).await? else {
        return Ok(None);
    };
    let number = Address::read(number);
    let theirs = contacts::written_from(tx.db().await?, &contact.id).await?;
    Ok(theirs.contains(&number).then(|| To::known(contact, number)))
}

/// The address that a line begins with whose channel is named, and the rest; `first` is its first word, or
/// the row that this stands for.
fn on_channel<'a>(
    typed: &'a str,
    first: &str,
    country: &str,
) -> Option<(std::result::Result<Address, NoAddress>, &'a str)> {
    let (word, _) = first.split_once(':')?;
    let channel = Channel::ALL.into_iter().find(|channel| channel.word().eq_ignore_ascii_case(word))?;
    let (written, rest) = line::first_word(typed);
    if written == first
        && let Some((_, behind)) = typed.split_once(':')
        && let Some((number, rest)) = numbers::typed(behind, country)
    {
        return Some((Ok(Address::new(channel, number.value())), rest));
    }
    Some((parse::address(first, country), rest))
}

/// Whether a word can only be meant as a number: then it is the whole of one or none, and never the beginning
/// of a customer's.
fn is_like_a_number(word: &str) -> bool {
    let digits = word.chars().filter(char::is_ascii_digit).count();
    let is_spelt = !word.contains(|c: char| !c.is_ascii_digit() && !"+-()./".contains(c));
    let is_name = word.contains('@') || word.starts_with("c-");
    digits > 0 && (is_spelt || digits >= NUMBER_DIGITS && !is_name)
}

async fn no_customer(tx: &mut Tx<'_>, call: &Call<'_>, typed: &str) -> Result<()> {
    let missing = Missing::named("customer", &sanitize::cut(typed, 60));
    call.answer(tx, call.about(Says::no_such(missing, "contacts"))).await
}

/// Says why what was typed is no number that a customer can have.
async fn no_address(tx: &mut Tx<'_>, call: &Call<'_>, typed: &str, why: &NoAddress) -> Result<()> {
    call.bad_value(tx, &format!("“{}” {why}", sanitize::cut(typed, 60))).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_that_were_read_stand_before_the_line() {
        for (typed, read, rest) in [
            ("Jane hello", vec![], "Jane hello"),
            ("confirmed:quiet_hours Jane hello", vec!["quiet_hours"], "Jane hello"),
            ("confirmed:late,quiet_hours,sure  +1 hi", vec!["late", "quiet_hours"], "+1 hi"),
            ("confirmed: Jane hello", vec![], "Jane hello"),
            ("confirmed:", vec![], ""),
            ("", vec![], ""),
        ] {
            assert_eq!(confirmed(typed), (read, rest), "{typed}");
        }
    }

    #[test]
    fn what_is_like_a_number_is_no_name() {
        for number in ["+1415555", "+1", "555-0123", "(415)", "+1415abc5550100", "telegram:+14155550100"] {
            assert!(is_like_a_number(number), "{number}");
        }
        for name in ["Jane", "R2D2", "+", "", "jane12345@doe.test", "c-23456789", "007th"] {
            assert!(!is_like_a_number(name), "{name}");
        }
    }

    #[test]
    fn an_address_whose_channel_is_named_may_be_spelt_as_any() {
        for (typed, address, rest) in [
            ("sms:+14155550100 hi there", "sms:+14155550100", "hi there"),
            ("WhatsApp:+1 415 555 0100 hi", "whatsapp:+14155550100", "hi"),
            ("sms:74454 hi", "sms:74454", "hi"),
        ] {
            let (first, _) = line::first_word(typed);
            let (number, behind) = on_channel(typed, first, "US").unwrap();
            assert_eq!((number.unwrap().to_string().as_str(), behind), (address, rest), "{typed}");
        }
        assert!(on_channel("sms:ACME hi", "sms:ACME", "US").unwrap().0.is_err());
        assert!(on_channel("Jane: hi", "Jane:", "US").is_none());
        assert!(on_channel("telegram:+14155550100 hi", "telegram:+14155550100", "US").is_none());
        // A row of a list stands for an address.
        let (number, rest) = on_channel("2 hi", "sms:+14155550100", "US").unwrap();
        assert_eq!((number.unwrap(), rest), (Address::sms("+14155550100"), "hi"));
    }
}
