//! Launches a shell script as a run does, tells when it is over, and prints how: `launch MARKER FOLDER SCRIPT`.
//! Killed by `kill -9` it leaves its launch behind, as a run would.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::PathBuf;
use std::time::{Duration, UNIX_EPOCH};

use executor::{LaunchSpec, LocalExecutor};
use tokio::sync::mpsc;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut argument = || arguments.next().ok_or("usage: launch MARKER FOLDER SCRIPT");
    let (marker, folder, script) = (argument()?, PathBuf::from(argument()?), argument()?);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let (events, mut ended) = mpsc::unbounded_channel();
        #[expect(
            clippy::disallowed_methods,
            reason = "an example stands for the whole command, arguments included"
        )]
        let inherited = std::env::vars_os();
        let executor = LocalExecutor::new(&marker, inherited, events);
        let spec = LaunchSpec {
            name: "the-launch".to_owned(),
            argv: vec!["sh".to_owned(), "-c".to_owned(), script],
            env: BTreeMap::new(),
            log: folder.join("log"),
            working_dir: folder,
            timeout: None,
            grace: Duration::from_secs(1),
        };
        executor.launch(spec, UNIX_EPOCH)?;
        println!("{:?}", ended.recv().await);
        Ok(())
    })
}
