//! What a message is: by the schema that it says it was written with.

use std::sync::OnceLock;

use super::{Delivery, DeliveryError};
use crate::codec::{Decoder, Found, ResolveError, read_frame, read_message};
use crate::consume::reader::Plan;
use crate::event::{EventInfo, StreamInfo, Unknown};
use crate::registry::SchemaRef;

/// What a message turned out to be.
pub(super) enum Content<E> {
    Event(E, Option<&'static EventInfo>),
    Unknown(Unknown),
}

impl<'a> Delivery<'a> {
    /// Reads the message as an event of the stream.
    ///
    /// The headers say first with which schema it was written. But to ask librdkafka for a header makes it copy all of
    /// them: some 450 ns for five, a third of what a consumer needs for a message in all. So what is, to its last byte, an event by the id of this
    /// build's own schema in front of the value is taken for it.
    pub(super) async fn read<E>(
        &self,
        stream: &'static StreamInfo,
        decode_branch: impl Fn(usize, &mut Decoder<'a>) -> Option<E>,
    ) -> Result<Content<E>, DeliveryError> {
        let Some(value) = self.message.value() else { return Ok(Content::Unknown(Unknown::Tombstone)) };
        if let Ok((id, datum)) = read_frame(value)
            && let Some(plan) = self.reader.own_plan(stream, id)
        {
            let written = Written { stream, schema: id.into(), datum, plan };
            let content = self.content(&written, &self.scratch.by_front, &decode_branch);
            if matches!(content, Ok(Content::Event(..))) {
                return content;
            }
        }
        let (schema, datum) = read_message(self.message.headers(), value)?;
        let plan = self.reader.plan(stream, schema, self.message).await?;
        let written = Written { stream, schema, datum, plan: &plan };
        self.content(&written, &self.scratch.by_headers, &decode_branch)
    }

    fn content<E>(
        &self,
        written: &Written<'a, '_>,
        scratch: &'a OnceLock<Vec<u8>>,
        decode_branch: impl FnOnce(usize, &mut Decoder<'a>) -> Option<E>,
    ) -> Result<Content<E>, DeliveryError> {
        let Written { stream, schema, datum, plan } = *written;
        let limits = self.reader.limits();
        let refuse = |branch| move |error| self.refusal(written, branch, error);
        // Which program has made the input of the datum, if one has.
        let (branch, mut input, entry) = match plan {
            Plan::Own(places) => {
                let mut input = Decoder::new(datum, limits);
                let branch = input.branch(stream.events.len());
                if input.failed() {
                    let event = stream.name.to_owned();
                    let error = input.no_such_branch(branch, stream.events.len()).placed(places, datum);
                    return Err(DeliveryError::Decode { event, schema, error });
                }
                (branch, input, None)
            }
            Plan::OwnRecord(branch, _) => (*branch, Decoder::new(datum, limits), None),
            Plan::Other(resolution) => match resolution.find(datum, limits).map_err(refuse(None))? {
                Found::Event { branch, input } => (branch, input, None),
                Found::Program { branch, entry, rest } => {
                    let mut record = Vec::with_capacity(datum.len());
                    let run = resolution.run(entry, (datum, rest), limits, &mut record);
                    run.map_err(refuse(Some(branch)))?;
                    let record = scratch.get_or_init(|| record);
                    (branch, Decoder::new(record, limits), Some(entry))
                }
                Found::Unknown { fullname, datum } => {
                    let (fullname, datum) = (fullname.to_owned(), datum.to_vec());
                    return Ok(Content::Unknown(Unknown::Event { fullname, schema, datum }));
                }
            },
        };
        let info = stream.events.get(branch);
        let error = match decode_branch(branch, &mut input) {
            Some(event) => match input.finish() {
                Ok(()) => return Ok(Content::Event(event, info)),
                Err(error) => error,
            },
            None => input.no_such_branch(branch, stream.events.len()),
        };
        let error = match plan {
            Plan::Own(places) | Plan::OwnRecord(_, places) => error.placed(places, datum),
            Plan::Other(resolution) => resolution.explain(error, entry, datum, limits),
        };
        let event = info.map_or(stream.name, |event| event.fullname).to_owned();
        Err(DeliveryError::Decode { event, schema, error })
    }

    /// What was written with another schema cannot be read.
    fn refusal(
        &self,
        written: &Written<'_, '_>,
        branch: Option<usize>,
        error: ResolveError,
    ) -> DeliveryError {
        let Written { stream, schema, .. } = *written;
        let ours = branch.and_then(|branch| stream.events.get(branch)).map(|event| event.fullname);
        let event = match &error {
            ResolveError::Incompatible { event, .. } => event.clone(),
            _ => ours.unwrap_or(stream.name).to_owned(),
        };
        match error {
            ResolveError::Decode(error) => DeliveryError::Decode { event, schema, error },
            error => {
                let branch = branch.or_else(|| stream.events.iter().position(|own| own.fullname == event));
                let reader = self.reader.own_id(stream, branch).map_or(schema, SchemaRef::from);
                DeliveryError::Incompatible { event, writer: schema, reader, error: Box::new(error) }
            }
        }
    }
}

/// A datum, and how it was written.
struct Written<'a, 'p> {
    stream: &'static StreamInfo,
    schema: SchemaRef,
    datum: &'a [u8],
    plan: &'p Plan,
}
