//! Data in services: a controller and its steps reach it with credentials of their own.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::chown;

use serde_json::{Value, json};
use tests::{Controller, Hdfs, S3, Sandbox, USER};

use crate::world::{caught_up, condition};

/// A pipeline of three days in the store `lake`, of which a step in Python makes `out_DAY` of `in_DAY`.
fn flow(program: &str) -> Value {
    json!({
        "every": "1d", "start": "2026-01-01", "end": "2026-01-04", "window": 3, "store": "lake",
        "datasets": [{"name": "in", "path": "in/%Y-%m-%d"}, {"name": "out", "path": "out/%Y-%m-%d"}],
        "steps": [{
            "name": "make", "inputs": [{"dataset": "in"}], "outputs": [{"dataset": "out"}],
            "image": "localhost/daybreak-examples:1",
            "command": ["python3", "-c", program, "{{ inputs.in }}", "{{ outputs.out }}"],
            "retries": {"maxAttempts": 1},
        }],
    })
}

/// The binding of a bucket: the controller has its keys in a folder, as a Secret is mounted, and steps have a Secret.
fn bucket(sandbox: &Sandbox, store: &S3) -> Value {
    let env = store.env();
    let (id, key) = (&env["AWS_ACCESS_KEY_ID"], &env["AWS_SECRET_ACCESS_KEY"]);
    sandbox.apply(&json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "lake"}, "stringData": {"id": id, "key": key},
    }));
    write_keys(sandbox, id, key);
    let source = |entry: &str| json!({"secretKeyRef": {"name": "lake", "key": entry}});
    json!({
        "url": format!("{}&region=us-east-1", store.url()),
        "credentials": sandbox.path("keys"),
        "refreshInterval": "10s",
        "stepEnvFrom": {"AWS_ACCESS_KEY_ID": source("id"), "AWS_SECRET_ACCESS_KEY": source("key")},
    })
}

/// Options of a server that pods reach: they see the node, whose address is that of the API server.
fn near(sandbox: &Sandbox) -> [String; 2] {
    let kubeconfig = fs::read_to_string(sandbox.path("kubeconfig")).expect("a sandbox has one");
    let server = kubeconfig.split("https://").nth(1).expect("it names the API server");
    let address = server.split(':').next().unwrap_or_default();
    ["--address".to_owned(), address.to_owned()]
}

fn bucket_near(sandbox: &Sandbox, options: &[&str]) -> S3 {
    let near = near(sandbox);
    S3::own(&[&[near[0].as_str(), near[1].as_str()], options].concat())
}

fn write_keys(sandbox: &Sandbox, id: &str, key: &str) {
    let folder = sandbox.path("keys");
    fs::create_dir_all(&folder).expect("the folder is ours");
    for (name, text) in [("accessKeyId", id), ("secretAccessKey", key)] {
        fs::write(folder.join(name), text).expect("the folder is ours");
    }
}

fn controller(sandbox: &Sandbox, lake: &Value) -> Controller {
    sandbox.controller_with(&configuration(sandbox, lake))
}

/// All there is lies in the one store.
fn configuration(sandbox: &Sandbox, lake: &Value) -> Value {
    let mut configuration = sandbox.configuration();
    configuration["stores"] = json!({"lake": lake});
    configuration
}

fn jobs(sandbox: &Sandbox) -> usize {
    sandbox.list("jobs").len()
}

#[test]
fn a_window_in_a_bucket_is_filled_and_what_is_deleted_comes_back() {
    let sandbox = Sandbox::node();
    let store = bucket_near(&sandbox, &[]);
    (1..=3).for_each(|day| store.put(&format!("in/2026-01-0{day}"), &format!("day {day}\n")));
    let _controller = controller(&sandbox, &bucket(&sandbox, &store));
    sandbox.pipeline(&flow(include_str!("steps/s3.py")).to_string());
    caught_up(&sandbox);
    for day in 1..=3 {
        let made = store.read(&format!("out/2026-01-0{day}"));
        assert_eq!(made.as_deref(), Some(format!("day {day}\n").as_str()));
    }
    store.delete("out/2026-01-02");
    sandbox.eventually("the one that was deleted is back", || store.read("out/2026-01-02").is_some());
    caught_up(&sandbox);
    assert_eq!(jobs(&sandbox), 4, "and nothing else was made again");
}

