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
        let answer = self.ask(path).expect("the proxy answers");
        let (head, body) = answer.split_once("\r\n\r\n").expect("it speaks HTTP");
        let status = head.split(' ').nth(1);
        assert!(matches!(status, Some("200" | "404")), "{path}: {answer}");
        (status == Some("200")).then(|| serde_json::from_str(body).expect("the server speaks JSON"))
    }

    fn ask(&self, path: &str) -> std::io::Result<String> {
        let mut stream = UnixStream::connect(&self.socket)?;
        // By the older protocol the answer comes in one piece and ends with the connection.
        stream.write_all(format!("GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n").as_bytes())?;
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
