//! Commands that can't start, and what is said about them.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use executor::{Failure, Observation, StartFault};

use crate::machine::{Machine, NOW};

/// Why a command does not start.
async fn fault(machine: &mut Machine, argv: &[&str]) -> StartFault {
    let end = machine.run(argv).await;
    let Observation::Failed(Failure::CouldNotStart(fault)) = end else {
        panic!("{argv:?} started: {end:?}");
    };
    fault
}

fn write(machine: &Machine, name: &str, contents: &[u8], mode: u32) {
    fs::write(machine.path(name), contents).unwrap();
    fs::set_permissions(machine.path(name), fs::Permissions::from_mode(mode)).unwrap();
}

#[tokio::test]
async fn an_empty_command_is_no_command() {
    assert_eq!(fault(&mut Machine::new(), &[]).await, StartFault::NoCommand);
}

#[tokio::test]
async fn a_program_that_is_nowhere_in_path_is_named() {
    let fault = fault(&mut Machine::new(), &["no-such-program", "x"]).await;
    assert_eq!(
        fault.to_string(),
        r#"there is no program "no-such-program" in PATH; install it, or give its path"#
    );
}

#[tokio::test]
async fn a_program_in_path_without_permission_is_not_called_missing() {
    let mut machine = Machine::new();
    write(&machine, "tool", b"#!/bin/sh\n", 0o644);
    let mut spec = machine.spec(&["tool"]);
    spec.env.insert("PATH".to_owned(), ".:/usr/bin".to_owned());
    machine.executor.launch(spec, NOW).unwrap();
    let path = machine.path(".").join("tool");
    let end = machine.end().await;
    assert_eq!(end, Observation::Failed(Failure::CouldNotStart(StartFault::NotExecutable { path })));
}

#[tokio::test]
async fn a_relative_program_counts_from_the_working_directory() {
    let mut machine = Machine::new();
    write(&machine, "tool", b"#!/bin/sh\necho \"$0\"\n", 0o755);
    assert_eq!(machine.run(&["./tool"]).await, Observation::Succeeded);
    let path = machine.path("./other");
    assert_eq!(fault(&mut machine, &["./other"]).await, StartFault::NoSuchFile { path });
}

#[tokio::test]
async fn a_path_through_a_file_is_no_such_file() {
    let mut machine = Machine::new();
    write(&machine, "tool", b"#!/bin/sh\n", 0o755);
    let path = machine.path("tool/x");
    assert_eq!(fault(&mut machine, &["tool/x"]).await, StartFault::NoSuchFile { path });
}

#[tokio::test]
async fn a_file_without_permission_is_told_to_chmod() {
    let mut machine = Machine::new();
    write(&machine, "tool", b"#!/bin/sh\n", 0o644);
    let said = fault(&mut machine, &["./tool"]).await.to_string();
    assert!(said.contains("tool may not be executed; `chmod +x` it"), "{said}");
}

#[tokio::test]
async fn a_directory_is_not_a_file() {
    let mut machine = Machine::new();
    fs::create_dir(machine.path("folder")).unwrap();
    let path = machine.path("./folder");
    assert_eq!(fault(&mut machine, &["./folder"]).await, StartFault::NotAFile { path });
}

#[tokio::test]
async fn a_script_without_a_first_line_is_told_to_have_one() {
    let mut machine = Machine::new();
    write(&machine, "script", b"echo hello\n", 0o755);
    write(&machine, "empty", b"", 0o755);
    let said = fault(&mut machine, &["./script"]).await.to_string();
    assert!(said.contains("first line such as `#!/bin/sh`"), "{said}");
    let path = machine.path("./empty");
    assert_eq!(fault(&mut machine, &["./empty"]).await, StartFault::NoShebang { path });
}

#[tokio::test]
async fn a_missing_interpreter_is_named() {
    let mut machine = Machine::new();
    write(&machine, "script", b"#! /opt/none/python3 -u\nprint()\n", 0o755);
    let (path, interpreter) = (machine.path("./script"), "/opt/none/python3".to_owned());
    assert_eq!(fault(&mut machine, &["./script"]).await, StartFault::NoInterpreter { path, interpreter });
}

#[tokio::test]
async fn windows_line_ends_are_recognized() {
    let mut machine = Machine::new();
    write(&machine, "script", b"#!/bin/sh\r\necho\r\n", 0o755);
    let said = fault(&mut machine, &["./script"]).await.to_string();
    assert!(said.contains(r#""/bin/sh\r""#) && said.contains("Unix line ends"), "{said}");
}

#[tokio::test]
async fn a_program_for_another_processor_is_recognized() {
    let mut machine = Machine::new();
    let mut header = *b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\xff\xff";
    write(&machine, "program", &header, 0o755);
    let path = machine.path("./program");
    let expected = StartFault::ForeignProgram { path };
    assert_eq!(fault(&mut machine, &["./program"]).await, expected);
    header[4] = 1;
    write(&machine, "program", &header, 0o755);
    assert_eq!(fault(&mut machine, &["./program"]).await, expected);
}

#[tokio::test]
async fn a_missing_working_directory_is_not_taken_for_a_missing_program() {
    let mut machine = Machine::new();
    for argv in [["true"], ["./tool"]] {
        let mut spec = machine.spec(&argv);
        spec.working_dir = machine.path("none");
        machine.executor.launch(spec, NOW).unwrap();
        let fault = StartFault::NoWorkingDirectory { path: machine.path("none") };
        assert_eq!(machine.end().await, Observation::Failed(Failure::CouldNotStart(fault)));
    }
}

#[tokio::test]
async fn arguments_that_are_too_long_or_hold_a_nul_are_told() {
    let mut machine = Machine::new();
    assert_eq!(fault(&mut machine, &["true", &"x".repeat(1 << 20)]).await, StartFault::TooLong);
    assert_eq!(fault(&mut machine, &["true", "a\0b"]).await, StartFault::HoldsNul);
}

#[tokio::test]
async fn a_log_that_cannot_be_written_is_named() {
    let mut machine = Machine::new();
    let mut spec = machine.spec(&["true"]);
    spec.log = machine.path("none/log");
    machine.executor.launch(spec, NOW).unwrap();
    let Observation::Failed(failure) = machine.end().await else { panic!("it ran without a log") };
    assert!(failure.to_string().contains("none/log can't be opened: No such file"), "{failure}");
}
