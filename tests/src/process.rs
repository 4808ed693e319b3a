//! Processes and patience.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

/// As long as something that must happen may take, on a machine that is busy with much else.
const PATIENCE: Duration = Duration::from_mins(1);

/// How often it is looked for.
const LOOK: Duration = Duration::from_millis(2);

/// Waits until something holds; fails with what it was if it never does.
#[track_caller]
pub fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < PATIENCE, "never came about: {what}");
        thread::sleep(LOOK);
    }
}

/// The processes whose environment or working directory names this folder: those that a test's steps started, and what
/// these left behind.
pub fn marked(folder: &Path) -> Vec<u32> {
    let folder = folder.to_string_lossy();
    let Ok(processes) = fs::read_dir("/proc") else { return Vec::new() };
    let numbers = processes.flatten().filter_map(|it| it.file_name().to_string_lossy().parse().ok());
    numbers.filter(|pid| *pid != std::process::id() && names(*pid, &folder)).collect()
}

/// Whether none of these processes is there any more; a zombie is gone.
pub fn are_gone(pids: &[u32]) -> bool {
    pids.iter().all(|pid| {
        let status = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        // After the name in parentheses stands the state.
        status.rsplit(") ").next().is_none_or(|rest| rest.is_empty() || rest.starts_with('Z'))
    })
}

fn names(pid: u32, folder: &str) -> bool {
    let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    let works_in = fs::read_link(format!("/proc/{pid}/cwd")).unwrap_or_default();
    String::from_utf8_lossy(&environment).contains(folder) || works_in.to_string_lossy().starts_with(folder)
}
