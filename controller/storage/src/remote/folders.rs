//! Lists many folders of ours at once: of ten thousand partitions few have records, and nobody asks ten thousand times.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::ControlFlow;

use futures::{FutureExt as _, StreamExt as _, TryStreamExt as _, stream};

use crate::StorageError;
use crate::drawer::{Folder, Listing};
use crate::path::split;
use crate::remote::drawer::{AT_ONCE, check_asked, file, list_some};
use crate::remote::look::FEW;
use crate::remote::sweep::{Key, between};
use crate::remote::{Kind, Remote};

/// The listing of each folder, in their order; an empty one of a folder that is not there.
pub(super) async fn list_many(remote: &Remote, folders: &[String]) -> Result<Vec<Listing>, StorageError> {
    match &remote.kind {
        _ if folders.len() < FEW => one_by_one(remote, folders).await,
        Kind::Objects(_) => sweep(remote, folders).await,
        Kind::Tree(_) => those_there(remote, folders).await,
    }
}

async fn one_by_one(remote: &Remote, folders: &[String]) -> Result<Vec<Listing>, StorageError> {
    let listings = folders.iter().map(|folder| list_some(remote, folder).boxed()).collect::<Vec<_>>();
    stream::iter(listings).buffered(AT_ONCE).try_collect().await
}

/// Lists the folders that the folders above them name.
async fn those_there(remote: &Remote, folders: &[String]) -> Result<Vec<Listing>, StorageError> {
    let mut there: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for parent in folders.iter().map(|folder| split(folder).0).collect::<BTreeSet<_>>() {
        let names = list_some(remote, parent).await?.folders.into_iter().map(|folder| folder.name);
        there.insert(parent, names.collect());
    }
    let is_there = |folder: &&String| {
        let (parent, name) = split(folder);
        there.get(parent).is_some_and(|names| names.contains(name))
    };
    let wanted: Vec<_> = folders.iter().filter(is_there).cloned().collect();
    let mut found: HashMap<_, _> = wanted.iter().zip(one_by_one(remote, &wanted).await?).collect();
    Ok(folders.iter().map(|folder| found.remove(folder).unwrap_or_default()).collect())
}

/// Lists all keys from those of the first folder to those of the last.
async fn sweep(remote: &Remote, folders: &[String]) -> Result<Vec<Listing>, StorageError> {
    check_asked(remote).await?;
    let places: HashMap<&str, usize> =
        folders.iter().enumerate().map(|(place, it)| (it.as_str(), place)).collect();
    let mut listings: Vec<Listing> = folders.iter().map(|_| Listing::default()).collect();
    let (Some(first), Some(last)) = (folders.iter().min(), folders.iter().max()) else { return Ok(listings) };
    let end = format!("{last}/");
    let walked = between(remote, (first, &end), |Key { path, metadata, .. }| {
        let folder = path.match_indices('/').find_map(|(at, _)| Some((at, *places.get(&path[..at])?)));
        if let Some((at, place)) = folder {
            take_in(&mut listings[place], (&path[at + 1..], metadata));
        }
        ControlFlow::Continue(())
    });
    walked.await?;
    Ok(listings)
}

/// Takes in a key by what follows on that of its folder. One that ends there marks the folder, and is nothing of ours.
fn take_in(listing: &mut Listing, (rest, metadata): (&str, &opendal::Metadata)) {
    match rest.split_once('/') {
        None if rest.is_empty() => {}
        None => listing.files.push(file(rest, metadata)),
        Some((name, _)) if listing.folders.last().is_some_and(|it| it.name == name) => {}
        Some((name, _)) => listing.folders.push(Folder { name: name.to_owned(), changed: None }),
    }
}
