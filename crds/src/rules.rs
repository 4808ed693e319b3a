//! What the API server checks when a manifest is applied, beyond types, bounds and the forms of texts.
//!
//! Each rule is an expression in CEL over the object that it stands at. The API server adds up what all of them may
//! cost at the bounds of the schema, and refuses a definition that costs too much: references between lists, cycles and
//! doubled writers are left to the conversion.

use kube::core::Rule;

/// A rule: what must hold, which field is to blame when it does not, and what that one is told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Claim {
    /// The path of the field to blame, from the object that the rule stands at; empty for the object itself.
    at: &'static str,
    /// The expression.
    holds: &'static str,
    /// What is wrong and what would be right.
    message: &'static str,
}

impl From<Claim> for Rule {
    fn from(claim: Claim) -> Self {
        let rule = Self::new(claim.holds).message(claim.message);
        if claim.at.is_empty() { rule } else { rule.field_path(claim.at) }
    }
}

/// Of a pipeline as a whole, where alone its name is seen. A field of the metadata cannot be blamed.
pub(crate) const NAME_FITS_A_LABEL: Claim = Claim {
    at: "",
    holds: "size(self.metadata.name) <= 63 && self.metadata.name.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",
    message: "the name of a pipeline becomes a label: write at most 63 lower-case letters, digits and inner dashes",
};

/// Of a pipeline and of a dataset.
pub(crate) const HOURS_ARE_OF_UTC: Claim = Claim {
    at: ".timeZone",
    holds: "!has(self.timeZone) || !has(self.every) || !self.every.matches('[0-9][mh]$') || self.timeZone in ['UTC', \
            'Etc/UTC', 'UCT', 'Etc/UCT', 'Zulu', 'Etc/Zulu', 'Universal', 'Etc/Universal']",
    message: "partitions shorter than a day start by UTC, since local hours repeat and vanish: leave the time zone out",
};

/// Of a pipeline.
pub(crate) const START_IS_NO_FINER: Claim = Claim {
    at: ".start",
    holds: "!has(self.start) || size(self.start) <= \
            (self.every == '1mo' ? 7 : self.every == '1w' ? 8 : self.every == '1d' ? 10 : 15)",
    message: TOO_FINE,
};

/// Of a pipeline.
pub(crate) const END_IS_NO_FINER: Claim = Claim {
    at: ".end",
    holds: "!has(self.end) || size(self.end) <= \
            (self.every == '1mo' ? 7 : self.every == '1w' ? 8 : self.every == '1d' ? 10 : 15)",
    message: TOO_FINE,
};

const TOO_FINE: &str = "this key is finer than a partition: write a month such as 2026-01 for 1mo, a week such as \
                        2026-W02 for 1w, a day such as 2026-01-05 for 1d";

/// Of a pipeline. Keys compare as texts, but for a week and a month.
pub(crate) const END_IS_AFTER_START: Claim = Claim {
    at: ".end",
    holds: "!has(self.start) || !has(self.end) || self.start.matches('[Ww]') != self.end.matches('[Ww]') || \
            self.start.upperAscii() < self.end.upperAscii()",
    message: "the end is exclusive, so no partition lies between these keys: write an end after the start",
};

/// Of a pipeline. Only a number differs from its text.
pub(crate) const MONTHS_ARE_COUNTED: Claim = Claim {
    at: ".window",
    holds: "self.every != '1mo' || !has(self.window) || self.window != string(self.window)",
    message: "months differ in length, so a window of them is a count: write 12 for a year",
};

/// Of a pipeline.
pub(crate) const EACH_DATASET_HAS_A_STORE: Claim = Claim {
    at: ".store",
    holds: "has(self.store) || self.datasets.all(dataset, has(dataset.store))",
    message: "a dataset names no store: write a store here for all of them, or one at each",
};

/// Of a pipeline.
pub(crate) const INITIAL_NEEDS_START: Claim = Claim {
    at: ".start",
    holds: "has(self.start) || !self.steps.exists(step, has(step.inputs) && \
            step.inputs.exists(input, has(input.initial)))",
    message: "an input has an `initial` path, which stands for partitions before the start: write a start",
};

/// Of the parameters. Any more about a key would cost too much, as its length has no bound in a schema.
pub(crate) const PARAMETERS_HAVE_SHORT_NAMES: Claim = Claim {
    at: "",
    holds: "self.all(name, size(name) <= 63)",
    message: "the name of a parameter has at most 63 characters: write a shorter one",
};

/// Of a dataset. A path that ends in a parameter may become either.
pub(crate) const TYPE_FITS_THE_PATH: Claim = Claim {
    at: ".complete.type",
    holds: "!has(self.complete) || !has(self.complete.type) || self.path.endsWith('}}') || \
            (self.complete.type != 'File') == self.path.endsWith('/')",
    message: "`Flag` and `Files` look into a directory, whose path ends in a slash, and `File` at a file, whose path does \
              not: change one of them",
};

