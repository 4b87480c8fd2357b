//! What admins define by word, and what the desk is set to: it holds at once, and over a start.

use jiff::tz::TimeZone;
use switchroom::demo::agent::seen::Seen;

use super::{join_offered, offer_after, rows, text_offered_to, type_in};
use crate::harness::{World, WorldOptions, eventually};

const JANE: &str = "+14155550100";
const OMAR: &str = "+971501234567";

fn admins() -> WorldOptions {
    WorldOptions { agent: "roles: [agent, admin]", ..WorldOptions::default() }
}

#[tokio::test]
async fn a_route_is_made_of_rules_by_word_and_leads_texts() {
    let world = World::with(admins()).await;
    world.command("alice", "!queue add sales", "changed").await;
    world.command("alice", "!route add main nowhere", "usage").await;
    world.command("alice", "!route add main support", "changed").await;
    let empty = world.command("alice", "!route set main 1.queue sales", "usage").await;
    assert!(empty.body().contains("set 1.keywords"), "{}", empty.body());
    world.command("alice", "!route set main 1.keywords Sales, price", "changed").await;
    world.command("alice", "!route set main 1.queue nowhere", "usage").await;
    world.command("alice", "!route set main 1.queue sales", "changed").await;
    world.command("alice", "!route set main 2.contact country=DE", "changed").await;
    let gone = world.command("alice", "!route set main 2 none", "changed").await;
    assert!(gone.notice().unwrap()["before"].as_str().unwrap().contains("2.contact country=DE"));
    let shown = rows(&world.command("alice", "!route show main", "list").await);
    for row in ["1.keywords sales, price", "1.queue sales", "otherwise support"] {
        assert!(shown.contains(&row.to_owned()), "{shown:?}");
    }
    world.command("alice", "!number set +15005550006 route other", "usage").await;
    // A number is understood in any spelling.
    world.command("alice", "!number set +1 500 555-0006 route main", "changed").await;
    world.command("alice", "!number add 5550009 support", "usage").await;
    // Keywords are checked as in the config, with those that the number has from the desk.
    for (wrong, why) in [
        ("stop_words \"!!\"", "is not a keyword"),
        ("stop_words ST\u{200b}OP", "is not a keyword"),
        ("help_words 0123456789012345678901234567890123456789x", "is not a keyword"),
        ("stop_words basta, start", "stands in two of stop, start and help"),
    ] {
        let refused = world.command("alice", &format!("!number set +15005550006 {wrong}"), "usage").await;
        assert!(refused.body().contains(why), "{wrong}: {}", refused.body());
    }
    world.command("alice", "!number set +15005550006 stop_words basta, \"no más\"", "changed").await;
    world.command("alice", "!number set +15005550006 start_words Basta", "usage").await;
    world.command("alice", "!number set +15005550006 stop_words none", "changed").await;
    let used = world.command("alice", "!route remove main", "refused").await;
    assert!(used.body().contains("+1 500 555 0006"), "{}", used.body());
    world.text(JANE, "Price, please?").await;
    world.text(OMAR, "Hello").await;
    eventually("each text to be in its queue", || async {
        let sales = world.number("SELECT COUNT(*) FROM interactions WHERE queue = 'sales'").await;
        let support = world.number("SELECT COUNT(*) FROM interactions WHERE queue = 'support'").await;
        ((sales, support) == (1, 1)).then_some(())
    })
    .await;
    world.command("alice", "!number set +15005550006 queue support", "changed").await;
    world.command("alice", "!route remove main", "changed").await;
    world.finish().await;
}

