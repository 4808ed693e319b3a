//! HDFS: a directory.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::Value;

use super::{Answer, Server, encoded, request, unique_name};

/// Every setting that names the store ends in this; a test has a directory of its own instead.
const ROOT: &str = "/data";

/// A directory of a test's own. Paths are relative to its URL.
#[derive(Debug)]
pub struct Hdfs {
    server: Server,
    root: String,
}

impl Hdfs {
    /// One on the server that all tests share.
    #[track_caller]
    pub fn shared() -> Self {
        Self::new(Server::of_everyone("hdfs"))
    }

    /// One on a server that only this test uses, with options of the testbed's `store up`: `--standby`, or settings of Hadoop's
    /// like `dfs.permissions.enabled=true`.
    #[track_caller]
    pub fn own(options: &[&str]) -> Self {
        Self::new(Server::of_one_test("hdfs", options))
    }

    #[track_caller]
    fn new(server: Server) -> Self {
        let store = Self { server, root: format!("/{}", unique_name()) };
        store.request("PUT", "", "MKDIRS").expect(&["200"]);
        store
    }

    /// The store, as Daybreak is told.
    #[track_caller]
    pub fn url(&self) -> String {
        self.of_root(self.server.setting("STORE_URL"))
    }

    /// The same by HTTP, of the first of two name nodes.
    #[track_caller]
    pub fn webhdfs_url(&self) -> String {
        self.of_root(self.server.setting("WEBHDFS_URL"))
    }

    /// What a command has to have in its environment.
    pub fn env(&self) -> BTreeMap<String, String> {
        let settings = self.server.settings.iter();
        settings.map(|(name, value)| (name.clone(), self.of_root(value))).collect()
    }

    /// Writes a file, also over another.
    #[track_caller]
    pub fn put(&self, path: &str, text: &str) {
        let to = self.request("PUT", path, "CREATE&overwrite=true&noredirect=true").expect(&["200"]);
        let to: Value = serde_json::from_slice(&to.body).expect("WebHDFS speaks JSON");
        let to = to["Location"].as_str().expect("it names the DataNode");
        request(Command::new("curl").args(["--request", "PUT", to]), Some(text.as_bytes())).expect(&["201"]);
    }

    /// What a file holds; nothing if it is not there.
    #[track_caller]
    pub fn read(&self, path: &str) -> Option<String> {
        self.request("GET", path, "OPEN").found()
    }

    /// Removes a file, or a directory with all that is in it.
    #[track_caller]
    pub fn delete(&self, path: &str) {
        self.request("DELETE", path, "DELETE&recursive=true").expect(&["200"]);
    }

    /// The paths of all files, sorted.
    #[track_caller]
    pub fn list(&self) -> Vec<String> {
        let (mut files, mut folders) = (Vec::new(), vec![String::new()]);
        while let Some(folder) = folders.pop() {
            let (more, found) = self.entries(&folder).into_iter().partition(|path| path.ends_with('/'));
            folders.extend::<Vec<_>>(more);
            files.extend::<Vec<_>>(found);
        }
        files.sort();
        files
    }

    /// Sends a signal to the server: `STOP` lets all requests hang, until `CONT`; `KILL` ends it.
    #[track_caller]
    pub fn signal(&self, signal: &str) {
        self.server.signal(signal);
    }

    /// Starts the server again after it was killed: the same data at the same address.
    #[track_caller]
    pub fn start(&self) {
        self.server.start();
    }

    /// Makes the name node that stands by the active one.
    #[track_caller]
    pub fn fail_over(&self) {
        self.server.fail_over();
    }

    /// The server's process.
    #[track_caller]
    pub fn pid(&self) -> u32 {
        self.server.pid()
    }

    /// What is in a folder: files, and folders with a slash at the end, as its own path ends.
    #[track_caller]
    fn entries(&self, folder: &str) -> Vec<String> {
        let listed = self.request("GET", folder, "LISTSTATUS").expect(&["200"]);
        let listed: Value = serde_json::from_slice(&listed.body).expect("WebHDFS speaks JSON");
        let entries = listed["FileStatuses"]["FileStatus"].as_array().expect("it is a listing");
        let path = |entry: &Value| {
            let name = entry["pathSuffix"].as_str().expect("an entry has a name");
            let end = if entry["type"] == "DIRECTORY" { "/" } else { "" };
            format!("{folder}{name}{end}")
        };
        entries.iter().map(path).collect()
    }

    fn of_root(&self, setting: &str) -> String {
        match setting.strip_suffix(ROOT) {
            Some(server) => format!("{server}{}", self.root),
            None => setting.to_owned(),
        }
    }

    /// A request of the name node that is active.
    #[track_caller]
    fn request(&self, method: &str, path: &str, operation: &str) -> Answer {
        let user = self.server.setting("HADOOP_USER_NAME");
        let ask = |setting: &str| {
            let server = setting.strip_prefix("webhdfs://").and_then(|it| it.strip_suffix(ROOT));
            let server = server.expect("it is a WebHDFS URL");
            let file = encoded(&format!("{}/{path}", self.root));
            let url = format!("http://{server}/webhdfs/v1{file}?op={operation}&user.name={user}");
            request(Command::new("curl").args(["--location", "--request", method, &url]), None)
        };
        let answer = ask(self.server.setting("WEBHDFS_URL"));
        match self.server.settings.get("WEBHDFS_STANDBY_URL") {
            Some(other) if answer.text().contains("\"StandbyException\"") => ask(other),
            _ => answer,
        }
    }
}
