//! Running a program of schema resolution: a writer's bytes in, the reader's bytes out.

use cq_events_schema::resolution::{Procedure, Program, Promotion, Reorder, Reordered, Scan, Step};

use super::{DecodeErrorKind, DecodeLimits, varint};

/// How deep procedures may call each other where no record holds itself: deeper than a schema nests.
const MOST_CALLS: usize = 256;

/// How deep arrays, maps, unions and records lie in each other here, so that no schema can fill the stack: deeper than
/// values are that a reader takes.
const MOST_NESTED: usize = 1_024;
/// How many runs of fields are put in another order without an allocation.
const FEW_RUNS: usize = 12;

/// Why a program stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// The writer's bytes are wrong.
    Decode(DecodeErrorKind),
    /// They cannot be read by this reader: the number of one of the program's failures.
    Failure(usize),
}

/// Why it stopped is in [`Transcoding::stop`]: an error of no size costs the steps nothing.
#[derive(Clone, Copy, Debug)]
struct Stopped;

type Run<T> = Result<T, Stopped>;

/// Where a run of fields begins, and what is left there of the limit for elements of no bytes.
type Start<'a> = (&'a [u8], usize);

/// A program on its way through a datum.
pub(super) struct Transcoding<'a, 'o> {
    program: &'a Program,
    datum: &'a [u8],
    rest: &'a [u8],
    out: &'o mut Vec<u8>,
    /// How long `out` may become.
    most: usize,
    limits: DecodeLimits,
    /// What is left of the limit of that name.
    zero_sized_elements: usize,
    /// How many records that may hold themselves lie in each other here, and how many calls.
    depth: usize,
    calls: usize,
    /// How deep the steps and scans are in each other.
    nested: usize,
    /// Where in the datum it stopped, and why.
    stop: Option<(usize, Stop)>,
    /// A byte of `out`, and where it comes from once that is known.
    wanted: Option<(usize, Option<usize>)>,
}

impl<'a, 'o> Transcoding<'a, 'o> {
    pub(super) fn new(
        program: &'a Program,
        datum: &'a [u8],
        rest: &'a [u8],
        limits: DecodeLimits,
        out: &'o mut Vec<u8>,
    ) -> Self {
        let most = out.len().saturating_add(limits.message_bytes);
        Self {
            program,
            datum,
            rest,
            out,
            most,
            limits,
            zero_sized_elements: limits.zero_sized_elements,
            depth: 0,
            calls: 0,
            nested: 0,
            stop: None,
            wanted: None,
        }
    }

    /// Runs an entry of the program to the end of the datum. What is wrong is told with its offset in the datum.
    pub(super) fn run(&mut self, entry: usize) -> Result<(), (usize, Stop)> {
        let procedure = self.program.entries.get(entry).and_then(|entry| self.program.steps.get(*entry));
        let done = match procedure {
            Some(procedure) => self.steps(&procedure.body),
            None => Ok(()),
        };
        if done.is_ok() && !self.rest.is_empty() {
            _ = self.fail::<()>(self.rest, DecodeErrorKind::LeftOver { bytes: self.rest.len() });
        }
        // Only what is looked at is read: `stop` as a whole was not written as a whole, and to read it would wait for that.
        match &self.stop {
            None => Ok(()),
            Some(stop) => Err(*stop),
        }
    }

    /// Where the byte at `offset` of the output comes from in the datum.
    pub(super) fn origin(&mut self, entry: usize, offset: usize) -> Option<usize> {
        self.wanted = Some((self.out.len() + offset, None));
        // What it comes to is known already.
        _ = self.run(entry);
        self.wanted.and_then(|(_, origin)| origin)
    }

    /// The bytes at `at`, which is a part of the datum up to its end, are wrong.
    #[cold]
    fn fail<T>(&mut self, at: &[u8], kind: DecodeErrorKind) -> Run<T> {
        self.stop_at(at, Stop::Decode(kind))
    }

    #[cold]
    fn stop_at<T>(&mut self, at: &[u8], why: Stop) -> Run<T> {
        self.stop = Some((self.datum.len() - at.len(), why));
        Err(Stopped)
    }

    fn steps(&mut self, steps: &'a [Step]) -> Run<()> {
        self.nest()?;
        for step in steps {
            match step {
                Step::Copy(scans) => {
                    let start = self.rest;
                    self.scan(scans)?;
                    self.copy(start, self.rest.len())?;
                }
                Step::Skip(scans) => self.scan(scans)?,
                Step::Emit(bytes) => self.emit(bytes)?,
                Step::Symbol(symbols) => {
                    let at = self.rest;
                    let symbol = self
                        .index(symbols.as_slice(), |index, count| DecodeErrorKind::Symbol { index, count })?;
                    match symbol {
                        Ok(bytes) => self.emit(bytes)?,
                        Err(failure) => return self.stop_at(at, Stop::Failure(*failure)),
                    }
                }
                Step::Branch(branches) => {
                    let branch =
                        self.index(branches, |index, count| DecodeErrorKind::Branch { index, count })?;
                    self.steps(branch)?;
                }
                Step::Promote(promotion) => self.promote(*promotion)?,
                Step::Blocks(element) => self.blocks(element)?,
                Step::Reorder(reorder) => self.reorder(reorder)?,
                Step::Call(procedure) => {
                    let Some(Procedure { body, is_recursive }) = self.program.steps.get(*procedure) else {
                        continue;
                    };
                    self.enter(*is_recursive)?;
                    self.steps(body)?;
                    self.leave(*is_recursive);
                }
                Step::Fail(failure) => return self.stop_at(self.rest, Stop::Failure(*failure)),
            }
        }
        self.nested -= 1;
        Ok(())
    }

