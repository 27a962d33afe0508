//! Reading what was written with another schema.
//!
//! A [`Resolution`] says what each root branch of the writer's schema is to a stream: the same bytes, bytes that a
//! program turns into this build's, an event of which no value can be read, or no event of this build. After the
//! program, the one decoder that every event has reads them: there is no second decoder.

use cq_events_schema::resolution::{self, Finding, Program, Rule, StreamBranch, StreamResolution};
use cq_events_schema::{Diagnostics, Schemas};

use super::transcode::{Stop, Transcoding};
use super::{DecodeError, DecodeErrorKind, DecodeLimits, Decoder, Places};
use crate::event::{BorrowedStream, EventStream};

/// Turns data of one schema into data of another (Avro 1.12, "Schema Resolution"): any type into any type.
///
/// ```
/// use cq_events::codec::{DecodeLimits, Transcoder};
///
/// let transcoder = Transcoder::new(r#"["null", "long"]"#, r#""int""#)?;
/// let mut datum = Vec::new();
/// transcoder.transcode(&[0x54], DecodeLimits::DEFAULT, &mut datum)?;
/// assert_eq!(datum, [0x02, 0x54]); // the second branch, 42
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Transcoder {
    program: Program,
    writer: Places,
}

impl Transcoder {
    /// Between two schemas. What cannot be read is found when a datum has it.
    ///
    /// # Errors
    /// When one of them is no valid schema.
    pub fn new(reader: &str, writer: &str) -> Result<Self, Diagnostics> {
        let (reader, parsed) = parse(reader, writer)?;
        Ok(Self { program: resolution::program(&reader, &parsed), writer: Places::new(writer) })
    }

    /// Appends the reader's form of a datum. After an error, `out` has a part of it.
    ///
    /// # Errors
    /// When the datum is not exactly one value of the writer's schema, as far as that can be told without a look into
    /// what is only copied; when its value cannot be read by the reader's.
    pub fn transcode(
        &self,
        datum: &[u8],
        limits: DecodeLimits,
        out: &mut Vec<u8>,
    ) -> Result<(), ResolveError> {
        if datum.len() > limits.message_bytes {
            let kind = DecodeErrorKind::TooLong { bytes: datum.len(), limit: limits.message_bytes };
            return Err(DecodeError::new(0, kind).into());
        }
        let done = Transcoding::new(&self.program, datum, datum, limits, out).run(0);
        done.map_err(|stop| stopped(stop, &self.program, &self.writer, datum))
    }
}

/// How a stream reads what was written with one schema: made once per schema, and shared.
#[derive(Debug)]
pub struct Resolution {
    stream: StreamResolution,
    writer: Places,
}

/// What is read of a datum.
#[derive(Clone, Debug, PartialEq)]
pub enum Resolved<'a, S> {
    /// An event.
    Event(S),
    /// No event of this build.
    Unknown {
        /// The record's fullname, or the name of a type that is no record.
        fullname: &'a str,
        /// The record's bytes, without the index of its branch.
        datum: &'a [u8],
    },
}

/// [`Resolved`], for a view of the event.
pub type ResolvedRef<'a, S> = Resolved<'a, <S as BorrowedStream>::Ref<'a>>;

/// Why what was written with another schema cannot be read.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ResolveError {
    /// The datum is not what the writer's schema says.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// The datum has a value that this build cannot read. Others of the same schema may be read.
    #[error("at byte {offset} of the datum{}{path}: {message} [{}]", if path.is_empty() { "" } else { ", " }, rule.name())]
    Unreadable {
        /// Where the value begins, in bytes from the start of the datum.
        offset: usize,
        /// The field there, by the writer's schema.
        path: String,
        /// The rule of schema resolution that is broken.
        rule: Rule,
        /// What is wrong, and what to do.
        message: String,
    },
    /// No value of the event can be read.
    #[error("{event} cannot be read as this build has it: {}", list(findings))]
    Incompatible {
        /// The event's fullname in the writer's schema.
        event: String,
        /// Why, at least one.
        findings: Vec<Finding>,
    },
}

fn list(findings: &[Finding]) -> String {
    let one = |finding: &Finding| format!("{}: {} [{}]", finding.path, finding.message, finding.rule.name());
    findings.iter().map(one).collect::<Vec<_>>().join("; ")
}

