//! What was heard and nobody has looked at yet.

use std::collections::BTreeSet;

use storage::ChangedPath;
use tokio::sync::mpsc;

use crate::cluster::notifications::limits::QUEUE;

/// What was heard and nobody has looked at yet.
#[derive(Debug)]
pub struct Inbox(mpsc::Receiver<ChangedPath>);

/// Where it is put.
#[derive(Debug)]
pub(crate) struct Slot(mpsc::Sender<ChangedPath>);

/// There is no room for more.
#[derive(Debug)]
pub(crate) struct Full;

impl Inbox {
    /// An empty one, and where things are put.
    pub(crate) fn new() -> (Slot, Self) {
        let (sender, receiver) = mpsc::channel(QUEUE);
        (Slot(sender), Self(receiver))
    }

    /// All that was heard so far, once there is anything. Dropping the future loses nothing.
    pub async fn next(&mut self) -> BTreeSet<ChangedPath> {
        let mut heard = Vec::new();
        if self.0.recv_many(&mut heard, QUEUE).await == 0 {
            // Nobody listens any longer, so nothing comes.
            std::future::pending::<()>().await;
        }
        heard.into_iter().collect()
    }
}

impl Slot {
    /// Puts in all of it or nothing, so that who sends it again does not fill the room with a part of it each time.
    pub(crate) fn put(&self, paths: BTreeSet<ChangedPath>) -> Result<(), Full> {
        let room = self.0.try_reserve_many(paths.len()).map_err(|_| Full)?;
        paths.into_iter().zip(room).for_each(|(path, place)| place.send(path));
        Ok(())
    }
}
