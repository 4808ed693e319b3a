//! A proxy in front of a real store that fails at a request that it is told: the faults of networks and services.

use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

mod http;
mod rpc;

/// How long a server may take for an answer, or a test to say whom to kill.
const PATIENCE: Duration = Duration::from_secs(20);

/// What goes wrong with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is answered by 503 `SlowDown`, and not passed on.
    SlowDown,
    /// It is answered by 500, and not passed on.
    Broken,
    /// It is answered by 403, and not passed on.
    Forbidden,
    /// It is answered by 404 `NoSuchBucket`, and not passed on.
    NoBucket,
    /// The connection ends before it is passed on.
    ResetBefore,
    /// The connection ends after it was passed on, without an answer.
    ResetAfter,
    /// It is passed on late.
    Delay,
    /// The answer breaks off in its middle.
    Cut,
    /// Whoever asks is killed before it is passed on.
    KillBefore,
    /// Whoever asks is killed after it was passed on, before the answer.
    KillAfter,
}

/// A proxy. It ends with its test.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    plan: Arc<Plan>,
}

/// What goes wrong, and what came so far.
#[derive(Debug, Default)]
struct Plan {
    state: Mutex<State>,
    told: Condvar,
    has_ended: AtomicBool,
}

#[derive(Debug, Default)]
struct State {
    seen: u64,
    fault: Option<(Fault, Range<u64>)>,
    victim: Option<u32>,
}

impl Proxy {
    /// One for a server that speaks HTTP, at `HOST:PORT`. It counts requests.
    #[track_caller]
    pub fn http(server: &str) -> Self {
        Self::start(server, http::serve)
    }

    /// One for a server that speaks HDFS' own protocol. It counts what the client sends in one go.
    #[track_caller]
    pub fn rpc(server: &str) -> Self {
        Self::start(server, rpc::serve)
    }

    #[track_caller]
    fn start(server: &str, serve: fn(&Plan, (TcpStream, TcpStream))) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = listener.local_addr().expect("it listens");
        let plan = Arc::new(Plan::default());
        let (held, server) = (Arc::clone(&plan), server.to_owned());
        thread::spawn(move || {
            let clients = listener.incoming().map_while(Result::ok);
            for client in clients.take_while(|_| !held.has_ended.load(Ordering::Relaxed)) {
                held.connect((client, &server), serve);
            }
        });
        Self { address, plan }
    }

    /// Where it is, as `HOST:PORT`.
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// Lets these requests fail, counted from now on, from zero.
    pub fn fail(&self, fault: Fault, requests: Range<u64>) {
        *self.plan.state() = State { seen: 0, fault: Some((fault, requests)), victim: None };
    }

    /// Lets no request fail any more, and counts from zero.
    pub fn heal(&self) {
        *self.plan.state() = State::default();
    }

    /// Says who is to be killed.
    pub fn aim(&self, pid: u32) {
        self.plan.state().victim = Some(pid);
        self.plan.told.notify_all();
    }

    /// How many requests came since the last word.
    pub fn seen(&self) -> u64 {
        self.plan.state().seen
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.plan.has_ended.store(true, Ordering::Relaxed);
        // It wakes up.
        let _ = TcpStream::connect(self.address);
    }
}

impl Plan {
    /// Serves a client, unless the test has ended or the server.
    fn connect(
        self: &Arc<Self>,
        (client, server): (TcpStream, &str),
        serve: fn(&Self, (TcpStream, TcpStream)),
    ) {
        let Ok(server) = TcpStream::connect(server) else { return };
        let plan = Arc::clone(self);
        thread::spawn(move || serve(&plan, (client, server)));
    }

    /// Counts a request; what is to go wrong with it.
    fn next(&self) -> Option<Fault> {
        let mut state = self.state();
        let number = state.seen;
        state.seen += 1;
        state.fault.as_ref().filter(|(_, requests)| requests.contains(&number)).map(|(fault, _)| *fault)
    }

    /// Kills whom the test aims at.
    fn kill(&self) {
        let waited = self.told.wait_timeout_while(self.state(), PATIENCE, |state| state.victim.is_none());
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        let pid =
            state.victim.and_then(|pid| i32::try_from(pid).ok()).and_then(rustix::process::Pid::from_raw);
        if let Some(pid) = pid {
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends a connection for both.
fn hang_up(connection: &TcpStream) {
    let _ = connection.shutdown(Shutdown::Both);
}
