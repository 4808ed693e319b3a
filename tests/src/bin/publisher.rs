//! Publishes what a launch has written, as a process of its own that a test can kill: `publisher STORE LAUNCH PATH FLAG
//! keep|replace`. Without a flag, which is empty then, the output is a file. It prints how it ended.

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
            eprintln!("{error:?}");
            ExitCode::FAILURE
        }
    }
}

fn publish(arguments: &[String]) -> Result<Published, Box<dyn std::error::Error>> {
    let [address, launch, path, flag, existing] = arguments else {
        return Err("publisher STORE LAUNCH PATH FLAG keep|replace".into());
    };
    let address: Address = address.parse()?;
    let store = Store::bind("warehouse", &address, &Credentials::Ambient)?;
    let rule = match flag.as_str() {
        "" => Completeness::File { min_bytes: 0, settle: Duration::ZERO },
        name => Completeness::Flag { name: name.to_owned() },
    };
    let existing = if existing == "replace" { Existing::Replace } else { Existing::Keep };
    let published = Staging::resume(&store, launch, &[path])?.publish(existing, &[rule])?;
    Ok(published[0])
}
