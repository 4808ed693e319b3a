//! S3: a bucket.

use std::collections::BTreeMap;
use std::process::Command;

use super::{Answer, Server, encoded, ran, request, unique_name};

/// A bucket of a test's own. Keys are relative to its URL.
#[derive(Debug)]
pub struct S3 {
    server: Server,
    bucket: String,
}

impl S3 {
    /// One on the server that all tests share.
    #[track_caller]
    pub fn shared() -> Self {
        Self::new(Server::of_everyone("s3"))
    }

    /// One on a server that only this test uses, with options of the testbed's `store up`: `--events URL`.
    #[track_caller]
    pub fn own(options: &[&str]) -> Self {
        Self::new(Server::of_one_test("s3", options))
    }

    #[track_caller]
    fn new(server: Server) -> Self {
        let store = Self { server, bucket: unique_name() };
        store.request("PUT", "", None).expect(&["200"]);
        store
    }

    /// The store, as Daybreak is told.
    pub fn url(&self) -> String {
        format!("s3://{}/data?endpoint={}", self.bucket, self.endpoint())
    }

    /// Where the server is.
    #[track_caller]
    pub fn endpoint(&self) -> &str {
        self.server.setting("AWS_ENDPOINT_URL")
    }

    /// The bucket.
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// What a command has to have in its environment.
    pub fn env(&self) -> BTreeMap<String, String> {
        let mut settings = self.server.settings.clone();
        settings.insert("STORE_URL".to_owned(), self.url());
        settings
    }

    /// Writes an object.
    #[track_caller]
    pub fn put(&self, key: &str, text: &str) {
        self.request("PUT", &object(key), Some(text.as_bytes())).expect(&["200"]);
    }

    /// Writes many objects in one go, of keys and texts.
    #[track_caller]
    pub fn put_all<'a>(&self, objects: impl IntoIterator<Item = (&'a str, &'a str)>) {
        let signed = self.signed().map(|(option, value)| format!("{option} = {value:?}\n")).concat();
        let put = |(key, text): (&str, &str)| {
            let url = format!("{}/{}{}", self.endpoint(), self.bucket, object(key));
            let text = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            format!(
                "next\nfail\nsilent\nshow-error\nrequest = PUT\n{signed}url = \"{url}\"\ndata-raw = \"{text}\"\n"
            )
        };
        let options: String = objects.into_iter().map(put).collect();
        ran(Command::new("curl").args(["--fail-early", "--config", "-"]), options.as_bytes());
    }

    /// Writes an object by an upload of parts, of which it has one.
    #[track_caller]
    pub fn put_in_parts(&self, key: &str, text: &str) {
        let object = object(key);
        let begun = self.request("POST", &format!("{object}?uploads="), Some(b"")).expect(&["200"]).text();
        let upload = elements(&begun, "UploadId").next().expect("an upload has a name");
        let part = format!("{object}?partNumber=1&uploadId={upload}");
        self.request("PUT", &part, Some(text.as_bytes())).expect(&["200"]);
        let upload = format!("{object}?uploadId={upload}");
        let parts = self.request("GET", &upload, None).expect(&["200"]).text();
        let tag = elements(&parts, "ETag").next().expect("a part has a tag");
        let parts = format!("<Part><PartNumber>1</PartNumber><ETag>{tag}</ETag></Part>");
        let parts = format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>");
        self.request("POST", &upload, Some(parts.as_bytes())).expect(&["200"]);
    }

    /// Copies an object.
    #[track_caller]
    pub fn copy(&self, from: &str, to: &str) {
        let source = format!("x-amz-copy-source: {}{}", self.bucket, object(from));
        let mut curl = self.curl("PUT", &object(to));
        request(curl.arg("--header").arg(source), None).expect(&["200"]);
    }

    /// Removes objects in one go.
    #[track_caller]
    pub fn delete_all<'a>(&self, keys: impl IntoIterator<Item = &'a str>) {
        let element = |key: &str| {
            let key = key.replace('&', "&amp;").replace('<', "&lt;");
            format!("<Object><Key>data/{key}</Key></Object>")
        };
        let body = format!("<Delete>{}</Delete>", keys.into_iter().map(element).collect::<String>());
        let digest = "openssl md5 -binary | openssl base64";
        let digest = ran(Command::new("sh").args(["-c", digest]), body.as_bytes());
        let digest = format!("content-md5: {}", String::from_utf8_lossy(&digest).trim());
        let mut curl = self.curl("POST", "?delete=");
        request(curl.arg("--header").arg(digest), Some(body.as_bytes())).expect(&["200"]);
    }

    /// What an object holds; nothing if it is not there.
    #[track_caller]
    pub fn read(&self, key: &str) -> Option<String> {
        self.request("GET", &object(key), None).found()
    }

    /// Removes an object.
    #[track_caller]
    pub fn delete(&self, key: &str) {
        self.request("DELETE", &object(key), None).expect(&["204"]);
    }

    /// The keys of all objects, sorted.
    #[track_caller]
    pub fn list(&self) -> Vec<String> {
        let (mut keys, mut after) = (Vec::new(), String::new());
        loop {
            // A signature is of the parameters in their order.
            let page = self.request("GET", &format!("?{after}list-type=2&prefix=data%2F"), None);
            let page = page.expect(&["200"]).text();
            keys.extend(
                elements(&page, "Key").filter_map(|key| key.strip_prefix("data/").map(str::to_owned)),
            );
            let Some(token) = elements(&page, "NextContinuationToken").next() else { return keys };
            after = format!("continuation-token={}&", encoded(&token).replace('/', "%2F"));
        }
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

    /// The server's process.
    #[track_caller]
    pub fn pid(&self) -> u32 {
        self.server.pid()
    }

    #[track_caller]
    fn request(&self, method: &str, rest: &str, body: Option<&[u8]>) -> Answer {
        request(&mut self.curl(method, rest), body)
    }

    #[track_caller]
    fn curl(&self, method: &str, rest: &str) -> Command {
        let mut curl = Command::new("curl");
        curl.args(["--request", method]);
        for (option, value) in self.signed() {
            curl.arg(format!("--{option}")).arg(value);
        }
        curl.arg(format!("{}/{}{rest}", self.endpoint(), self.bucket));
        curl
    }

    /// The options of curl that sign a request.
    #[track_caller]
    fn signed(&self) -> [(&'static str, String); 3] {
        let setting = |name| self.server.setting(name);
        let keys = [setting("AWS_ACCESS_KEY_ID"), setting("AWS_SECRET_ACCESS_KEY")];
        [
            ("aws-sigv4", format!("aws:amz:{}:s3", setting("AWS_REGION"))),
            ("user", keys.join(":")),
            ("header", "x-amz-content-sha256: UNSIGNED-PAYLOAD".to_owned()),
        ]
    }
}

fn object(key: &str) -> String {
    format!("/data/{}", encoded(key))
}

/// What stands in the elements of a name in an answer of S3, which has no attributes.
fn elements<'a>(text: &'a str, name: &'a str) -> impl Iterator<Item = String> + 'a {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let pieces: Vec<_> = text.split(&open).skip(1).collect();
    pieces.into_iter().map(move |piece| plain(piece.split(&close).next().unwrap_or_default()))
}

fn plain(text: &str) -> String {
    let marks = [("&lt;", "<"), ("&gt;", ">"), ("&#34;", "\""), ("&#39;", "'"), ("&amp;", "&")];
    marks.iter().fold(text.to_owned(), |text, (mark, letter)| text.replace(mark, letter))
}
