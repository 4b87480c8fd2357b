//! Replies of one room follow each other: the turn of the next shares a commit with the answer of the last.

use super::*;
use crate::store::outbox as lanes;

const MANY: usize = 40;

#[tokio::test]
async fn replies_that_wait_in_one_room_go_in_order_and_once() {
    let mut world = World::at_rest(Duration::ZERO).await;
    world.work();
    let room = world.conversation(JANE).await;
    world.ports.backlog.end_doubt();
    // While the first holds the lane up, the others gather behind it.
    let texts: Vec<String> =
        ["holds".to_owned()].into_iter().chain((1..MANY).map(|number| format!("reply {number}"))).collect();
    for text in &texts {
        world.say(&room, text).await;
    }
    world.phones.let_go.notify_one();
    world.sends(texts.last().unwrap()).await;
    eventually("nothing to wait", || async {
        let waiting = lanes::depth(&mut world.store.connection().await.unwrap()).await.unwrap();
        (waiting == (0, 0)).then_some(())
    })
    .await;
    let sent: Vec<String> = world.phones.sent.lock().unwrap().iter().map(|(body, _)| body.clone()).collect();
    assert_eq!(sent, texts);
    let unsettled = "SELECT COUNT(*) FROM replies WHERE body NOT LIKE '%\"accepted\"%'";
    assert_eq!(world.number(unsettled).await, 0);
}
