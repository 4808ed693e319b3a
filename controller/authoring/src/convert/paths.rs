//! Paths that are no templates: of working directories and of volumes.

/// A path that no system takes for something else.
pub(super) fn plain(path: &str) -> Result<(), &'static str> {
    let is_odd = |character: char| character.is_control() || character == '\\';
    if path.trim() != path || path.contains(is_odd) {
        return Err(
            "write paths with slashes, without control characters, and without white space at either end",
        );
    }
    Ok(())
}

/// A path in a container, from its root.
pub(super) fn in_container(path: &str) -> Result<(), &'static str> {
    if !path.starts_with('/') || path.contains(':') {
        return Err(
            "a volume is mounted at a path from the root, without a colon: write one such as /models",
        );
    }
    plain(path)
}

/// A path that stays below its root.
pub(super) fn below_root(path: &str) -> Result<(), &'static str> {
    let mut segments = path.strip_suffix('/').unwrap_or(path).split('/');
    if segments.any(|segment| ["", ".", ".."].contains(&segment)) {
        return Err(
            "a path starts below its root: write it without a slash in front, doubled slashes, `.` and `..`",
        );
    }
    plain(path)
}