/// What a datum turns out to be, before it is decoded. Events are numbered by their branches in this build's schema.
pub(crate) enum Found<'s, 'd> {
    /// An event whose record comes next in the input.
    Event { branch: usize, input: Decoder<'d> },
    /// An event whose record is made by an entry of the program, of what is left of the datum.
    Program { branch: usize, entry: usize, rest: &'d [u8] },
    /// None of this build's.
    Unknown { fullname: &'s str, datum: &'d [u8] },
}

impl Resolution {
    /// How a stream with the schema `reader` ([`StreamInfo::schema`](crate::event::StreamInfo::schema)) reads data of
    /// the schema `writer`.
    ///
    /// # Errors
    /// When one of them is no valid schema.
    pub fn new(reader: &str, writer: &str) -> Result<Self, Diagnostics> {
        let (parsed_reader, parsed_writer) = parse(reader, writer)?;
        let stream = StreamResolution::new(&parsed_reader, &parsed_writer);
        Ok(Self { stream, writer: Places::new(writer) })
    }

    /// What each root branch of the writer's schema is to the stream, in the order of the writer's schema.
    pub fn branches(&self) -> &[StreamBranch] {
        &self.stream.branches
    }

    /// Reads up to the event.
    pub(crate) fn find<'s, 'd>(
        &'s self,
        datum: &'d [u8],
        limits: DecodeLimits,
    ) -> Result<Found<'s, 'd>, ResolveError> {
        let (index, input) = self.begin(datum, limits);
        // After an error there is no branch, whatever the index says.
        match self.stream.branches.get(index).filter(|_| !input.failed()) {
            Some(StreamBranch::Identical { event }) => Ok(Found::Event { branch: *event, input }),
            Some(StreamBranch::Program { event, entry }) => {
                Ok(Found::Program { branch: *event, entry: *entry, rest: input.rest() })
            }
            Some(StreamBranch::Unknown { fullname }) => Ok(Found::Unknown { fullname, datum: input.rest() }),
            Some(StreamBranch::Incompatible { fullname, findings, .. }) => {
                Err(ResolveError::Incompatible { event: fullname.clone(), findings: findings.clone() })
            }
            None => {
                let error = input.no_such_branch(index, self.stream.branches.len());
                Err(error.placed(&self.writer, datum).into())
            }
        }
    }

    /// Appends the record that an entry of the program makes of the rest of a datum.
    pub(crate) fn run(
        &self,
        entry: usize,
        (datum, rest): (&[u8], &[u8]),
        limits: DecodeLimits,
        out: &mut Vec<u8>,
    ) -> Result<(), ResolveError> {
        let program = &self.stream.program;
        let done = Transcoding::new(program, datum, rest, limits, out).run(entry);
        done.map_err(|stop| stopped(stop, program, &self.writer, datum))
    }

    /// The index of the root's branch, and the decoder behind it.
    fn begin<'a>(&self, datum: &'a [u8], limits: DecodeLimits) -> (usize, Decoder<'a>) {
        let mut input = Decoder::new(datum, limits);
        let index = if self.stream.is_union { input.branch(self.stream.branches.len()) } else { 0 };
        (index, input)
    }

    /// An error of the decoder, with its place in the writer's datum: what went through a program has others.
    pub(crate) fn explain(
        &self,
        mut error: DecodeError,
        entry: Option<usize>,
        datum: &[u8],
        limits: DecodeLimits,
    ) -> DecodeError {
        if let Some(entry) = entry {
            let (_, input) = self.begin(datum, limits);
            let mut out = Vec::new();
            let mut again = Transcoding::new(&self.stream.program, datum, input.rest(), limits, &mut out);
            error.offset = again.origin(entry, error.offset).unwrap_or(datum.len());
        }
        error.placed(&self.writer, datum)
    }
}

/// Reads a datum, without the wire header, that was written with the resolution's schema. `scratch` is used again and
/// again: it takes what a program makes.
///
/// # Errors
/// When the datum is not exactly one value of the writer's schema, or this build cannot read it.
pub fn decode_resolved<'a, S: EventStream>(
    datum: &'a [u8],
    resolution: &'a Resolution,
    limits: DecodeLimits,
    scratch: &'a mut Vec<u8>,
) -> Result<Resolved<'a, S>, ResolveError> {
    read(datum, resolution, limits, scratch, S::STREAM.events.len(), S::decode_branch)
}

/// [`decode_resolved`], for a view whose strings and bytes point into `datum` or `scratch`.
///
/// # Errors
/// As [`decode_resolved`].
pub fn decode_resolved_borrowed<'a, S: BorrowedStream>(
    datum: &'a [u8],
    resolution: &'a Resolution,
    limits: DecodeLimits,
    scratch: &'a mut Vec<u8>,
) -> Result<ResolvedRef<'a, S>, ResolveError> {
    read(datum, resolution, limits, scratch, S::STREAM.events.len(), S::decode_branch_ref)
}

fn read<'a, E>(
    datum: &'a [u8],
    resolution: &'a Resolution,
    limits: DecodeLimits,
    scratch: &'a mut Vec<u8>,
    events: usize,
    decode_branch: impl FnOnce(usize, &mut Decoder<'a>) -> Option<E>,
) -> Result<Resolved<'a, E>, ResolveError> {
    let (branch, mut input, entry) = match resolution.find(datum, limits)? {
        Found::Event { branch, input } => (branch, input, None),
        Found::Program { branch, entry, rest } => {
            scratch.clear();
            resolution.run(entry, (datum, rest), limits, scratch)?;
            (branch, Decoder::new(scratch, limits), Some(entry))
        }
        Found::Unknown { fullname, datum } => return Ok(Resolved::Unknown { fullname, datum }),
    };
    let read = match decode_branch(branch, &mut input) {
        Some(event) => input.finish().map(|()| event),
        None => Err(input.no_such_branch(branch, events)),
    };
    match read {
        Ok(event) => Ok(Resolved::Event(event)),
        Err(error) => Err(resolution.explain(error, entry, datum, limits).into()),
    }
}

fn parse(reader: &str, writer: &str) -> Result<(Schemas, Schemas), Diagnostics> {
    Ok((
        Schemas::parse_text("the reader's schema", reader)?,
        Schemas::parse_text("the writer's schema", writer)?,
    ))
}

fn stopped((offset, stop): (usize, Stop), program: &Program, writer: &Places, datum: &[u8]) -> ResolveError {
    match stop {
        Stop::Decode(kind) => ResolveError::Decode(DecodeError::new(offset, kind).placed(writer, datum)),
        Stop::Failure(failure) => {
            let failure = program.failures.get(failure);
            ResolveError::Unreadable {
                offset,
                path: writer.path(datum, offset),
                rule: failure.map_or(Rule::Type, |failure| failure.rule),
                message: failure.map(|failure| failure.message.clone()).unwrap_or_default(),
            }
        }
    }
}
