use std::sync::Arc;

use super::PublishError;
use crate::codec::{EncodeError, EncodeErrorKind, encode, write_frame};
use crate::event::{EventStream, StreamInfo};
use crate::registry::{SchemaId, SchemaRegistry, SubjectStrategy};

/// The ids that the events of a stream are written with.
#[derive(Clone, Debug)]
pub(super) enum Ids {
    /// That of their union.
    Union(SchemaId),
    /// That of each event's record, by the branches of the union.
    Records(Arc<[SchemaId]>),
}

impl Ids {
    /// Asks the registry, once for each subject.
    pub(super) async fn of(
        stream: &'static StreamInfo,
        registry: &dyn SchemaRegistry,
    ) -> Result<Self, PublishError> {
        let mut ids = Vec::new();
        for schema in stream.subjects() {
            let id = registry.id_of(&schema).await;
            let subject = || schema.subject.clone().into_owned();
            ids.push(id.map_err(|source| PublishError::Registry { subject: subject(), source })?);
        }
        Ok(match (stream.subject_strategy, &*ids) {
            (SubjectStrategy::Topic, [id]) => Self::Union(*id),
            _ => Self::Records(ids.into()),
        })
    }

    /// Appends the wire header and the datum.
    pub(super) fn write<S: EventStream>(&self, event: &S, value: &mut Vec<u8>) -> Result<(), EncodeError> {
        match self {
            Self::Union(id) => {
                write_frame(*id, value);
                encode(event, value)
            }
            Self::Records(ids) => {
                let (branch, record) = event.record();
                let Some(id) = ids.get(branch) else {
                    return Err(EncodeError { field: event.fullname(), kind: EncodeErrorKind::NoSchema });
                };
                write_frame(*id, value);
                encode(record, value)
            }
        }
    }
}
