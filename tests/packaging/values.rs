//! Values of the chart are told of, and wrong ones refused with their place.

use serde_json::Value;

use crate::{documents, golden, must, read, template};

/// Where the table of values begins and ends in the chart's README.
const TABLE: [&str; 2] = [
    "<!-- values: written by `UPDATE=1 cargo test -p tests --test packaging` -->\n",
    "<!-- end of values -->\n",
];

/// What is set, and the words of the refusal.
const WRONG: &[(&str, &str)] = &[
    ("replica=2", "additional properties 'replica' not allowed"),
    ("replicas=-1", "replicas"),
    ("image.pullPolicy=Sometimes", "/image/pullPolicy"),
    ("image.digest=0123", "/image/digest"),
    ("rbac.scope=Namespace", "/rbac/scope"),
    ("log.level=verbose", "/log/level"),
    ("otlpEndpoint=collector:4318", "/otlpEndpoint"),
    ("service.port=0", "/service/port"),
    ("configuration.listen=localhost", "/configuration/listen"),
    ("configuration.slot=2", "additional properties 'slot' not allowed"),
    ("configuration.stores=null", "configuration.stores"),
    ("configuration.slots=0", "/configuration/slots"),
    ("configuration.stores.other.volumeClaim=a", "missing property 'directory'"),
    ("configuration.stores.warehouse.directory=data", "/configuration/stores/warehouse/directory"),
    ("configuration.stores.lake.notify=true", "missing property 'directory'"),
    ("configuration.stores.lake.url=gs://lake", "/configuration/stores/lake/url"),
    ("configuration.stores.warehouse.url=s3://lake", "warehouse.url: it has a directory"),
    ("configuration.stores.warehouse.credentials=/keys", "warehouse.credentials: a volume"),
    ("configuration.stores.warehouse.refreshInterval=often", "/warehouse/refreshInterval"),
    ("configuration.stores.warehouse.stepEnvFrom.KEY.fieldRef.name=a", "/warehouse/stepEnvFrom/KEY"),
    (
        "storeCredentials.warehouse.secretName=keys",
        "storeCredentials.warehouse: no store of this name has a url",
    ),
    ("storeCredentials.lake.name=keys", "/storeCredentials/lake"),
    ("configuration.notifications.listen=0.0.0.0:8082", "missing property 'tokenFile'"),
    ("notifications.enabled=true", "/notifications/secretName"),
    ("notifications.port=80", "/notifications/port"),
    ("spool.sizeLimit=much", "/spool/sizeLimit"),
    ("configuration.stores.Ware_House.directory=/data", "'Ware_House' does not match"),
    ("configuration.archive.store=Ware_House", "/configuration/archive/store"),
    ("configuration.archive.retention=long", "/configuration/archive/retention"),
    ("configuration.steps.grace=soon", "/configuration/steps/grace"),
    ("configuration.steps.runAsUser=0", "/configuration/steps/runAsUser"),
    ("configuration.steps.resources.requests.memory=much", "/configuration/steps/resources/requests/memory"),
    ("configuration.lease.name=Daybreak", "/configuration/lease/name"),
    ("hostPathStores.warehouse.path=/data", "missing property 'size'"),
    ("networkPolicy.apiServerCidrs={10.0.0.1}", "/networkPolicy/apiServerCidrs/0"),
    ("configuration.namespace=team-a", "one namespace is watched with rbac.scope Namespaced"),
];

#[test]
fn a_wrong_value_is_refused_with_its_place() {
    for (value, words) in WRONG {
        let set = ["--values", "tests/packaging/values/minimal.yaml", "--set", value];
        let refused = template("charts/daybreak", &set).err().unwrap_or_default();
        assert!(refused.contains(words), "{value} is refused without {words:?}:\n{refused}");
    }
}

/// The table of values, from what the schema says of each.
struct Table {
    definitions: Value,
    text: String,
}

impl Table {
    /// The schema that another refers to, if it does.
    fn definition(&self, schema: &Value) -> Option<Value> {
        let reference = schema["$ref"].as_str().or_else(|| schema["allOf"][0]["$ref"].as_str())?;
        Some(self.definitions[reference.strip_prefix("#/definitions/")?].clone())
    }

    /// Adds a value, or all below it that the schema names.
    fn add(&mut self, path: &str, schema: &Value, default: Option<&Value>) {
        let resolved = self.definition(schema).unwrap_or_else(|| schema.clone());
        let Some(below) = resolved["properties"].as_object() else {
            return self.add_leaf(path, (schema, &resolved), default);
        };
        for (name, property) in below.iter().filter(|(name, _)| *name != "global") {
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            self.add(&path, property, default.and_then(|it| it.get(name)));
        }
    }

    fn add_leaf(&mut self, path: &str, (schema, resolved): (&Value, &Value), default: Option<&Value>) {
        let meaning = schema["description"].as_str().or_else(|| resolved["description"].as_str());
        let meaning = must(path, meaning.ok_or("it says nothing of itself"));
        let default = default.map(|it| format!("`{it}`")).unwrap_or_default();
        self.text += &["| `", path, "` | ", &default, " | ", meaning, " |\n"].concat();
        // A map of things that have values of their own.
        let each = &resolved["additionalProperties"];
        let item = self.definition(each).unwrap_or_else(|| each.clone());
        if item["properties"].is_object() {
            self.add(&format!("{path}.NAME"), &item, None);
        }
    }
}

#[test]
fn the_readme_tells_of_every_value() {
    let schema: Value =
        serde_json::from_str(&read("charts/daybreak/values.schema.json")).expect("the schema is JSON");
    let defaults = &documents(&read("charts/daybreak/values.yaml"))[0];
    let head = "| value | default | meaning |\n|---|---|---|\n".to_owned();
    let mut table = Table { definitions: schema["definitions"].clone(), text: head };
    table.add("", &schema, Some(defaults));
    let readme = read("charts/daybreak/README.md");
    let (before, rest) = readme.split_once(TABLE[0]).expect("the README has a place for the table");
    let (_, after) = rest.split_once(TABLE[1]).expect("the place ends");
    golden("charts/daybreak/README.md", &[before, TABLE[0], &table.text, TABLE[1], after].concat());
}

#[test]
fn every_default_is_told_of() {
    let text = read("charts/daybreak/values.yaml");
    let mut commented = false;
    for line in text.lines() {
        let is_comment = line.trim_start().starts_with('#');
        // A group is told of by what is in it.
        let is_value = !line.is_empty() && !is_comment && !line.ends_with(':');
        let depth = line.len() - line.trim_start().len();
        assert!(!is_value || commented || depth > 0, "values.yaml: nothing is said of `{line}`");
        commented = is_comment || (is_value && depth > 0 && commented);
    }
}
