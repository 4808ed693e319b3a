//! The limits of this crate, each with its reason.

use std::time::Duration;

/// How often a process group is looked at while it winds down. Only a group that outlives its leader or
/// was told to end is polled: the leader itself has a pidfd.
pub(crate) const GROUP_POLL: Duration = Duration::from_millis(10);

/// How long after SIGKILL a process may linger. Longer means that it hangs in the kernel, on a dead
/// network file system perhaps, and no waiting of ours will change that.
pub(crate) const KILL_PATIENCE: Duration = Duration::from_secs(5);

/// How much of a log's end is read for its last lines: enough for a Python traceback, little enough to
/// hold for each of some hundred failed steps.
pub(crate) const TAIL_BYTES: u64 = 16 * 1024;

/// The longest line that is shown of a log, in characters; a minified JSON document is one line.
pub(crate) const TAIL_LINE_CHARS: usize = 400;

/// How much of a command is shown when an orphan is named, in characters: about a terminal's line.
pub(crate) const COMMAND_CHARS: usize = 120;

/// The kernel reads this much of a script to find its interpreter (`BINPRM_BUF_SIZE`), in bytes.
pub(crate) const SHEBANG_BYTES: u64 = 256;

/// How often a killed run's processes are searched for while they end; under a second. Each search reads a
/// small file for every process of the machine, some milliseconds in all.
pub(crate) const ORPHAN_SEARCH: Duration = Duration::from_millis(100);

/// How long after a search that found nobody comes another. The kernel takes well below a millisecond to
/// start a program in a process.
pub(crate) const ORPHAN_SECOND_LOOK: Duration = Duration::from_millis(5);

/// How long a call to the API server may take. Its own admission webhooks, Kueue's among them, may take 10 s each.
pub(crate) const CALL_TIMEOUT: Duration = Duration::from_secs(15);

/// How long after a pod should have ended its node is thought not to answer. A kubelet needs some seconds to kill,
/// unmount and report; one that was restarted meanwhile half a minute.
pub(crate) const POD_OVERDUE: Duration = Duration::from_mins(1);

/// The longest log of a launch that is kept, in bytes: more is a program that runs away, or data that belongs in a
/// dataset.
pub(crate) const LOG_BYTES: u64 = 1 << 30;

/// How long a node may be silent while it hands over the log of a pod that has ended.
pub(crate) const LOG_PATIENCE: Duration = Duration::from_secs(15);

/// How long until a log that broke off is asked for again. The Job controller takes a second or two to say that a
/// pod has ended, so a whole log is not read twice.
pub(crate) const LOG_PAUSE: Duration = Duration::from_secs(5);

/// How often the log of a pod that has ended is asked for: with the pauses a minute or so, in which a kubelet that
/// restarts comes back. The Job is kept until then.
pub(crate) const LOG_TRIES: u32 = 4;