#[test]
fn what_was_made_of_an_input_in_a_bucket_is_made_again_once_that_changes() {
    let sandbox = Sandbox::node();
    let store = bucket_near(&sandbox, &[]);
    (1..=3).for_each(|day| store.put(&format!("in/2026-01-0{day}"), &format!("day {day}\n")));
    let binding = bucket(&sandbox, &store);
    let first = controller(&sandbox, &binding);
    let mut flow = flow(include_str!("steps/s3.py"));
    flow["steps"][0]["whenInputsChange"] = json!("Rebuild");
    sandbox.pipeline(&flow.to_string());
    caught_up(&sandbox);
    store.put("in/2026-01-02", "day two\n");
    let made = || store.read("out/2026-01-02");
    sandbox.eventually("it is made again", || made().as_deref() == Some("day two\n"));
    caught_up(&sandbox);
    drop(first);
    store.put("in/2026-01-02", "the second day\n");
    // Another one knows from the records alone what was made of what.
    let _second = controller(&sandbox, &binding);
    sandbox.eventually("it is made once more", || made().as_deref() == Some("the second day\n"));
    caught_up(&sandbox);
    assert_eq!(jobs(&sandbox), 5, "and nothing else was made again");
}

#[test]
fn a_window_in_hdfs_is_filled() {
    let sandbox = Sandbox::node();
    let [option, address] = near(&sandbox);
    let store = Hdfs::own(&[&option, &address]);
    (1..=3).for_each(|day| store.put(&format!("in/2026-01-0{day}"), &format!("day {day}\n")));
    let web = store.webhdfs_url();
    let web = web.trim_start_matches("webhdfs://").split('/').next().expect("it names a server");
    let env = json!({"NAMENODE": web, "HADOOP_USER_NAME": store.env()["HADOOP_USER_NAME"]});
    let _controller = controller(&sandbox, &json!({"url": store.url(), "stepEnv": env}));
    sandbox.pipeline(&flow(include_str!("steps/hdfs.py")).to_string());
    caught_up(&sandbox);
    let made: Vec<_> = store.list().into_iter().filter(|path| path.starts_with("out/")).collect();
    assert_eq!(made, ["out/2026-01-01", "out/2026-01-02", "out/2026-01-03"]);
    assert_eq!(store.read("out/2026-01-03").as_deref(), Some("day 3\n"));
}

#[test]
fn a_bucket_that_refuses_is_told_of_and_used_once_it_lets_us_in() {
    let sandbox = Sandbox::node();
    let store = bucket_near(&sandbox, &[]);
    store.put("in/2026-01-01", "day 1\n");
    let binding = bucket(&sandbox, &store);
    let (id, key) = (&store.env()["AWS_ACCESS_KEY_ID"], &store.env()["AWS_SECRET_ACCESS_KEY"]);
    write_keys(&sandbox, id, "wrong");
    let first = controller(&sandbox, &binding);
    sandbox.pipeline(&flow(include_str!("steps/s3.py")).to_string());
    sandbox.eventually("it is told what to grant", || {
        let pipeline = sandbox.get("pipelines", "flow").unwrap_or_default();
        let ready = condition(&pipeline, "Ready");
        let message = ready["message"].as_str().unwrap_or_default();
        ready["reason"] == "StoreUnavailable" && message.contains("grant") && !message.contains(key.as_str())
    });
    assert_eq!(jobs(&sandbox), 0, "nothing is missing of which nobody knows whether it is there");
    write_keys(&sandbox, id, key);
    sandbox.eventually("the new keys are taken", || store.read("out/2026-01-01").is_some());
    drop(first);
}

#[test]
fn what_a_bucket_tells_of_starts_at_once() {
    let sandbox = Sandbox::node();
    // The server goes only where somebody listens to it, and the controller only where there is a server.
    let free = TcpListener::bind("127.0.0.1:0").and_then(|it| Ok((it.local_addr()?, it)));
    let (address, listener) = free.expect("there are free ports");
    let store = bucket_near(&sandbox, &["--events", &format!("http://any:{TOKEN}@{address}/notifications")]);
    drop(listener);
    let token = sandbox.path("token");
    fs::write(&token, TOKEN).expect("the folder is ours");
    chown(&token, Some(USER), Some(USER)).expect("a node takes root");
    let mut binding = bucket(&sandbox, &store);
    (binding["notify"], binding["refreshInterval"]) = (json!(true), json!("10m"));
    let mut configuration = configuration(&sandbox, &binding);
    configuration["notifications"] = json!({"listen": address.to_string(), "tokenFile": token});
    let controller = sandbox.controller_with(&configuration);
    sandbox.pipeline(&flow(include_str!("steps/s3.py")).to_string());
    sandbox.eventually("it waits", || sandbox.list("partitions").len() == 3);
    store.put("in/2026-01-02", "day 2\n");
    sandbox.eventually("its Job is there", || jobs(&sandbox) == 1);
    let metrics = controller.get("/metrics").unwrap_or_default();
    let told =
        metrics.lines().filter(|line| line.contains("notifications_total") && line.contains("changed"));
    assert!(told.clone().any(|line| !line.ends_with(" 0")), "{:?}", told.collect::<Vec<_>>());
    sandbox.eventually("it is made", || store.read("out/2026-01-02").is_some());
}

const TOKEN: &str = "a-token-of-this-test-alone";
