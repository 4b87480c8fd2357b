//! Samples of what is said of texts that go later.

use super::codes::stopped;
use super::samples::{NOW, jane};
use crate::domain::notice::{LaterItem, LaterNews, Says, Scheduled, ScheduledDropped, Stopped};
use crate::domain::when::{Clocks, Moment};

/// A text that goes later, as a list shows it.
pub(super) fn item(text: &str) -> LaterItem {
    LaterItem {
        contact: jane(),
        text: text.to_owned(),
        shortcut: None,
        files: vec![],
        when: Moment { at: NOW, said: "tomorrow 2:30".to_owned(), clocks: None },
        secs: 46_800,
        asks: None,
    }
}

fn said(news: LaterNews, items: Vec<LaterItem>) -> Says {
    Says::Scheduled(Scheduled { news, items, zone: "Europe/Berlin".to_owned() })
}

/// What is told of them.
pub(super) fn scheduled() -> Vec<Says> {
    let at = |clocks| {
        let hello = item("Hello!");
        LaterItem { when: Moment { clocks: Some(clocks), ..hello.when.clone() }, ..hello }
    };
    let response = LaterItem {
        shortcut: Some("prices".to_owned()),
        files: vec!["prices.pdf".to_owned()],
        ..item("Here is our list.\nCall us any time.")
    };
    let asks = LaterItem { asks: Some(Stopped::ContactWrote), ..item("Did it arrive?") };
    vec![
        said(LaterNews::Set, vec![item("Did it arrive?")]),
        said(LaterNews::Set, vec![response.clone()]),
        said(LaterNews::Set, vec![at(Clocks::LeaveOut)]),
        said(LaterNews::Set, vec![at(Clocks::ShowTwice)]),
        said(LaterNews::Shown, vec![item("Did it arrive?")]),
        said(LaterNews::Shown, vec![asks.clone()]),
        said(LaterNews::Stays, vec![item("Did it arrive?")]),
        said(LaterNews::Goes, vec![item("Did it arrive?")]),
        said(LaterNews::Goes, vec![response.clone()]),
        said(LaterNews::Cancelled, vec![item("Did it arrive?"), response.clone()]),
        said(LaterNews::List, vec![]),
        said(LaterNews::List, vec![item("Did it arrive?"), response.clone(), asks]),
        said(LaterNews::Outlive, vec![item("Did it arrive?")]),
        said(LaterNews::HandedOver, vec![item("Did it arrive?"), response]),
    ]
}

/// Why one does not go, or waits for a word.
pub(super) fn scheduled_dropped() -> Vec<Says> {
    let dropped = |why, asks| {
        let (contact, text) = match why {
            Stopped::Erased => (String::new(), String::new()),
            _ => (jane(), "Did it arrive?".to_owned()),
        };
        Says::ScheduledDropped(ScheduledDropped { why, asks, contact, text, at: NOW })
    };
    let asks = [Stopped::ContactWrote, Stopped::Late, Stopped::NobodyHadIt];
    stopped().into_iter().map(|why| dropped(why, asks.contains(&why))).collect()
}