/// Of a dataset, whose path says the type where nothing else does.
pub(crate) const FLAG_NEEDS_ITS_TYPE: Claim = Claim {
    at: ".complete.flag",
    holds: "!has(self.complete) || !has(self.complete.flag) || (has(self.complete.type) ? \
            self.complete.type == 'Flag' : self.path.endsWith('/') || self.path.endsWith('}}'))",
    message: "`flag` is for the type `Flag`: write that type, or leave `flag` out",
};

/// Of a dataset.
pub(crate) const SIZE_NEEDS_ITS_TYPE: Claim = Claim {
    at: ".complete.minBytes",
    holds: "!has(self.complete) || !has(self.complete.minBytes) || \
            (has(self.complete.type) ? self.complete.type != 'Flag' : !self.path.endsWith('/'))",
    message: "`minBytes` is for the types `File` and `Files`: write one of them, or leave `minBytes` out",
};

/// Of a dataset.
pub(crate) const AGE_NEEDS_ITS_TYPE: Claim = Claim {
    at: ".complete.settle",
    holds: "!has(self.complete) || !has(self.complete.settle) || \
            (has(self.complete.type) ? self.complete.type != 'Flag' : !self.path.endsWith('/'))",
    message: "`settle` is for the types `File` and `Files`: write one of them, or leave `settle` out",
};

/// Of a dataset's completeness.
pub(crate) const COUNT_NEEDS_ITS_TYPE: Claim = Claim {
    at: ".atLeast",
    holds: "!has(self.atLeast) || has(self.type) && self.type == 'Files'",
    message: "`atLeast` counts files: write `type: Files`, or leave `atLeast` out",
};

/// Of a dataset's completeness.
pub(crate) const GLOB_NEEDS_ITS_TYPE: Claim = Claim {
    at: ".glob",
    holds: "!has(self.glob) || has(self.type) && self.type == 'Files'",
    message: "`glob` chooses files of a directory: write `type: Files`, or leave `glob` out",
};

/// Of a step.
pub(crate) const STEP_RUNS_ONE_THING: Claim = Claim {
    at: "",
    holds: "(has(self.command) && size(self.command) > 0) != has(self.spark)",
    message: "a step runs one thing: write either `command` or `spark`",
};

/// Of a step.
pub(crate) const COMMAND_HAS_A_PROGRAM: Claim = Claim {
    at: ".command",
    holds: "!has(self.command) || size(self.command) == 0 || self.command[0] != ''",
    message: "the first element of a command is its program: write one such as python3",
};

/// Of a step's inputs.
pub(crate) const INPUTS_HAVE_NAMES_OF_THEIR_OWN: Claim = Claim {
    at: "",
    holds: "self.all(one, self.exists_one(other, (has(other.name) ? other.name : other.dataset) == \
            (has(one.name) ? one.name : one.dataset)))",
    message: "two inputs have one name: give each a `name` of its own",
};

/// Of an input.
pub(crate) const INPUT_HAS_ONE_PLACE: Claim = Claim {
    at: "",
    holds: "!has(self.offset) || !has(self.window)",
    message: "an input has one place in time: write either `offset` or `window`",
};

/// Of an input's offset.
pub(crate) const OFFSET_IS_PAST: Claim = Claim {
    at: "",
    holds: "self <= 0",
    message: "no input may lie in the future: write 0 or less, such as -1 for the partition before",
};

/// Of an input's window.
pub(crate) const WINDOW_IS_PAST: Claim =
    Claim { at: ".to", holds: "self.to <= 0", message: "no input may lie in the future: write 0 or less" };

/// Of an input's window.
pub(crate) const WINDOW_RUNS_FORWARD: Claim = Claim {
    at: ".from",
    holds: "self.from <= self.to",
    message: "a window goes from the older partition to the newer: write `from` first, such as -23 to 0",
};

/// Of an input's window.
pub(crate) const WINDOW_IS_SHORT: Claim = Claim {
    at: ".from",
    holds: "self.to - self.from < 400",
    message: "an input reads at most 400 partitions: write a shorter window, or add the data up in steps",
};

/// Of a step's labels.
pub(crate) const LABELS_ARE_NOT_OURS: Claim = Claim {
    at: "",
    holds: "self.all(key, !key.startsWith('daybreak.dev/') && key != 'app.kubernetes.io/managed-by')",
    message: "labels of daybreak.dev and app.kubernetes.io/managed-by are Daybreak's own: choose another key",
};

/// Of labels and node selectors.
pub(crate) const LABELS_HAVE_SHORT_KEYS: Claim = Claim {
    at: "",
    holds: "self.all(key, size(key) <= 317)",
    message: "the key of a label is too long: write a prefix of at most 253 characters, a slash, a name of at most 63",
};

