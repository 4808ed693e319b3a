//! Products: what a launch makes and where, as its record tells, so that it ends by the spec that it began by.

use std::time::Duration;

use planner::launch::Product;
use planner::pipeline::{Completeness, Publish};
use serde::{Deserialize, Serialize};

/// A product in a record.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ProductRecord {
    dataset: String,
    store: String,
    path: String,
    complete: Rule,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    direct: bool,
}

/// When it is complete. Times are in seconds.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "type")]
enum Rule {
    File { min_bytes: u64, settle: u64 },
    Flag { flag: String },
    Files { at_least: u32, glob: Option<String>, min_bytes: u64, settle: u64 },
}

impl ProductRecord {
    /// The record of a product.
    pub(crate) fn of(product: &Product) -> Self {
        let complete = match &product.complete {
            Completeness::File { min_bytes, settle } => {
                Rule::File { min_bytes: *min_bytes, settle: settle.as_secs() }
            }
            Completeness::Flag { name } => Rule::Flag { flag: name.clone() },
            Completeness::Files { at_least, glob, min_bytes, settle } => Rule::Files {
                at_least: *at_least,
                glob: glob.clone(),
                min_bytes: *min_bytes,
                settle: settle.as_secs(),
            },
        };
        Self {
            dataset: product.dataset.to_string(),
            store: product.store.to_string(),
            path: product.path.clone(),
            complete,
            direct: product.publish == Publish::Direct,
        }
    }

    /// The product, unless the record holds names that are none.
    pub(crate) fn product(self) -> Option<Product> {
        let complete = match self.complete {
            Rule::File { min_bytes, settle } => {
                Completeness::File { min_bytes, settle: Duration::from_secs(settle) }
            }
            Rule::Flag { flag } => Completeness::Flag { name: flag },
            Rule::Files { at_least, glob, min_bytes, settle } => {
                Completeness::Files { at_least, glob, min_bytes, settle: Duration::from_secs(settle) }
            }
        };
        Some(Product {
            dataset: self.dataset.parse().ok()?,
            store: self.store.parse().ok()?,
            path: self.path,
            complete,
            publish: if self.direct { Publish::Direct } else { Publish::Staged },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_product_comes_back_as_it_was() {
        let settle = Duration::from_secs(30);
        let rules = [
            Completeness::File { min_bytes: 1, settle },
            Completeness::Flag { name: "_SUCCESS".to_owned() },
            Completeness::Files { at_least: 2, glob: Some("part-*".to_owned()), min_bytes: 3, settle },
            Completeness::Files { at_least: 2, glob: None, min_bytes: 0, settle },
        ];
        for (complete, publish) in
            rules.into_iter().zip([Publish::Staged, Publish::Direct].into_iter().cycle())
        {
            let (dataset, store) = ("sales".parse().unwrap(), "warehouse".parse().unwrap());
            let product = Product { dataset, store, path: "a/b".to_owned(), complete, publish };
            let text = serde_json::to_string(&ProductRecord::of(&product)).unwrap();
            let record: ProductRecord = serde_json::from_str(&text).unwrap();
            assert_eq!(record.product(), Some(product), "{text}");
        }
    }
}
