//! A controller that is told nonsense says what and where, and ends at once.

use serde_json::{Value, json};
use tests::{Outcome, Project, Sandbox};

/// What the controller says of a configuration.
fn checked(text: &str) -> Outcome {
    let project = Project::new();
    project.write("controller.json", text);
    project.daybreak(&["controller", "--config", "controller.json", "--check"])
}

fn sound() -> Value {
    json!({"stores": {"data": {"directory": "/data"}}})
}

#[test]
fn each_fault_of_a_configuration_is_told_with_the_path_of_its_field() {
    let faults = [
        ("/stores", json!({}), "stores: there is none"),
        ("/stores/data/directory", json!("data"), "stores.data.directory: data is relative"),
        ("/stores/data/directory", json!(7), "stores.data.directory: invalid type"),
        ("/stores/data/claim", json!("data"), "stores.data.claim: unknown field `claim`"),
        ("/stores/other", json!({"directory": "/other"}), "archive.store: there are several stores"),
        ("/archive", json!({"store": "other"}), "archive.store: there is no store `other`"),
        ("/archive", json!({"retention": "5m"}), "archive.retention: "),
        ("/archive", json!({"retention": "long"}), "archive.retention: `long` is no duration"),
        ("/listen", json!("8080"), "listen: invalid socket address"),
        ("/slots", json!(0), "slots: with 0 nothing ever starts"),
        ("/pools", json!({"Not a name": 1}), "pools: "),
        ("/pools", json!({"gpu": -1}), "pools.gpu: invalid value"),
        ("/steps", json!({"grace": "soon"}), "steps.grace: "),
        ("/steps", json!({"serviceAccountName": ""}), "steps.serviceAccountName: "),
        ("/steps", json!({"resources": {"requests": {"cpu": []}}}), "steps.resources.requests.cpu: "),
        ("/lease", json!({"name": 7}), "lease.name: invalid type"),
        ("/lease", json!({"name": ""}), "lease.name: "),
        ("/mistake", json!(1), "mistake: unknown field `mistake`"),
    ];
    for (pointer, value, said) in faults {
        let mut configuration = sound();
        put(&mut configuration, pointer, value);
        checked(&configuration.to_string()).expect_code(2).expect_text(&[said, "controller.json"]);
    }
}

fn put(configuration: &mut Value, pointer: &str, value: Value) {
    let (parent, name) = pointer.rsplit_once('/').expect("it is a pointer");
    configuration.pointer_mut(parent).expect("the parent is there")[name] = value;
}

#[test]
fn all_faults_of_a_configuration_are_told_at_once() {
    let mut configuration = sound();
    put(&mut configuration, "/stores/data/directory", json!("data"));
    put(&mut configuration, "/archive", json!({"store": "other"}));
    put(&mut configuration, "/slots", json!(0));
    let told = ["stores.data.directory: ", "archive.store: ", "slots: "];
    checked(&configuration.to_string()).expect_code(2).expect_text(&told);
}

#[test]
fn a_configuration_that_is_no_json_or_is_not_there_is_told_so() {
    checked("{").expect_code(2).expect_text(&["controller.json", "line 1"]);
    checked("").expect_code(2).expect_text(&["controller.json"]);
    let missing = Project::new().daybreak(&["controller", "--config", "nowhere.json", "--check"]);
    missing.expect_code(2).expect_text(&["cannot read the configuration nowhere.json", "No such file"]);
}

#[test]
fn a_sound_configuration_is_only_checked_when_that_is_asked_for() {
    let outcome = checked(&sound().to_string()).expect_code(0);
    assert_eq!(outcome.text(), "");
}

#[test]
fn a_controller_whose_store_is_not_there_says_which_and_ends() {
    let sandbox = Sandbox::control_plane();
    let mut configuration = sandbox.configuration();
    let nowhere = sandbox.path("nowhere");
    put(&mut configuration, "/stores/data/directory", json!(nowhere));
    let outcome = sandbox.controller_with(&configuration).wait();
    outcome.expect_code(2).expect_text(&["data", &nowhere.to_string_lossy()]);
}

#[test]
fn a_controller_whose_address_is_taken_says_which_and_ends() {
    let sandbox = Sandbox::control_plane();
    let configuration = sandbox.configuration();
    let first = sandbox.controller_with(&configuration);
    sandbox.eventually("the first listens", || first.get("/livez").is_some());
    let second = sandbox.controller_with(&configuration).wait();
    let address = configuration["listen"].as_str().unwrap_or_default();
    second.expect_code(2).expect_text(&["cannot listen on", address]);
}

#[test]
fn a_controller_without_an_address_says_that_no_service_can_lead_to_it() {
    let project = Project::new();
    let mut configuration = sound();
    put(&mut configuration, "/notifications", json!({"tokenFile": "/token", "service": "buckets"}));
    project.write("controller.json", &configuration.to_string());
    let outcome = project.daybreak(&["controller", "--config", "controller.json"]);
    outcome.expect_code(2).expect_text(&["notifications.service: buckets can't lead here", "set POD_IP"]);
}
