//! Unions of several types: each becomes a Rust enum, named after the record and the field that it stands in.

use std::collections::{BTreeMap, BTreeSet};

use cq_events_schema::{Kind, Type};

use super::facts::Parts;
use super::field::Place;
use super::idents::beside;
use super::{Builder, FieldType, TypeKind, TypeModel, TypeRef};
use crate::names;

/// The enum of a union. Null is not among its variants: a union with null is an `Option` of it.
#[derive(Debug)]
pub(crate) struct UnionModel {
    /// The name of the enum over the views of its branches.
    pub(crate) view: String,
    /// The number of branches of the Avro union, null included.
    pub(crate) count: usize,
    pub(crate) variants: Vec<VariantModel>,
    /// The index in `variants` of the branch that is read after an error: one whose zero value comes to an end.
    pub(crate) fallback: usize,
    pub(crate) parts: Parts,
}

/// A branch of a union that is not null.
#[derive(Debug)]
pub(crate) struct VariantModel {
    pub(crate) ident: String,
    /// The index of the branch in the Avro union.
    pub(crate) branch: usize,
    /// The branch as Avro's JSON encoding calls it: a primitive type or fullname.
    pub(crate) label: String,
    pub(crate) ty: FieldType,
}

impl<'a> Builder<'a> {
    pub(super) fn enum_of_union(
        &mut self,
        ty: &'a Type,
        branches: &'a [Type],
        place: Place<'_, 'a>,
    ) -> Option<FieldType> {
        let module = self.homes.get(place.owner).cloned()?;
        let ident = if self.idents.is_taken(&module, place.name) {
            self.idents.free(&module, &beside(place.name, "Union"))
        } else {
            self.idents.free(&module, place.name)
        };
        let view = self.idents.free(&module, &beside(&ident, "Ref"));
        let null = branches.iter().position(|branch| matches!(branch.kind, Kind::Null));
        let others: Vec<_> =
            branches.iter().enumerate().filter(|(_, branch)| !matches!(branch.kind, Kind::Null)).collect();
        let idents = variants(others.iter().map(|(_, branch)| *branch));
        let mut variants = Vec::with_capacity(others.len());
        for ((branch, avro), variant) in others.into_iter().zip(idents) {
            let mut ty = self.field_type(avro, place)?;
            self.box_what_closes_a_cycle(avro, &mut ty, place);
            if let (Kind::Named(part), FieldType::Record { is_boxed, .. }) = (&avro.kind, &mut ty) {
                *is_boxed |= self.facts.is_large(part);
            }
            variants.push(VariantModel { ident: variant, branch, label: avro.kind.name().to_owned(), ty });
        }
        // The branch of the fewest bytes cannot hold the union itself, which would have more.
        let smallest = variants.iter().enumerate().min_by_key(|(_, variant)| variant.ty.parts().min_bytes);
        let fallback = smallest.map(|(index, _)| index).unwrap_or_default();
        let parts = self.facts.of(&without_null(ty));
        let reference = TypeRef { module: module.clone(), ident: ident.clone(), view: view.clone(), parts };
        let union = UnionModel { view, count: branches.len(), variants, fallback, parts };
        let doc = Some(format!("The types of `{}`.", place.field));
        self.unions.entry(module).or_default().push(TypeModel {
            ident,
            doc,
            has_serde: false,
            kind: TypeKind::Union(union),
        });
        Some(FieldType::Union { null, ty: reference })
    }
}

fn without_null(ty: &Type) -> Type {
    let mut ty = ty.clone();
    if let Kind::Union(branches) = &mut ty.kind {
        branches.retain(|branch| !matches!(branch.kind, Kind::Null));
    }
    ty
}

/// The variants' names: those of the types; where two would be the same, by the namespace, then by a number.
fn variants<'a>(branches: impl Iterator<Item = &'a Type>) -> Vec<String> {
    let fullnames: Vec<&str> = branches.map(|branch| branch.kind.name()).collect();
    let short = |fullname: &str| names::upper_camel(fullname.rsplit('.').next().unwrap_or(fullname));
    let mut uses: BTreeMap<String, usize> = BTreeMap::new();
    for fullname in &fullnames {
        *uses.entry(short(fullname)).or_default() += 1;
    }
    let mut taken: BTreeSet<String> = BTreeSet::new();
    let named = fullnames.iter().map(|fullname| {
        let plain = short(fullname);
        let is_shared = uses.get(&plain).is_some_and(|uses| *uses > 1);
        let mut last = fullname.rsplit('.');
        let wanted = match (last.next(), last.next()) {
            (Some(name), Some(space)) if is_shared => names::upper_camel(&format!("{space}_{name}")),
            _ => plain,
        };
        let ident = names::numbered(&wanted, "", |ident| !taken.contains(ident));
        taken.insert(ident.clone());
        ident
    });
    named.collect()
}
