//! `daybreak graph`.

use tests::Project;

use crate::golden::expect;

/// Hours that are joined with the day before, and with the hour before.
const HOURS: &str = r#"
every: 1h
start: "2026-01-01"
store: data
datasets:
  - {name: views, path: "views_%Y%m%d-%H"}
  - {name: prices, path: "prices_%Y%m%d", every: 1d}
  - {name: rates, path: rates.csv}
  - {name: priced, path: "priced_%Y%m%d-%H"}
  - {name: total, path: "total_%Y%m%d-%H"}
steps:
  - name: total
    inputs: [{dataset: priced}, {dataset: total, name: before, offset: -1, initial: zero}]
    outputs: [total]
    command: [cat, "{{ inputs.priced }}", "{{ outputs.total }}", "{{ inputs.before }}"]
  - name: price
    inputs: [{dataset: views}, {dataset: prices, offset: -1}, {dataset: rates, optional: true}]
    outputs: [priced]
    command: [cat, "{{ inputs.views }}", "{{ outputs.priced }}", "{{ inputs.prices }}", "{{ inputs.rates }}"]
"#;

/// Days that read the last three hours of each.
const DAYS: &str = r#"
every: 1d
store: data
datasets:
  - {name: totals, path: "total_%Y%m%d-%H", every: 1h}
  - {name: day, path: "day_%Y%m%d"}
steps:
  - {name: add, inputs: [{dataset: totals, window: {from: -2, to: 0}}], outputs: [day], command: [cat, "{{ inputs.totals }}", "{{ outputs.day }}"]}
"#;

fn project() -> Project {
    let project = Project::new();
    project.pipeline("hours", HOURS);
    project.pipeline("days", DAYS);
    project
}

#[test]
fn as_text_the_steps_stand_in_layers_and_the_datasets_say_where_they_come_from() {
    let project = project();
    let outcome = project.daybreak(&["graph", "flow"]).expect_code(0);
    expect(
        &project,
        &outcome.stdout,
        "
days, every 1d

1   add   totals[-2..0] -> day

   totals   data:total_%Y%m%d-%H   made by total of hours, every 1h
   day      data:day_%Y%m%d        made by add

hours, every 1h

1   price   views, prices[-1], rates[optional] -> priced
2   total   priced, total[-1] -> total

   views    data:views_%Y%m%d-%H    from outside
   prices   data:prices_%Y%m%d      from outside, every 1d
   rates    data:rates.csv          from outside
   priced   data:priced_%Y%m%d-%H   made by price
   total    data:total_%Y%m%d-%H    made by total
",
    );
}

#[test]
fn for_graphviz_a_dataset_stands_where_it_is_made_and_offsets_on_the_arrows() {
    let project = project();
    let outcome = project.daybreak(&["graph", "flow", "-f", "dot"]).expect_code(0);
    expect(
        &project,
        &outcome.stdout,
        r#"
digraph daybreak {
  subgraph "cluster_days" {
    label = "days";
    "days:day" [label = "day", shape = cylinder];
    "days.add" [label = "add", shape = box];
  }
  subgraph "cluster_hours" {
    label = "hours";
    "hours:views" [label = "views", shape = cylinder];
    "hours:prices" [label = "prices", shape = cylinder];
    "hours:rates" [label = "rates", shape = cylinder];
    "hours:priced" [label = "priced", shape = cylinder];
    "hours:total" [label = "total", shape = cylinder];
    "hours.total" [label = "total", shape = box];
    "hours.price" [label = "price", shape = box];
  }
  "hours:total" -> "days.add" [label = "-2..0"];
  "days.add" -> "days:day";
  "hours:priced" -> "hours.total";
  "hours:total" -> "hours.total" [label = "-1"];
  "hours.total" -> "hours:total";
  "hours:views" -> "hours.price";
  "hours:prices" -> "hours.price" [label = "-1"];
  "hours:rates" -> "hours.price" [label = "optional"];
  "hours.price" -> "hours:priced";
}
"#,
    );
}

#[test]
fn for_mermaid_it_is_the_same_graph() {
    let project = project();
    let outcome = project.daybreak(&["graph", "flow", "-f", "mermaid"]).expect_code(0);
    expect(
        &project,
        &outcome.stdout,
        r#"
flowchart TD
  subgraph p0 ["days"]
    d0_1[("day")]
    s0_0["add"]
  end
  subgraph p1 ["hours"]
    d1_0[("views")]
    d1_1[("prices")]
    d1_2[("rates")]
    d1_3[("priced")]
    d1_4[("total")]
    s1_0["total"]
    s1_1["price"]
  end
  d1_4 -->|"-2..0"| s0_0
  s0_0 --> d0_1
  d1_3 --> s1_0
  d1_4 -->|"-1"| s1_0
  s1_0 --> d1_4
  d1_0 --> s1_1
  d1_1 -->|"-1"| s1_1
  d1_2 -->|"optional"| s1_1
  s1_1 --> d1_3
"#,
    );
}