#[tokio::test]
async fn texts_are_defined_by_word_and_tried_before_they_are_kept() {
    let world = World::with(admins()).await;
    world.command("alice", "!response add hello", "usage").await;
    let wrong = world.command("alice", "!response add hello Hi {{ contact.nam }}", "usage").await;
    assert!(wrong.body().contains("{{ contact.name }}"), "{}", wrong.body());
    world.command("alice", "!response add hello Hi {{ contact.name }}", "changed").await;
    world.command("alice", "!response add hello again", "usage").await;
    world.command("alice", "!response set hello text “Good day, {{ contact.name }}”", "changed").await;
    let listed = world.command("alice", "!response", "list").await;
    assert_eq!(
        rows(&listed),
        [
            "hello ask none, category none, lang none, media none, queues none, text Good day, {{ contact.name }}, then none"
        ]
    );
    world.command("alice", "!response remove hello", "changed").await;
    world.command("alice", "!predefined add busy Are you free?", "changed").await;
    world.command("alice", "!predefined set busy txt Now?", "usage").await;
    world.command("alice", "!predefined set busy text Now?", "changed").await;
    let wrong = world.command("alice", "!predefined set busy text Hi {{ agent.name }}", "usage").await;
    assert!(wrong.body().contains("nothing is filled in here"), "{}", wrong.body());
    world.command("alice", "!queue set support closed_text {{ agent.name }}", "usage").await;
    let wrong = world.command("alice", "!queue set support hours always", "usage").await;
    assert!(wrong.body().contains("mon-fri 09:00-17:00"), "{}", wrong.body());
    let closed =
        world.command("alice", "!queue set support hours not 2026-12-25; Asia/Tokyo", "changed").await;
    assert!(closed.body().contains("hours not 2026-12-25; Asia/Tokyo"), "{}", closed.body());
    world.command("alice", "!queue set support closed_text We are closed.", "changed").await;
    world.text(JANE, "Hello").await;
    world.phone_gets(JANE, &["We are closed."]).await;
    let log = world.command("alice", "!audit predefined busy", "list").await;
    assert!(log.body().contains("text Are you free? → text Now?"), "{}", log.body());
    world.finish().await;
}

/// The moment an offer runs out, as clocks in a zone show it.
fn until(offer: &Seen, zone: &str) -> String {
    let moment = jiff::Timestamp::from_millisecond(offer.notice().unwrap()["expires_at"].as_i64().unwrap());
    moment.unwrap().to_zoned(TimeZone::get(zone).unwrap()).strftime("%H:%M").to_string()
}

#[tokio::test]
async fn a_setting_holds_at_once_and_until_the_config_names_it_again() {
    let options = WorldOptions { agents: &["alice", "bob"], timers: "late_secs: 700", ..admins() };
    let mut world = World::with(options).await;
    for (typed, why) in [
        ("!setting set late_sec 5", "did you mean late_secs"),
        ("!setting set late_secs 0", "from 1 to 2592000"),
        ("!setting set late_secs", "what late_secs is to be"),
        ("!setting set time_zone Kolkata", "write it like Europe/Berlin"),
        ("!setting set country India", "like US or DE"),
        ("!setting set im_presence sometimes", "desk"),
        ("!setting add late_secs 5", "there is list, show, set, remove"),
    ] {
        let usage = world.command("alice", typed, "usage").await;
        assert!(usage.body().contains(why), "{typed}: {}", usage.body());
    }
    let changed = world.command("alice", "!setting set time_zone Asia/Kolkata", "changed").await;
    assert_eq!(changed.notice().unwrap()["before"], "UTC");
    world.command("alice", "!setting set recent_days 3", "changed").await;
    let at_once = world.command("alice", "!setting set late_secs 5", "changed").await;
    assert!(!at_once.body().contains("open ones keep"), "{}", at_once.body());
    let later = world.command("alice", "!setting set page_grace_secs 5", "changed").await;
    assert!(later.body().contains("open ones keep"), "{}", later.body());
    world.command("alice", "!ready", "status").await;
    let offer = text_offered_to(&world, "alice", JANE).await;
    assert_eq!(offer.notice().unwrap()["days"], 3);
    assert!(offer.body().contains(&until(&offer, "Asia/Kolkata")), "{}", offer.body());
    let room = join_offered(&world, "alice", JANE).await;
    let contact = type_in(&world, "alice", &room, "!contact", "contact").await;
    assert_eq!(contact.notice().unwrap()["days"], 3);
    world.command("alice", "!agent remove bob", "changed").await;

    world.start_again("").await;
    let all = rows(&world.command("alice", "!settings", "list").await);
    for row in ["late_secs 700", "time_zone Asia/Kolkata (in the config: UTC)"] {
        assert!(all.contains(&row.to_owned()), "{all:?}");
    }
    // Bob is still named in the config, and was removed by an admin.
    world.command("alice", "!agent show bob", "no_such_target").await;
    world.command("alice", "!agent add bob @bob:desk.test", "changed").await;
    let position = world.agent("alice").position();
    world.text(OMAR, "Hello").await;
    let offer = offer_after(&world, "alice", position, OMAR).await;
    assert!(offer.body().contains(&until(&offer, "Asia/Kolkata")), "{}", offer.body());
    let back = world.command("alice", "!setting remove time_zone", "changed").await;
    assert_eq!(back.notice().unwrap()["after"], "UTC");
    let shown = world.command("alice", "!setting show time_zone", "list").await;
    assert_eq!(rows(&shown), ["time_zone UTC"]);
    world.finish().await;
}
