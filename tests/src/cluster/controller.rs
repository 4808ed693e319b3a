//! The real `daybreak controller`, as a process of this machine.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use rustix::process::Signal;
use serde_json::Value;

use super::api::mortal;
use crate::command::{Outcome, Running, binary};
use crate::testbed::run;

/// The user that steps and controllers run as, where root can give that away.
pub const USER: u32 = 65532;

/// A controller at work.
#[derive(Debug)]
pub struct Controller {
    running: Running,
    listen: SocketAddr,
}

impl Controller {
    /// Starts one in a folder that belongs to the user that it is to run as, and that has a `kubeconfig`.
    #[track_caller]
    pub(crate) fn start(folder: &Path, (name, more): (&str, &[&str]), configuration: &Value) -> Self {
        let file = folder.join(name).with_extension("json");
        fs::write(&file, configuration.to_string()).expect("the folder is ours");
        let namespace = configuration["namespace"].as_str().unwrap_or("default");
        let listen = configuration["listen"].as_str().and_then(|it| it.parse().ok());
        let mut command = as_owner(folder);
        command.arg("controller").arg("--config").arg(&file);
        // The address is one for documents, which nobody has.
        command.args(["--pod", name, "--pod-namespace", namespace, "--pod-ip", "192.0.2.1"]).args(more);
        command.env("KUBECONFIG", folder.join("kubeconfig")).current_dir(folder).stdin(Stdio::null());
        // As whom it speaks to HDFS: here it may all, as the owner of a store does.
        command.env("HADOOP_USER_NAME", "daybreak");
        let running = Running::spawn(command, &folder.join(name));
        Self { running, listen: listen.expect("a test says where its controller listens") }
    }

    /// Ends it at once, wherever it is.
    pub fn kill(self) {
        self.running.signal(Signal::KILL);
        self.running.wait();
    }

    /// Tells it to end.
    pub fn terminate(&self) {
        self.running.signal(Signal::TERM);
    }

    /// Waits for its end.
    #[track_caller]
    pub fn wait(self) -> Outcome {
        self.running.wait()
    }

    /// Whether it has ended.
    pub fn has_ended(&mut self) -> bool {
        self.running.has_ended()
    }

    /// What it said so far.
    pub fn text(&self) -> String {
        self.running.text()
    }

    /// What it answers to a GET, with the status line and the headers; none if it does not answer.
    pub fn get(&self, path: &str) -> Option<String> {
        let mut stream = TcpStream::connect(self.listen).ok()?;
        stream.write_all(format!("GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n").as_bytes()).ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        Some(answer)
    }
}

/// `daybreak`, run by the owner of a folder, who may not see where it was built.
fn as_owner(folder: &Path) -> Command {
    let mut command = mortal();
    let owner = fs::metadata(folder).expect("the folder is there").uid();
    if owner == rustix::process::getuid().as_raw() {
        command.arg(binary());
        return command;
    }
    let copy = folder.join("daybreak");
    let owner = owner.to_string();
    if !copy.exists() {
        // Not by this process: a thread that starts another program just then would hold the copy open for writing.
        run(Command::new("install").args(["--owner", &owner]).arg(binary()).arg(&copy));
    }
    command.args(["--reuid", &owner, "--regid", &owner, "--clear-groups"]).arg(copy);
    command
}
