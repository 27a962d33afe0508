//! What pairs are about: streams, single records, and whether records hold themselves.

use super::{Pair, Side};
use crate::schema::{NamedKind, Ty};

const RECORDS: &str = "records";
const STREAMS: &str = "unions of several records";
const OTHERS: &str = "others, or of two shapes";
const RECURSIVE: &str = "with a record that may hold itself";

impl Pair {
    /// What a pair may be.
    pub const SHAPES: [&str; 4] = [RECORDS, STREAMS, OTHERS, RECURSIVE];

    /// What both are.
    pub fn shapes(&self) -> impl Iterator<Item = &'static str> {
        let both = |is: &dyn Fn(&Side) -> bool| is(&self.reader) && is(&self.writer);
        let (records, streams) = (both(&Side::is_record), both(&Side::is_stream));
        let shapes = [
            (RECORDS, records),
            (STREAMS, streams),
            (OTHERS, !records && !streams),
            (RECURSIVE, both(&Side::is_recursive)),
        ];
        shapes.into_iter().filter_map(|(shape, is_so)| is_so.then_some(shape))
    }
}

impl Side {
    fn is_record(&self) -> bool {
        matches!(&self.root, Ty::Named(id) if matches!(self.named(*id).kind, NamedKind::Record(_)))
    }

    fn is_stream(&self) -> bool {
        matches!(&self.root, Ty::Union(branches) if branches.len() > 1 && self.records(branches).len() == branches.len())
    }

    fn is_recursive(&self) -> bool {
        let below = |id: usize| {
            let mut found = Vec::new();
            self.fields(id).iter().for_each(|field| self.mentions(&field.ty, &mut found));
            found
        };
        self.reachable().into_iter().any(|id| below(id).contains(&id))
    }
}
