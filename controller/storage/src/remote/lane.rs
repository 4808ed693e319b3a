//! The lane on which stores are asked: the crate's calls block, whoever makes them, and wait here.

use std::cell::Cell;
use std::sync::OnceLock;

use tokio::runtime::{Builder, Runtime};

/// Threads that ask stores. What they do is waiting and unpacking answers, so two serve many calls at once.
const THREADS: usize = 2;

thread_local! {
    /// Whether what is done on this thread holds up others.
    static HOLDS_UP: Cell<bool> = const { Cell::new(false) };
}

/// Gives back what held before, also if something panicked in between.
struct Before(bool);

impl Drop for Before {
    fn drop(&mut self) {
        HOLDS_UP.set(self.0);
    }
}

/// Does something that holds up others. Where debug assertions are on, it is checked that it waits for no service.
pub fn holding_up<T>(work: impl FnOnce() -> T) -> T {
    let _before = Before(HOLDS_UP.replace(true));
    work()
}

/// Does something rare, for which others may have to wait.
pub fn may_wait<T>(work: impl FnOnce() -> T) -> T {
    let _before = Before(HOLDS_UP.replace(false));
    work()
}

/// Waits for an answer, on whatever thread. A thread of an async runtime may not wait for another runtime, so one of its
/// own does, whose start costs a hundredth of what a call over a network takes.
pub(crate) fn wait<T: Send>(asked: impl Future<Output = T> + Send) -> T {
    debug_assert!(!HOLDS_UP.get(), "a service is waited for while others are held up");
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

#[cfg(test)]
mod tests {
    use super::{holding_up, may_wait, wait};

    #[test]
    #[should_panic(expected = "while others are held up")]
    fn whoever_holds_up_others_waits_for_no_service() {
        holding_up(|| wait(async {}));
    }

    #[test]
    fn what_may_wait_does_and_nothing_after_it() {
        let is_done = holding_up(|| may_wait(|| wait(async { true })));
        assert!(is_done && wait(async { true }), "nobody is held up any more");
        let after = std::panic::catch_unwind(|| holding_up(|| (may_wait(|| ()), wait(async {}))));
        assert!(after.is_err(), "others are held up again");
    }
}
