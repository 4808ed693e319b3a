//! Publishes what a launch has written, as a process of its own that a test can kill: `publisher STORE LAUNCH PATH FLAG
//! keep|replace [KEYS]`. Without a flag, which is empty then, the output is a file; KEYS is a folder with keys of the store's
//! own. It prints how it ended.

use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use storage::{Address, Completeness, Credentials, Existing, Published, Staging, Store};

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    match publish(&arguments) {
        Ok(end) => {
            println!("{end:?}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            let mut cause = Some(error.as_ref() as &dyn Error);
            while let Some(error) = cause {
                eprintln!("{error}");
                cause = error.source();
            }
            ExitCode::FAILURE
        }
    }
}

fn publish(arguments: &[String]) -> Result<Published, Box<dyn Error>> {
    let [address, launch, path, flag, existing, keys @ ..] = arguments else {
        return Err("publisher STORE LAUNCH PATH FLAG keep|replace [KEYS]".into());
    };
    let address: Address = address.parse()?;
    let credentials = keys.first().map_or(Credentials::Ambient, |folder| Credentials::Folder(folder.into()));
    let store = Store::bind("warehouse", &address, &credentials)?;
    let rule = match flag.as_str() {
        "" => Completeness::File { min_bytes: 0, settle: Duration::ZERO },
        name => Completeness::Flag { name: name.to_owned() },
    };
    let existing = if existing == "replace" { Existing::Replace } else { Existing::Keep };
    let published = Staging::resume(&store, launch, &[path])?.publish(existing, &[rule])?;
    Ok(published[0])
}
