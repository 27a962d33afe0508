//! The rules of what is named between commas: in `#[handles(...)]`, and in `skip!(...)`.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::Path;

use crate::errors::Errors;
use crate::model::Named;

/// A list, in the words of its errors.
pub(super) struct List {
    pub(super) place: &'static str,
    pub(super) takes: &'static str,
    pub(super) example: &'static str,
}

const EVENTS: List = List { place: "`skip!`", takes: "the names of events", example: "InspectionStarted" };

/// The events of `skip!(...)`, and whether they are those of a borrowed handler trait: it stands in one `impl`, so that
/// `borrowed` stands once and holds for all of them.
pub(crate) fn skipped(input: TokenStream, errors: &mut Errors) -> (bool, Vec<Path>) {
    let events = all(input, &EVENTS, errors);
    let is_borrowed = events.iter().any(|event| event.is_borrowed);
    for event in events.iter().skip(1).filter(|event| event.is_borrowed) {
        let name = text(&event.path);
        errors.at(
            &event.path,
            format!("`borrowed` stands once, before the first event: write `{name}` alone here"),
        );
    }
    (is_borrowed, events.into_iter().map(|event| event.path).collect())
}

/// What is named in the list, each once.
pub(super) fn all(tokens: TokenStream, list: &List, errors: &mut Errors) -> Vec<Named> {
    let entries = split_at_commas(tokens.clone());
    if entries.is_empty() {
        let List { place, takes, example } = list;
        errors.at(tokens, format!("{place} names nothing: it takes {takes}, such as `{example}`"));
    }
    let mut seen: Vec<Named> = Vec::new();
    for entry in entries {
        let Some(named) = entry_is_name(entry, list, errors) else { continue };
        let name = text(&named.path);
        if seen.iter().any(|seen| text(&seen.path) == name) {
            errors.at(&named.path, format!("`{name}` is named twice: remove one of them"));
        } else {
            seen.push(named);
        }
    }
    seen
}

fn split_at_commas(tokens: TokenStream) -> Vec<TokenStream> {
    let mut parts = vec![TokenStream::new()];
    let mut depth = 0_usize;
    for token in tokens {
        match &token {
            TokenTree::Punct(mark) if mark.as_char() == ',' && depth == 0 => {
                parts.push(TokenStream::new());
                continue;
            }
            TokenTree::Punct(mark) if mark.as_char() == '<' => depth += 1,
            TokenTree::Punct(mark) if mark.as_char() == '>' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if let Some(part) = parts.last_mut() {
            part.extend([token]);
        }
    }
    parts.retain(|tokens| !tokens.is_empty());
    parts
}

fn entry_is_name(entry: TokenStream, list: &List, errors: &mut Errors) -> Option<Named> {
    let List { place, takes, example } = list;
    if let Ok(path) = syn::parse2::<Path>(entry.clone()) {
        if path.is_ident("borrowed") {
            errors.at(path, format!("`borrowed` stands before a name: write `borrowed {example}`"));
            return None;
        }
        return Some(Named { is_borrowed: false, path });
    }
    let Some((word, path)) = word_and_path(entry.clone()) else {
        match entry.clone().into_iter().next() {
            Some(TokenTree::Ident(option)) => errors.at(
                &option,
                format!("unknown option `{option}`: {place} takes {takes}, separated by commas"),
            ),
            first => errors.at(
                first.map_or(entry, TokenStream::from),
                format!("expected a name, such as `{example}`: {place} takes {takes}"),
            ),
        }
        return None;
    };
    if word != "borrowed" {
        let name = text(&path);
        errors.at(&word, format!("unknown word `{word}`: write `borrowed {name}`, or `{name}` alone"));
    }
    Some(Named { is_borrowed: true, path })
}

/// `borrowed QualityEvent`, rightly spelt or not.
fn word_and_path(entry: TokenStream) -> Option<(Ident, Path)> {
    let mut tokens = entry.into_iter();
    let TokenTree::Ident(word) = tokens.next()? else { return None };
    Some((word, syn::parse2(tokens.collect()).ok()?))
}

/// A path as it is written, without the spaces that printed tokens have.
fn text(path: &Path) -> String {
    path.to_token_stream().to_string().replace(' ', "")
}
