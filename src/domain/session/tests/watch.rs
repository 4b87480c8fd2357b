//! Supervisors who look on.

use super::*;
use crate::domain::interaction::Watcher;

#[test]
fn a_supervisor_looks_on_until_they_leave_or_it_is_done_and_speaks_only_after_barging_in() {
    let sue = || agent_ref("sue");
    let watch = |barged| Event::Watched { by: sue(), barged };
    let monitored = step(&interaction(active()), watch(false), SOON).unwrap();
    assert_eq!(told(&monitored), ["invite sue", "tell room joined"]);
    assert_eq!(monitored.next.owner().unwrap().id.as_str(), "alice", "it stays alice's");
    assert!(!monitored.next.hears(&sue().id) && monitored.next.hears(&agent_ref("alice").id));
    let came = step(&monitored.next, Event::CameIn { by: sue().id }, SOON).unwrap();
    assert_eq!(came.story, [StoryLine::Joined { by: "SUE".to_owned() }]);
    let again = step(&came.next, watch(false), SOON).unwrap();
    assert_eq!((again.next == came.next, told(&again)), (true, vec!["invite sue".to_owned()]));
    let barged = step(&came.next, watch(true), SOON).unwrap();
    assert!(barged.next.hears(&sue().id));
    let softly = step(&barged.next, watch(false), SOON).unwrap().next;
    assert!(softly.hears(&sue().id), "only leaving ends it");
    let left = step(&barged.next, Event::Unwatched { by: sue().id }, SOON).unwrap();
    assert_eq!(told(&left), ["tell room left", "remove sue"]);
    assert!(left.next.watchers.is_empty());
    let went = Event::WentOut { by: sue().id, away: Duration::ZERO };
    let gone = step(&barged.next, went, SOON).unwrap();
    assert_eq!(
        (told(&gone), gone.story.as_slice()),
        (vec!["tell room left".to_owned()], &[StoryLine::Left { by: "SUE".to_owned() }][..])
    );
    let finished = step(&barged.next, finish("alice", None), SOON).unwrap();
    assert!(told(&finished).contains(&"remove sue".to_owned()) && finished.next.watchers.is_empty());
    let taken = Event::Assigned { to: sue(), by: sue() };
    let owned = step(&barged.next, taken, SOON).unwrap().next;
    assert!(owned.watchers.is_empty() && owned.owner().unwrap().id == sue().id);
}

#[test]
fn a_supervisor_who_is_asked_to_take_it_and_leaves_is_outside_and_invited_still() {
    let looks_on = |here| {
        let watcher = Watcher { agent: agent_ref("alice"), barged: false, here };
        Interaction { watchers: vec![watcher], ..interaction(offered()) }
    };
    let unwatched = Event::Unwatched { by: AgentId::new("alice") };
    let left = step(&looks_on(true), unwatched.clone(), SOON).unwrap();
    assert_eq!(told(&left), ["tell room left", "remove alice", "invite alice"]);
    let never_came = step(&looks_on(false), unwatched, SOON).unwrap();
    assert_eq!(told(&never_came), ["tell room left"]);
}
