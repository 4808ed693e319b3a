//! What goes into a process, and what comes out of it.

use std::fs;

use executor::{Observation, last_lines};

use crate::machine::{Machine, NOW};

#[tokio::test]
async fn both_streams_go_into_the_log_in_order_after_what_is_there() {
    let mut machine = Machine::new();
    fs::write(machine.path("log"), "before\n").unwrap();
    machine.run(&["sh", "-c", "echo one; echo two >&2; echo three"]).await;
    assert_eq!(machine.read("log"), "before\none\ntwo\nthree\n");
}

#[tokio::test]
async fn a_flood_of_output_passes_us_by() {
    let mut machine = Machine::new();
    assert_eq!(machine.run(&["head", "-c", "200M", "/dev/zero"]).await, Observation::Succeeded);
    assert_eq!(fs::metadata(machine.path("log")).unwrap().len(), 200 << 20);
    assert_eq!(last_lines(&machine.path("log"), 5).unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn bytes_that_are_no_text_stay_as_they_are() {
    let mut machine = Machine::new();
    machine.run(&["printf", r"\377\376\000x"]).await;
    assert_eq!(fs::read(machine.path("log")).unwrap(), b"\xff\xfe\0x");
}

#[tokio::test]
async fn a_step_that_reads_its_input_finds_it_empty() {
    let mut machine = Machine::new();
    assert_eq!(machine.run(&["cat"]).await, Observation::Succeeded);
    assert_eq!(machine.read("log"), "");
}

#[tokio::test]
async fn arguments_arrive_as_they_are() {
    let mut machine = Machine::new();
    machine.run(&["printf", "[%s]", "two words", "'\"", "a\nb", "", "$HOME *", "-n", "ü"]).await;
    assert_eq!(machine.read("log"), "[two words]['\"][a\nb][][$HOME *][-n][ü]");
}

#[tokio::test]
async fn a_program_sees_the_name_it_was_called_by() {
    let mut machine = Machine::new();
    machine.run(&["sh", "-c", "tr '\\0' ' ' < /proc/$$/cmdline"]).await;
    assert!(machine.read("log").starts_with("sh -c"), "{}", machine.read("log"));
}

#[tokio::test]
async fn a_step_gets_what_we_inherited_and_its_own_variables_and_nothing_of_an_outer_step() {
    let mut machine = Machine::new();
    let mut spec = machine.spec(&["env"]);
    spec.env.insert("DAYBREAK_PARTITION".to_owned(), "2026-01-05".to_owned());
    spec.env.insert("DAYBREAK_STATE".to_owned(), "stolen".to_owned());
    machine.executor.launch(spec, NOW).unwrap();
    machine.end().await;
    let log = machine.read("log");
    let mut lines: Vec<&str> = log.lines().collect();
    lines.sort_unstable();
    assert_eq!(
        lines,
        [
            "DAYBREAK_LAUNCH=launch-1",
            "DAYBREAK_PARTITION=2026-01-05",
            "DAYBREAK_STATE=a-state",
            "HOME_MADE=inherited",
            "PATH=/usr/local/bin:/usr/bin:/bin",
        ]
    );
}
