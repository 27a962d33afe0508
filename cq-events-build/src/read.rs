//! The streams of a `streams.toml` for tools: what generated code says of them, without generating it.

use std::path::Path;

use cq_events_schema::{Diagnostics, Level, Schemas, Type};

use crate::config::SubjectStrategy;
use crate::files::Reader;
use crate::model::StreamModel;

/// A stream, as the build would have it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Stream {
    /// The name: its table in `streams.toml`.
    pub name: String,
    /// The topic that carries it.
    pub topic: String,
    /// How many partitions the topic is created with.
    pub partitions: i32,
    /// Its subjects in a schema registry, at least one: that of the whole stream, or one for each event.
    pub subjects: Vec<Subject>,
    /// The level of its subjects, where `compatibility` says one.
    pub level: Option<Level>,
}

/// A subject of a stream, and the schema for it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Subject {
    /// The name under which a registry keeps the versions.
    pub name: String,
    /// The assembled schema: what the build embeds, and what is registered.
    pub schema: String,
    /// The same, with every place in the files that it is assembled of; its root is the first one.
    pub schemas: Schemas,
}

/// Reads a `streams.toml` and its schemas, with all checks of the build. Reports name files from the folder `base`.
///
/// # Errors
/// Everything that is wrong in the first pass that finds mistakes, as the build reports it.
pub fn read(streams: &Path, base: &Path) -> Result<Vec<Stream>, Diagnostics> {
    let (model, schemas) = Reader::new(base).checked(streams)?;
    let models: Vec<StreamModel> = model.modules.into_iter().filter_map(|module| module.stream).collect();
    // Both are sorted by the streams' names.
    let roots = schemas.roots().iter().skip(schemas.roots().len().saturating_sub(models.len()));
    Ok(models.into_iter().zip(roots).map(|(model, root)| stream(model, root, &schemas)).collect())
}

fn stream(model: StreamModel, root: &Type, schemas: &Schemas) -> Stream {
    let config = model.config;
    let subjects = match config.registry.subjects {
        SubjectStrategy::Topic => vec![Subject {
            name: format!("{}-value", config.topic),
            schema: model.schema,
            schemas: schemas.rooted(root),
        }],
        strategy => schemas
            .branches(root)
            .iter()
            .map(|branch| Subject {
                name: match strategy {
                    SubjectStrategy::TopicRecord => format!("{}-{}", config.topic, branch.kind.name()),
                    _ => branch.kind.name().to_owned(),
                },
                schema: schemas.write(branch),
                schemas: schemas.rooted(branch),
            })
            .collect(),
    };
    Stream {
        name: config.name,
        topic: config.topic,
        partitions: config.partitions,
        subjects,
        level: config.registry.compatibility,
    }
}
