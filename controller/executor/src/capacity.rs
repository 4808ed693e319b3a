//! What this machine has to give.

use std::fs;
use std::io;
use std::path::Path;

use rustix::fs::statvfs;

/// What launches can share. The planner packs by it; nothing enforces it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capacity {
    /// Processors, in thousandths of one.
    pub cpu_millis: u64,
    /// Memory, in bytes.
    pub memory_bytes: u64,
    /// Free disk space, in bytes.
    pub disk_bytes: u64,
}

impl Capacity {
    /// Measures the machine, and the free space of the file system that holds `folder`. In a container its
    /// limits count, since going past them is what would hurt.
    pub fn measure(folder: &Path) -> io::Result<Self> {
        let processors = std::thread::available_parallelism()?.get();
        let installed = installed_memory(&fs::read_to_string("/proc/meminfo")?)
            .ok_or_else(|| io::Error::other("/proc/meminfo names no MemTotal"))?;
        let disk = statvfs(folder)?;
        Ok(Self {
            cpu_millis: 1000 * u64::try_from(processors).unwrap_or(u64::MAX / 1000),
            memory_bytes: installed.min(memory_limit().unwrap_or(u64::MAX)),
            disk_bytes: disk.f_bavail.saturating_mul(disk.f_frsize),
        })
    }
}

/// `MemTotal`, which the kernel gives in KiB.
fn installed_memory(meminfo: &str) -> Option<u64> {
    let total = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: u64 = total.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

/// The limit of the control group that a container sees as its root; on a machine itself there is none.
fn memory_limit() -> Option<u64> {
    fs::read_to_string("/sys/fs/cgroup/memory.max").ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_has_a_processor_memory_and_disk() {
        let capacity = Capacity::measure(Path::new("/")).unwrap();
        assert!(capacity.cpu_millis >= 1000, "{capacity:?}");
        assert!(capacity.memory_bytes > 1 << 20, "{capacity:?}");
        assert!(capacity.disk_bytes > 0, "{capacity:?}");
    }

    #[test]
    fn installed_memory_is_given_in_kib() {
        assert_eq!(installed_memory("MemTotal:       24684032 kB\nMemFree: 1 kB\n"), Some(24_684_032 * 1024));
        assert_eq!(installed_memory("MemFree: 1 kB\n"), None);
    }
}
