//! The variables that a launched process gets.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::process::Command;

use crate::seam::LaunchSpec;

/// Says which state a process belongs to.
pub(crate) const STATE_VARIABLE: &str = "DAYBREAK_STATE";
/// Says which launch a process belongs to.
pub(crate) const LAUNCH_VARIABLE: &str = "DAYBREAK_LAUNCH";
/// What starts with this is ours to set, for the step at hand and no other.
const OWN_PREFIX: &[u8] = b"DAYBREAK_";
/// Where programs are looked for if nobody set `PATH`.
const DEFAULT_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// What every launch of one executor inherits.
#[derive(Debug)]
pub(super) struct Environment {
    inherited: BTreeMap<OsString, OsString>,
    state_marker: String,
}

impl Environment {
    pub(super) fn new(state_marker: &str, inherited: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        let ours = |name: &OsStr| name.as_encoded_bytes().starts_with(OWN_PREFIX);
        let inherited = inherited.into_iter().filter(|(name, _)| !ours(name)).collect();
        Self { inherited, state_marker: state_marker.to_owned() }
    }

    /// Gives a command its variables, and no others. The markers come last: no step can lose them.
    pub(super) fn apply(&self, command: &mut Command, spec: &LaunchSpec) {
        command
            .env_clear()
            .envs(&self.inherited)
            .envs(&spec.env)
            .env(STATE_VARIABLE, &self.state_marker)
            .env(LAUNCH_VARIABLE, &spec.name);
    }

    /// The folders in which a launch's program is looked for.
    pub(super) fn path<'a>(&'a self, spec: &'a LaunchSpec) -> &'a OsStr {
        let own = spec.env.get("PATH").map(OsStr::new);
        own.or_else(|| self.inherited.get(OsStr::new("PATH")).map(OsString::as_os_str))
            .unwrap_or_else(|| OsStr::new(DEFAULT_PATH))
    }
}