/// Of a variable.
pub(crate) const VARIABLE_HAS_ONE_VALUE: Claim = Claim {
    at: "",
    holds: "!has(self.value) || !has(self.valueFrom)",
    message: "a variable has one value: write either `value` or `valueFrom`",
};

/// Of a variable's source.
pub(crate) const VALUE_HAS_ONE_PLACE: Claim = Claim {
    at: "",
    holds: "has(self.configMapKeyRef) != has(self.secretKeyRef)",
    message: "a value comes from one place: write either `configMapKeyRef` or `secretKeyRef`",
};

/// Of a Spark application.
pub(crate) const APPLICATION_IS_NAMED: Claim = Claim {
    at: "",
    holds: "self != ''",
    message: "there is no application to run: write one such as local:///opt/jobs/join.py",
};

/// Of the settings of a Spark application.
pub(crate) const SETTINGS_HAVE_SHORT_KEYS: Claim = Claim {
    at: "",
    holds: "self.all(key, size(key) <= 317)",
    message: "the key of a setting has at most 317 characters: write a shorter one",
};

/// Of a step's pod.
pub(crate) const MOUNTS_HAVE_VOLUMES: Claim = Claim {
    at: ".volumeMounts",
    holds: "!has(self.volumeMounts) || self.volumeMounts.all(mount, has(self.volumes) && \
            self.volumes.exists(volume, volume.name == mount.name))",
    message: "a mount names a volume that is not there: write it under `volumes`",
};

/// Of a volume.
pub(crate) const VOLUME_HAS_ONE_SOURCE: Claim = Claim {
    at: "",
    holds: "[has(self.configMap), has(self.secret), has(self.persistentVolumeClaim), has(self.emptyDir)]\
            .filter(source, source).size() == 1",
    message: "a volume has one source: write one of `configMap`, `secret`, `persistentVolumeClaim`, `emptyDir`",
};

/// Of a toleration.
pub(crate) const TOLERATION_NAMES_A_TAINT: Claim = Claim {
    at: ".operator",
    holds: "has(self.key) && self.key != '' || has(self.operator) && self.operator == 'Exists'",
    message: "a toleration without a key tolerates every taint: write `operator: Exists` with it, or a key",
};

/// Of a toleration.
pub(crate) const ANY_VALUE_IS_NO_VALUE: Claim = Claim {
    at: ".value",
    holds: "!has(self.value) || self.value == '' || !has(self.operator) || self.operator == 'Equal'",
    message: "`Exists` takes any value: leave `value` out, or write `operator: Equal`",
};

/// Of a toleration.
pub(crate) const ONLY_EVICTION_TAKES_TIME: Claim = Claim {
    at: ".tolerationSeconds",
    holds: "!has(self.tolerationSeconds) || has(self.effect) && self.effect == 'NoExecute'",
    message: "only `NoExecute` taints are tolerated for a time: write `effect: NoExecute`, or leave `tolerationSeconds` out",
};

/// Of a partition.
pub(crate) const PARTITION_KEEPS_ITS_PIPELINE: Claim = Claim {
    at: "",
    holds: "self == oldSelf",
    message: "a partition stays with its pipeline: leave this as it was",
};

/// Of a partition.
pub(crate) const PARTITION_KEEPS_ITS_KEY: Claim =
    Claim { at: "", holds: "self == oldSelf", message: "a partition keeps its key: leave this as it was" };

/// Of a backfill. Keys of one form compare as texts.
pub(crate) const LAST_IS_NOT_BEFORE_FIRST: Claim = Claim {
    at: ".to",
    holds: "self.from.matches('[Ww]') != self.to.matches('[Ww]') || size(self.from) != size(self.to) || \
            self.from.upperAscii() <= self.to.upperAscii()",
    message: "the last partition lies before the first: write the older key under `from`",
};

/// Of a backfill: a request stays what it was, so that "once for each request" has a meaning; only its rest may change.
pub(crate) const REQUEST_KEEPS_ITS_RANGE: Claim = Claim {
    at: "",
    holds: "self.pipelineRef == oldSelf.pipelineRef && self.from == oldSelf.from && self.to == oldSelf.to",
    message: "a backfill is one request: leave `pipelineRef`, `from` and `to` as they were, and make another for another \
              range",
};

/// Of a backfill.
pub(crate) const REQUEST_KEEPS_ITS_STEPS: Claim = Claim {
    at: "",
    holds: "has(self.steps) == has(oldSelf.steps) && (!has(self.steps) || self.steps == oldSelf.steps)",
    message: "a backfill is one request: leave `steps` as they were, and make another for other steps",
};

/// Of a backfill.
pub(crate) const REQUEST_KEEPS_ITS_RERUN: Claim = Claim {
    at: "",
    holds: "has(self.rerun) == has(oldSelf.rerun) && (!has(self.rerun) || self.rerun == oldSelf.rerun)",
    message: "a backfill is one request: leave `rerun` as it was, and make another",
};
