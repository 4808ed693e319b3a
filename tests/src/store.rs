//! Real stores of the testbed, S3 and HDFS. Tests share them, each with a root of its own; or a test has one to itself,
//! to stop it. What tests do here by themselves goes by HTTP, past Daybreak.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::testbed::{Shared, run, testbed, try_run};

mod hdfs;
mod s3;

pub use hdfs::Hdfs;
pub use s3::S3;

static NAMES: AtomicUsize = AtomicUsize::new(0);

/// Longer than any request takes of a server that isn't stopped, in seconds.
const PATIENCE_SECONDS: &str = "60";

/// Who uses a server.
#[derive(Clone, Copy, Debug)]
enum Users {
    Everyone,
    OneTest,
}

/// A server.
#[derive(Debug)]
struct Server {
    shared: Shared,
    users: Users,
    settings: BTreeMap<String, String>,
}

/// What a server answered.
#[derive(Debug)]
struct Answer {
    code: String,
    body: Vec<u8>,
}

impl Server {
    #[track_caller]
    fn of_everyone(kind: &str) -> Self {
        Self::open(Shared::hold("store", kind), Users::Everyone, &[kind])
    }

    #[track_caller]
    fn of_one_test(kind: &str, options: &[&str]) -> Self {
        let shared = Shared::hold("store", &unique_name());
        Self::open(shared, Users::OneTest, &[&[kind], options].concat())
    }

    #[track_caller]
    fn open(shared: Shared, users: Users, kind_and_options: &[&str]) -> Self {
        let is_up = || try_run(script("serves", &shared).stdin(Stdio::null())).is_ok();
        shared.start_unless(is_up, || {
            let (kind, options) = kind_and_options.split_first().expect("a store has a kind");
            run(testbed("store").args(["up", kind]).arg(shared.directory()).args(options));
        });
        let settings = fs::read_to_string(shared.directory().join("env")).expect("the store is up");
        let pairs = settings.lines().filter_map(|line| line.split_once('='));
        let settings = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Self { shared, users, settings }
    }

    /// A setting that the store's kind always has.
    #[track_caller]
    fn setting(&self, name: &str) -> &str {
        self.settings.get(name).map(String::as_str).expect("it is in the store's env")
    }

    #[track_caller]
    fn signal(&self, signal: &str) {
        run(script("signal", &self.shared).arg(signal));
    }

    #[track_caller]
    fn start(&self) {
        run(&mut script("start", &self.shared));
    }

    #[track_caller]
    fn fail_over(&self) {
        run(&mut script("failover", &self.shared));
    }

    /// The process.
    #[track_caller]
    fn pid(&self) -> u32 {
        let pid = fs::read_to_string(self.shared.directory().join("pid")).expect("the store is up");
        pid.trim().parse().expect("it is a number")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        match self.users {
            Users::Everyone => (),
            Users::OneTest => {
                let _ = try_run(&mut script("down", &self.shared));
                // What it said may tell why the test fails.
                if !thread::panicking() {
                    let _ = fs::remove_dir_all(self.shared.directory());
                }
            }
        }
    }
}

fn script(command: &str, shared: &Shared) -> Command {
    let mut store = testbed("store");
    store.arg(command).arg(shared.directory());
    store
}

/// A name that no other test has while the servers live.
fn unique_name() -> String {
    format!("test-{}-{}", std::process::id(), NAMES.fetch_add(1, Ordering::Relaxed))
}

/// A request that curl makes, of a body if there is one.
#[track_caller]
fn request(curl: &mut Command, body: Option<&[u8]>) -> Answer {
    curl.args(["--silent", "--show-error", "--max-time", PATIENCE_SECONDS, "--write-out", "\n%{http_code}"]);
    if body.is_some() {
        curl.args(["--header", "content-type: application/octet-stream", "--data-binary", "@-"]);
    }
    let printed = ran(curl, body.unwrap_or_default());
    let at = printed.iter().rposition(|byte| *byte == b'\n').expect("the code has a line of its own");
    let code = String::from_utf8_lossy(&printed[at + 1..]).into_owned();
    Answer { code, body: printed[..at].to_vec() }
}

/// What curl prints that is given this.
#[track_caller]
fn ran(curl: &mut Command, input: &[u8]) -> Vec<u8> {
    let mut child = curl.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("curl is there");
    let mut pipe = child.stdin.take().expect("it is a pipe");
    pipe.write_all(input).expect("curl reads all before it sends");
    drop(pipe);
    let output = child.wait_with_output().expect("it is our child");
    assert!(output.status.success(), "{curl:?}");
    output.stdout
}

impl Answer {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Checks that it is one of these codes.
    #[track_caller]
    fn expect(self, codes: &[&str]) -> Self {
        assert!(codes.contains(&self.code.as_str()), "{}: {}", self.code, self.text());
        self
    }

    /// The body, or nothing if the server knows of none.
    #[track_caller]
    fn found(self) -> Option<String> {
        let answer = self.expect(&["200", "404"]);
        (answer.code == "200").then(|| answer.text())
    }
}

/// A text as it stands in the path of a URL; what is not encoded here is nowhere.
fn encoded(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    let encode = |byte| if is_plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(encode).collect()
}
