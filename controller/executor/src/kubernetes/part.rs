//! A log that grows: what a stream brings again is not written again.

use std::io;
use std::path::Path;

use tokio::fs::{self, File, OpenOptions};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::limits::LOG_BYTES;

/// The line that stands where a node has thrown away what came next.
const ROTATED: &str = "the node has begun the log anew, and lines may be missing here";

/// A growing log, while one stream of it is read from the beginning.
pub(super) struct Part {
    /// Its cursor stands at `compared`, or at the end.
    file: File,
    /// How much is in the file.
    length: u64,
    /// How far the stream brought what the file has. From there on it brings more.
    compared: u64,
}

impl Part {
    /// Opens a part, or begins it.
    pub(super) async fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).read(true).append(true).open(path).await?;
        let length = file.metadata().await?.len();
        Ok(Self { file, length, compared: 0 })
    }

    /// Whether a log may not grow any more.
    pub(super) fn is_full(&self) -> bool {
        self.length >= LOG_BYTES
    }

    /// Takes the next bytes of the stream.
    pub(super) async fn take(&mut self, bytes: &[u8]) -> io::Result<()> {
        let known =
            usize::try_from(self.length - self.compared).map_or(bytes.len(), |left| left.min(bytes.len()));
        let (again, new) = bytes.split_at(known);
        if self.brings(again).await? {
            return self.append(new).await;
        }
        // A node keeps only the newest 10 MiB or so of a log, and this stream began later than the file.
        self.compared = self.length;
        self.append(note(ROTATED).as_bytes()).await?;
        self.append(bytes).await
    }

    /// Whether the file goes on with these bytes.
    async fn brings(&mut self, bytes: &[u8]) -> io::Result<bool> {
        let mut there = vec![0; bytes.len()];
        self.file.read_exact(&mut there).await?;
        self.compared += bytes.len() as u64;
        Ok(there == bytes)
    }

    async fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let room = usize::try_from(LOG_BYTES.saturating_sub(self.length)).unwrap_or(usize::MAX);
        let bytes = &bytes[..room.min(bytes.len())];
        self.file.write_all(bytes).await?;
        self.file.flush().await?;
        self.length += bytes.len() as u64;
        self.compared += bytes.len() as u64;
        Ok(())
    }

    /// Puts a part in its place, with a line about what is missing, once it is on disk.
    pub(super) async fn finish(path: &Path, place: &Path, missing: Option<String>) -> io::Result<()> {
        let mut part = Self::open(path).await?;
        let too_long =
            part.is_full().then(|| format!("a log is kept up to {LOG_BYTES} bytes, and this was longer"));
        if let Some(line) = too_long.or(missing) {
            part.file.write_all(note(&line).as_bytes()).await?;
            part.file.flush().await?;
        }
        part.file.sync_all().await?;
        fs::rename(path, place).await
    }
}

/// A line of ours, on a line of its own.
fn note(line: &str) -> String {
    format!("\n[daybreak: {line}]\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn stream(path: &Path, pieces: &[&str]) {
        let mut part = Part::open(path).await.unwrap();
        for piece in pieces {
            part.take(piece.as_bytes()).await.unwrap();
        }
    }

    fn folder() -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let part = folder.path().join("log.part");
        (folder, part)
    }

    #[tokio::test]
    async fn what_a_second_stream_brings_again_is_written_once() {
        let (_folder, part) = folder();
        stream(&part, &["one\n", "two\n"]).await;
        stream(&part, &["on", "e\ntwo\nth", "ree\n"]).await;
        assert_eq!(std::fs::read_to_string(&part).unwrap(), "one\ntwo\nthree\n");
    }

    #[tokio::test]
    async fn what_a_shorter_second_stream_does_not_bring_stays() {
        let (_folder, part) = folder();
        stream(&part, &["one\ntwo\n"]).await;
        stream(&part, &["one\n"]).await;
        assert_eq!(std::fs::read_to_string(&part).unwrap(), "one\ntwo\n");
    }

    #[tokio::test]
    async fn a_log_that_the_node_began_anew_is_added_and_told() {
        let (_folder, part) = folder();
        stream(&part, &["one\ntwo\n"]).await;
        stream(&part, &["three\n", "four\n"]).await;
        let there = std::fs::read_to_string(&part).unwrap();
        assert_eq!(there, format!("one\ntwo\n\n[daybreak: {ROTATED}]\nthree\nfour\n"));
    }

    #[tokio::test]
    async fn what_is_missing_is_told_in_the_last_line() {
        let (folder, part) = folder();
        stream(&part, &["one\n"]).await;
        let place = folder.path().join("log");
        Part::finish(&part, &place, Some("its pod is gone".to_owned())).await.unwrap();
        assert_eq!(std::fs::read_to_string(place).unwrap(), "one\n\n[daybreak: its pod is gone]\n");
        assert!(!part.exists());
    }

    #[tokio::test]
    async fn a_log_ends_at_its_limit_and_says_so() {
        let (folder, part) = folder();
        // A hole: as long as the longest log, and hardly any disk.
        std::fs::File::create(&part).unwrap().set_len(LOG_BYTES - 2).unwrap();
        let mut open = Part::open(&part).await.unwrap();
        open.compared = open.length;
        open.take(b"12345").await.unwrap();
        assert!(open.is_full());
        drop(open);
        let place = folder.path().join("log");
        Part::finish(&part, &place, None).await.unwrap();
        let tail = crate::log::last_lines(&place, 1).unwrap();
        assert_eq!(tail, ["[daybreak: a log is kept up to 1073741824 bytes, and this was longer]"]);
    }
}
