//! Samples of what is said of callbacks.

use super::codes::not_called;
use super::samples::{NOW, jane};
use crate::domain::ids::QueueName;
use crate::domain::notice::{
    CallbackCard, CallbackDue, CallbackItem, CallbackNews, NotCalled, Preview, Says,
};
use crate::domain::when::{Clocks, Moment};

/// A callback that is to come, as a list shows it.
pub(super) fn item(by: Option<&str>, note: &str) -> CallbackItem {
    CallbackItem {
        contact: jane(),
        queue: QueueName::new("support"),
        by: by.map(str::to_owned),
        note: note.to_owned(),
        when: Moment { at: NOW, said: "tomorrow 2:30".to_owned(), clocks: None },
        secs: 46_800,
        put_off: None,
    }
}

fn said(news: CallbackNews, items: Vec<CallbackItem>, why: Option<NotCalled>) -> Says {
    Says::Callback(CallbackCard { news, items, zone: "Europe/Berlin".to_owned(), why, by: None })
}

/// What is told of them.
pub(super) fn callbacks() -> Vec<Says> {
    let (mine, anybodys) = (item(Some("Alice Doe"), "about her refund"), item(None, ""));
    let late = CallbackItem { put_off: Some(NOW + std::time::Duration::from_hours(9)), ..mine.clone() };
    let at =
        |clocks| CallbackItem { when: Moment { clocks: Some(clocks), ..mine.when.clone() }, ..mine.clone() };
    let dropped = |why: NotCalled| {
        let contact = if why == NotCalled::Erased { String::new() } else { jane() };
        said(CallbackNews::Dropped, vec![CallbackItem { contact, ..anybodys.clone() }], Some(why))
    };
    let mut all = vec![
        said(CallbackNews::Set, vec![mine.clone()], None),
        said(CallbackNews::Set, vec![anybodys.clone()], None),
        said(CallbackNews::Set, vec![at(Clocks::LeaveOut)], None),
        said(CallbackNews::Set, vec![at(Clocks::ShowTwice)], None),
        said(CallbackNews::List, vec![], None),
        said(CallbackNews::List, vec![mine.clone(), anybodys.clone(), late.clone()], None),
        said(CallbackNews::Shown, vec![mine.clone()], None),
        said(CallbackNews::Cancelled, vec![mine.clone()], None),
        said(CallbackNews::PutOff, vec![late], None),
    ];
    all.extend(not_called().into_iter().map(dropped));
    all
}

/// A contact is to be called now.
pub(super) fn callbacks_due() -> Vec<Says> {
    ["about her refund", ""]
        .map(|note| {
            let (number, by) = ("+14155550100".to_owned(), "Alice Doe".to_owned());
            Says::CallbackDue(CallbackDue { contact: jane(), number, by, note: note.to_owned(), at: NOW })
        })
        .into()
}

/// The preview of a callback.
pub(super) fn called_back(preview: Preview) -> Preview {
    Preview { callback: true, text: String::new(), ..preview }
}
