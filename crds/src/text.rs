//! The kinds of text that the API knows, each with its bound and its rules.

use crate::limits;
use crate::schema::{matching, text};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

/// A validation rule and what it says when it fails.
type Rule = (&'static str, &'static str);

/// No way out of a root. A trailing slash is allowed, and nothing else that leaves a segment empty.
const BELOW_A_ROOT: Rule = (
    "!self.matches('^$|(^|/)([.]{1,2}(/|$)|/)')",
    "a path starts below its root: write it without a slash in front, doubled slashes, `.` and `..`",
);

/// Nothing that one system takes for something else than another.
const WITHOUT_SURPRISES: Rule = (
    r"!self.matches(r'^\s|\s$|\p{Cc}|[\\]')",
    "write paths with slashes, without control characters, and without white space at either end",
);

/// A kind of text: a string on the wire, and as such here, since only the conversion to the planner judges it.
macro_rules! text {
    ($(#[doc = $doc:literal])+ $name:ident, $schema:expr) => {
        $(#[doc = $doc])+
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            /// The text itself.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl Deref for $name {
            type Target = str;

            fn deref(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }

        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                $schema
            }
        }
    };
}

text!(
    /// The name of a pipeline, dataset, step, store or pool.
    Name,
    text(limits::NAME, &[(
        "self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",
        "a name has lower-case letters, digits and inner dashes, at most 63: write one such as geo-ip",
    )])
);
text!(
    /// The name of an object of Kubernetes.
    ObjectName,
    matching(limits::OBJECT_NAME, "^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$")
);
text!(
    /// A key in the data of a `ConfigMap` or a `Secret`.
    DataKey,
    matching(limits::OBJECT_NAME, "^[-._a-zA-Z0-9]+$")
);
text!(
    /// The key of a partition: the start of its interval.
    Key,
    text(limits::KEY, &[(
        "self.matches('^[0-9]{4}-((0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01])([Tt]([01][0-9]|2[0-3])([0-5][0-9])?)?)?\
         |[Ww](0[1-9]|[1-4][0-9]|5[0-3]))$')",
        "a key is the start of a partition: write one such as 2026-01, 2026-W02, 2026-01-05, 2026-01-05T07 \
         or 2026-01-05T0705",
    )])
);
text!(
    /// The length of a partition.
    Every,
    text(limits::EVERY, &[(
        "self in ['1d', '1w', '1mo'] || self.matches('^[1-9][0-9]{0,2}[mh]$') \
         && int(self.substring(0, size(self) - 1)) * (self.endsWith('h') ? 60 : 1) in [5, 6, 8, 9, 10, 12, 15, 16, 18, \
         20, 24, 30, 32, 36, 40, 45, 48, 60, 72, 80, 90, 96, 120, 144, 160, 180, 240, 288, 360, 480, 720]",
        "a partition lasts a time that divides a day: write one from 5m to 12h such as 15m, 1h or 6h, or 1d, \
         1w, 1mo",
    )])
);
text!(
    /// A duration: a whole number and its unit.
    Duration,
    text(limits::DURATION, &[(
        "self.matches('^[0-9]+[smhdw]$')",
        "a duration is a whole number and s, m, h, d or w: write one such as 90s, 10m, 2h, 90d or 1w",
    )])
);
text!(
    /// A name in the time zone database.
    TimeZone,
    text(limits::TIME_ZONE, &[(
        "self.matches('^[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*$')",
        "a time zone has a name of the time zone database: write one such as Europe/Berlin or UTC",
    )])
);
text!(
    /// A path below a store's root, with date codes and parameters.
    PathTemplate,
    text(limits::PATH, &[
        BELOW_A_ROOT,
        WITHOUT_SURPRISES,
        (
            "self.matches('^([^%]|%[YmdHMjGV%])*$')",
            "a percent sign begins one of %Y %m %d %H %M %j %G %V: write %% for the sign itself",
        ),
        (
            "!(self.matches('^([^%]|%[YmdHMjGV%])*%Y') && self.matches('^([^%]|%[YmdHMjGV%])*%V'))",
            "%Y is not the year that %V counts its weeks in: write %G with %V",
        ),
    ])
);
text!(
    /// A path below a root, the same for all partitions.
    StaticPath,
    text(limits::STATIC_PATH, &[BELOW_A_ROOT, WITHOUT_SURPRISES])
);
text!(
    /// A path within a volume; Kubernetes itself refuses one that leaves it.
    SubPath,
    text(limits::STATIC_PATH, &[])
);
text!(
    /// A path of a working directory.
    WorkingDirectory,
    text(limits::STATIC_PATH, &[WITHOUT_SURPRISES])
);
text!(
    /// A path in a container, from its root.
    MountPath,
    text(limits::STATIC_PATH, &[
        (
            "self.startsWith('/') && !self.contains(':')",
            "a volume is mounted at a path from the root, without a colon: write one such as /models",
        ),
        WITHOUT_SURPRISES,
    ])
);
text!(
    /// The name of a file, or a glob of such names.
    FileName,
    text(limits::FILE_NAME, &[(
        r"!self.matches(r'^[.]{0,2}$|/|\p{Cc}')",
        "this names a file within the directory: write one such as _SUCCESS or *.parquet, without a slash",
    )])
);
text!(
    /// One argument of a command.
    Argument,
    text(limits::ARGUMENT, &[])
);
text!(
    /// The value of a parameter, of an environment variable or of a setting.
    Value,
    text(limits::VALUE, &[])
);
text!(
    /// A container image.
    Image,
    text(limits::IMAGE, &[(
        r"self.matches(r'^\S+$')",
        "an image has a name without white space: write one such as python:3.14-slim",
    )])
);
text!(
    /// A line for people.
    Line,
    text(limits::LINE, &[])
);
text!(
    /// The name of an environment variable.
    VariableName,
    text(limits::VARIABLE_NAME, &[
        (
            "self.matches('^[-._a-zA-Z][-._a-zA-Z0-9]*$')",
            "a variable has letters, digits, underscores, dashes and dots in its name, and no digit first: \
                write one \
             such as LOG_LEVEL",
        ),
        (
            "!self.startsWith('DAYBREAK_')",
            "variables that begin with DAYBREAK_ tell a step about its partition: choose another name",
        ),
    ])
);
text!(
    /// The key of a label, a taint or a setting.
    QualifiedName,
    text(limits::QUALIFIED_NAME, &[])
);
text!(
    /// The value of a label.
    LabelValue,
    text(limits::LABEL_VALUE, &[(
        "self.matches('^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$')",
        "the value of a label has letters, digits, inner dashes, underscores and dots: write one such as \
         batch-2",
    )])
);
text!(
    /// The sentence about a step.
    StepMessage,
    text(limits::STEP_MESSAGE, &[])
);
text!(
    /// The address of a log.
    LogAddress,
    text(limits::LOG, &[])
);
