//! The commands, a file each.

pub mod list;
pub mod replay;
pub mod show;
pub mod stats;

use std::ops::ControlFlow;

use crate::error::Error;
use crate::filter::Filter;
use crate::letter::Letter;
use crate::read::Reader;
use crate::schemas::Library;

/// Shows `visit` the letters that are meant, partition by partition, and counts them.
fn each(
    reader: &Reader,
    topic: &str,
    (filter, limit): (&Filter, Option<u64>),
    library: &mut Library,
    mut visit: impl FnMut(&Letter, Option<&str>) -> Result<(), Error>,
) -> Result<u64, Error> {
    let mut count = 0;
    let is_enough = |count| limit.is_some_and(|limit| count >= limit);
    for span in filter.spans(reader.spans(topic)?) {
        if is_enough(count) {
            break;
        }
        reader.read(topic, span, |letter| {
            let event = library.event(&letter, || filter.is_about_the_event_of(&letter))?;
            if filter.fits(&letter, event.as_deref()) {
                visit(&letter, event.as_deref())?;
                count += 1;
            }
            Ok(if is_enough(count) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        })?;
    }
    Ok(count)
}
