//! Commands: what is put into them, and what is refused before anything runs.

use chrono_tz::Tz;
use planner::calendar::Instant;
use planner::command::{Arity, CommandTemplate, Scope, Values, environment, substitute_params};
use std::collections::{BTreeMap, BTreeSet};

fn scope() -> Scope {
    Scope {
        inputs: BTreeMap::from([
            ("impressions".to_owned(), Arity::Single),
            ("geo-ip".to_owned(), Arity::Single),
            ("days".to_owned(), Arity::Several),
        ]),
        outputs: BTreeSet::from(["joined".to_owned()]),
        params: BTreeMap::from([("region".to_owned(), "eu {{ attempt }}".to_owned())]),
    }
}

fn values() -> Values {
    let instant = |text: &str| text.parse::<Instant>().expect("an instant");
    let paths = |paths: &[&str]| paths.iter().map(|path| (*path).to_owned()).collect();
    Values {
        partition: "2026-01-05".to_owned(),
        start: instant("2026-01-04T23:00:00Z"),
        end: instant("2026-01-05T23:00:00Z"),
        zone: Tz::Europe__Berlin,
        attempt: 3,
        inputs: BTreeMap::from([
            ("impressions".to_owned(), paths(&["/data/impressions 1.txt"])),
            ("geo-ip".to_owned(), paths(&[])),
            ("days".to_owned(), paths(&["/data/a", "/data/b"])),
        ]),
        outputs: BTreeMap::from([("joined".to_owned(), "s3://warehouse/joined".to_owned())]),
    }
}

fn command(elements: &[&str]) -> Vec<String> {
    elements.iter().map(|element| (*element).to_owned()).collect()
}

fn rendered(elements: &[&str]) -> Vec<String> {
    CommandTemplate::parse(&command(elements), &scope()).expect("a command").render(&values())
}

#[test]
fn each_element_is_one_argument_and_no_shell_reads_it() {
    assert_eq!(
        rendered(&[
            "python3",
            "join.py",
            "{{ inputs.impressions }}",
            "--to={{outputs.joined}}",
            "a; rm -rf $HOME",
            ""
        ]),
        [
            "python3",
            "join.py",
            "/data/impressions 1.txt",
            "--to=s3://warehouse/joined",
            "a; rm -rf $HOME",
            ""
        ]
    );
}

#[test]
fn an_element_that_is_one_several_valued_input_becomes_an_argument_for_each() {
    assert_eq!(rendered(&["cat", "{{ inputs.days }}", "end"]), ["cat", "/data/a", "/data/b", "end"]);
}

#[test]
fn an_absent_optional_input_becomes_no_argument_and_within_text_nothing() {
    assert_eq!(rendered(&["cat", "{{ inputs.geo-ip }}", "geo={{ inputs.geo-ip }}"]), ["cat", "geo="]);
}

#[test]
fn dates_are_shown_in_the_zone_of_the_calendar() {
    assert_eq!(
        rendered(&[
            "x",
            "{{ start %Y-%m-%d %H:%M:%S }}",
            "{{ end %G-W%V-%j }}%",
            "{{ start 100%% }}",
            "{{partition}}/{{ attempt }}"
        ]),
        ["x", "2026-01-05 00:00:00", "2026-W02-006%", "100%", "2026-01-05/3"]
    );
}

#[test]
fn a_parameter_is_put_in_as_it_is() {
    assert_eq!(rendered(&["x", "{{ params.region }}"]), ["x", "eu {{ attempt }}"]);
    let params = BTreeMap::from([("team".to_owned(), "ads".to_owned())]);
    assert_eq!(substitute_params("{{ params.team }}/x_%Y.txt", &params).as_deref(), Ok("ads/x_%Y.txt"));
    assert_eq!(substitute_params("x}}_{y}", &params).as_deref(), Ok("x}}_{y}"));
    assert_eq!(
        substitute_params("{{ partition }}.txt", &params).expect_err("a fault").to_string(),
        "in `{{ partition }}.txt` nothing stands for `partition`: write params.NAME"
    );
}

#[test]
fn a_command_that_cannot_be_rendered_is_refused_with_what_would_be_right() {
    for (element, message) in [
        (
            "{{ inputs.geo }}",
            "in `{{ inputs.geo }}` there is no input `geo`: there are `days`, `geo-ip`, `impressions`",
        ),
        ("{{ outputs.x }}", "in `{{ outputs.x }}` there is no output `x`: the only one is `joined`"),
        ("{{ params.x }}", "in `{{ params.x }}` there is no param `x`: the only one is `region`"),
        ("a {{ attempt", "in `a {{ attempt` a `{{` is not closed: write a name and `}}` after it"),
        (
            "--in={{ inputs.days }}",
            "in `--in={{ inputs.days }}` the input `days` can be several paths: make it an element of its own, which \
             becomes an argument for each",
        ),
        (
            "{{ start %Y-W%V }}",
            "in `{{ start %Y-W%V }}` `%Y` is not the year that `%V` counts its weeks in: write %G with %V",
        ),
        (
            "{{ start %y }}",
            "in `{{ start %y }}` `%y` is no date code: write one of %Y %m %d %H %M %S %j %G %V, or %% for a percent sign",
        ),
        ("a\0", "\"a\\0\" holds a NUL character, which ends an argument: leave it out"),
    ] {
        let fault = CommandTemplate::parse(&command(&["x", element]), &scope()).expect_err(element);
        assert_eq!(fault.to_string(), message);
    }
    for element in [
        "{{ start }}",
        "{{ }}",
        "{{ key }}",
        "{{ partition | upper }}",
        "{{ inputs }}",
        "{{ {{ attempt }} }}",
    ] {
        let fault =
            CommandTemplate::parse(&command(&["x", element]), &scope()).expect_err(element).to_string();
        assert!(fault.ends_with("with a date such as `start %Y-%m-%d`"), "{fault}");
    }
    for empty in [command(&[]), command(&[""])] {
        let fault = CommandTemplate::parse(&empty, &scope()).expect_err("a fault").to_string();
        assert_eq!(fault, "the command is empty: write a list of a program and its arguments");
    }
    let nothing =
        CommandTemplate::parse(&command(&["x", "{{ inputs.a }}"]), &Scope::default()).expect_err("a fault");
    assert_eq!(nothing.to_string(), "in `{{ inputs.a }}` there is no input `a`: it has no inputs");
}

#[test]
fn the_environment_says_the_same_as_the_command() {
    let expected = [
        ("DAYBREAK_ATTEMPT", "3"),
        ("DAYBREAK_END", "2026-01-05T23:00:00Z"),
        ("DAYBREAK_INPUT_DAYS", "/data/a\n/data/b"),
        ("DAYBREAK_INPUT_GEO_IP", ""),
        ("DAYBREAK_INPUT_IMPRESSIONS", "/data/impressions 1.txt"),
        ("DAYBREAK_OUTPUT_JOINED", "s3://warehouse/joined"),
        ("DAYBREAK_PARTITION", "2026-01-05"),
        ("DAYBREAK_START", "2026-01-04T23:00:00Z"),
    ];
    let environment = environment(&values());
    let environment: Vec<(&str, &str)> =
        environment.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(environment, expected);
}
