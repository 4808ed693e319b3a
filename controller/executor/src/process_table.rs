//! What `/proc` says about processes.

use std::fs;
use std::io;

use rustix::process::Pid;

/// What `/proc/PID/stat` says of one process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stat {
    /// Whether it still runs: a zombie has ended, and only waits for its parent to notice.
    pub(crate) runs: bool,
    /// The process that started it, or that took it over; 0 for the first one.
    pub(crate) parent: i32,
    /// Its process group.
    pub(crate) group: i32,
}

/// Every process there is at about this moment.
pub(crate) fn pids() -> io::Result<Vec<Pid>> {
    let mut pids = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let name = entry?.file_name();
        pids.extend(name.to_str().and_then(|name| name.parse().ok()).and_then(Pid::from_raw));
    }
    Ok(pids)
}

/// What is known of a process; `None` if it is gone.
pub(crate) fn stat(pid: Pid) -> Option<Stat> {
    parse_stat(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// Whether a process of this group still runs.
pub(crate) fn group_runs(group: Pid) -> io::Result<bool> {
    let of_group = |stat: Stat| stat.runs && stat.group == group.as_raw_pid();
    Ok(pids()?.into_iter().filter_map(stat).any(of_group))
}

/// The variables that a process was started with, as `NAME=value`. Empty where we may not look, and for
/// a process that has ended.
pub(crate) fn environ(pid: Pid) -> Vec<u8> {
    fs::read(format!("/proc/{pid}/environ")).unwrap_or_default()
}

/// A process's command for people: its arguments with spaces between.
pub(crate) fn command(pid: Pid) -> String {
    let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let words = line.split(|byte| *byte == 0).filter(|word| !word.is_empty());
    words.map(String::from_utf8_lossy).collect::<Vec<_>>().join(" ")
}

/// Reads the fields after the name, which stands in brackets and may itself hold brackets and spaces.
fn parse_stat(line: &str) -> Option<Stat> {
    let mut fields = line[line.rfind(')')? + 1..].split_ascii_whitespace();
    let state = fields.next()?;
    let parent = fields.next()?.parse().ok()?;
    let group = fields.next()?.parse().ok()?;
    Some(Stat { runs: !matches!(state, "Z" | "X"), parent, group })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_name_with_brackets_and_spaces_is_read_past() {
        let stat = parse_stat("7 (a) Z (b) S 3 5 5 0 -1 4194560 1 0\n");
        assert_eq!(stat, Some(Stat { runs: true, parent: 3, group: 5 }));
    }

    #[test]
    fn a_zombie_does_not_run() {
        assert_eq!(parse_stat("7 (sh) Z 3 5 5").map(|stat| stat.runs), Some(false));
    }
}
