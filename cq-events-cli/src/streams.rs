//! The streams of a `streams.toml`, as the build has them.

use std::env;
use std::path::{Path, PathBuf};

use cq_events_build::{Stream, read};
use cq_events_schema::did_you_mean;

use crate::args::Which;
use crate::error::Error;

/// Where streams are looked for, unless it is said where they are.
const PLACES: [&str; 2] = ["streams.toml", "schemas/streams.toml"];

/// The streams that are meant, sorted by name.
///
/// # Errors
/// When there is no file, when something is wrong in it or in a schema, and when it has no stream of one of the names.
pub fn selected(which: &Which) -> Result<Vec<Stream>, Error> {
    let Some(path) = which.streams.clone().or_else(found) else {
        let folder = env::current_dir().unwrap_or_default().display().to_string();
        return Err(Error::NoStreams { folder });
    };
    let streams = streams(&path)?;
    for name in &which.names {
        if !streams.iter().any(|stream| stream.name == *name) {
            let names = || streams.iter().map(|stream| stream.name.as_str());
            return Err(Error::NoStream {
                name: name.clone(),
                file: path.display().to_string(),
                alike: did_you_mean(name, names()).map(str::to_owned),
                known: names().map(str::to_owned).collect(),
            });
        }
    }
    let is_meant = |stream: &Stream| which.names.is_empty() || which.names.contains(&stream.name);
    Ok(streams.into_iter().filter(is_meant).collect())
}

/// The file with the streams of this folder, where there is one.
pub fn found() -> Option<PathBuf> {
    PLACES.iter().map(PathBuf::from).find(|path| path.is_file())
}

/// All streams of a file.
///
/// # Errors
/// When it cannot be read, or when something is wrong in it or in a schema.
pub fn streams(path: &Path) -> Result<Vec<Stream>, Error> {
    // The build has another hint for a file that is not there.
    path.metadata().map_err(|error| Error::File {
        action: "read",
        path: path.to_owned(),
        reason: error.to_string(),
    })?;
    read(path, Path::new("")).map_err(|mistakes| Error::Mistakes(mistakes.to_string()))
}
