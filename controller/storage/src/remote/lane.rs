//! The lane on which stores are asked: the crate's calls block, whoever makes them, and wait here.

use std::sync::OnceLock;

use tokio::runtime::{Builder, Runtime};

/// Threads that ask stores. What they do is waiting and unpacking answers, so two serve many calls at once.
const THREADS: usize = 2;

/// Waits for an answer, on whatever thread. A thread of an async runtime may not wait for another runtime, so one of its
/// own does, whose start costs a hundredth of what a call over a network takes.
pub(crate) fn wait<T: Send>(asked: impl Future<Output = T> + Send) -> T {
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| lane().block_on(asked));
        waiting.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// Asks without holding up whoever waits. It is done on the lane all the same: connections belong to where they were made.
pub(crate) async fn ask<T: Send + 'static>(asked: impl Future<Output = T> + Send + 'static) -> T {
    let asking = lane().spawn(asked);
    asking.await.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
}

fn lane() -> &'static Runtime {
    static LANE: OnceLock<Runtime> = OnceLock::new();
    LANE.get_or_init(|| {
        let lane =
            Builder::new_multi_thread().worker_threads(THREADS).thread_name("storage").enable_all().build();
        lane.expect("two threads can be started")
    })
}
