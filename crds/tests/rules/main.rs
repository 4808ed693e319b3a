//! Each rule of the definitions accepts and refuses what the table in `cases` says, judged here as an API server does.

mod judge;
mod table;

use judge::Judge;
use std::collections::BTreeSet;
use table::{Case, Table};

#[test]
fn each_manifest_of_the_table_has_the_faults_it_says() {
    let tables = table::read();
    let count: usize = tables.iter().map(|table| table.cases.len()).sum();
    let judges: Vec<Judge> = crds::all().iter().map(Judge::new).collect();
    let wrong: Vec<String> = tables.iter().flat_map(|table| judge_all(table, &judges)).collect();
    assert!(wrong.is_empty(), "{} of {count} are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn each_rule_refuses_a_manifest_of_the_table() {
    let said: BTreeSet<String> = table::read()
        .into_iter()
        .flat_map(|table| table.cases)
        .flat_map(|case| case.faults)
        .filter_map(|fault| fault.says)
        .collect();
    let untested: BTreeSet<String> = crds::all()
        .iter()
        .flat_map(judge::messages)
        .filter(|message| !said.iter().any(|says| message.contains(says)))
        .collect();
    assert!(untested.is_empty(), "no case says: {untested:#?}");
}

#[test]
fn each_case_has_a_name_of_its_own() {
    for table in table::read() {
        let names: BTreeSet<&str> = table.cases.iter().map(|case| case.name.as_str()).collect();
        assert_eq!(names.len(), table.cases.len(), "a name stands twice in {}", table.file);
    }
}

/// The cases of a table that are judged otherwise than they say.
fn judge_all(table: &Table, judges: &[Judge]) -> Vec<String> {
    let judge =
        judges.iter().find(|judge| table.base["kind"] == judge.kind).expect("the kind is one of ours");
    table.cases.iter().filter_map(|case| disagreement(table, case, judge)).collect()
}

fn disagreement(table: &Table, case: &Case, judge: &Judge) -> Option<String> {
    let mut found = judge.faults(&table.manifest(case), table.manifest_before(case).as_ref());
    let missing: Vec<_> = case.faults.iter().filter(|fault| !take(&mut found, fault)).collect();
    (!missing.is_empty() || !found.is_empty())
        .then(|| format!("{}, {}: missing {missing:?}, found besides {found:?}", table.file, case.name))
}

/// Takes an expected fault out of those that were found; whether it was there.
fn take(found: &mut Vec<judge::Fault>, expected: &table::Fault) -> bool {
    let place = found.iter().position(|fault| {
        fault.path == expected.path && expected.says.as_ref().is_none_or(|says| fault.message.contains(says))
    });
    place.map(|place| found.remove(place)).is_some()
}