    fn nest(&mut self) -> Run<()> {
        self.nested += 1;
        if self.nested > MOST_NESTED {
            return self.fail(self.rest, DecodeErrorKind::TooDeep { limit: MOST_NESTED });
        }
        Ok(())
    }

    fn enter(&mut self, is_recursive: bool) -> Run<()> {
        self.calls += 1;
        self.depth += usize::from(is_recursive);
        let (depth, limit) = if is_recursive {
            (self.depth, self.limits.depth)
        } else {
            (self.calls - self.depth, MOST_CALLS)
        };
        if depth > limit { self.fail(self.rest, DecodeErrorKind::TooDeep { limit }) } else { Ok(()) }
    }

    fn leave(&mut self, is_recursive: bool) {
        self.calls -= 1;
        self.depth -= usize::from(is_recursive);
    }

    /// Adds what lies between `start` and where `end` bytes are left.
    fn copy(&mut self, start: &'a [u8], end: usize) -> Run<()> {
        let bytes = start.get(..start.len().saturating_sub(end)).unwrap_or_default();
        if let Some((wanted, origin)) = &mut self.wanted {
            let within = wanted.checked_sub(self.out.len()).filter(|within| *within < bytes.len());
            if let Some(within) = within {
                *origin = Some(self.datum.len() - start.len() + within);
            }
        }
        self.emit(bytes)
    }

    fn emit(&mut self, bytes: &[u8]) -> Run<()> {
        if bytes.len() > self.most - self.out.len() {
            let limit = self.limits.message_bytes;
            return self.fail(self.rest, DecodeErrorKind::TooLongResolved { limit });
        }
        self.out.extend_from_slice(bytes);
        Ok(())
    }

    fn promote(&mut self, promotion: Promotion) -> Run<()> {
        let at = self.rest;
        match promotion {
            Promotion::SameBytes => Ok(()),
            Promotion::IntToFloat => {
                let value = self.int()?;
                self.emit(&(value as f32).to_le_bytes())
            }
            Promotion::IntToDouble => {
                let value = self.int()?;
                self.emit(&f64::from(value).to_le_bytes())
            }
            Promotion::LongToFloat => {
                let value = self.long()?;
                self.emit(&(value as f32).to_le_bytes())
            }
            Promotion::LongToDouble => {
                let value = self.long()?;
                self.emit(&(value as f64).to_le_bytes())
            }
            Promotion::FloatToDouble => match self.rest.split_first_chunk() {
                Some((bytes, rest)) => {
                    self.rest = rest;
                    self.emit(&f64::from(f32::from_le_bytes(*bytes)).to_le_bytes())
                }
                None => self.fail(at, DecodeErrorKind::End),
            },
        }
    }

    fn blocks(&mut self, element: &'a [Step]) -> Run<()> {
        loop {
            let at = self.rest;
            let Some((count, size)) = self.block()? else { return self.emit(&[0]) };
            let begin = self.rest.len();
            self.emit(varint::write(varint::zigzag(count as i64), &mut [0; 10]))?;
            for _ in 0..count {
                let before = self.rest.len();
                self.steps(element)?;
                self.check_progress(at, before, count)?;
            }
            if let Some(size) = size {
                let found = begin - self.rest.len();
                if usize::try_from(size) != Ok(found) {
                    return self.fail(at, DecodeErrorKind::BlockSize { size, found });
                }
            }
        }
    }

