//! `daybreak logs`: what was written is printed as it is.

use crate::shop;

#[test]
fn bytes_that_are_no_text_come_as_they_are() {
    let project = shop::project_with(r#"printf 'a\377\000\033[31mb\r\n'; cp "$1" "$2""#);
    project.run(&[]).expect_code(0);
    let outcome = project.daybreak(&["logs", "shop", "2026-01-01", "clean"]).expect_code(0);
    assert_eq!(outcome.bytes, b"a\xff\0\x1b[31mb\r\n");
}

#[test]
fn a_large_log_is_printed_whole() {
    let project = shop::project_with(r#"head -c 40000000 /dev/zero; cp "$1" "$2""#);
    project.run(&["--date", "2026-01-01"]).expect_code(0);
    let outcome = project.daybreak(&["logs", "shop", "2026-01-01", "clean"]).expect_code(0);
    assert_eq!(outcome.bytes.len(), 40_000_000);
}

#[test]
fn the_last_attempt_is_printed_unless_another_is_named() {
    let project = shop::project_with(r#"echo "attempt $DAYBREAK_ATTEMPT"; exit 1"#);
    project.run(&["--date", "2026-01-01"]).expect_code(1);
    project.run(&["--date", "2026-01-01"]).expect_code(1);
    let logs = |more: &[&str]| project.daybreak(&[&["logs", "shop", "2026-01-01"], more].concat());
    assert_eq!(logs(&[]).expect_code(0).stdout, "attempt 2\n");
    assert_eq!(logs(&["clean", "--attempt", "1"]).expect_code(0).stdout, "attempt 1\n");
    let outcome = logs(&["clean", "--attempt", "3"]).expect_code(2);
    assert_eq!(outcome.stderr, "daybreak: clean of shop 2026-01-01 has no attempt 3: there is 1, 2\n");
}

#[test]
fn where_there_is_no_log_it_says_what_there_is() {
    let project = shop::project();
    let logs = |more: &[&str]| {
        project.daybreak(&[&["logs", "shop", "2026-01-01"], more].concat()).expect_code(2).stderr
    };
    assert_eq!(logs(&[]), "daybreak: no step of shop 2026-01-01 has run yet, so that there is no log\n");
    assert_eq!(logs(&["nosuch"]), "daybreak: shop has no step nosuch: there is clean, sum\n");
    project.write("data/clean_2026-01-01", "");
    project.run(&[]).expect_code(0);
    assert_eq!(
        logs(&["clean"]),
        "daybreak: clean of shop 2026-01-01 has not run yet; there are logs of sum\n"
    );
}

#[test]
fn of_several_steps_one_has_to_be_named() {
    let project = shop::project();
    project.run(&[]).expect_code(0);
    let outcome = project.daybreak(&["logs", "shop", "2026-01-01"]).expect_code(2);
    assert_eq!(
        outcome.stderr,
        "daybreak: several steps of shop 2026-01-01 have run: name one of clean, sum\n"
    );
    let outcome = project.daybreak(&["logs", "shop", "2026-01-01", "clean"]).expect_code(0);
    assert_eq!(outcome.stdout, "cleaning 2026-01-01\n");
}
