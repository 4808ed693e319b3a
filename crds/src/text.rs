//! The kinds of text that the API knows, each with its bound and its rules.

use crate::{limits, schema};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

/// A kind of text: a string on the wire, and as such here, since only the conversion to the planner judges it.
macro_rules! text {
    ($(#[doc = $doc:literal])+ $name:ident, $max:expr, $rules:expr) => {
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
                schema::text($max, $rules)
            }
        }
    };
}

text!(
    /// A name of a pipeline, dataset, step, store, pool or parameter.
    Name, limits::NAME, &[]
);
text!(
    /// The name of an object of Kubernetes.
    ObjectName, limits::OBJECT_NAME, &[]
);
text!(
    /// The key of a partition.
    Key, limits::KEY, &[]
);
text!(
    /// The length of a partition.
    Every, limits::EVERY, &[]
);
text!(
    /// A duration: whole numbers with units, `1h30m`.
    Duration, limits::DURATION, &[]
);
text!(
    /// A name in the time zone database.
    TimeZone, limits::TIME_ZONE, &[]
);
text!(
    /// A path below a store's root, with date codes.
    PathTemplate, limits::PATH, &[]
);
text!(
    /// A path of a file.
    Path, limits::PATH, &[]
);
text!(
    /// A file name, or a glob of them.
    FileName, limits::FILE_NAME, &[]
);
text!(
    /// One argument of a command.
    Argument, limits::ARGUMENT, &[]
);
text!(
    /// The value of a parameter, of an environment variable or of a setting.
    Value, limits::VALUE, &[]
);
text!(
    /// A container image.
    Image, limits::IMAGE, &[]
);
text!(
    /// A line for people.
    Line, limits::LINE, &[]
);
text!(
    /// The key of a label or of a resource, or the name of a variable.
    QualifiedName, limits::QUALIFIED_NAME, &[]
);
text!(
    /// The value of a label.
    LabelValue, limits::LABEL_VALUE, &[]
);
text!(
    /// The sentence about a step.
    StepMessage, limits::STEP_MESSAGE, &[]
);
text!(
    /// The address of a log.
    LogAddress, limits::LOG, &[]
);