    fn reorder(&mut self, reorder: &'a Reorder) -> Run<()> {
        // Mostly there are few runs.
        let count = reorder.runs.len();
        let mut few: [Start<'_>; FEW_RUNS] = [(&[], 0); FEW_RUNS];
        let mut many: Vec<Start<'_>> = Vec::new();
        let starts = match few.get_mut(..=count) {
            Some(starts) => starts,
            None => {
                many.resize(count + 1, (&[], 0));
                &mut many
            }
        };
        for (start, run) in starts.iter_mut().zip(&reorder.runs) {
            *start = (self.rest, self.zero_sized_elements);
            self.scan(run)?;
        }
        let end = self.rest;
        if let Some(last) = starts.last_mut() {
            *last = (end, self.zero_sized_elements);
        }
        for part in &reorder.parts {
            match part {
                Reordered::Emit(bytes) => self.emit(bytes)?,
                Reordered::Run(run) => {
                    if let (Some((start, _)), Some((end, _))) = (starts.get(*run), starts.get(run + 1)) {
                        self.copy(start, end.len())?;
                    }
                }
                Reordered::Steps(run, steps) => {
                    if let (Some((start, before)), Some((_, after))) = (starts.get(*run), starts.get(run + 1))
                    {
                        // The same elements are counted once.
                        self.zero_sized_elements += before - after;
                        self.rest = start;
                        self.steps(steps)?;
                    }
                }
            }
        }
        self.rest = end;
        Ok(())
    }

    fn scan(&mut self, scans: &'a [Scan]) -> Run<()> {
        self.nest()?;
        for scan in scans {
            match scan {
                Scan::Bytes(bytes) => self.pass(*bytes)?,
                Scan::Varint => {
                    self.long()?;
                }
                Scan::Prefixed => {
                    let bytes = self.length()?;
                    self.pass(bytes)?;
                }
                Scan::Union(branches) => {
                    let branch =
                        self.index(branches, |index, count| DecodeErrorKind::Branch { index, count })?;
                    self.scan(branch)?;
                }
                Scan::Blocks(element) => self.scan_blocks(element)?,
                Scan::Call(procedure) => {
                    let Some(Procedure { body, is_recursive }) = self.program.scans.get(*procedure) else {
                        continue;
                    };
                    self.enter(*is_recursive)?;
                    self.scan(body)?;
                    self.leave(*is_recursive);
                }
            }
        }
        self.nested -= 1;
        Ok(())
    }

    fn scan_blocks(&mut self, element: &'a [Scan]) -> Run<()> {
        loop {
            let at = self.rest;
            match self.block()? {
                None => return Ok(()),
                // A size is there to pass over a block; whether it is right matters to the one who reads it.
                Some((_, Some(size))) => match usize::try_from(size) {
                    Ok(bytes) => self.pass(bytes)?,
                    Err(_) => {
                        let found = self.rest.len();
                        return self.fail(at, DecodeErrorKind::BlockSize { size, found });
                    }
                },
                Some((count, None)) => {
                    for _ in 0..count {
                        let before = self.rest.len();
                        self.scan(element)?;
                        self.check_progress(at, before, count)?;
                    }
                }
            }
        }
    }

    /// The head of a block: the number of its elements, and their size in bytes where it is given. None at the end.
    fn block(&mut self) -> Run<Option<(u64, Option<i64>)>> {
        let count = self.long()?;
        let size = if count < 0 { Some(self.long()?) } else { None };
        Ok((count != 0).then(|| (count.unsigned_abs(), size)))
    }

    /// The bytes that are left do not bound the number of elements that have none.
    fn check_progress(&mut self, at: &[u8], before: usize, count: u64) -> Run<()> {
        if self.rest.len() == before {
            match self.zero_sized_elements.checked_sub(1) {
                Some(left) => self.zero_sized_elements = left,
                None => {
                    let count = i64::try_from(count).unwrap_or(i64::MAX);
                    return self.fail(at, DecodeErrorKind::Count { count, left: before });
                }
            }
        }
        Ok(())
    }

    #[inline]
    fn pass(&mut self, bytes: usize) -> Run<()> {
        match self.rest.get(bytes..) {
            Some(rest) => {
                self.rest = rest;
                Ok(())
            }
            None => self.fail(self.rest, DecodeErrorKind::End),
        }
    }

    #[inline]
    fn length(&mut self) -> Run<usize> {
        let at = self.rest;
        let length = self.long()?;
        match usize::try_from(length) {
            Ok(bytes) if bytes <= self.rest.len() => Ok(bytes),
            _ => self.fail(at, DecodeErrorKind::Length { length, left: self.rest.len() }),
        }
    }

    /// The item of the index that comes next.
    #[inline]
    fn index<T>(&mut self, items: &'a [T], kind: impl FnOnce(i64, usize) -> DecodeErrorKind) -> Run<&'a T> {
        let at = self.rest;
        let index = self.long()?;
        match usize::try_from(index).ok().and_then(|index| items.get(index)) {
            Some(item) => Ok(item),
            None => self.fail(at, kind(index, items.len())),
        }
    }

    fn int(&mut self) -> Run<i32> {
        let at = self.rest;
        let value = self.long()?;
        i32::try_from(value).or_else(|_| self.fail(at, DecodeErrorKind::Int { value }))
    }

    #[inline]
    fn long(&mut self) -> Run<i64> {
        match self.rest {
            [byte, rest @ ..] if *byte < 0x80 => {
                self.rest = rest;
                Ok(varint::unzigzag(u64::from(*byte)))
            }
            _ => self.long_of_many_bytes(),
        }
    }

    fn long_of_many_bytes(&mut self) -> Run<i64> {
        match varint::read(self.rest) {
            Ok((value, rest)) => {
                self.rest = rest;
                Ok(varint::unzigzag(value))
            }
            Err(kind) => self.fail(self.rest, kind),
        }
    }
}
