//! What an agent most likely does next, by the room they are in, what stands there, and who they are. Each
//! step is a command line without the prefix; the likeliest comes first. There may be more than are shown,
//! and some that an agent may not take: whoever shows them knows that.

use super::agent::Agent;
use super::interaction::{Interaction, Phase, Watcher, Work};
use super::talk::{Phase as TalkPhase, Talk};
use super::work_channel::WorkChannel;

/// How many are shown.
pub const SHOWN: usize = 5;

/// How it is with an agent, in their console.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AtDesk {
    /// Whether something is offered to them.
    pub is_asked: bool,
    /// Whether they have conversations.
    pub has_work: bool,
}

fn lines(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// In their console.
#[must_use]
pub fn in_console(agent: &Agent, desk: AtDesk) -> Vec<String> {
    let is_ready = agent.is_ready_for(WorkChannel::Sms);
    let mut steps = vec![];
    if desk.is_asked {
        steps.extend(["accept", "reject"]);
    }
    if !is_ready {
        steps.push("ready");
    }
    if desk.has_work {
        steps.push("mine");
    }
    if agent.supervises() {
        steps.extend(["queue", "agents"]);
    }
    if is_ready {
        steps.extend(["notready", "bye"]);
    }
    steps.extend(["messages", "team", "help"]);
    lines(&steps)
}

/// How it is with an agent, in the room of a conversation with a contact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct InRoom {
    /// Whether a colleague's advice is being asked there.
    pub is_advised: bool,
    /// Whether their own phone could ring now.
    pub can_call: bool,
    /// Whether they are calling somebody now.
    pub is_calling: bool,
    /// Whether nobody would hear them ask for help.
    pub is_alone: bool,
}

/// In the room of a conversation with a contact.
#[must_use]
pub fn in_session(of: &Interaction, agent: &Agent, here: InRoom) -> Vec<String> {
    let me = &agent.who.id;
    if of.is_offered_to(me) {
        return lines(&["accept", "reject", "case", "history", "contact"]);
    }
    if let Phase::Owned { owner, work, transfer, .. } = &of.phase
        && owner.id == *me
    {
        let mut steps = vec![];
        if transfer.is_some() {
            steps.push("cancel");
        } else if here.is_advised {
            steps.push("transfer");
        }
        if here.is_calling {
            steps.push("call end");
        } else if of.callback.is_some() && here.can_call {
            steps.push("call");
        }
        steps.extend(match work {
            // Nothing that is written in the room of a callback goes to the customer.
            Work::Active if of.callback.is_some() => ["done", "hand", "case", "history", "contact", "help"],
            // The contact waits for an answer: that comes first, and the end later.
            Work::Active if !of.owner_replied => ["responses", "team", "done", "hold", "hand", "history"],
            Work::Active => ["done", "responses", "team", "hold", "hand", "history"],
            Work::Held | Work::Snoozed { .. } => ["resume", "done", "team", "contact", "history", "case"],
            Work::Expired => ["done", "contact", "history", "case", "disposition", "help"],
            Work::WrapUp => ["done", "resume", "disposition", "contact", "history", "case"],
        });
        steps.retain(|step| *step != "hand" || !here.is_alone);
        return lines(&steps);
    }
    if let Some(Watcher { barged, .. }) = of.watchers.iter().find(|watcher| watcher.agent.id == *me) {
        let steps = ["barge", "case", "history", "leave", "requeue", "close"];
        return lines(if *barged { &steps[1..] } else { &steps });
    }
    let mut steps = lines(&["case", "history", "contact", "help"]);
    let had_it = matches!(&of.phase, Phase::Done { by, .. } if by.id == *me);
    if had_it || agent.supervises() && of.is_done() {
        steps.insert(0, format!("reopen {}", of.id));
    }
    steps
}

