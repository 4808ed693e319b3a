//! Reads logs: a piece at a time, or the last lines for a message.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use crate::limits::{TAIL_BYTES, TAIL_LINE_CHARS};

/// A log can't be read.
#[derive(Debug, thiserror::Error)]
#[error("the log {} can't be read", path.display())]
pub struct LogError {
    /// The log file.
    pub path: PathBuf,
    /// What the system says.
    #[source]
    pub source: io::Error,
}

/// At most `limit` bytes of a log from `offset` on, as they are, and the offset to go on from. No bytes
/// means that there are none *yet*, if the launch still runs.
pub fn read_log(path: &Path, offset: u64, limit: u64) -> Result<(Vec<u8>, u64), LogError> {
    let bytes = read_from(path, SeekFrom::Start(offset), limit)
        .map_err(|source| LogError { path: path.to_owned(), source })?;
    let next = offset + bytes.len() as u64;
    Ok((bytes, next))
}

/// The last `count` lines of a log, without empty lines at its end, for a message: whatever is in the log, a
/// gigabyte or no text at all, the answer is short and does nothing to a terminal.
pub fn last_lines(path: &Path, count: usize) -> Result<Vec<String>, LogError> {
    let tail = read_tail(path).map_err(|source| LogError { path: path.to_owned(), source })?;
    let text = String::from_utf8_lossy(&tail);
    let mut lines: Vec<String> = text.lines().map(plain).collect();
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    Ok(lines.split_off(lines.len().saturating_sub(count)))
}

fn read_tail(path: &Path) -> io::Result<Vec<u8>> {
    let length = File::open(path)?.metadata()?.len();
    let start = length.saturating_sub(TAIL_BYTES);
    let mut tail = read_from(path, SeekFrom::Start(start), TAIL_BYTES)?;
    if start > 0 {
        // The first line is mostly a part of one; without any line end it is all there is to show.
        let first_end = tail.iter().position(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        tail.drain(..first_end);
    }
    Ok(tail)
}

fn read_from(path: &Path, start: SeekFrom, limit: u64) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    file.seek(start)?;
    let mut bytes = Vec::new();
    file.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A line as a terminal would have left it: progress that was written over is dropped, colours and other
/// control characters too. What is too long is cut, with a mark.
fn plain(line: &str) -> String {
    let last_version = line.trim_end_matches('\r').rsplit('\r').next().unwrap_or_default();
    let mut shown = without_escapes(last_version).filter(|c| *c == '\t' || !c.is_control());
    let mut plain: String = shown.by_ref().take(TAIL_LINE_CHARS).collect();
    if shown.next().is_some() {
        plain.push('…');
    }
    plain
}

/// Leaves out the sequences that set colours and move the cursor: ESC, `[`, parameters, a final letter.
fn without_escapes(text: &str) -> impl Iterator<Item = char> {
    let mut chars = text.chars();
    std::iter::from_fn(move || {
        loop {
            let next = chars.next()?;
            if next != '\u{1b}' || !chars.as_str().starts_with('[') {
                return Some(next);
            }
            chars.by_ref().skip(1).find(|c| ('\u{40}'..='\u{7e}').contains(c));
        }
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn log(contents: &[u8]) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), contents).unwrap();
        file
    }

    #[test]
    fn pieces_follow_each_other_and_lose_nothing() {
        let log = log(b"0123456789");
        let (first, next) = read_log(log.path(), 0, 4).unwrap();
        let (second, next) = read_log(log.path(), next, 100).unwrap();
        assert_eq!((first.as_slice(), second.as_slice(), next), (&b"0123"[..], &b"456789"[..], 10));
        assert_eq!(read_log(log.path(), 10, 4).unwrap(), (vec![], 10));
    }

    #[test]
    fn the_last_lines_come_without_empty_ones_at_the_end() {
        let log = log(b"one\ntwo\n\nthree\n\n\n");
        assert_eq!(last_lines(log.path(), 3).unwrap(), ["two", "", "three"]);
        assert_eq!(last_lines(log.path(), 9).unwrap(), ["one", "two", "", "three"]);
    }

    #[test]
    fn invalid_text_colours_and_overwritten_progress_are_made_plain() {
        let log = log(b"\x1b[1;31merror\x1b[0m: \xff\xfe\x07\n10 %\r50 %\r100 %\r\n");
        assert_eq!(last_lines(log.path(), 2).unwrap(), ["error: \u{fffd}\u{fffd}", "100 %"]);
    }

    #[test]
    fn the_end_of_a_huge_log_is_short() {
        let mut contents = "ä".repeat(1 << 20).into_bytes();
        contents.extend(b"\nlast\n");
        assert_eq!(last_lines(log(&contents).path(), 2).unwrap(), ["last"]);
        contents.truncate(contents.len() - 6);
        let lines = last_lines(log(&contents).path(), 2).unwrap();
        assert_eq!(lines.len(), 1);
        assert!(lines[0].chars().count() <= TAIL_LINE_CHARS + 1 && lines[0].ends_with("ä…"), "{lines:?}");
    }
}
