//! The API server, asked again and again: through `kubectl proxy`, since a kubectl for each question would cost a
//! processor.

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::process::eventually;

/// A way to the API server, for as long as this is held.
#[derive(Debug)]
pub(crate) struct Api {
    proxy: Child,
    socket: PathBuf,
}

impl Api {
    /// Opens one. `kubectl` reaches the cluster.
    #[track_caller]
    pub(crate) fn open(kubectl: &Command, folder: &Path) -> Self {
        let socket = folder.join("api.sock");
        let mut command = mortal();
        command.arg(kubectl.get_program()).arg("proxy").arg("--unix-socket").arg(&socket);
        command.envs(kubectl.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.stdin(Stdio::null()).stdout(Stdio::null());
        let api = Self { proxy: command.spawn().expect("kubectl is there"), socket };
        eventually("the way to the API server is open", || UnixStream::connect(&api.socket).is_ok());
        api
    }

    /// What the server answers to a GET; none if there is nothing.
    #[track_caller]
    pub(crate) fn get(&self, path: &str) -> Option<Value> {
        let (code, body) = self.send("GET", path, None);
        assert!(matches!(code, 200 | 404), "{path}: {body}");
        (code == 200).then_some(body)
    }

    /// What the server answers, with its code. A PATCH merges.
    #[track_caller]
    pub(crate) fn send(&self, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
        let answer = self.ask(method, path, body).expect("the proxy answers");
        let (head, body) = answer.split_once("\r\n\r\n").expect("it speaks HTTP");
        let code = head.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("it speaks HTTP");
        (code, serde_json::from_str(body).unwrap_or_else(|_| Value::from(body)))
    }

    fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> std::io::Result<String> {
        let body = body.map(Value::to_string).unwrap_or_default();
        let media = if method == "PATCH" { "application/merge-patch+json" } else { "application/json" };
        let length = body.len();
        let mut stream = UnixStream::connect(&self.socket)?;
        // By the older protocol the answer comes in one piece and ends with the connection.
        write!(
            stream,
            "{method} {path} HTTP/1.0\r\nHost: localhost\r\nContent-Type: {media}\r\nContent-Length: {length}\r\n\r\n{body}"
        )?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }
}

impl Drop for Api {
    fn drop(&mut self) {
        // It may have died with its cluster.
        let _ = self.proxy.kill();
        let _ = self.proxy.wait();
    }
}

/// What runs a program that ends with the test, even if that is killed.
pub(crate) fn mortal() -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL"]);
    command
}