/// In the room of an IM or a consult.
#[must_use]
pub fn in_talk(talk: &Talk, agent: &Agent) -> Vec<String> {
    let is_invited = talk.invitee.id == agent.who.id;
    let is_consult = talk.parent.is_some();
    lines(match talk.phase {
        TalkPhase::Offered { .. } if is_invited => &["accept", "reject", "help"],
        TalkPhase::Connected if is_consult && is_invited => &["case", "history", "contact", "voice", "end"],
        TalkPhase::Connected if is_consult => &["transfer", "end", "voice", "case", "history"],
        TalkPhase::Connected => &["end", "voice", "done", "team", "help"],
        TalkPhase::NotConnected | TalkPhase::Offered { .. } => &["done", "team", "help"],
        TalkPhase::Ended | TalkPhase::Done => &["done", "help"],
    })
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;
    use crate::clock::Millis;
    use crate::domain::agent::{Channels, Readiness, Role};
    use crate::domain::ids::InteractionId;
    use crate::domain::interaction::CalledBack;
    use crate::domain::samples::{
        NOW, agent, agent_ref, done, in_transfer, interaction, offered, queued, working,
    };

    const FREE: InRoom = InRoom { is_advised: false, can_call: true, is_calling: false, is_alone: false };

    fn supervisor(id: &str) -> Agent {
        Agent { roles: vec![Role::Supervisor], ..agent(id, Readiness::Ready { since: NOW }) }
    }

    #[test]
    fn what_comes_next_depends_on_the_room_and_on_who_asks() {
        let (ready, not_ready) = (Readiness::Ready { since: NOW }, Readiness::default());
        let alice = agent("alice", ready.clone());
        let gone = Agent { channels: Channels::signed_off(), ..alice.clone() };
        let desk = |is_asked, has_work| AtDesk { is_asked, has_work };
        let watched = |barged| Interaction {
            watchers: vec![Watcher { agent: agent_ref("sue"), barged, here: true }],
            ..interaction(working(Work::Active))
        };
        let mut table = String::new();
        let mut row = |what: &str, steps: Vec<String>| {
            let shown: Vec<String> = steps.into_iter().take(SHOWN).collect();
            writeln!(table, "{what}: {}", shown.join(", ")).unwrap();
        };
        row("console, ready", in_console(&alice, desk(false, false)));
        row("console, ready, with work", in_console(&alice, desk(false, true)));
        row("console, asked", in_console(&alice, desk(true, true)));
        row("console, not ready", in_console(&agent("alice", not_ready), desk(false, false)));
        row("console, signed off", in_console(&gone, desk(false, true)));
        row("console, supervisor", in_console(&supervisor("sue"), desk(false, false)));
        for (what, phase) in [
            ("queued", queued()),
            ("offered to alice", offered()),
            ("active", working(Work::Active)),
            ("bob is asked", in_transfer()),
            ("held", working(Work::Held)),
            ("snoozed", working(Work::Snoozed { until: Millis(0) })),
            ("expired", working(Work::Expired)),
            ("wrap-up", working(Work::WrapUp)),
            ("done", done()),
        ] {
            let of = interaction(phase);
            row(&format!("{what}, to alice"), in_session(&of, &alice, FREE));
            row(&format!("{what}, to bob"), in_session(&of, &agent("bob", ready.clone()), FREE));
            row(&format!("{what}, to sue"), in_session(&of, &supervisor("sue"), FREE));
        }
        let active = interaction(working(Work::Active));
        let unanswered = Interaction { owner_replied: false, ..active.clone() };
        row("not answered yet", in_session(&unanswered, &alice, FREE));
        row("advised", in_session(&active, &alice, InRoom { is_advised: true, ..FREE }));
        row("looking on", in_session(&watched(false), &supervisor("sue"), FREE));
        row("barged in", in_session(&watched(true), &supervisor("sue"), FREE));
        row("nobody to help", in_session(&active, &alice, InRoom { is_alone: true, ..FREE }));
        row("calling", in_session(&active, &alice, InRoom { is_calling: true, ..FREE }));
        let (parent, by) = (InteractionId::new("i-2v9xk"), "Alice Doe".to_owned());
        let called_back = CalledBack { parent, by, wanted_at: NOW };
        let callback = Interaction { callback: Some(Box::new(called_back)), ..active };
        row("callback", in_session(&callback, &alice, FREE));
        row("callback, calling", in_session(&callback, &alice, InRoom { is_calling: true, ..FREE }));
        row("callback, no phone", in_session(&callback, &alice, InRoom { can_call: false, ..FREE }));
        insta::assert_snapshot!(table);
    }
}
